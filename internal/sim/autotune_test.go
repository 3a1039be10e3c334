package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// tuneTest is a loop at a constant load that is tuned.
type tuneTest struct {
	plant    Params
	load     float64 // W
	order    order
	setpoint float64
}

// rig is the loop, two hours old, regulated with gains that fit nothing, so that none of them can be what is found.
func (c *tuneTest) rig(t *testing.T, seed uint64, d day) *Rig {
	t.Helper()
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	r.plant = NewPlant(c.plant, r.plant.State())
	r.day = d
	if err := r.apply(c.order.regulate(r.set, control.PIConfig{Setpoint: c.setpoint, Kp: 8, Ti: 240 * time.Second})); err != nil {
		t.Fatal(err)
	}
	r.Advance(monday.Add(2 * time.Hour))
	return r
}

// output is the one that is tuned: the leader, where work is shared.
func (c *tuneTest) output() string {
	if c.order == fanAlone() {
		return "fan"
	}
	return "pump"
}

// run tunes it, and says what was found and how long it took.
func (c *tuneTest) run(t *testing.T, seed uint64) (control.Experiment, time.Duration) {
	t.Helper()
	r := c.rig(t, seed, heatStep{before: c.load, after: c.load})
	return tunes(t, r, c.output(), control.DefaultTune)
}

// tunes looks for the gains of an output until it ends.
func tunes(t *testing.T, r *Rig, output string, most time.Duration) (control.Experiment, time.Duration) {
	t.Helper()
	if err := r.reg.Autotune(control.AutotuneAsk{Output: output, Time: most}); err != nil {
		t.Fatal(err)
	}
	begun := r.now
	e := ends(t, r, most+2*time.Second)
	if fs := r.Faults(); len(fs) != 0 {
		t.Errorf("faults %+v", fs)
	}
	return e, r.now.Sub(begun)
}

// byItself is after how long the water comes within 0.25 K of a setpoint with nothing that cools it but the pump:
// no gains can be faster.
func byItself(t *testing.T, c stepTest, seed uint64) time.Duration {
	t.Helper()
	at := monday.Add(2 * time.Hour)
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	r.plant = NewPlant(c.plant, r.plant.State())
	r.day = heatStep{at, c.before, c.after}
	far := c.pi
	far.Setpoint = 45
	if err := r.apply(c.order.regulate(r.set, far)); err != nil {
		t.Fatal(err)
	}
	for r.Advance(at); read(t, r, coolant.Water).Value < c.pi.Setpoint-0.25; r.pass(time.Second) {
	}
	return r.now.Sub(at)
}

// What is found on a loop holds what is asked of gains on this loop: the load times four, as in TestClosedLoopGains. The fan of the small
// loop has the water at rest within five minutes of the change; where warming up alone takes four of them, within another minute. More water
// takes longer to warm, so that elsewhere settling counts from where it would come near by itself.
func TestClosedLoopAutotune(t *testing.T) {
	f := newFigures("a relay experiment at constant load, and then the load times four with the gains that it found",
		"loop", "work", "load", "setpoint", "took", "kp", "ti", "delay", "gain", "swing", "overshoot", "after the change", "by itself", "swing at rest", "movement a minute")
	for _, c := range classes(t) {
		loads, orders := []float64{1}, append([]order{fanAlone()}, orders()...)
		if c.ID == control.Small {
			loads = []float64{0.95, 1, 1.1}
		}
		for _, o := range orders {
			for _, load := range loads {
				for i, setpoint := range []float64{31.5, 31.77, 32} {
					seed := uint64(i + 1)
					test := tuneTest{plant: c.params(), load: load * c.StepW[1], order: o, setpoint: setpoint}
					e, took := test.run(t, seed)
					where := fmt.Sprintf("%s, %s, %.0f W, %v", c.ID, o.name, test.load, setpoint)
					if e.State != control.ExperimentDone || took > 35*time.Minute || e.Tuned.Setpoint != setpoint {
						t.Errorf("%s: after %v %+v", where, took, e)
						continue
					}
					found := e.Tuned
					step := stepTest{
						plant: c.params(), before: c.StepW[0], after: c.StepW[1], order: o, steady: time.Hour,
						pi: control.PIConfig{Setpoint: setpoint, Kp: found.Kp, Ti: found.Ti, Deadband: found.Deadband},
					}
					got, floor := step.run(t, seed), byItself(t, step, seed)
					f.row(c.ID, o.name, fmt.Sprintf("%.0f W", test.load), setpoint, took, fmt.Sprintf("%.0f", found.Kp), fmt.Sprintf("%.0f s", found.Ti.Seconds()),
						fmt.Sprintf("%.0f s", found.Delay), fmt.Sprintf("%.6f", found.Gain), fmt.Sprintf("%.2f K", found.Swing),
						fmt.Sprintf("%.2f K", got.peak), got.settling, floor, fmt.Sprintf("%.4f K", got.swing), fmt.Sprintf("%.2f %%", got.movement))
					most := floor + 5*time.Minute
					if c.ID == control.Small && o == fanAlone() {
						most = max(5*time.Minute, floor+time.Minute)
					}
					if got.peak >= 0.5 || got.settling >= most || got.swing > probeStep || got.movement >= 2 {
						t.Errorf("%s: with %+v %+v, by itself %v", where, *found, got, floor)
					}
				}
			}
		}
	}
	f.log(t)
}

