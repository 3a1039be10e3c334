package sim

import (
	"fmt"
	"math"
	"testing"
	"time"

	"coolant/internal/control"
)

// steadyHour is what a loop does in an hour of constant heat.
type steadyHour struct {
	low, high float64    // C, the water
	least     [2]float64 // percent, the least duty of pump and fan
	most      [2]float64
	movement  float64 // percent that a duty moved in the busiest minute
	starts    int     // of the fan
}

// settleDown lets a loop hold a constant heat for long enough, and watches it for an hour.
func settleDown(t *testing.T, seed uint64, heat float64, o order, pi control.PIConfig) (r *Rig, h steadyHour) {
	t.Helper()
	r = NewRig(RigOptions{Seed: seed, Start: monday})
	r.day = heatStep{monday, heat, heat}
	if err := r.apply(o.regulate(r.set, pi)); err != nil {
		t.Fatal(err)
	}
	at := monday.Add(2 * time.Hour)
	r.Advance(at)
	h.low, h.high = math.Inf(1), math.Inf(-1)
	var was, moved [2]float64
	for i := range was {
		was[i] = r.duties[i].Duty
		h.least[i], h.most[i] = was[i], was[i]
	}
	for n := 1; n <= 3600; n++ {
		r.Advance(at.Add(time.Duration(n) * time.Second))
		h.low, h.high = min(h.low, r.State().Water), max(h.high, r.State().Water)
		if was[1] == 0 && r.duties[1].Duty > 0 {
			h.starts++
		}
		for i := range was {
			d := r.duties[i].Duty
			h.least[i], h.most[i] = min(h.least[i], d), max(h.most[i], d)
			moved[i] += math.Abs(d - was[i])
			if was[i] = d; n%60 == 0 {
				h.movement, moved[i] = max(h.movement, moved[i]), 0
			}
		}
	}
	return r, h
}

// between says whether nothing but coming and going holds a setpoint: with the fan at its least duty the loop is too cold, and with the fan
// at rest too warm, whatever the pump does of what it did. The slack is what a specimen of the probe is off by, and the deadband.
func (h *steadyHour) between(r *Rig, setpoint float64) bool {
	const slack = 0.35
	cold, warm := math.Inf(1), math.Inf(-1)
	for _, pump := range []float64{h.least[0] / 100, h.most[0] / 100} {
		d := r.drive
		d.Flow, d.PumpHeat = maxFlow*pump, maxPumpHeat*pump*pump*pump
		d.Fan = 0
		warm = max(warm, r.plant.Steady(d).Water)
		d.Fan = r.fan.idle + (1-r.fan.idle)*r.set.control.Outputs[1].Min/100
		cold = min(cold, r.plant.Steady(d).Water)
	}
	return cold < setpoint+slack && warm > setpoint-slack
}

// Near the rest of the fan: wherever a duty holds the setpoint, or the pump does it alone, nothing moves. The fan comes and goes only
// where it has to, since its least duty is too much and none too little, and then the water stays within half a kelvin of the setpoint, but
// for what the probe is off by.
func TestClosedLoopNearTheFansRest(t *testing.T) {
	f := newFigures("Steady heat, the default gains, setpoints where the fan runs, rests, or comes and goes", "work", "steady", "movement at most a minute", "swing", "comes and goes", "starts an hour at most", "off the setpoint")
	for _, o := range append([]order{fanAlone()}, orders()...) {
		steady, going, starts, movement, swing, off := 0, 0, 0, 0.0, 0.0, 0.0
		for _, heat := range []float64{15, 30, 45, 60} {
			for k, setpoint := range []float64{26.1, 28.4, 30.2, 32.3, 34.6} {
				r, h := settleDown(t, uint64(heat)+uint64(k), heat, o, control.DefaultPI(setpoint))
				if h.starts == 0 {
					steady++
					movement, swing = max(movement, h.movement), max(swing, h.high-h.low)
					if h.movement >= 1 || h.high-h.low > probeStep {
						t.Errorf("%s, %v W, %v C: it hunts: %+v", o.name, heat, setpoint, h)
					}
					continue
				}
				going++
				starts = max(starts, h.starts)
				away := max(h.high-setpoint, setpoint-h.low)
				off = max(off, away)
				if !h.between(r, setpoint) || h.starts > 40 || away > 0.7 {
					t.Errorf("%s, %v W, %v C: the fan comes and goes: %+v", o.name, heat, setpoint, h)
				}
			}
		}
		if steady == 0 || going == 0 {
			t.Errorf("%s: %d steady, %d not", o.name, steady, going)
		}
		f.row(o.name, steady, fmt.Sprintf("%.2f %%", movement), fmt.Sprintf("%.4f K", swing), going, starts, fmt.Sprintf("%.2f K", off))
	}
	f.log(t)
}
