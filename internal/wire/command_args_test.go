package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// decodeArgs decodes the arguments of a command and returns their JSON form.
func decodeArgs(t *testing.T, command string, p []byte) ([]byte, error) {
	t.Helper()
	var members any
	var err error
	switch command {
	case wire.CommandClearFault:
		var a wire.ClearFaultArgs
		a, err = wire.DecodeClearFault(p)
		members = map[string]any{"fault": a.Fault, "occurrence": a.Occurrence}
	case wire.CommandOTA:
		members, err = wire.DecodeOTA(p)
	case wire.CommandZero:
		var a wire.ZeroArgs
		a, err = wire.DecodeZero(p)
		members = map[string]any{"roles": a.Roles, "seconds": a.Time / time.Second}
	case wire.CommandAutotune:
		var a wire.AutotuneArgs
		a, err = wire.DecodeAutotune(p)
		said := map[string]any{"output": a.Output, "minutes": a.Minutes}
		if a.Setpoint != nil {
			said["setpoint"] = *a.Setpoint
		}
		members = said
	case wire.CommandCommission:
		var a wire.CommissionArgs
		a, err = wire.DecodeCommission(p)
		members = map[string]any{"output": a.Output, "test": a.Test, "duty": a.Duty, "seconds": a.Seconds, "filled": a.Filled}
	default:
		t.Fatalf("no decoder for %s", command)
	}
	raw, jsonErr := json.Marshal(members)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	return raw, err
}

func TestCommandVectors(t *testing.T) { checkArguments(t, "commands.json") }

// checkArguments holds what is taken from the arguments of commands against a file of vectors.
func checkArguments(t *testing.T, name string) {
	type file struct {
		Cases []struct {
			Command string                `json:"command"`
			Name    string                `json:"name"`
			Payload string                `json:"payload"`
			Accept  json.RawMessage       `json:"accept"`
			Reject  coolant.RejectionCode `json:"reject"`
		} `json:"cases"`
	}
	for _, c := range vectors[file](t, name).Cases {
		t.Run(c.Command+"/"+c.Name, func(t *testing.T) {
			got, err := decodeArgs(t, c.Command, []byte(c.Payload))
			if !refused(t, err, c.Reject) {
				sameJSON(t, got, c.Accept)
			}
		})
	}
}

func TestZeroDefaults(t *testing.T) {
	p, err := wire.EncodeZero(wire.ZeroArgs{Roles: []coolant.Metric{"water", "ambient"}})
	if err != nil {
		t.Fatal(err)
	}
	if a, err := wire.DecodeZero(p); err != nil || a.Time != 30*time.Second || len(a.Roles) != 2 {
		t.Errorf("%s is read as %+v, %v", p, a, err)
	}
}

// FuzzCommandArgs feeds the decoders of arguments: none panics, and what one
// accepts it reads again from its own form.
func FuzzCommandArgs(f *testing.F) {
	for _, p := range append(hostile(), `{"fault":"pump_stall","occurrence":3}`, `{"roles":["water","ambient"],"seconds":30}`,
		`{"url":"https://files.example/a","version":"1.0.0","sha256":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"}`) {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, command := range []string{wire.CommandClearFault, wire.CommandOTA, wire.CommandZero} {
			got, err := decodeArgs(t, command, p)
			if err != nil {
				if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Detail == "" || problem.Code == "" {
					t.Errorf("%s: %q has the error %#v", command, p, err)
				}
				continue
			}
			if command == wire.CommandClearFault {
				a, _ := wire.DecodeClearFault(p)
				raw, _ := json.Marshal(a) // its own form has no occurrence 0
				if again, err := wire.DecodeClearFault(raw); err != nil || again != a {
					t.Errorf("%+v reads back as %+v, %v", a, again, err)
				}
				continue
			}
			if again, err := decodeArgs(t, command, got); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("%s: %s reads back as %s, %v", command, got, again, err)
			}
		}
	})
}
