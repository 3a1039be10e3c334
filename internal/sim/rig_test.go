package sim

import (
	"math"
	"slices"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

var monday = time.Date(2025, 11, 24, 0, 0, 0, 0, time.UTC)

// rigAt is a rig that has run from the morning until the given hour.
func rigAt(seed uint64, hour float64) *Rig {
	r := NewRig(RigOptions{Seed: seed, Start: monday.Add(time.Duration((hour - 1) * float64(time.Hour)))})
	r.Advance(monday.Add(time.Duration(hour * float64(time.Hour))))
	return r
}

func read(t *testing.T, r *Rig, m coolant.Metric) coolant.Reading {
	t.Helper()
	for _, reading := range r.Readings() {
		if reading.Metric == m {
			return reading
		}
	}
	t.Fatalf("no %s", m)
	return coolant.Reading{}
}

// The day of seed 1 in numbers. They change when a constant of the loop or of
// the day changes, and then belong into docs/simulation.md.
func TestGoldenDay(t *testing.T) {
	r := NewRig(RigOptions{Seed: 1, Start: monday})
	low, high, sum, warmest := math.Inf(1), math.Inf(-1), 0.0, math.Inf(-1)
	fanRest := 0
	for i := range 24 * 60 {
		r.Advance(monday.Add(time.Duration(i) * time.Minute))
		w, a := read(t, r, coolant.Water), read(t, r, coolant.Ambient)
		low, high, sum = min(low, w.Value), max(high, w.Value), sum+w.Value
		warmest = max(warmest, w.Value-a.Value)
		if read(t, r, coolant.FanRPM).Value == 0 {
			fanRest++
		}
		for _, reading := range r.Readings() {
			if from, to := reading.Metric.Range(); reading.Quality != coolant.Good || reading.Value < from || reading.Value > to {
				t.Fatalf("minute %d: %+v", i, reading)
			}
		}
	}
	if len(r.Faults()) > 0 {
		t.Errorf("faults on a normal day: %+v", r.Faults())
	}
	for _, g := range []struct {
		name           string
		got, want, tol float64
	}{
		{"lowest water, C", low, 23.45, 0.2},
		{"highest water, C", high, 31.7, 0.25},
		{"mean water, C", sum / (24 * 60), 26.15, 0.1},
		{"greatest dT to ambient, K", warmest, 8.6, 0.3},
		{"minutes with the fan at rest", float64(fanRest), 616, 30},
	} {
		t.Logf("%s: %.2f", g.name, g.got)
		if math.Abs(g.got-g.want) > g.tol {
			t.Errorf("%s: %.3f, want %v within %v", g.name, g.got, g.want, g.tol)
		}
	}
}

func TestRigIsReproducible(t *testing.T) {
	for _, other := range []uint64{1, 2} {
		a, b := rigAt(1, 10), rigAt(other, 10)
		same := 0
		for i := range 100 {
			to := monday.Add(10*time.Hour + time.Duration(i)*10*time.Second)
			a.Advance(to)
			b.Advance(to)
			if slices.Equal(a.Readings(), b.Readings()) {
				same++
			}
		}
		if want := map[uint64]int{1: 100, 2: 0}[other]; same != want {
			t.Errorf("seeds 1 and %d: %d of 100 readings are the same, want %d", other, same, want)
		}
	}
}

// A dead pump looks like a cold loop: the reservoir goes to the room's
// temperature while the host cooks.
func TestDeadPumpLooksCold(t *testing.T) {
	r := rigAt(1, 21.5) // a game
	before := r.State()
	r.StallPump(true)
	r.Advance(r.Now().Add(5 * time.Second))
	r.Advance(r.Now().Add(10 * time.Second))
	want := []control.Fault{
		{Name: "pump_stall", Occurrence: 1, Active: true, Critical: true},
		{Name: "no_flow", Occurrence: 1, Active: true, Critical: true}, // the flow meter sees it as well
	}
	if !slices.Equal(r.Faults(), want) {
		t.Errorf("faults %+v, want %+v", r.Faults(), want)
	}
	r.Advance(monday.Add(22*time.Hour + 10*time.Minute))
	for name, tc := range map[string]struct{ got, low, high float64 }{
		"water over ambient": {r.State().Water - r.drive.Ambient, 0, 4},
		"water has cooled":   {before.Water - r.State().Water, 3, 10},
		"host":               {r.State().Host, 70, 110},
		"pump_rpm":           {read(t, r, coolant.PumpRPM).Value, 0, 0},
		"flow_lpm":           {read(t, r, coolant.FlowLPM).Value, 0, 0},
		"pump_duty":          {read(t, r, coolant.PumpDuty).Value, 100, 100}, // its tachometer may be what broke
		"fan_duty":           {read(t, r, coolant.FanDuty).Value, 100, 100},
	} {
		if tc.got < tc.low || tc.got > tc.high {
			t.Errorf("%s: %.2f, want %v to %v", name, tc.got, tc.low, tc.high)
		}
	}
	if err := r.ClearFault("pump_stall", 1); err == nil {
		t.Error("a fault was cleared while the pump stands")
	}
	r.StallPump(false)
	r.Advance(r.Now().Add(10 * time.Second))
	for i := range want {
		want[i].Active = false
	}
	if !slices.Equal(r.Faults(), want) {
		t.Errorf("faults %+v after the pump came free", r.Faults())
	}
	if err := r.ClearFault("pump_stall", 2); err == nil {
		t.Error("an occurrence that never was was cleared")
	}
	if err := r.ClearFault("pump_stall", 1); err != nil || len(r.Faults()) != 1 {
		t.Errorf("clear: %v, %+v", err, r.Faults())
	}
}

func TestProbeFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault ProbeFault
		want  coolant.Quality
	}{
		"lost":     {ProbeLost, coolant.Disconnected},
		"power-on": {ProbePOR, coolant.POR85},
		"checksum": {ProbeCRC, coolant.CRC},
	} {
		t.Run(name, func(t *testing.T) {
			r := rigAt(1, 10)
			r.SetProbeFault(tc.fault)
			r.Advance(r.Now().Add(2 * time.Second))
			if w := read(t, r, coolant.Water); w.Quality != tc.want {
				t.Errorf("water %+v, want %v", w, tc.want)
			}
			if read(t, r, coolant.FanDuty).Value == 100 {
				t.Error("one bad reading already counts")
			}
			r.Advance(r.Now().Add(8 * time.Second))
			if read(t, r, coolant.FanDuty).Value != 100 || read(t, r, coolant.PumpDuty).Value != 100 {
				t.Errorf("a lost input does not fail hot: %+v", r.Readings())
			}
			if o := read(t, r, coolant.Outlet); o.Quality != coolant.Good {
				t.Errorf("the outlet's probe fails, too: %+v", o)
			}
			r.SetProbeFault(ProbeHealthy)
			r.Advance(r.Now().Add(2 * time.Minute))
			if w := read(t, r, coolant.Water); w.Quality != coolant.Good || read(t, r, coolant.FanDuty).Value == 100 {
				t.Errorf("it does not recover: %+v", r.Readings())
			}
		})
	}
}

