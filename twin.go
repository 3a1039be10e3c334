package coolant

import "encoding/json"

// Desired is one version of what the owner wants of a device: the desired half of
// its twin. Versions of a device count from 1 and never end; a version that was
// written stays as it is.
type Desired struct {
	Device  DeviceID
	Version uint64
	// Epoch changes when the history of versions is not the one that the device knows,
	// as after a backup was restored. Together with Version it names a state: a device
	// applies any that is not the one it has.
	Epoch string // 1 to 64 printable ASCII characters
	// Body is the JSON object that the device is sent, without epoch and version.
	Body json.RawMessage
	Edit Edit
}

// Edit says who changed something, when, and what for.
type Edit struct {
	At   UnixMilli
	By   string // a name for people: "page", "command line"; at most 64 bytes
	Note string // in the editor's words; may be empty, at most 256 bytes
	From uint64 // the version that this one goes back to; 0: none
}
