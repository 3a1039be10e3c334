package coolant

import "encoding/json"

// Command is a request to a device to do something once.
type Command struct {
	ID      string // 1 to 64 printable ASCII characters; a repetition has the same
	Name    string // one of the contract's, such as "restart"
	Expires UnixMilli
	Args    json.RawMessage // a JSON object; nil means that there are none
}

// CommandReply is what a device answered to the command with the same ID.
type CommandReply struct {
	ID string `json:"id"`
	OK bool   `json:"ok"`
	// Error says in English why the device did not carry the command out; empty with
	// OK.
	Error string `json:"error,omitempty"`
}
