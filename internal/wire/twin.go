package wire

import (
	"encoding/json"

	"coolant"
)

// EncodeTwin returns the message that asks a device for d: its body with epoch and
// version. It fails if the body is no JSON object.
func EncodeTwin(d coolant.Desired) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(d.Body, &members); err != nil || members == nil {
		return nil, problemf(coolant.RejectedField, "", "an object is expected")
	}
	head, err := EncodeDesired(DesiredPayload{Epoch: d.Epoch, Version: d.Version})
	if err != nil {
		return nil, err
	}
	delete(members, "epoch")
	delete(members, "version")
	if len(members) == 0 {
		return head, nil
	}
	rest, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	return append(append(head[:len(head)-1], ','), rest[1:]...), nil
}

// TwinReported is what a reported message says of the twin. The error is a
// [*Problem].
func TwinReported(p []byte) (coolant.Reported, error) {
	r, err := DecodeReported(p)
	return coolant.Reported{Epoch: r.Epoch, Version: r.Version, Refused: r.Refused}, err
}