func TestStuckProbeIsFoundAfterHours(t *testing.T) {
	r := rigAt(1, 9)
	r.SetProbeFault(ProbeStuck)
	r.Advance(r.Now().Add(time.Minute))
	frozen := read(t, r, coolant.Water)
	r.Advance(r.Now().Add(time.Hour))
	if w := read(t, r, coolant.Water); w != frozen {
		t.Errorf("a stuck probe moved from %+v to %+v", frozen, w)
	}
	r.Advance(r.Now().Add(2 * time.Hour))
	if w := read(t, r, coolant.Water); w.Quality != coolant.Stuck {
		t.Errorf("after three hours it is %+v, want stuck", w)
	}
	if !slices.ContainsFunc(r.Faults(), func(f control.Fault) bool { return f.Name == control.FaultStuck && f.Active }) {
		t.Errorf("faults %+v", r.Faults())
	}
	for _, d := range r.duties {
		if d.By != control.ByFailsafe || d.Duty != 100 {
			t.Errorf("by a frozen probe: %+v", d)
		}
	}
	if hottest := r.State(); hottest.Water >= 50 || hottest.Host >= 62 {
		t.Errorf("the loop is at %+v", hottest)
	}
}

func TestLeakLatches(t *testing.T) {
	r := rigAt(1, 10)
	r.SetLeak(true)
	r.Advance(r.Now().Add(10 * time.Second))
	if read(t, r, coolant.PumpDuty).Value != 0 || read(t, r, coolant.FanDuty).Value != 100 {
		t.Errorf("pump on or fan not full in a leak: %+v", r.Readings())
	}
	if r.ClearFault(control.FaultLeak, 0) == nil {
		t.Error("cleared while wet")
	}
	r.SetLeak(false)
	r.Advance(r.Now().Add(time.Minute))
	if read(t, r, coolant.PumpDuty).Value != 0 {
		t.Error("a leak does not latch")
	}
	r.Reset()
	r.Advance(r.Now().Add(time.Minute))
	if read(t, r, coolant.PumpDuty).Value != 0 {
		t.Error("a reset clears a leak, which a person has to")
	}
	if err := r.ClearFault(control.FaultLeak, 0); err != nil {
		t.Fatal(err)
	}
	r.Advance(r.Now().Add(time.Minute))
	if d := read(t, r, coolant.PumpDuty).Value; d < 40 {
		t.Errorf("pump at %v %% after the leak was cleared", d)
	}
}

