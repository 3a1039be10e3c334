package live

import (
	"strings"
	"testing"

	"coolant"
)

func TestTwin(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.Load([]coolant.Device{{ID: "loop"}}, nil, []coolant.DeviceDocument{{Device: "loop", Kind: coolant.DocReported, Body: []byte(`{"version":0}`)}})
	view, ok := h.TwinOf("loop")
	if !ok || view.Phase != coolant.TwinUnset || view.Desired != nil || view.Reported != nil || string(view.State) != `{"version":0}` {
		t.Errorf("at the start it is %+v, %v", view, ok)
	}
	if _, ok := h.TwinOf("other"); ok {
		t.Error("a device that is not on the board has a twin")
	}
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	desired := coolant.Desired{Device: "loop", Version: 3, Epoch: "e1", Body: []byte(`{"interval_ms":5000}`), Edit: coolant.Edit{At: 7, By: "page", Note: "n", From: 1}}
	for _, step := range []struct {
		name string
		do   func()
		want []string // in the one event; nil: no event
	}{
		{
			"an edit", func() { h.Twin(coolant.Twin{Device: "loop", Phase: coolant.TwinApplying, Desired: desired}) },
			[]string{`"phase":"applying"`, `"version":3`, `"by":"page"`, `"body":{"interval_ms":5000}`, `"reported":null`, `"state":{"version":0}`},
		},
		{"its answer", func() {
			h.Twin(coolant.Twin{Device: "loop", Phase: coolant.TwinRefused, Desired: desired, Reported: coolant.Reported{Epoch: "e1", Version: 3, Refused: "no"}})
		}, []string{`"phase":"refused"`, `"reported":{"version":3,"epoch":"e1","refused":"no"}`}},
		{"what the device does", func() {
			h.Document(coolant.DeviceDocument{Device: "loop", Kind: coolant.DocReported, Body: []byte(`{"version":3,"faults":["leak"]}`)})
		}, []string{`"state":{"version":3,"faults":["leak"]}`, `"phase":"refused"`}},
		{"the same once more", func() {
			h.Document(coolant.DeviceDocument{Device: "loop", Kind: coolant.DocReported, Body: []byte(`{"version":3,"faults":["leak"]}`)})
		}, nil},
		{"of a device that is gone", func() { h.Twin(coolant.Twin{Device: "other"}) }, nil},
	} {
		step.do()
		got := drain(t, sub)
		if len(step.want) == 0 {
			if len(got) != 0 {
				t.Errorf("%s: %v", step.name, lines(got))
			}
			continue
		}
		if len(got) != 1 || got[0].Name() != "twin" || got[0].Public() != nil {
			t.Fatalf("%s: %v, want one event that not everybody gets", step.name, lines(got))
		}
		for _, part := range step.want {
			if !strings.Contains(string(got[0].JSON()), part) {
				t.Errorf("%s: %s has no %s", step.name, got[0].JSON(), part)
			}
		}
	}
}
