package wire_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"coolant/internal/wire"
)

func TestExperimentArguments(t *testing.T) { checkArguments(t, "experiments.json") }

// What is left out means the default, so that what a client sends is short.
func TestExperimentArgumentsThatAreLeftOut(t *testing.T) {
	p, err := wire.EncodeAutotune(wire.AutotuneArgs{Output: "fan"})
	if err != nil || string(p) != `{"output":"fan"}` {
		t.Errorf("%s, %v", p, err)
	}
	p, err = wire.EncodeCommission(wire.CommissionArgs{Output: "fan", Test: wire.TestRun})
	if err != nil || string(p) != `{"output":"fan","test":"run"}` {
		t.Errorf("%s, %v", p, err)
	}
	if a, err := wire.DecodeCommission(p); err != nil || a.Duty == nil || *a.Duty != wire.DefaultRunDuty || a.Seconds != wire.DefaultRun {
		t.Errorf("%+v, %v", a, err)
	}
	stands := 0.0
	p, err = wire.EncodeCommission(wire.CommissionArgs{Output: "fan", Test: wire.TestRun, Duty: &stands})
	if err != nil || string(p) != `{"output":"fan","test":"run","duty":0}` {
		t.Errorf("%s, %v: a duty of 0 is not the default", p, err)
	}
}

type experimentCase struct {
	Name    string          `json:"name"`
	Says    json.RawMessage `json:"says"`
	Rounds  bool            `json:"rounds"`
	Payload string          `json:"payload"`
}

// What the firmware writes is read as it was meant, and is what our encoder writes, byte for byte.
func TestExperimentReported(t *testing.T) {
	type file struct {
		Reported []experimentCase `json:"reported"`
	}
	for _, c := range vectors[file](t, "experiments.json").Reported {
		t.Run(c.Name, func(t *testing.T) {
			if _, err := wire.DecodeReported([]byte(c.Payload)); err != nil {
				t.Fatal(err)
			}
			e, ok := wire.DecodeExperiment([]byte(c.Payload))
			if !ok {
				t.Fatal("it is not read")
			}
			ours, err := wire.EncodeExperiment(e)
			if want := `{"version":0,"experiment":` + string(ours) + `}`; err != nil || want != c.Payload {
				t.Errorf("we write %s, the firmware %s (%v)", want, c.Payload, err)
			}
			if !c.Rounds {
				sameJSON(t, ours, c.Says)
			}
		})
	}
}

func TestExperimentLeniently(t *testing.T) {
	type file struct {
		Lenient []experimentCase `json:"lenient"`
	}
	for _, c := range vectors[file](t, "experiments.json").Lenient {
		t.Run(c.Name, func(t *testing.T) {
			e, ok := wire.DecodeExperiment([]byte(c.Payload))
			if ok != (c.Says != nil) {
				t.Fatalf("read: %v, %+v", ok, e)
			}
			if !ok {
				if !reflect.DeepEqual(e, wire.Experiment{}) {
					t.Errorf("%+v", e)
				}
				return
			}
			ours, err := wire.EncodeExperiment(e)
			if err != nil {
				t.Fatal(err)
			}
			sameJSON(t, ours, c.Says)
		})
	}
}

// FuzzExperiment feeds the decoders of experiments: none panics, what one accepts lies within
// its limits, and it reads the same again from its own form.
func FuzzExperiment(f *testing.F) {
	for _, p := range append(hostile(), `{"output":"fan","setpoint":31.5,"minutes":60}`, `{"output":"fan","test":"run","duty":60,"seconds":10,"filled":true}`,
		`{"version":0,"experiment":{"command":"c","kind":"autotune","output":"fan","state":"done","cycles":3,"pi":{"setpoint":31.5,"kp":5,"ti_s":64,"deadband_k":0.1},"gain":0.0002}}`,
		`{"version":0,"experiment":{"command":"c","kind":"run","output":"fan","state":"done","turned":[{"output":"fan","rpm":900}],"flow_lpm":1}}`) {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, command := range []string{wire.CommandAutotune, wire.CommandCommission} {
			got, err := decodeArgs(t, command, p)
			if err != nil {
				if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Detail == "" || problem.Code == "" {
					t.Errorf("%s: %q has the error %#v", command, p, err)
				}
				continue
			}
			if again, err := decodeArgs(t, command, got); err != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("%s: %s reads back as %s, %v", command, got, again, err)
			}
		}
		e, ok := wire.DecodeExperiment(p)
		if !ok {
			return
		}
		if e.Command == "" || e.State == "" || len(e.Turned) > wire.MaxOutputs || e.PI != nil && !(e.PI.KP > 0) {
			t.Errorf("%q is read as %+v", p, e)
		}
		ours, err := wire.EncodeExperiment(e)
		if err != nil {
			t.Fatal(err)
		}
		again, ok := wire.DecodeExperiment([]byte(`{"version":0,"experiment":` + string(ours) + `}`))
		if !ok || !reflect.DeepEqual(again, e) {
			t.Errorf("%+v reads back as %+v", e, again)
		}
	})
}
