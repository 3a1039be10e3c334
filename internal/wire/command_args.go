package wire

import (
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"coolant"
)

// Limits of the arguments of the commands `clear_fault`, `ota` and `zero`.
const (
	MaxImageURL     = 256 // bytes of an image's address
	MinZero         = 5 * time.Second
	MaxZero         = 5 * time.Minute
	DefaultZero     = 30 * time.Second
	maxFault        = 48 // bytes of a fault's name
	maxImageVersion = 32
	maxOccurrence   = 1<<32 - 1
)

// ClearFaultArgs are the arguments of the command `clear_fault`.
type ClearFaultArgs struct {
	Fault string `json:"fault"` // its name, as `reported` has it
	// Occurrence is which one is meant, so that a later one is not cleared unseen;
	// 0: whichever there is.
	Occurrence uint32 `json:"occurrence,omitempty"`
}

// DecodeClearFault reads the arguments of `clear_fault`. The error is a [*Problem].
func DecodeClearFault(p []byte) (ClearFaultArgs, error) {
	o := parseObject(p)
	a := ClearFaultArgs{Fault: o.word("fault", maxFault)}
	n := &node{members: o.members, mistake: &o.problem}
	if v := n.integer("occurrence", 1, maxOccurrence); v != nil {
		a.Occurrence = uint32(*v)
	}
	if err := o.err(); err != nil {
		return ClearFaultArgs{}, err
	}
	return a, nil
}

// OTAArgs are the arguments of the command `ota`: an image to install.
type OTAArgs struct {
	URL     string `json:"url"`     // https:// and the path of a file; no credentials
	Version string `json:"version"` // 1 to 32 printable ASCII characters without spaces
	SHA256  string `json:"sha256"`  // of the image, 64 lower-case hexadecimal digits
}

// DecodeOTA reads the arguments of `ota`. The error is a [*Problem].
func DecodeOTA(p []byte) (OTAArgs, error) {
	o := parseObject(p)
	a := OTAArgs{URL: o.imageURL("url"), Version: o.word("version", maxImageVersion)}
	if o.need("sha256") {
		n := &node{members: o.members, mistake: &o.problem}
		text, _ := n.text("sha256")
		a.SHA256 = strings.ToLower(text)
		if _, err := hex.DecodeString(text); err != nil || len(text) != 64 {
			o.fail(coolant.RejectedField, "sha256", "64 hexadecimal digits are expected")
		}
	}
	if err := o.err(); err != nil {
		return OTAArgs{}, err
	}
	return a, nil
}

// imageURL reads the address of an image. It is put together from few characters,
// so that every device reads the same host in it.
func (o *object) imageURL(field string) string {
	const host = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]"
	text := o.word(field, MaxImageURL)
	rest, secure := strings.CutPrefix(text, "https://")
	file := strings.TrimLeft(rest, host)
	switch {
	case !secure:
		o.fail(coolant.RejectedField, field, "an address such as https://host/file is expected")
	case strings.ContainsAny(text, "@#"):
		o.fail(coolant.RejectedField, field, "an address has no user name, no password and no #")
	case file == rest || rest[0] == ':' || len(file) < 2 || file[0] != '/':
		o.fail(coolant.RejectedField, field, "a host and the path of a file are expected")
	}
	return text
}

// ZeroArgs are the arguments of the command `zero`: which probes stand in the same
// water now, so that their offsets can be found.
type ZeroArgs struct {
	Roles []coolant.Metric // two to MaxProbes different temperatures
	Time  time.Duration    // to average over, in whole seconds, 5 s to 5 min; 0 encodes as the default of 30 s
}

// EncodeZero returns the JSON form of a, for the args of a command.
func EncodeZero(a ZeroArgs) ([]byte, error) {
	if a.Time == 0 {
		a.Time = DefaultZero
	}
	return json.Marshal(struct {
		Roles   []coolant.Metric `json:"roles"`
		Seconds int64            `json:"seconds"`
	}{a.Roles, int64(a.Time / time.Second)})
}

// DecodeZero reads the arguments of `zero`. The error is a [*Problem].
func DecodeZero(p []byte) (ZeroArgs, error) {
	o := parseObject(p)
	n := &node{members: o.members, mistake: &o.problem}
	a := ZeroArgs{Time: DefaultZero}
	o.need("roles")
	raws := n.elements("roles", MaxProbes)
	if v := n.integer("seconds", int64(MinZero/time.Second), int64(MaxZero/time.Second)); v != nil {
		a.Time = time.Duration(*v) * time.Second
	}
	for _, raw := range raws {
		var role coolant.Metric
		if raw[0] != '"' || json.Unmarshal(raw, &role) != nil || !coolant.ValidMetric(role) || role.Unit() != coolant.Celsius {
			o.fail(coolant.RejectedMetric, "roles", "names of temperatures are expected, not %s", excerpt(raw))
		}
		if slices.Contains(a.Roles, role) {
			o.fail(coolant.RejectedField, "roles", "%s is named twice", role)
		}
		a.Roles = append(a.Roles, role)
	}
	if len(a.Roles) < 2 {
		o.fail(coolant.RejectedField, "roles", "at least two probes are needed to compare them")
	}
	if err := o.err(); err != nil {
		return ZeroArgs{}, err
	}
	return a, nil
}
