package wire

import "encoding/json"

// DesiredPayload is the head of the state that a device is asked to take: what
// identifies it, and the report interval. Control's part stays in Raw.
type DesiredPayload struct {
	Epoch   string // changes when the server's history was replaced, such as by a restored backup
	Version uint64 // counts the changes of one epoch, from 1
	// IntervalMS is the time between samples, in milliseconds; 0 leaves it to the
	// device.
	IntervalMS int64

	Raw json.RawMessage // the whole message as received; encoding ignores it
}

// EncodeDesired returns the JSON form of d without its Raw.
func EncodeDesired(d DesiredPayload) ([]byte, error) {
	return json.Marshal(struct {
		Epoch      string `json:"epoch"`
		Version    uint64 `json:"version"`
		IntervalMS int64  `json:"interval_ms,omitempty"`
	}{d.Epoch, d.Version, d.IntervalMS})
}

// DecodeDesired reads the head of a desired message. The error is a [*Problem].
func DecodeDesired(p []byte) (DesiredPayload, error) {
	o := parseObject(p)
	d := DesiredPayload{Epoch: o.word("epoch", maxWord)}
	if o.need("version") {
		d.Version = uint64(o.integer("version", 1))
	}
	d.IntervalMS = o.integer("interval_ms", 0)
	if err := o.err(); err != nil {
		return DesiredPayload{}, err
	}
	d.Raw = append(json.RawMessage(nil), p...)
	return d, nil
}
