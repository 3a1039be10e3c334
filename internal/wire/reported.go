package wire

import (
	"encoding/json"

	"coolant"
)

// ReportedPayload is the state that a device is in: which desired state it
// applied or refused, and what its outputs do.
type ReportedPayload struct {
	Epoch   string `json:"epoch,omitempty"`   // of the desired state it last judged; empty if it never saw one
	Version uint64 `json:"version"`           // likewise; 0 if it never saw one
	Refused string `json:"refused,omitempty"` // why it refused that version; empty if it applied it
	// IntervalMS is the time between samples that is in effect, in milliseconds.
	IntervalMS int64         `json:"interval_ms,omitempty"`
	Outputs    []OutputState `json:"outputs,omitempty"`
	Faults     []string      `json:"faults,omitempty"` // names of the faults that are present or latched

	// Raw is the whole message as received; encoding ignores it.
	Raw json.RawMessage `json:"-"`
}

// OutputState is what one output does now.
type OutputState struct {
	Name  string  `json:"name"`
	Mode  string  `json:"mode"`            // "auto" or "override"
	Duty  float64 `json:"duty"`            // in effect, 0 to 100 %
	Claim string  `json:"claim,omitempty"` // who decided it: "auto", "override", "failsafe", ..
}

// EncodeReported returns the JSON form of r.
func EncodeReported(r ReportedPayload) ([]byte, error) { return json.Marshal(r) }

// DecodeReported reads a reported message. Members that it knows must have their
// type, and duties must lie within 0 to 100. The error is a [*Problem].
func DecodeReported(p []byte) (ReportedPayload, error) {
	o := parseObject(p)
	var r ReportedPayload
	o.read("epoch", "a string", &r.Epoch)
	r.Version = uint64(o.integer("version", 0))
	o.read("refused", "a string", &r.Refused)
	r.IntervalMS = o.integer("interval_ms", 0)
	o.read("outputs", "an array of outputs", &r.Outputs)
	o.read("faults", "an array of strings", &r.Faults)
	for _, out := range r.Outputs {
		if out.Duty < 0 || out.Duty > 100 {
			o.fail(coolant.RejectedRange, "outputs", "duty %g of %q is not within 0 to 100", out.Duty, excerpt([]byte(out.Name)))
		}
	}
	if err := o.err(); err != nil {
		return ReportedPayload{}, err
	}
	r.Raw = append(json.RawMessage(nil), p...)
	return r, nil
}
