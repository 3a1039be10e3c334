package sim

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func genDrive(t *rapid.T) Drive {
	return Drive{
		Heat:     rapid.Float64Range(0, 120).Draw(t, "heat"),
		PumpHeat: rapid.Float64Range(0, 4).Draw(t, "pump heat"),
		Ambient:  rapid.Float64Range(-10, 40).Draw(t, "ambient"),
		Flow:     rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 3)).Draw(t, "flow"),
		Fan:      rapid.Float64Range(0, 1).Draw(t, "fan"),
	}
}

func genState(t *rapid.T) State {
	return State{
		Host:  rapid.Float64Range(0, 100).Draw(t, "host"),
		Water: rapid.Float64Range(0, 60).Draw(t, "water"),
	}
}

// losses is the heat that leaves toward the room, by the equations of the
// package comment and not by the plant's own solution.
func losses(p Params, s State, d Drive) float64 {
	stirred := math.Pow(d.Flow/p.RefFlow, 0.8)
	radiator := 0.0
	if d.Flow > 0 {
		radiator = 1 / (1/(p.Wet*stirred) + 1/(p.Draught+p.Forced*math.Pow(d.Fan, 0.6)))
	}
	return p.Case*(s.Host-d.Ambient) + (p.Tube+radiator)*(s.Water-d.Ambient)
}

// Over a working day the heat that went in is what was stored and what was
// rejected, to within a thousandth. What was rejected is summed up here from the
// temperatures, so that the plant's own bookkeeping is checked, too.
func TestEnergyBalance(t *testing.T) {
	p := DefaultParams()
	day := Workday{Seed: 3}
	start := time.Date(2025, 11, 24, 0, 0, 0, 0, time.UTC)
	plant := NewPlant(p, State{Host: 21, Water: 21})
	first := plant.State()
	var in, rejected, summed float64
	const step = time.Second
	for at := time.Duration(0); at < 24*time.Hour; at += step {
		now := start.Add(at)
		d := Drive{
			Heat: day.Heat(now), PumpHeat: 1, Ambient: day.Ambient(now),
			Flow: 0.4 + 1.6*day.unit(90, uint64(at/time.Hour), 0),
			Fan:  day.unit(91, uint64(at/time.Hour), 0),
		}
		before := losses(p, plant.State(), d)
		e := plant.Step(d, step)
		summed += (before + losses(p, plant.State(), d)) / 2 * step.Seconds()
		in += (d.Heat + d.PumpHeat) * step.Seconds()
		rejected += e.Rejected
	}
	last := plant.State()
	stored := p.HostCapacity*(last.Host-first.Host) + p.WaterCapacity*(last.Water-first.Water)
	if off := math.Abs(in-stored-summed) / in; off > 0.001 {
		t.Errorf("in %.0f J, stored %.0f J, rejected %.0f J: off by %.4f %%", in, stored, summed, 100*off)
	} else {
		t.Logf("in %.0f J, stored %.0f J, rejected %.0f J: off by %.5f %%", in, stored, summed, 100*off)
	}
	if off := math.Abs(summed-rejected) / in; off > 0.001 {
		t.Errorf("the plant says %.0f J were rejected, its temperatures say %.0f J", rejected, summed)
	}
}

// The steady state solves the balances, and every start leads to it.
func TestSteadyState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, d := DefaultParams(), genDrive(t)
		plant := NewPlant(p, genState(t))
		want := plant.Steady(d)
		if off := losses(p, want, d) - d.Heat - d.PumpHeat; math.Abs(off) > 1e-6*(1+d.Heat) {
			t.Fatalf("at the steady state %+v the losses differ from the heat by %v W", want, off)
		}
		for range 24 * 60 {
			plant.Step(d, time.Minute)
		}
		if got := plant.State(); math.Abs(got.Host-want.Host) > 1e-3 || math.Abs(got.Water-want.Water) > 1e-3 {
			t.Fatalf("after a day at %+v the state is %+v, want %+v", d, got, want)
		}
	})
}

