package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coolant/internal/control"
)

// bench is a rig on a quiet loop, ready to try outputs on.
func bench(t *testing.T, desired string) *Rig {
	t.Helper()
	at := monday.Add(2 * time.Hour)
	r := NewRig(RigOptions{Seed: 3, Start: at})
	r.day = heatStep{at, 20, 20}
	if desired != "" {
		s, err := theBoard().take(r.set, []byte(`{"epoch":"e","version":1,`+desired+`}`))
		if err == nil {
			err = r.apply(s)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Advance(at.Add(2 * time.Minute))
	return r
}

func (r *Rig) pass(d time.Duration) { r.Advance(r.now.Add(d)) }

func runOf(output string, d time.Duration) control.CommissionAsk {
	return control.CommissionAsk{Output: output, Test: control.Run, Duty: 60, Time: d}
}

// ends lets time pass until the experiment neither runs nor rests, and returns what is told then.
func ends(t *testing.T, r *Rig, most time.Duration) control.Experiment {
	t.Helper()
	for passed := time.Duration(0); passed <= most; passed += time.Second {
		if e, ok := r.reg.Experiment(); !ok || e.State != control.ExperimentRunning && e.State != control.ExperimentResting {
			return e
		}
		r.pass(time.Second)
	}
	e, _ := r.reg.Experiment()
	t.Fatalf("after %v it is %+v", most, e)
	return e
}

// A run turns one output alone, and everything is as before when it is through.
func TestRunTurnsOneOutputAlone(t *testing.T) {
	r := bench(t, "")
	if err := r.reg.Commission(runOf("fan", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	longest, off := 0, 0
	for {
		e, _ := r.reg.Experiment()
		if e.State != control.ExperimentRunning {
			break
		}
		r.pass(time.Second)
		if r.duties[0].Duty == 0 {
			off++
		} else {
			off = 0
		}
		longest = max(longest, off)
		if e, _ := r.reg.Experiment(); e.State == control.ExperimentRunning && (r.duties[0].By != control.ByCommissioning || r.duties[1].By != control.ByCommissioning) {
			t.Fatalf("%+v while it runs", r.duties)
		}
	}
	e, _ := r.reg.Experiment()
	if e.State != control.ExperimentDone || len(e.Turned) != 2 || e.Turned[0] != (control.Turned{Output: "pump"}) || e.Turned[1].RPM < 1200 || e.Flow == nil || *e.Flow != 0 {
		t.Fatalf("%+v", e)
	}
	if longest > 26 {
		t.Errorf("the pump was off for %d s", longest)
	}
	r.pass(10 * time.Second)
	if r.duties[0].By != control.ByAuto || r.duties[1].By != control.ByAuto || len(r.Faults()) != 0 || read(t, r, "pump_rpm").Value == 0 {
		t.Errorf("afterwards %+v with %v", r.duties, r.Faults())
	}
}

// Where the tachometers are exchanged, the run of one shows the other: a stall is no reason not to look.
func TestRunFindsATachometerThatBelongsToAnother(t *testing.T) {
	r := bench(t, `"outputs":[{"name":"pump","wiring":{"pin":18,"tacho_pin":17}},{"name":"fan","wiring":{"pin":16,"tacho_pin":19}}]`)
	if err := r.reg.Commission(runOf("fan", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if e := ends(t, r, time.Minute); e.State != control.ExperimentDone || e.Turned[0].RPM < 1200 || e.Turned[1].RPM != 0 {
		t.Errorf("%+v", e)
	}
	r = bench(t, `"outputs":[{"name":"pump","wiring":{"pin":18,"tacho_pin":34}}]`) // to which nothing is connected
	r.pass(time.Minute)
	if fs := r.Faults(); len(fs) == 0 || fs[0].Name != "pump_stall" || !fs[0].Active {
		t.Fatalf("%v", fs)
	}
	if err := r.reg.Commission(runOf("pump", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if e := ends(t, r, time.Minute); e.State != control.ExperimentDone || e.Turned[0].RPM != 0 || *e.Flow < 1 {
		t.Errorf("%+v", e)
	}
}

// A sweep finds the start and the stop of the fan, and of the pump, whose parts are what they are.
func TestSweepFindsWhatTheMotorsAre(t *testing.T) {
	for _, c := range []struct {
		output                   string
		startLow, startHigh      float64
		stopLow, stopHigh        float64
		minLow, minHigh, maxHigh float64
	}{
		{"fan", 24, 28, 12, 16, 350, 520, 2150},
		{"pump", 24, 28, 10, 14, 300, 560, 4100},
	} {
		r := bench(t, "")
		if err := r.reg.Commission(control.CommissionAsk{Output: c.output, Test: control.Sweep}); err != nil {
			t.Fatal(err)
		}
		phases := ""
		for begun := r.now; ; r.pass(time.Second) {
			e, _ := r.reg.Experiment()
			if e.State != control.ExperimentRunning {
				t.Logf("%s: %+v after %v", c.output, e.Swept, r.now.Sub(begun))
				break
			}
			if !strings.HasSuffix(phases, e.Phase) {
				phases += " " + e.Phase
			}
		}
		e, _ := r.reg.Experiment()
		if e.State != control.ExperimentDone || phases != " resting rising full falling" {
			t.Fatalf("%s: %+v through%s", c.output, e, phases)
		}
		s := e.Swept
		if s.Start < c.startLow || s.Start > c.startHigh || s.Stop < c.stopLow || s.Stop > c.stopHigh ||
			s.MinRPM < c.minLow || s.MinRPM > c.minHigh || s.MaxRPM < 0.95*c.maxHigh || s.MaxRPM > c.maxHigh {
			t.Errorf("%s: %+v", c.output, s)
		}
		if fs := r.Faults(); len(fs) != 0 {
			t.Errorf("%s: %v", c.output, fs)
		}
	}
}

// A pump that runs dry is stopped after 5 s, rests for ten minutes, and that it is dry already is no
// reason to refuse: it is what one wants to know, and the rest lets the loop be filled.
func TestDryPumpStops(t *testing.T) {
	r := bench(t, "")
	r.SetDry(true)
	r.pass(time.Minute)
	if fs := r.Faults(); len(fs) != 1 || fs[0].Name != "no_flow" || !fs[0].Active || r.duties[0].Duty != 100 || read(t, r, "pump_rpm").Value < 4300 {
		t.Fatalf("%v, %+v", fs, r.duties)
	}
	if err := r.reg.Commission(runOf("pump", time.Minute)); err != nil {
		t.Fatal(err)
	}
	ran, rested := 0, 0
	for {
		r.pass(time.Second)
		e, _ := r.reg.Experiment()
		if e.State == control.ExperimentFailed {
			break
		}
		if r.duties[0].By != control.ByCommissioning {
			t.Fatalf("%+v decides after %d s of rest", r.duties[0], rested)
		}
		if e.State == control.ExperimentResting {
			rested++
			if !strings.HasPrefix(e.Reason, "dry") || r.duties[0].Duty != 0 || r.duties[1].By != control.ByAuto {
				t.Fatalf("%+v, %+v", e, r.duties)
			}
		}
		if r.duties[0].Duty > 0 {
			ran++
		}
		if rested == 300 {
			r.SetDry(false) // somebody fills it
		}
	}
	if ran != 5 || rested < 599 || rested > 601 {
		t.Errorf("it ran for %d s and rested for %d", ran, rested)
	}
	r.pass(20 * time.Second)
	if fs := r.Faults(); r.duties[0].By != control.ByAuto || len(fs) != 1 || fs[0].Active || fs[0].Occurrence != 1 {
		t.Errorf("%+v with %v", r.duties, fs)
	}
	// Its rest does not stand in the way of looking again, and an abort ends it.
	r.SetDry(true)
	for range 2 {
		if err := r.reg.Commission(runOf("pump", 20*time.Second)); err != nil {
			t.Fatal(err)
		}
		r.pass(30 * time.Second)
		if e, _ := r.reg.Experiment(); e.State != control.ExperimentResting {
			t.Fatalf("%+v", e)
		}
	}
	if err := r.reg.Abort(); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Second)
	if e, _ := r.reg.Experiment(); e.State != control.ExperimentAborted || r.duties[0].By == control.ByCommissioning {
		t.Errorf("%+v, %+v", e, r.duties)
	}
	if err := r.reg.Abort(); err == nil {
		t.Error("there is nothing to abort any more")
	}
}

// What speaks against a trial is said, and nothing begins.
func TestTrialsThatAreRefused(t *testing.T) {
	fan, pump := runOf("fan", 10*time.Second), runOf("pump", 10*time.Second)
	sweep := control.CommissionAsk{Output: "fan", Test: control.Sweep}
	for _, c := range []struct {
		name, desired string
		do            func(*Rig)
		ask           control.CommissionAsk
		says          string
	}{
		{name: "no such output", ask: runOf("fan2", time.Minute), says: "there is no such output"},
		{name: "a buzzer", desired: `"outputs":[{"name":"horn","role":"buzzer","kind":"switch","wiring":{"pin":21}}]`, ask: runOf("horn", time.Minute), says: "a pump or a fan is expected"},
		{name: "a sweep without tachometer", desired: `"outputs":[{"name":"fan","wiring":{"tacho_pin":null}}]`, ask: sweep, says: "needs a tachometer"},
		{
			name: "a sweep of a switch", desired: `"outputs":[{"name":"p2","role":"pump","kind":"switch","wiring":{"pin":21,"tacho_pin":35}}]`,
			ask: control.CommissionAsk{Output: "p2", Test: control.Sweep, Filled: true}, says: "one speed",
		},
		{name: "an override", desired: `"outputs":[{"name":"fan","override":{"duty":50,"until":UNTIL}}]`, ask: fan, says: "overridden"},
		{name: "one that runs", do: func(r *Rig) { _ = r.reg.Commission(pump) }, ask: fan, says: "pump: it is tried already"},
		{name: "a leak", do: func(r *Rig) { r.SetLeak(true); r.pass(5 * time.Second) }, ask: fan, says: "leak: this fault is active"},
		{name: "a lost probe", do: func(r *Rig) { r.SetProbeFault(ProbeLost); r.pass(10 * time.Second) }, ask: fan, says: "input_lost: this fault is active"},
		{name: "a pump that stalls, for the fan's sweep", do: func(r *Rig) { r.StallPump(true); r.pass(20 * time.Second) }, ask: sweep, says: "this fault is active"},
		{name: "warm water", desired: `"critical_c":30`, ask: fan, says: "more than 10 K below critical"},
		{name: "a device that has just started", do: func(r *Rig) { r.Reset() }, ask: fan, says: "not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			until := fmt.Sprint(monday.Add(3 * time.Hour).UnixMilli())
			r := bench(t, strings.ReplaceAll(c.desired, "UNTIL", until))
			if c.do != nil {
				c.do(r)
			}
			before, _ := r.reg.Experiment()
			err := r.reg.Commission(c.ask)
			if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 95 {
				t.Errorf("%v", err)
			}
			if after, _ := r.reg.Experiment(); after.Kind != before.Kind || after.State != before.State || after.Output != before.Output {
				t.Errorf("%+v has become %+v", before, after)
			}
		})
	}
}

// Everything that is stronger ends a trial, and decides in the same step.
func TestWhatEndsATrial(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(*testing.T, *Rig)
		state control.ExperimentState
		says  string
	}{
		{"a leak", func(_ *testing.T, r *Rig) { r.SetLeak(true) }, control.ExperimentFailed, "leak"},
		{"a lost probe", func(_ *testing.T, r *Rig) { r.SetProbeFault(ProbeLost) }, control.ExperimentFailed, "not known"},
		{"a probe that drifts", func(_ *testing.T, r *Rig) { r.SetProbeFault(ProbeDrift) }, control.ExperimentFailed, "contradict"},
		{"a pump that stalls", func(_ *testing.T, r *Rig) { r.StallPump(true) }, control.ExperimentFailed, "pump: it stands still"},
		{"a loop that loses its water", func(_ *testing.T, r *Rig) { r.SetDry(true) }, control.ExperimentFailed, "no flow"},
		{"heat", func(_ *testing.T, r *Rig) { r.day = heatStep{r.now, 700, 700} }, control.ExperimentFailed, "within 5 K of critical"},
		{"another duty of another output", func(t *testing.T, r *Rig) { change(t, r, `"outputs":[{"name":"pump","min_duty":41}]`) }, control.ExperimentAborted, "settings"},
		{"another pin", func(t *testing.T, r *Rig) {
			change(t, r, `"outputs":[{"name":"fan","wiring":{"pin":21}}]`)
		}, control.ExperimentAborted, "ended it"},
		{"an abort", func(t *testing.T, r *Rig) {
			if err := r.reg.Abort(); err != nil {
				t.Error(err)
			}
		}, control.ExperimentAborted, "somebody"},
		{"another interval does not", func(t *testing.T, r *Rig) { change(t, r, `"interval_ms":5000`) }, control.ExperimentDone, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			desired := ""
			if c.name == "heat" {
				desired = `"critical_c":37`
			}
			r := bench(t, desired)
			if err := r.reg.Commission(control.CommissionAsk{Output: "fan", Test: control.Sweep}); err != nil {
				t.Fatal(err)
			}
			r.pass(20 * time.Second)
			c.do(t, r)
			e := ends(t, r, 8*time.Minute)
			if e.State != c.state || !strings.Contains(e.Reason, c.says) || e.Phase != "" || (e.Swept != nil) != (c.state == control.ExperimentDone) {
				t.Errorf("%+v", e)
			}
			if c.state == control.ExperimentFailed && r.duties[1].By == control.ByCommissioning {
				t.Errorf("it still decides: %+v", r.duties)
			}
		})
	}
	r := bench(t, "")
	if err := r.reg.Commission(runOf("fan", time.Minute)); err != nil {
		t.Fatal(err)
	}
	r.Reset()
	if e, ok := r.reg.Experiment(); ok {
		t.Errorf("a restart has not forgotten %+v", e)
	}
}

func change(t *testing.T, r *Rig, desired string) {
	t.Helper()
	s, err := theBoard().take(r.set, []byte(`{"epoch":"e","version":2,`+desired+`}`))
	if err == nil {
		err = r.apply(s)
	}
	if err != nil {
		t.Fatal(err)
	}
}