// TestLateOverride asks for a pump that is off for longer than it may be, during a failsafe:
// it does not begin by itself when that is over and less than half an hour is left.
func TestLateOverride(t *testing.T) {
	r := rigAt(1, 10)
	r.SetProbeFault(ProbeLost)
	r.Advance(r.Now().Add(10 * time.Second))
	s := r.set
	s.control.Outputs = slices.Clone(s.control.Outputs)
	s.control.Outputs[0].Override = &control.OverrideConfig{Duty: 0, Until: coolant.Milli(r.Now().Add(40 * time.Minute))}
	if err := r.apply(s); err != nil {
		t.Fatal(err)
	}
	r.Advance(r.Now().Add(15 * time.Minute))
	r.SetProbeFault(ProbeHealthy)
	r.Advance(r.Now().Add(time.Minute))
	if d := read(t, r, coolant.PumpDuty).Value; d < 40 {
		t.Errorf("the pump is at %v %% by an override that was too long when it was asked for", d)
	}
}

// An override survives a power cut, unless over-temperature had cancelled it.
func TestOverTemperatureCancelsForGood(t *testing.T) {
	r := rigAt(1, 10)
	s := r.set
	s.control.Outputs = slices.Clone(s.control.Outputs)
	s.control.Outputs[1].Override = &control.OverrideConfig{Duty: 70, Until: coolant.Milli(r.Now().Add(10 * time.Hour))}
	if err := r.apply(s); err != nil {
		t.Fatal(err)
	}
	claim := func() control.Claim { return r.duties[1].By }
	r.Reset()
	r.Advance(r.Now().Add(10 * time.Second))
	if claim() != control.ByOverride {
		t.Fatalf("after a restart the fan is claimed by %s", claim())
	}
	r.day = heatStep{after: 900}
	for n := 0; claim() != control.ByOverTemp; n++ {
		if r.Advance(r.Now().Add(time.Second)); n > 3600 {
			t.Fatalf("900 W for an hour, and the fan is claimed by %s", claim())
		}
	}
	// Until it is so cool that a restart would not find it again.
	r.day = heatStep{after: 15}
	for n := 0; claim() == control.ByOverTemp; n++ {
		if r.Advance(r.Now().Add(time.Second)); n > 3600 {
			t.Fatal("over-temperature does not end")
		}
	}
	r.Reset()
	r.Advance(r.Now().Add(time.Hour))
	if claim() != control.ByAuto {
		t.Errorf("an hour after over-temperature and a restart the fan is claimed by %s", claim())
	}
}

func TestProbeIsADS18B20(t *testing.T) {
	r := rigAt(1, 10)
	p := newProbe(r.rng)
	if _, q := p.read().reading(); q != coolant.POR85 {
		t.Errorf("before the first conversion: %v, want por85", q)
	}
	p.convert()
	p.step(30, probeConversion-time.Millisecond, r.rng)
	if _, q := p.read().reading(); q != coolant.POR85 {
		t.Errorf("before the conversion ended: %v, want por85", q)
	}
	p.step(30, time.Millisecond, r.rng)
	v, q := p.read().reading()
	if q != coolant.Good || v != math.Trunc(v*16)/16 || math.Abs(v-30) > 0.5 {
		t.Errorf("got %v, %v, want 30 within 0.5 in steps of 1/16", v, q)
	}
}

func TestMotorStartsAndStops(t *testing.T) {
	r := rigAt(1, 10)
	m := motor{maxRPM: 2000, idle: 0.1, start: 20, stop: 12, lag: 1}
	for i, step := range []struct {
		duty, low, high float64
	}{
		{15, 0, 0}, // not enough to start
		{20, 500, 600},
		{15, 420, 480}, // enough to go on
		{10, 0, 0},
		{15, 0, 0},
		{100, 1990, 2010},
	} {
		for range 20 {
			m.step(step.duty, time.Second, r.rng)
		}
		if rpm := m.rpm(); rpm < step.low || rpm > step.high {
			t.Errorf("step %d at %v %%: %v rpm, want %v to %v", i, step.duty, rpm, step.low, step.high)
		}
	}
	m.stalled = true
	for range 20 {
		m.step(100, time.Second, r.rng)
	}
	if m.rpm() != 0 {
		t.Errorf("held fast it turns at %v rpm", m.rpm())
	}
}

func TestCounterCountsWholePulses(t *testing.T) {
	c := counter{window: 2 * time.Second}
	total := 0.0
	for range 1000 {
		c.step(80.3, time.Second)
		if pulses := c.rate * 2; pulses != math.Trunc(pulses) {
			t.Fatalf("%v pulses in a window", pulses)
		}
		total += c.rate
	}
	if mean := total / 1000; math.Abs(mean-80.3) > 0.2 {
		t.Errorf("mean rate %v, want 80.3", mean)
	}
}
