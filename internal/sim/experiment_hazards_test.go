package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coolant/internal/control"
)

// While a run lets the pump rest, the water says nothing about the host. So the time for which it may rest has to be short enough for the cold
// plate: this is how hot it gets at 60 W, by what is tried.
func TestColdPlateDuringExperiments(t *testing.T) {
	f := newFigures("Experiments on a host of 60 W", "what is tried", "the pump rests for", "water at most", "cold plate at most", "ends as")
	const both = "the fan alone for 60 s, or the pump at a duty of 0"
	const plateLimit = 90.0 // C; below what processors take before they slow down
	for _, c := range []struct {
		name   string
		row    string // of docs/simulation.md; the name if it is ""
		ask    control.CommissionAsk
		before func(*Rig)
		limit  float64
		state  control.ExperimentState
		rests  int // s without the pump at a time, at most
	}{
		{name: "the fan alone for 60 s", row: both, ask: runOf("fan", time.Minute), limit: plateLimit, state: control.ExperimentDone, rests: 76},
		{name: "the pump alone for 60 s", ask: runOf("pump", time.Minute), limit: plateLimit, state: control.ExperimentDone, rests: 16},
		{
			name: "the pump alone at rest for 60 s", row: both, ask: control.CommissionAsk{Output: "pump", Test: control.Run, Time: time.Minute, Filled: true},
			limit: plateLimit, state: control.ExperimentDone, rests: 76,
		},
		{name: "a sweep of the pump", ask: control.CommissionAsk{Output: "pump", Test: control.Sweep}, limit: plateLimit, state: control.ExperimentDone, rests: 60},
		{name: "a sweep of the fan", ask: control.CommissionAsk{Output: "fan", Test: control.Sweep}, limit: plateLimit, state: control.ExperimentDone},
		{
			name: "the pump of an empty loop", ask: runOf("pump", time.Minute), before: func(r *Rig) { r.SetDry(true) },
			limit: 100, state: control.ExperimentFailed, rests: 620,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := quietRig(t, "")
			r.day = heatStep{after: 60}
			r.setHost(60, r.now.Add(24*time.Hour))
			r.pass(time.Hour)
			if c.before != nil {
				c.before(r)
			}
			water, plate, rest, longest := 0.0, 0.0, 0, 0
			if err := r.reg.Commission(c.ask); err != nil {
				t.Fatal(err)
			}
			for range 900 {
				r.pass(time.Second)
				water, plate = max(water, r.State().Water), max(plate, r.State().Host)
				if rest++; r.duties[0].Duty > 0 {
					rest = 0
				}
				longest = max(longest, rest)
			}
			e, _ := r.reg.Experiment()
			f.row(c.name, fmt.Sprint(longest, " s"), fmt.Sprintf("%.1f C", water), fmt.Sprintf("%.1f C", plate), string(e.State))
			if c.row == "" {
				c.row = c.name
			}
			documented(t, c.row, water, plate)
			if e.State != c.state || longest > c.rests || plate >= c.limit || water >= 50 {
				t.Errorf("%+v; the pump rested for %d s, water %.1f C, cold plate %.1f C", e, longest, water, plate)
			}
		})
	}
	f.log(t)
}

