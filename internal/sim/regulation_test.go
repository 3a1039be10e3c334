package sim

import (
	"fmt"
	"testing"
	"time"

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

// respond is the answer of the loop of docs/simulation.md to 15 and then 60 W, with a PI of the fan's.
func respond(t *testing.T, seed uint64, pi control.PIConfig, fed bool) response {
	t.Helper()
	c := stepTest{plant: DefaultParams(), before: 15, after: 60, order: fanAlone(), pi: pi, fed: fed, steady: time.Hour}
	return c.run(t, seed)
}

// The figures that docs/simulation.md gives for the default gains. The setpoints are those that the loop
// can reach at 60 W: with its fan at full speed the water is 29.9 C, and 32.9 C with the least at which it
// does not rest.
func TestClosedLoopPI(t *testing.T) {
	var worst response
	for _, setpoint := range []float64{31.5, 31.75, 32, 32.25, 32.5} {
		for seed := range uint64(6) {
			got := respond(t, seed+1, control.DefaultPI(setpoint), false)
			worst = worst.worst(got)
			if got.peak >= 0.5 || got.settling >= 10*time.Minute || got.swing > probeStep || got.movement >= 1 {
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

// Gains that a quiet loop wants let the water rise far over the setpoint, unless the host tells its heat: for a fan alone, and
// for shared work in every order.
func TestClosedLoopFeedForward(t *testing.T) {
	f := newFigures("15 to 60 W with gentle gains, 8 % per K and 240 s: peak deviation, the worst of 3 specimens of the probe",
		"work", "feed-forward", "host silent", "below it later", "host known", "below it later", "asked for")
	k := func(v float64) string { return fmt.Sprintf("%.2f K", v) }
	for _, o := range append([]order{fanAlone()}, orders()...) {
		gentle := control.PIConfig{Setpoint: 32, Kp: 8, Ti: 240 * time.Second, Deadband: 0.1}
		fed := gentle
		fed.FeedForward = 1
		c := stepTest{plant: DefaultParams(), before: 15, after: 60, order: o, pi: gentle}
		var without, with response
		for seed := uint64(1); seed <= 3; seed++ {
			c.pi, c.fed = fed, false
			silent := c.run(t, seed)
			c.fed = true
			without, with = without.worst(silent), with.worst(c.run(t, seed))
			// A feed-forward that hears nothing changes nothing, nor does a host that is not listened to.
			if c.pi = gentle; seed == 1 && c.run(t, seed) != silent {
				t.Errorf("%s: a feed-forward of a silent host changes the answer, %+v", o.name, silent)
			}
		}
		f.row(o.name, fmt.Sprintf("%v %% per W", fed.FeedForward), k(without.peak), k(without.dip), k(with.peak), k(with.dip), "at most half of it, and below 0.5 K")
		if with.peak > without.peak/2 || with.peak >= 0.5 || with.dip >= 0.5 {
			t.Errorf("%s: %+v with feed-forward, and %+v without", o.name, with, without)
		}
	}
	f.log(t)
}
