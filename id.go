package coolant

import (
	"fmt"
	"strconv"
)

// MaxDeviceID is the greatest length of a device id, in bytes.
const MaxDeviceID = 32

// DeviceID names a device: [a-z0-9][a-z0-9-]{0,31}. It is the <id> of the
// contract's topics and also the device's MQTT user name.
type DeviceID string

// ParseDeviceID checks s against the form of a device id. The error has the
// code [CodeInvalid] and names the first offending character.
func ParseDeviceID(s string) (DeviceID, error) {
	switch {
	case s == "":
		return "", Errorf(CodeInvalid, "device id is empty; use 1 to %d of a-z, 0-9 and -", MaxDeviceID)
	case len(s) > MaxDeviceID:
		return "", Errorf(CodeInvalid, "device id has %d characters; at most %d are allowed", len(s), MaxDeviceID)
	}
	for i, r := range s {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' && i > 0) {
			return "", Errorf(CodeInvalid, "device id %q: character %q at position %d; use a-z, 0-9 and - (not first)", s, r, i+1)
		}
	}
	return DeviceID(s), nil
}

// Boot is the 64 random bits that a device draws at each start; together with a
// sample's sequence number it makes the sample recognisable. Zero means that the
// sender has no such identity (the article's sketch).
type Boot uint64

// ParseBoot reads the contract's form, 1 to 16 hexadecimal digits, not all zero.
func ParseBoot(s string) (Boot, error) {
	if len(s) == 0 || len(s) > 16 {
		return 0, Errorf(CodeInvalid, "boot has %d characters; 1 to 16 hexadecimal digits are expected", len(s))
	}
	n, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return 0, Errorf(CodeInvalid, "boot %q is not hexadecimal", s)
	}
	if n == 0 {
		return 0, Errorf(CodeInvalid, "boot is zero; it must be random and not zero")
	}
	return Boot(n), nil
}

// String is the contract's form: 16 lower-case hexadecimal digits.
func (b Boot) String() string { return fmt.Sprintf("%016x", uint64(b)) }