// What may happen while the pump rests for a run of the fan, and what has to follow in the same second or by its own patience.
func TestFaultsDuringARun(t *testing.T) {
	for _, c := range []struct {
		name      string
		do        func(*testing.T, *Rig)
		claim     control.Claim           // of the pump, afterwards
		pump      float64                 // its duty; -1: at least its least
		within    int                     // s
		says      string                  // of the experiment's reason
		state     control.ExperimentState // failed if it is ""
		forgotten bool
	}{
		{name: "a leak", do: func(_ *testing.T, r *Rig) { r.SetLeak(true) }, claim: control.ByLeak, pump: 0, within: 3, says: "leak"},
		{name: "a lost probe", do: func(_ *testing.T, r *Rig) { r.SetProbeFault(ProbeLost) }, claim: control.ByFailsafe, pump: 100, within: 7, says: "not known"},
		// It takes a minute to be believed; the run is through before.
		{name: "a probe that drifts", do: func(_ *testing.T, r *Rig) { r.SetProbeFault(ProbeDrift) }, claim: control.ByFailsafe, pump: 100, within: 63, state: control.ExperimentDone},
		{
			name: "a power cut", do: func(t *testing.T, r *Rig) { powerCut(t, r, 10*time.Second) }, claim: control.ByAuto, pump: -1, within: 3, forgotten: true,
		},
		{
			name: "hot water that comes round", do: func(_ *testing.T, r *Rig) { r.plant.state.Water = 52 }, claim: control.ByOverTemp, pump: 100, within: 40, says: "critical",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := quietRig(t, "")
			if err := r.reg.Commission(runOf("fan", time.Minute)); err != nil {
				t.Fatal(err)
			}
			r.pass(25 * time.Second)
			if d := r.duties; d[0].By != control.ByCommissioning || d[0].Duty != 0 || d[1].Duty != 60 {
				t.Fatalf("before: %+v", d)
			}
			c.do(t, r)
			after := 0
			for ; r.duties[0].By != c.claim && after < c.within; after++ {
				r.pass(time.Second)
			}
			d := r.duties[0]
			if d.By != c.claim || c.pump >= 0 && d.Duty != c.pump || c.pump < 0 && d.Duty < 40 {
				t.Errorf("after %d s the pump is %+v", after, d)
			}
			if c.state == "" {
				c.state = control.ExperimentFailed
			}
			if e, ok := r.reg.Experiment(); ok == c.forgotten || ok && (e.State != c.state || !strings.Contains(e.Reason, c.says)) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// An override of another output does not stand in the way of a run, which is stronger; it goes on after it, until its own end.
func TestOverrideAndARunOfAnotherOutput(t *testing.T) {
	at := monday.Add(2 * time.Hour)
	r := quietRig(t, fmt.Sprintf(`"outputs":[{"name":"pump","override":{"duty":70,"until":%d}}]`, at.Add(10*time.Minute).UnixMilli()))
	if d := r.duties[0]; d.By != control.ByOverride || d.Duty != 70 {
		t.Fatalf("%+v", d)
	}
	if err := r.reg.Commission(runOf("fan", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	r.pass(8 * time.Second)
	if d := r.duties[0]; d.By != control.ByCommissioning || d.Duty != 0 {
		t.Errorf("the pump does not rest for the fan: %+v", d)
	}
	if err := r.reg.Commission(runOf("pump", 10*time.Second)); err == nil || !strings.Contains(err.Error(), "tried already") {
		t.Errorf("%v", err)
	}
	ends(t, r, time.Minute)
	r.pass(20 * time.Second)
	if d := r.duties[0]; d.By != control.ByOverride || d.Duty != 70 {
		t.Errorf("afterwards %+v", d)
	}
	if err := r.reg.Commission(runOf("pump", 10*time.Second)); err == nil || !strings.Contains(err.Error(), "overridden") {
		t.Errorf("%v", err)
	}
	r.Advance(at.Add(11 * time.Minute))
	if d := r.duties[0]; d.By != control.ByAuto {
		t.Errorf("after its end %+v", d)
	}
}

// A device that rests in standby can be tried all the same, and rests again afterwards; heat of the host ends both.
func TestStandbyAndARun(t *testing.T) {
	r := quietRig(t, `"standby":{"enabled":true,"idle_w":20}`)
	r.setHost(5, r.now.Add(24*time.Hour))
	r.day = heatStep{after: 5}
	for n := 0; r.duties[0].By != control.ByStandby; n++ {
		if r.pass(time.Minute); n > 180 {
			t.Fatalf("%+v", r.duties)
		}
	}
	if err := r.reg.Commission(runOf("fan", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	if e := ends(t, r, time.Minute); e.State != control.ExperimentDone || e.Turned[1].RPM < 1200 {
		t.Errorf("%+v", e)
	}
	r.pass(2 * time.Second)
	if d := r.duties; d[0].By != control.ByStandby || d[0].Duty != 0 || d[1].By != control.ByStandby || len(r.Faults()) != 0 {
		t.Errorf("%+v, %v", d, r.Faults())
	}
	if err := r.reg.Commission(runOf("fan", 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	r.pass(5 * time.Second)
	r.setHost(60, r.now.Add(24*time.Hour))
	ends(t, r, time.Minute)
	r.pass(10 * time.Second)
	if d := r.duties[0]; d.By != control.ByAuto || d.Duty < 40 {
		t.Errorf("the host works, and the pump is %+v", d)
	}
}

// A chiller does not run while the pump rests for a run, and runs again afterwards.
func TestChillerDuringARun(t *testing.T) {
	b := chilled(t)
	chills := func(want bool) {
		t.Helper()
		for n := 0; (b.drives[3].Duty > 0) != want; n++ {
			if b.step(); n > 3600 {
				t.Fatalf("%+v", b.drives)
			}
		}
	}
	chills(true)
	if err := b.reg.Commission(runOf("fan", 20*time.Second)); err != nil {
		t.Fatal(err)
	}
	rested := 0
	for {
		b.step()
		if e, _ := b.reg.Experiment(); e.State != control.ExperimentRunning {
			break
		}
		if rested++; b.drives[0].Duty != 0 || b.drives[3].Duty != 0 || b.drives[3].By != control.ByInterlock {
			t.Fatalf("after %d s: %+v", rested, b.drives)
		}
	}
	if rested < 20 {
		t.Errorf("the run took %d s", rested)
	}
	chills(true)
}
