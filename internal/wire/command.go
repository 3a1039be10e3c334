package wire

import (
	"encoding/json"

	"coolant"
)

// The commands of the contract, version 1.
const (
	CommandIdentify     = "identify"
	CommandRestart      = "restart"
	CommandOTA          = "ota"
	CommandClearFault   = "clear_fault"
	CommandZero         = "zero"
	CommandAutotune     = "autotune"
	CommandCommission   = "commission"
	CommandAbort        = "abort"
	CommandWatch        = "watch"
	CommandEndpoint     = "endpoint"
	CommandFactoryReset = "factory_reset"
)

const maxWord = 64 // bytes of a command's id and name

// CommandPayload asks a device to do something once. It is sent again with the
// same ID until a reply comes or it expires.
type CommandPayload struct {
	ID      string // 1 to 64 printable ASCII characters
	Name    string // one of the commands, or one that a later version knows
	Expires coolant.UnixMilli
	Args    json.RawMessage // a JSON object; nil encodes as {}
}

// EncodeCommand returns the JSON form of c. It fails only if Args is no JSON.
func EncodeCommand(c CommandPayload) ([]byte, error) {
	args := c.Args
	if args == nil {
		args = json.RawMessage("{}")
	}
	return json.Marshal(struct {
		ID      string            `json:"id"`
		Name    string            `json:"name"`
		Expires coolant.UnixMilli `json:"expires"`
		Args    json.RawMessage   `json:"args"`
	}{c.ID, c.Name, c.Expires, args})
}

// DecodeCommand reads a command. `args` may be missing. The error is a
// [*Problem].
func DecodeCommand(p []byte) (CommandPayload, error) {
	o := parseObject(p)
	c := CommandPayload{ID: o.word("id", maxWord), Name: o.word("name", maxWord)}
	if o.need("expires") {
		c.Expires = coolant.UnixMilli(o.integer("expires", 1))
	}
	var args map[string]json.RawMessage
	o.read("args", "an object", &args)
	if args != nil {
		c.Args = o.members["args"]
	}
	if err := o.err(); err != nil {
		return CommandPayload{}, err
	}
	return c, nil
}

// ReplyPayload answers the command with the same ID.
type ReplyPayload struct {
	ID string `json:"id"` // 1 to 64 printable ASCII characters
	OK bool   `json:"ok"`
	// Error says in English why the command was not carried out; empty with OK.
	Error string `json:"error,omitempty"`
}

// EncodeReply returns the JSON form of r. One that is not ok has an `error`, also
// where there are no words for it.
func EncodeReply(r ReplyPayload) ([]byte, error) {
	if r.OK {
		return json.Marshal(r)
	}
	return json.Marshal(struct {
		ID    string `json:"id"`
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}(r))
}

// DecodeReply reads a reply; one that is not ok needs an `error`. The error is a
// [*Problem].
func DecodeReply(p []byte) (ReplyPayload, error) {
	o := parseObject(p)
	r := ReplyPayload{ID: o.word("id", maxWord)}
	if o.need("ok") {
		o.read("ok", "true or false", &r.OK)
	}
	if !r.OK {
		o.need("error")
	}
	o.read("error", "a string", &r.Error)
	if err := o.err(); err != nil {
		return ReplyPayload{}, err
	}
	return r, nil
}
