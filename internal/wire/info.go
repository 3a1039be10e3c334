package wire

import (
	"encoding/json"

	"coolant"
)

// InfoPayload is what a device says about itself once per connection. Every
// member is optional; further ones stay in Raw.
type InfoPayload struct {
	Firmware     string           `json:"firmware,omitempty"`     // version, such as "1.2.0"
	Chip         string           `json:"chip,omitempty"`         // "esp32", "esp32s3", "esp32c3", "simulated", ..
	Probes       []ProbeInfo      `json:"probes,omitempty"`       // temperature probes on the bus
	Metrics      []coolant.Metric `json:"metrics,omitempty"`      // what it sends; at most 64
	Outputs      []string         `json:"outputs,omitempty"`      // names of its outputs: "pump", "fan", ..
	Capabilities []string         `json:"capabilities,omitempty"` // what else it can do: "ota", "leak", ..
	IP           string           `json:"ip,omitempty"`           // its address on its own network
	RSSI         int              `json:"rssi,omitempty"`         // Wi-Fi signal in dBm
	ResetReason  string           `json:"reset_reason,omitempty"` // "power_on", "watchdog", "brownout", ..
	IntervalMS   int64            `json:"interval_ms,omitempty"`  // between samples, in milliseconds

	// Endpoint is which broker it uses; nil from a device that cannot be moved.
	Endpoint *EndpointInfo `json:"endpoint,omitempty"`

	// Raw is the whole message as received; encoding ignores it.
	Raw json.RawMessage `json:"-"`
}

// ProbeInfo is a temperature probe by its ROM id and the role it fills.
type ProbeInfo struct {
	ROM  string         `json:"rom"`            // 16 hexadecimal digits, family code first: "28ff641e8216043c"
	Role coolant.Metric `json:"role,omitempty"` // the metric it feeds; empty if none yet
}

// The states of a device's endpoint.
const (
	EndpointConfirmed  = "confirmed"   // it is used for good
	EndpointTrial      = "trial"       // it has not proved itself yet
	EndpointRolledBack = "rolled_back" // another one did not; this is the last confirmed one again
)

// EndpointInfo is what a device says about the broker that it uses.
type EndpointInfo struct {
	URL   string `json:"url"`   // in use, without credentials
	State string `json:"state"` // one of the states, or one that a later version knows
	// Reason says in English why the last trial did not succeed.
	Reason string `json:"reason,omitempty"`
	// Command is the id of the command whose trial the state is about; empty if the
	// device was never moved.
	Command string `json:"command,omitempty"`
}

// EncodeInfo returns the JSON form of i.
func EncodeInfo(i InfoPayload) ([]byte, error) { return json.Marshal(i) }

// DecodeInfo reads an info message. Members that it knows must have their type;
// metrics and roles must be valid names. The error is a [*Problem].
func DecodeInfo(p []byte) (InfoPayload, error) {
	o := parseObject(p)
	var i InfoPayload
	o.read("firmware", "a string", &i.Firmware)
	o.read("chip", "a string", &i.Chip)
	o.read("probes", "an array of probes", &i.Probes)
	o.read("metrics", "an array of names", &i.Metrics)
	o.read("outputs", "an array of names", &i.Outputs)
	o.read("capabilities", "an array of strings", &i.Capabilities)
	o.read("ip", "a string", &i.IP)
	o.read("rssi", "an integer", &i.RSSI)
	o.read("reset_reason", "a string", &i.ResetReason)
	i.IntervalMS = o.integer("interval_ms", 0)
	o.read("endpoint", "an object", &i.Endpoint)
	if len(i.Metrics) > coolant.MaxMetrics {
		o.fail(coolant.RejectedMetric, "metrics", "%d metrics; at most %d are allowed", len(i.Metrics), coolant.MaxMetrics)
	}
	for _, m := range i.Metrics {
		o.metric("metrics", m)
	}
	for _, probe := range i.Probes {
		if probe.Role != "" {
			o.metric("probes", probe.Role)
		}
	}
	if err := o.err(); err != nil {
		return InfoPayload{}, err
	}
	i.Raw = append(json.RawMessage(nil), p...)
	return i, nil
}

// metric records a mistake if m does not have the form of a metric's name.
func (o *object) metric(field string, m coolant.Metric) {
	if !coolant.ValidMetric(m) {
		o.fail(coolant.RejectedMetric, field, "%q is not a letter a-z followed by up to 31 of a-z, 0-9 and _", excerpt([]byte(m)))
	}
}
