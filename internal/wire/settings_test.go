package wire_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/wire"
)

type desiredFile struct {
	Defaults string `json:"defaults"`
	Cases    []struct {
		Name       string                `json:"name"`
		Payload    string                `json:"payload"`
		PayloadHex string                `json:"payload_hex"`
		Reject     coolant.RejectionCode `json:"reject"`
		Accept     json.RawMessage       `json:"accept"`
		Refuse     string                `json:"refuse"`
	} `json:"cases"`
}

func TestDesiredVectors(t *testing.T) {
	file := vectors[desiredFile](t, "desired.json")
	if _, err := wire.DecodeSettings([]byte(file.Defaults)); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			payload := []byte(c.Payload)
			if c.PayloadHex != "" {
				payload, _ = hex.DecodeString(c.PayloadHex)
			}
			got, err := wire.DecodeSettings(payload)
			if refused(t, err, c.Reject) {
				if got != nil {
					t.Errorf("refused, but %+v is left", got)
				}
				return
			}
			sameJSON(t, encodeSettings(t, got), c.Accept)
			again, err := wire.DecodeSettings(c.Accept)
			if err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("%s reads back as %+v, %v", c.Accept, again, err)
			}
			switch err := got.Check(); {
			case c.Refuse == "state":
				if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Code != coolant.RejectedField || problem.Field == "" {
					t.Errorf("a state that contradicts itself has the error %#v", err)
				}
			case err != nil:
				t.Errorf("refused: %v", err)
			}
			// The simulator reads the head of the same messages.
			head, err := wire.DecodeDesired(payload)
			if err != nil || head.Epoch != got.Epoch || head.Version != got.Version {
				t.Errorf("the head is %+v, %v", head, err)
			}
		})
	}
}

func encodeSettings(t *testing.T, s *wire.Settings) []byte {
	t.Helper()
	p, err := wire.EncodeSettings(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sameJSON checks that two texts are the same but for white space and the order
// of members.
func sameJSON(t *testing.T, got, want []byte) {
	t.Helper()
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Errorf("%s, want %s", got, want)
	}
}

// The place of a mistake is a path through lists and objects.
func TestSettingsPlaces(t *testing.T) {
	for place, payload := range map[string]string{
		"interval_ms":                     `{"epoch":"e","version":1,"interval_ms":5}`,
		"standby.idle_w":                  `{"epoch":"e","version":1,"standby":{"idle_w":"x"}}`,
		"probes[1]":                       `{"epoch":"e","version":1,"probes":[{"rom":"28ff641e8216043c","role":"water"},7]}`,
		"probes[0].rom":                   `{"epoch":"e","version":1,"probes":[{"rom":"x","role":"water"}]}`,
		"outputs[0].wiring.pin":           `{"epoch":"e","version":1,"outputs":[{"name":"pump","wiring":{"pin":64}}]}`,
		"outputs[0].auto":                 `{"epoch":"e","version":1,"outputs":[{"name":"pump","auto":{"input":"water"}}]}`,
		"outputs[0].auto.curve.points[1]": `{"epoch":"e","version":1,"outputs":[{"name":"pump","auto":{"input":"water","curve":{"points":[[30,50],[31]]}}}]}`,
		"outputs[0].auto.pi.range":        `{"epoch":"e","version":1,"outputs":[{"name":"pump","auto":{"input":"water","pi":{"setpoint":30,"kp":1,"ti_s":9,"range":[0,101]}}}]}`,
		"outputs[0].auto.follow.range":    `{"epoch":"e","version":1,"outputs":[{"name":"pump","auto":{"follow":{"output":"fan","range":[0]}}}]}`,
		"outputs[0].auto.follow.output":   `{"epoch":"e","version":1,"outputs":[{"name":"pump","auto":{"follow":{"range":[0,1]}}}]}`,
		"outputs[0].skip[0]":              `{"epoch":"e","version":1,"outputs":[{"name":"pump","skip":[["x",1]]}]}`,
	} {
		_, err := wire.DecodeSettings([]byte(payload))
		if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Field != place || problem.Detail == "" {
			t.Errorf("%s: %v, want the place %s", payload, err, place)
		}
	}
}

// FuzzSettings feeds the decoder of desired states: it never panics, what it
// accepts stays within the limits of a device, and reads back as the same.
func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"epoch":"e1","version":3,"outputs":[{"name":"pump","skip":[[31,38]],"auto":{"input":"water-ambient","pi":{"setpoint":6,"kp":8,"ti_s":120}},"override":{"duty":0,"until":1}}]}`))
	f.Add([]byte(`{"epoch":"e1","version":3,"probes":[{"rom":"28FF641E8216043C","role":"water"}],"outputs":[{"name":"pump","wiring":{"tacho_pin":null}}]}`))
	f.Add([]byte(`{"epoch":"e1","version":3,"outputs":[{"name":"pump","auto":{"input":"water","pi":{"setpoint":30,"kp":8,"ti_s":120,"range":[0,60]}}},{"name":"fan","auto":{"follow":{"output":"pump","range":[40,100]}}}]}`))
	for _, p := range hostile() {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := wire.DecodeSettings(p)
		if err != nil {
			if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Detail == "" || problem.Code == "" || strings.HasSuffix(problem.Field, ".") {
				t.Errorf("%q has the error %#v", p, err)
			}
			return
		}
		if len(p) > wire.MaxDesired || len(got.Probes) > wire.MaxProbes || len(got.Outputs) > wire.MaxOutputs {
			t.Errorf("%q is accepted as %+v", p, got)
		}
		again, err := wire.DecodeSettings(encodeSettings(t, got))
		if len(encodeSettings(t, got)) <= wire.MaxDesired && (err != nil || !reflect.DeepEqual(again, got)) {
			t.Errorf("%+v reads back as %+v, %v", got, again, err)
		}
		_ = got.Check()
	})
}
