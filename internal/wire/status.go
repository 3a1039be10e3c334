package wire

import (
	"strconv"

	"coolant"
)

// StatusPayload is a device's birth message (Online) or last will (not Online).
// An offline counts only if Boot and Conn are those of the current online.
type StatusPayload struct {
	Online bool
	Boot   coolant.Boot
	Conn   uint64 // numbers the connections of one boot; 0 to MaxInteger
}

// AppendStatus appends the JSON form of s to dst.
func AppendStatus(dst []byte, s StatusPayload) []byte {
	state := "offline"
	if s.Online {
		state = "online"
	}
	dst = append(dst, `{"state":"`...)
	dst = append(dst, state...)
	dst = append(dst, `","boot":"`...)
	dst = appendBoot(dst, s.Boot)
	dst = append(dst, `","conn":`...)
	dst = strconv.AppendUint(dst, s.Conn, 10)
	return append(dst, '}')
}

// DecodeStatus reads a status message. The error is a [*Problem].
func DecodeStatus(p []byte) (StatusPayload, error) {
	o := parseObject(p)
	var s StatusPayload
	if o.need("state") {
		var state string
		o.read("state", `"online" or "offline"`, &state)
		if state != "online" && state != "offline" {
			o.fail(coolant.RejectedField, "state", `"online" or "offline" is expected, not %q`, excerpt([]byte(state)))
		}
		s.Online = state == "online"
	}
	s.Boot = o.boot()
	if o.need("conn") {
		s.Conn = uint64(o.integer("conn", 0))
	}
	if err := o.err(); err != nil {
		return StatusPayload{}, err
	}
	return s, nil
}
