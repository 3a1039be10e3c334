package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/live"
	"coolant/internal/sim"
	"coolant/internal/wire"
)

// trier asks one device for experiments.
type trier struct {
	t       *testing.T
	devices DeviceCommands
	id      coolant.DeviceID
}

func (d trier) ask(name, args string) (coolant.CommandReply, error) {
	d.t.Helper()
	var raw json.RawMessage
	if args != "" {
		raw = json.RawMessage(args)
	}
	return d.devices.Command(d.t.Context(), d.id, name, raw, 10*time.Second)
}

// begin returns the id of the command.
func (d trier) begin(name, args string) string {
	d.t.Helper()
	reply, err := d.ask(name, args)
	if err != nil || !reply.OK {
		d.t.Fatalf("%s: %+v, %v", args, reply, err)
	}
	return reply.ID
}

// reports waits for something in what the device reports.
func (d trier) reports(what string, is func(body string) bool) {
	d.t.Helper()
	until(d.t, what, func() bool {
		doc, err := d.devices.Document(d.t.Context(), d.id, coolant.DocReported)
		return err == nil && is(string(doc.Body))
	})
}

// ends waits until an experiment has ended, and returns what is told of it.
func (d trier) ends(command string) (e wire.Experiment) {
	d.t.Helper()
	d.reports("the end of "+command, func(body string) (ok bool) {
		e, ok = wire.DecodeExperiment([]byte(body))
		return ok && e.Command == command && e.State != wire.ExperimentRunning
	})
	return e
}

func (d trier) regulates() {
	d.t.Helper()
	d.reports("it goes by its laws", func(body string) bool {
		return strings.Contains(body, `"claim":"auto"`) && !strings.Contains(body, `"claim":"commissioning"`) &&
			!strings.Contains(body, `"claim":"autotune"`) && !strings.Contains(body, `"claim":"boot"`)
	})
}

// TestExperiment goes the whole way from a command to a motor and back: a run says which tachometer
// turned, an abort ends a sweep, which takes more than a minute, and gives the output back.
func TestExperiment(t *testing.T) {
	c, r, _ := start(t)
	simulate(t, r, "loop")
	password, err := r.Devices.Add(t.Context(), "fast", "")
	if err != nil {
		t.Fatal(err)
	}
	simulateAt(t, r, "fast", password, 10)
	loop, fast := trier{t, twinsOf(t, c), "loop"}, trier{t, twinsOf(t, c), "fast"}

	fast.regulates()
	run := fast.begin(wire.CommandCommission, `{"output":"fan","test":"run","duty":60,"seconds":5}`)
	loop.regulates()
	sweep := loop.begin(wire.CommandCommission, `{"output":"fan","test":"sweep"}`)
	reply, err := loop.ask(wire.CommandCommission, `{"output":"pump","test":"run"}`)
	if err != nil || reply.OK || !strings.Contains(reply.Error, "fan: it is tried already") {
		t.Errorf("a second one at the same time: %+v, %v", reply, err)
	}
	if reply, err = loop.ask(wire.CommandAbort, ""); err != nil || !reply.OK {
		t.Fatalf("%+v, %v", reply, err)
	}
	if e := loop.ends(sweep); e.State != wire.ExperimentAborted || e.Kind != wire.TestSweep || e.Reason == "" || e.Phase != "" {
		t.Errorf("%+v", e)
	}
	loop.regulates()
	if reply, err = loop.ask(wire.CommandAbort, ""); err != nil || reply.OK {
		t.Errorf("there is nothing to abort: %+v, %v", reply, err)
	}
	e := fast.ends(run)
	if e.State != wire.ExperimentDone || e.Kind != wire.TestRun || e.Output != "fan" || len(e.Turned) != 2 ||
		e.Turned[0] != (wire.Turned{Output: "pump"}) || e.Turned[1].Output != "fan" || e.Turned[1].RPM < 900 || e.FlowLPM == nil {
		t.Errorf("%+v", e)
	}
	fast.regulates()
}

