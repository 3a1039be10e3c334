package sim

import (
	"math"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// order is who begins where pump and fan share the work of one PI. The ranges are those that the page offers.
type order struct {
	name      string
	pump, fan control.Range // zero: nobody shares; the fan has a PI of its own, and the pump its curve
}

// fanAlone is the way without sharing.
func fanAlone() order { return order{name: "fan alone"} }

// orders are the ways to share.
func orders() []order {
	return []order{
		{"pump first", control.Range{From: 0, To: 60}, control.Range{From: 40, To: 100}},
		{"fan first", control.Range{From: 40, To: 100}, control.Range{From: 0, To: 60}},
		{"together", control.Range{From: 0, To: 100}, control.Range{From: 0, To: 100}},
	}
}

// regulate gives the outputs of a board their PI.
func (o order) regulate(s settings, pi control.PIConfig) settings {
	pump, fan := s.control.Outputs[0], s.control.Outputs[1]
	if o.pump == (control.Range{}) {
		fan.Auto = control.AutoConfig{Input: coolant.Water, PI: &pi}
	} else {
		pump.Auto = control.AutoConfig{Input: coolant.Water, PI: &pi, Range: &o.pump}
		fan.Auto = control.AutoConfig{Follow: pump.Name, Range: &o.fan}
	}
	s.control.Outputs = []control.OutputConfig{pump, fan}
	return s
}

// stepTest is a loop and a host, an hour old, whose heat changes once.
type stepTest struct {
	plant         Params
	before, after float64 // W
	order         order
	pi            control.PIConfig
	fed           bool          // the host tells its heat
	steady        time.Duration // after the change: from here on the load counts as steady, for an hour
}

// response is how the loop answers.
type response struct {
	peak     float64       // K over the setpoint, by the probe
	dip      float64       // K below it, by the probe, once it came within 0.25 K
	settling time.Duration // until it stays within 0.25 K of the setpoint
	settles  time.Duration // the same, from where it first came so near
	swing    float64       // K from the lowest to the highest water, at steady load
	movement float64       // percent that a duty moved in the busiest minute of it
}

// worst takes the worse of each figure.
func (r response) worst(b response) response {
	return response{
		max(r.peak, b.peak), max(r.dip, b.dip), max(r.settling, b.settling), max(r.settles, b.settles),
		max(r.swing, b.swing), max(r.movement, b.movement),
	}
}

// run measures it with a specimen of the probe: 12 bits, with its noise, and a loop of one second.
func (c *stepTest) run(t *testing.T, seed uint64) (got response) {
	t.Helper()
	at := monday.Add(2 * time.Hour)
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	r.plant = NewPlant(c.plant, r.plant.State())
	r.day = heatStep{at, c.before, c.after}
	if err := r.apply(c.order.regulate(r.set, c.pi)); err != nil {
		t.Fatal(err)
	}
	if c.fed {
		r.setHost(c.before, at)
	}
	off := func() float64 {
		w := read(t, r, coolant.Water)
		if w.Quality != coolant.Good {
			t.Fatalf("at %v the water is %v", r.Now(), w.Quality)
		}
		return w.Value - c.pi.Setpoint
	}
	r.Advance(at)
	if c.fed {
		r.setHost(c.after, at.Add(24*time.Hour))
	}
	near := time.Duration(0)
	low, high, moved, was := math.Inf(1), math.Inf(-1), [2]float64{}, [2]float64{}
	for n := 1; n <= int((c.steady + time.Hour).Seconds()); n++ {
		since := time.Duration(n) * time.Second
		r.Advance(at.Add(since))
		e := off()
		if near == 0 && e >= -0.25 {
			near = since
		}
		if math.Abs(e) > 0.25 {
			got.settling, got.settles = since, since-near
		}
		got.peak = max(got.peak, e)
		if near > 0 {
			got.dip = max(got.dip, -e)
		}
		if since > c.steady {
			low, high = min(low, r.State().Water), max(high, r.State().Water)
			for i := range moved {
				moved[i] += math.Abs(r.duties[i].Duty - was[i])
			}
		}
		for i := range was {
			was[i] = r.duties[i].Duty
			if n%60 == 0 {
				got.movement, moved[i] = max(got.movement, moved[i]), 0
			}
		}
	}
	got.swing = high - low
	if faults := r.Faults(); len(faults) != 0 {
		t.Errorf("faults %+v", faults)
	}
	return got
}
