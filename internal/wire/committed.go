package wire

import (
	"strconv"

	"coolant"
)

// CommittedPayload tells a device that every sample of Boot up to and including
// Through is in the store or refused for good. Through is 0 while the first one
// is missing.
type CommittedPayload struct {
	Boot    coolant.Boot
	Through uint64 // 0 to MaxInteger
}

// AppendCommitted appends the JSON form of c to dst.
func AppendCommitted(dst []byte, c CommittedPayload) []byte {
	dst = append(dst, `{"boot":"`...)
	dst = appendBoot(dst, c.Boot)
	dst = append(dst, `","through":`...)
	dst = strconv.AppendUint(dst, c.Through, 10)
	return append(dst, '}')
}

// DecodeCommitted reads a committed message. The error is a [*Problem].
func DecodeCommitted(p []byte) (CommittedPayload, error) {
	o := parseObject(p)
	c := CommittedPayload{Boot: o.boot()}
	if o.need("through") {
		c.Through = uint64(o.integer("through", 0))
	}
	if err := o.err(); err != nil {
		return CommittedPayload{}, err
	}
	return c, nil
}

// appendBoot appends the 16 digits of coolant.Boot.String.
func appendBoot(dst []byte, b coolant.Boot) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[b>>shift&15])
	}
	return dst
}
