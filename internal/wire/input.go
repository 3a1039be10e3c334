package wire

import (
	"encoding/json"
	"time"

	"coolant"
)

// InputPayload carries values from outside a device that its control may use. It
// is never kept across a restart.
type InputPayload struct {
	HostW float64       // heat of the host in watts
	Valid time.Duration // how long the value holds from receipt on; whole seconds, at least one
}

// EncodeInput returns the JSON form of i.
func EncodeInput(i InputPayload) ([]byte, error) {
	return json.Marshal(struct {
		HostW  float64 `json:"host_w"`
		ValidS int64   `json:"valid_s"`
	}{i.HostW, int64(i.Valid / time.Second)})
}

// DecodeInput reads an input message. The error is a [*Problem].
func DecodeInput(p []byte) (InputPayload, error) {
	const longest = 24 * 60 * 60
	o := parseObject(p)
	var i InputPayload
	if o.need("host_w") {
		i.HostW, _ = o.number("host_w")
	}
	if o.need("valid_s") {
		seconds := o.integer("valid_s", 1)
		if seconds > longest {
			o.fail(coolant.RejectedRange, "valid_s", "%d seconds; at most a day is allowed", seconds)
		}
		i.Valid = time.Duration(seconds) * time.Second
	}
	if err := o.err(); err != nil {
		return InputPayload{}, err
	}
	return i, nil
}