// Two half steps are one step: there is no error of integration to depend on it.
func TestStepIsExactForAnyLength(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, s := genDrive(t), genState(t)
		dt := time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "dt"))
		parts := rapid.IntRange(1, 50).Draw(t, "parts")
		whole, split := NewPlant(DefaultParams(), s), NewPlant(DefaultParams(), s)
		e := whole.Step(d, dt/time.Duration(parts)*time.Duration(parts))
		var sum Energy
		for range parts {
			part := split.Step(d, dt/time.Duration(parts))
			sum.In += part.In
			sum.Rejected += part.Rejected
			sum.Stored += part.Stored
		}
		a, b := whole.State(), split.State()
		if math.Abs(a.Host-b.Host) > 1e-6 || math.Abs(a.Water-b.Water) > 1e-6 {
			t.Fatalf("one step leads to %+v, %d parts of it to %+v", a, parts, b)
		}
		for _, off := range []float64{e.In - e.Rejected - e.Stored, e.Rejected - sum.Rejected, e.Stored - sum.Stored} {
			if math.Abs(off) > 1e-4 {
				t.Fatalf("energy is off by %v J: whole %+v, parts %+v", off, e, sum)
			}
		}
	})
}

// Nothing gets colder than the coldest of what there is, nor hotter than the heat
// could make it through the case or the tubing alone: at such a temperature, the
// same in both nodes, neither balance has its derivative point further out.
func TestStepIsStable(t *testing.T) {
	p := DefaultParams()
	rapid.Check(t, func(t *rapid.T) {
		plant := NewPlant(p, genState(t))
		s := plant.State()
		low, high := min(s.Host, s.Water), max(s.Host, s.Water)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			d := genDrive(t)
			low = min(low, d.Ambient)
			high = max(high, d.Ambient+d.Heat/p.Case, d.Ambient+d.PumpHeat/p.Tube)
			plant.Step(d, time.Duration(rapid.Int64Range(0, int64(time.Minute)).Draw(t, "dt")))
			s := plant.State()
			if !(min(s.Host, s.Water) >= low-1e-9 && max(s.Host, s.Water) <= high+1e-9) {
				t.Fatalf("%+v is outside %v to %v", s, low, high)
			}
		}
	})
}

// More cooling never makes the water warmer.
func TestMoreFlowOrFanNeverWarmsTheHost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genDrive(t)
		d.PumpHeat = 0
		plant := NewPlant(DefaultParams(), State{})
		more := d
		more.Flow += rapid.Float64Range(0, 2).Draw(t, "more flow")
		more.Fan = min(1, more.Fan+rapid.Float64Range(0, 1).Draw(t, "more fan"))
		if a, b := plant.Steady(d), plant.Steady(more); b.Host > a.Host+1e-9 {
			t.Fatalf("%+v gives a host of %v C, %+v one of %v C", d, a.Host, more, b.Host)
		}
	})
}

func TestRealisticNumbers(t *testing.T) {
	plant := NewPlant(DefaultParams(), State{})
	for name, tc := range map[string]struct {
		d                 Drive
		lowDT, highDT     float64 // water over ambient
		lowRise, highRise float64 // outlet over inlet
	}{
		"20 W, quiet fan":   {Drive{Heat: 20, Ambient: 22, Flow: 1.2, Fan: 0.3}, 3, 4.5, 0.1, 0.3},
		"40 W, working fan": {Drive{Heat: 40, Ambient: 22, Flow: 1.3, Fan: 0.42}, 5, 8, 0.3, 0.5},
		"60 W, working fan": {Drive{Heat: 60, Ambient: 22, Flow: 1.4, Fan: 0.55}, 7, 10, 0.4, 0.7},
	} {
		t.Run(name, func(t *testing.T) {
			s := plant.Steady(tc.d)
			at := NewPlant(DefaultParams(), s)
			inlet, outlet := at.Legs(tc.d)
			if dt := s.Water - tc.d.Ambient; dt < tc.lowDT || dt > tc.highDT {
				t.Errorf("water is %.2f K over the room, want %v to %v", dt, tc.lowDT, tc.highDT)
			}
			if rise := outlet - inlet; rise < tc.lowRise || rise > tc.highRise {
				t.Errorf("the cold plate warms the water by %.2f K, want %v to %v", rise, tc.lowRise, tc.highRise)
			}
			// Water carries 69.8 W per (L/min K): what the host gives to it.
			toWater := tc.d.Heat - DefaultParams().Case*(s.Host-tc.d.Ambient)
			if carried := WattsPerFlow * tc.d.Flow * (outlet - inlet); math.Abs(carried-toWater) > 1e-6 {
				t.Errorf("the water carries %.3f W of %.3f W", carried, toWater)
			}
		})
	}
}