// TestAutotuneCommand goes the whole way from a command to gains: what runs is seen to run and can be aborted, and what is found is told as
// settings that the device takes. For the device it is an afternoon with an hour of steady heat, and it stands still until there is something to wait for.
func TestAutotuneCommand(t *testing.T) {
	c, r, _ := start(t)
	password, err := r.Devices.Add(t.Context(), "loop", "")
	if err != nil {
		t.Fatal(err)
	}
	clock := startLapse(t, time.Since(time.Date(2025, 11, 24, 15, 36, 0, 0, time.UTC)))
	clock.at(0.05)
	simulateBy(t, r, "loop", password, sim.Options{Speed: 60, Now: clock.Now, After: clock.After})
	loop := trier{t, twinsOf(t, c), "loop"}
	loop.regulates()
	seen := func(command, state string) {
		t.Helper()
		loop.reports(command+" is seen "+state, func(body string) bool {
			e, ok := wire.DecodeExperiment([]byte(body))
			return ok && e.Command == command && e.State == state && e.Kind == wire.ExperimentAutotune && e.Output == "fan"
		})
	}
	if reply, err := loop.ask(wire.CommandAutotune, `{"output":"fan"}`); err != nil || reply.OK || !strings.Contains(reply.Error, "its curve has no setpoint") {
		t.Errorf("without a setpoint: %+v, %v", reply, err)
	}
	first := loop.begin(wire.CommandAutotune, `{"output":"fan","setpoint":40,"minutes":120}`)
	seen(first, wire.ExperimentRunning)
	if reply, err := loop.ask(wire.CommandAbort, ""); err != nil || !reply.OK {
		t.Fatalf("%+v, %v", reply, err)
	}
	if e := loop.ends(first); e.State != wire.ExperimentAborted || e.PI != nil {
		t.Errorf("%+v", e)
	}
	second := loop.begin(wire.CommandAutotune, `{"output":"fan","setpoint":27.5}`)
	seen(second, wire.ExperimentRunning)
	clock.at(20)
	e := loop.ends(second)
	if e.State != wire.ExperimentDone || e.PI == nil || e.PI.Setpoint != 27.5 || e.PI.KP <= 0 || e.PI.TiS < 1 || e.DelayS == nil || e.Gain == nil || e.SettleS == nil {
		t.Fatalf("%+v", e)
	}
	loop.regulates()
}

// TestCommandsThatAreNotSent: what no device could do, or what this one says that it cannot, is refused here,
// with a reason that says what to do. One that has said nothing of itself is asked.
func TestCommandsThatAreNotSent(t *testing.T) {
	h := &house{hub: live.New(live.Options{})}
	h.hub.Load([]coolant.Device{{ID: "old"}, {ID: "new"}, {ID: "silent"}}, nil, []coolant.DeviceDocument{
		{Device: "old", Kind: coolant.DocInfo, Body: []byte(`{"capabilities":["desired","zero"]}`)},
		{Device: "new", Kind: coolant.DocInfo, Body: []byte(`{"capabilities":["desired","autotune","commission"]}`)},
	})
	const run, tune = `{"output":"fan","test":"run"}`, `{"output":"fan"}`
	for _, c := range []struct {
		device     coolant.DeviceID
		name, args string
		says       string
	}{
		{"old", wire.CommandCommission, run, `does not list the capability "commission"`},
		{"old", wire.CommandAutotune, tune, `does not list the capability "autotune"`},
		{"old", wire.CommandAbort, ``, "does not know the command abort"},
		{"old", wire.CommandIdentify, ``, ""},
		{"old", "of_a_later_version", `{"x":1}`, ""},
		{"new", wire.CommandCommission, run, ""},
		{"new", wire.CommandAutotune, tune, ""},
		{"new", wire.CommandAbort, ``, ""},
		{"silent", wire.CommandCommission, run, ""},
		{"silent", wire.CommandCommission, `{"output":"fan","test":"run","seconds":61}`, "seconds: 61 is not within 2 to 60"},
		{"new", wire.CommandAutotune, `{"output":"fan","setpoint":60}`, "setpoint"},
		{"new", wire.CommandZero, `{"roles":["water"]}`, "at least two probes"},
		{"new", wire.CommandClearFault, `{}`, "fault: it is missing"},
	} {
		var args json.RawMessage
		if c.args != "" {
			args = json.RawMessage(c.args)
		}
		err := h.checkCommand(c.device, c.name, args)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s of %s with %s: %v, want %q", c.name, c.device, c.args, err, c.says)
		}
	}
}
