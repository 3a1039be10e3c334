package sim

import (
	"fmt"
	"math"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// heatStep is a host whose heat changes once, in a room of 22.4 C.
type heatStep struct {
	at            time.Time
	before, after float64 // W
}

func (h heatStep) Heat(t time.Time) float64 {
	if t.Before(h.at) {
		return h.before
	}
	return h.after
}

func (heatStep) Ambient(time.Time) float64 { return 22.4 }

// response is how a loop answers a step of the host's heat from 15 to 60 W.
type response struct {
	peak     float64       // K over the setpoint, by the probe
	settling time.Duration // until the probe stays within 0.25 K of the setpoint
	swing    float64       // K from the lowest to the highest water, in the second hour
	movement float64       // percent that the fan's duty moved in the busiest minute of that hour
}

// respond measures it: a fan by a PI, everything else as the board has it, a probe of 12 bits with its
// noise, a loop of one second. fed says that the host tells its heat.
func respond(t *testing.T, seed uint64, pi control.PIConfig, fed bool) (got response) {
	t.Helper()
	at := monday.Add(time.Hour)
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	r.day = heatStep{at, 15, 60}
	s := r.set
	fan := s.control.Outputs[1]
	fan.Auto = control.AutoConfig{Input: coolant.Water, PI: &pi}
	s.control.Outputs = []control.OutputConfig{s.control.Outputs[0], fan}
	if err := r.apply(s); err != nil {
		t.Fatal(err)
	}
	if fed {
		r.setHost(15, at)
	}
	r.Advance(at)
	if fed {
		r.setHost(60, at.Add(24*time.Hour))
	}
	second := func(n int) (off, duty float64) {
		r.Advance(at.Add(time.Duration(n) * time.Second))
		w := read(t, r, coolant.Water)
		if w.Quality != coolant.Good {
			t.Fatalf("after %d s the water is %v", n, w.Quality)
		}
		return w.Value - pi.Setpoint, r.duties[1].Duty
	}
	var last float64
	for n := 1; n <= 3600; n++ {
		off, duty := second(n)
		got.peak, last = max(got.peak, off), duty
		if math.Abs(off) > 0.25 {
			got.settling = time.Duration(n) * time.Second
		}
	}
	low, high, moved := math.Inf(1), math.Inf(-1), 0.0
	for n := 3601; n <= 7200; n++ {
		_, duty := second(n)
		moved += math.Abs(duty - last)
		last = duty
		low, high = min(low, r.State().Water), max(high, r.State().Water)
		if n%60 == 0 {
			got.movement, moved = max(got.movement, moved), 0
		}
	}
	got.swing = high - low
	if faults := r.Faults(); len(faults) != 0 {
		t.Errorf("faults %+v", faults)
	}
	return got
}

// The figures that docs/simulation.md gives for the default gains. The setpoints are those that the loop
// can reach at 60 W: with its fan at full speed the water is 29.9 C, and 32.9 C with the least at which it
// does not rest.
func TestClosedLoopPI(t *testing.T) {
	var worst response
	for _, setpoint := range []float64{31.5, 31.75, 32, 32.25, 32.5} {
		for seed := range uint64(6) {
			got := respond(t, seed+1, control.DefaultPI(setpoint), false)
			worst = response{
				max(worst.peak, got.peak), max(worst.settling, got.settling),
				max(worst.swing, got.swing), max(worst.movement, got.movement),
			}
			if got.peak >= 0.5 || got.settling >= 10*time.Minute || got.swing > probeStep || got.movement >= 2 {
				t.Errorf("setpoint %v, seed %d: %+v", setpoint, seed+1, got)
			}
		}
	}
	f := newFigures("15 to 60 W with the default gains, the worst of 5 setpoints and 6 specimens of the probe", "figure", "measured", "asked for")
	f.row("overshoot", fmt.Sprintf("%.2f K", worst.peak), "below 0.5 K")
	f.row("within 0.25 K of the setpoint after", worst.settling, "10m")
	f.row("swing of the water at steady load", fmt.Sprintf("%.4f K", worst.swing), fmt.Sprintf("a step of the probe, %.4f K", probeStep))
	f.row("movement of the duty at steady load", fmt.Sprintf("%.2f %% a minute", worst.movement), "below 2 % a minute")
	f.log(t)
}

// Gains that a quiet loop wants let the water rise far over the setpoint, unless the host tells its heat.
func TestClosedLoopFeedForward(t *testing.T) {
	gentle := control.PIConfig{Setpoint: 32, Kp: 8, Ti: 240 * time.Second, Deadband: 0.13}
	fed := gentle
	fed.FeedForward = 0.5
	without, with := 0.0, 0.0
	for seed := range uint64(6) {
		without = max(without, respond(t, seed+1, gentle, true).peak)
		with = max(with, respond(t, seed+1, fed, true).peak)
		if silent := respond(t, seed+1, fed, false).peak; silent > without {
			t.Errorf("seed %d: without the host's heat the peak is %.2f K, more than %.2f K", seed+1, silent, without)
		}
	}
	f := newFigures("15 to 60 W with 8 % per K and 240 s", "figure", "measured", "asked for")
	f.row("peak deviation", fmt.Sprintf("%.2f K", without), "-")
	f.row("the same with a feed-forward of 0.5 % per W", fmt.Sprintf("%.2f K", with), "below half of it, and below 0.5 K")
	f.log(t)
	if with > without/2 || with >= 0.5 {
		t.Errorf("the peak is %.2f K with feed-forward and %.2f K without", with, without)
	}
}
