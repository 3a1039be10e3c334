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

// TestAlarmIsHealth: what a device finds wrong with its loop is how the device is doing.
func TestAlarmIsHealth(t *testing.T) {
	c := &clock{at: start}
	h := newHub(c, Options{})
	h.DeviceAdded(coolant.Device{ID: "loop"})
	h.Committed(1, []coolant.Sample{{Device: "loop", Time: start, Readings: []coolant.Reading{{Metric: "water", Value: 30}}}})
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	for _, step := range []struct {
		body string
		want coolant.Health
		news int // events besides the twin's own
	}{
		{`{"version":0}`, coolant.HealthOK, 0},
		{`{"version":0,"faults":["leak"],"alarms":[{"name":"leak","occurrence":1,"active":true}]}`, coolant.HealthAlarm, 1},
		{`{"version":0,"alarms":[{"name":"leak","occurrence":1,"active":true},{"name":"fan_stall","occurrence":1,"active":false}]}`, coolant.HealthAlarm, 0},
		{`{"version":0,"alarms":[{"name":"leak","occurrence":1,"active":false}]}`, coolant.HealthOK, 1},
		{`{"version":0,"alarms":[{"name":"input_lost","occurrence":1,"active":true}]}`, coolant.HealthOK, 0},
		{`{"version":0,"alarms":7}`, coolant.HealthOK, 0},
	} {
		h.Document(coolant.DeviceDocument{Device: "loop", Kind: coolant.DocReported, Body: []byte(step.body)})
		view, _ := h.Device("loop")
		if view.Health != step.want {
			t.Errorf("%s: the health is %s, want %s", step.body, view.Health, step.want)
		}
		if got := drain(t, sub); len(got) != 1+step.news {
			t.Errorf("%s: %v", step.body, lines(got))
		}
	}
	h.Load([]coolant.Device{{ID: "late"}}, nil, []coolant.DeviceDocument{{Device: "late", Kind: coolant.DocReported, Body: []byte(`{"alarms":[{"name":"leak","active":true}]}`)}})
	h.Committed(2, []coolant.Sample{{Device: "late", Time: start, Readings: []coolant.Reading{{Metric: "water", Value: 30}}}})
	if view, _ := h.Device("late"); view.Health != coolant.HealthAlarm {
		t.Errorf("after a restart the health is %s", view.Health)
	}
}
