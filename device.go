package coolant

import "encoding/json"

// Device is a registered device.
type Device struct {
	ID      DeviceID
	Name    string // what people call it; empty means the id
	Created UnixMilli
}

// Document names one of the JSON documents that a device publishes about itself
// and that are kept in their newest form only.
type Document string

// The documents of the contract.
const (
	DocStatus   Document = "status"
	DocInfo     Document = "info"
	DocReported Document = "reported"
)

// DeviceDocument is the newest document of one kind from one device.
type DeviceDocument struct {
	Device   DeviceID
	Kind     Document
	Body     json.RawMessage // a JSON object that passed validation
	Received UnixMilli
}

// Presence is whether a device is connected, by its own status message and last
// will. Boot and Conn identify the connection that the statement is about.
type Presence struct {
	Online bool
	Boot   Boot
	Conn   uint64
	Since  UnixMilli
}

// Newest is the last reading of one series, good or not.
type Newest struct {
	Metric  Metric
	Value   float64
	Quality Quality
	Time    UnixMilli
}