// holds is the heat that a loop carries at a temperature of the water with a pump and a fan at duties.
func holds(p Params, water, pump, fan float64) float64 {
	low, high := 0.0, 1000.0
	for high-low > 0.01 {
		mid, speed := (low+high)/2, pump/100
		d := Drive{Heat: mid, PumpHeat: maxPumpHeat * speed * speed * speed, Ambient: heatStep{}.Ambient(monday), Flow: maxFlow * speed, Fan: 0.1 + 0.9*fan/100}
		if NewPlant(p, State{}).Steady(d).Water < water {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// The time that is expected after a step of the heat is about what is measured.
func TestClosedLoopAutotuneExpects(t *testing.T) {
	f := newFigures("the heat steps from a quarter to three quarters of what the fan can hold at the setpoint", "loop", "setpoint", "heat", "expected", "measured", "overshoot")
	for _, c := range classes(t) {
		for i, setpoint := range []float64{31.5, 31.77, 32} {
			seed := uint64(i + 1)
			test := tuneTest{plant: c.params(), load: c.StepW[1], order: fanAlone(), setpoint: setpoint}
			e, _ := test.run(t, seed)
			if e.Tuned == nil {
				t.Fatalf("%s, %v: %+v", c.ID, setpoint, e)
			}
			pump := 60 + 5*(setpoint-30) // by the board's curve
			step := stepTest{
				plant: c.params(), before: holds(c.params(), setpoint, pump, 40), after: holds(c.params(), setpoint, pump, 80), order: fanAlone(), steady: time.Hour,
				pi: control.PIConfig{Setpoint: setpoint, Kp: e.Tuned.Kp, Ti: e.Tuned.Ti, Deadband: e.Tuned.Deadband},
			}
			got := step.run(t, seed)
			f.row(c.ID, setpoint, fmt.Sprintf("%.0f to %.0f W", step.before, step.after), fmt.Sprintf("%.0f s", e.Tuned.Settle), fmt.Sprintf("%.0f s", got.settling.Seconds()), fmt.Sprintf("%.2f K", got.peak))
			if ratio := got.settling.Seconds() / e.Tuned.Settle; ratio < 0.6 || ratio > 1.4 {
				t.Errorf("%s, %v: %v, expected were %v s", c.ID, setpoint, got.settling, e.Tuned.Settle)
			}
		}
	}
	f.log(t)
}

// restless is a host whose heat changes at random.
type restless struct {
	rng       *rand.Rand
	every     time.Duration
	low, high float64 // W
	now       float64
	next      time.Time
}

func (h *restless) Heat(t time.Time) float64 {
	if !t.Before(h.next) {
		h.now = h.low + (h.high-h.low)*h.rng.Float64()
		h.next = t.Add(time.Duration((0.5 + h.rng.Float64()) * float64(h.every)))
	}
	return h.now
}

func (*restless) Ambient(t time.Time) float64 { return heatStep{}.Ambient(t) }

// A load that changes meanwhile makes cycles unlike, so that it takes longer or fails; what is found all the same is not far from
// what is found at rest.
func TestAutotuneUnderAChangingLoad(t *testing.T) {
	test := tuneTest{plant: DefaultParams(), load: 60, order: fanAlone(), setpoint: 31.77}
	quiet, _ := test.run(t, 1)
	ended := map[string]int{}
	for _, every := range []time.Duration{10 * time.Second, time.Minute, 5 * time.Minute} {
		for _, by := range []float64{3, 8, 15} {
			for seed := range uint64(4) {
				r := test.rig(t, seed+1, &restless{rng: rand.New(rand.NewPCG(seed, 1)), every: every, low: test.load - by, high: test.load + by})
				e, _ := tunes(t, r, "fan", control.DefaultTune)
				ended[string(e.State)]++
				switch {
				case e.State == control.ExperimentFailed:
					if !strings.Contains(e.Reason, "alike") && !strings.Contains(e.Reason, "not reached") {
						t.Errorf("+-%v W every %v: %s", by, every, e.Reason)
					}
				case math.Abs(math.Log(e.Tuned.Gain/quiet.Tuned.Gain)) > math.Log(1.4):
					t.Errorf("+-%v W every %v: a gain of %v instead of %v", by, every, e.Tuned.Gain, quiet.Tuned.Gain)
				}
			}
		}
	}
	if ended["done"] < 10 || ended["failed"] < 5 {
		t.Errorf("%v", ended)
	}
}

// A probe that freezes meanwhile shows no turn any more, and that ends it; the loop stays far from critical.
func TestAutotuneWithAFrozenProbe(t *testing.T) {
	for _, after := range []time.Duration{100 * time.Second, 160 * time.Second, 220 * time.Second} {
		test := tuneTest{plant: DefaultParams(), load: 60, order: fanAlone(), setpoint: 31.77}
		r := test.rig(t, 1, heatStep{before: 60, after: 60})
		if err := r.reg.Autotune(control.AutotuneAsk{Output: "fan"}); err != nil {
			t.Fatal(err)
		}
		r.pass(after)
		r.SetProbeFault(ProbeStuck)
		hottest := 0.0
		for e, _ := r.reg.Experiment(); e.State == control.ExperimentRunning; e, _ = r.reg.Experiment() {
			r.pass(time.Second)
			hottest = max(hottest, r.State().Water)
		}
		e, _ := r.reg.Experiment()
		if e.State != control.ExperimentFailed || !strings.Contains(e.Reason, "not reached") || hottest > 40 {
			t.Errorf("%+v, %.1f C", e, hottest)
		}
	}
}

// Readings that are missing now and then, and wrong checksums, change nothing of what is found.
func TestAutotuneWithMissingReadings(t *testing.T) {
	test := tuneTest{plant: DefaultParams(), load: 60, order: fanAlone(), setpoint: 31.77}
	whole, _ := test.run(t, 2)
	r := test.rig(t, 2, heatStep{before: 60, after: 60})
	if err := r.reg.Autotune(control.AutotuneAsk{Output: "fan"}); err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		if e, _ := r.reg.Experiment(); e.State != control.ExperimentRunning {
			break
		}
		fault := ProbeHealthy
		if n%9 < 3 {
			fault = ProbeCRC
		}
		r.SetProbeFault(fault)
		r.pass(time.Second)
	}
	if e, _ := r.reg.Experiment(); e.State != control.ExperimentDone || math.Abs(e.Tuned.Gain/whole.Tuned.Gain-1) > 0.15 || e.Tuned.Kp != whole.Tuned.Kp {
		t.Errorf("%+v instead of %+v", e.Tuned, whole.Tuned)
	}
}
