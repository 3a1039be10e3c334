package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// The hours of a working day in which somebody sits beside the loop.
const (
	atWorkFrom = 9 * time.Hour
	atWorkTill = 18 * time.Hour
)

// dayOf is what pump and fan did on a day.
type dayOf struct {
	peak   float64    // C, the warmest water
	whole  [2]float64 // percent, mean duty of pump and fan from midnight to midnight
	work   [2]float64 // percent, the same while somebody sits there
	starts int        // of the fan
	rest   time.Duration
}

// mean is that of both.
func mean(duties [2]float64) float64 { return (duties[0] + duties[1]) / 2 }

// spend lets a Monday of the rig pass.
func spend(t *testing.T, seed uint64, change func(settings) settings) (d dayOf) {
	t.Helper()
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	if err := r.apply(change(r.set)); err != nil {
		t.Fatal(err)
	}
	r.Advance(monday.Add(time.Minute)) // until the outputs are where the law wants them
	turned, whole, work := true, 0.0, 0.0
	for n := 60; n < 24*3600; n++ {
		r.Advance(r.Now().Add(time.Second))
		whole++
		since := r.Now().Sub(monday)
		sat := since >= atWorkFrom && since < atWorkTill
		if sat {
			work++
		}
		for i := range d.whole {
			d.whole[i] += r.duties[i].Duty
			if sat {
				d.work[i] += r.duties[i].Duty
			}
		}
		turns := r.duties[1].Duty > 0
		if turns && !turned {
			d.starts++
		}
		if turned = turns; !turns {
			d.rest += time.Second
		}
		d.peak = max(d.peak, r.State().Water)
	}
	for i := range d.whole {
		d.whole[i] /= whole
		d.work[i] /= work
	}
	if faults := r.Faults(); len(faults) != 0 {
		t.Errorf("faults %+v", faults)
	}
	return d
}

// fixed gives pump and fan a duty that never changes.
func fixed(pump, fan float64) func(settings) settings {
	return func(s settings) settings {
		outputs := []control.OutputConfig{s.control.Outputs[0], s.control.Outputs[1]}
		for i, duty := range []float64{pump, fan} {
			outputs[i].Auto = control.AutoConfig{Input: coolant.Water, Curve: &control.CurveConfig{Points: []control.Point{{Temp: 20, Duty: duty}}}}
		}
		s.control.Outputs = outputs
		return s
	}
}

// outside is a Monday outside of the loop of a rig, in slices that are shorter than anything it could do.
type outside struct {
	start     State
	slices    []Drive // the host's heat on the mean, and the room
	pump, fan motor
}

const slice = 20 * time.Second

func mondayOf(seed uint64) (m outside) {
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	m.start, m.pump, m.fan = r.State(), r.pump, r.fan
	for since := time.Duration(0); since < 24*time.Hour; since += slice {
		d := Drive{Ambient: r.day.Ambient(monday.Add(since))}
		for at := time.Duration(0); at < slice; at += time.Second {
			d.Heat += r.day.Heat(monday.Add(since+at)) / slice.Seconds()
		}
		m.slices = append(m.slices, d)
	}
	return m
}

// warmest is the peak of the day with duties that never change, by the plant alone.
func (m *outside) warmest(pumpDuty, fanDuty float64) (peak float64) {
	pump, fan, rng := m.pump, m.fan, rand.New(rand.NewPCG(1, 1)) // which is for what they show, not for how they turn
	pump.step(pumpDuty, time.Minute, rng)
	fan.step(fanDuty, time.Minute, rng)
	plant := NewPlant(DefaultParams(), m.start)
	for _, drive := range m.slices {
		drive.PumpHeat, drive.Flow, drive.Fan = maxPumpHeat*pump.speed*pump.speed*pump.speed, maxFlow*pump.speed, fan.speed
		plant.Step(drive, slice)
		peak = max(peak, plant.State().Water)
	}
	return peak
}

// quietest is the pair of fixed duties with the least mean that holds a peak: whoever sets fixed duties could do no better,
// even if he knew the day beforehand. A pump has at least 40 %, and a fan 20 %, as the board has it.
func (m *outside) quietest(peak float64) (pump, fan float64) {
	pump, fan = 100, 100
	for p := 40.0; p <= 100; p += 10 {
		low, high := 20.0, min(100, pump+fan-p)
		if high < low || m.warmest(p, high) > peak {
			continue
		}
		for high-low > 0.5 {
			if f := (low + high) / 2; m.warmest(p, f) > peak {
				low = f
			} else {
				high = f
			}
		}
		pump, fan = p, high
	}
	return pump, fan
}

// How much duty regulation saves: each way is compared with the least fixed duties that would have held the same peak on the same
// day.
func TestClosedLoopDutySaved(t *testing.T) {
	const seed, setpoint = 1, 31
	type way struct {
		name        string
		change      func(settings) settings
		work, whole float64 // percent of duty, of both on the mean, that it saves at least
	}
	shared := func(o order) func(settings) settings {
		return func(s settings) settings { return o.regulate(s, control.DefaultPI(setpoint)) }
	}
	byOrder := orders()
	ways := []way{
		{"curves", func(s settings) settings { return s }, 1, 9},
		{"fan alone", shared(fanAlone()), 4, 11},
		{"pump first", shared(byOrder[0]), 3, 11},
		{"fan first", shared(byOrder[1]), 15, 19},
		{"together", shared(byOrder[2]), 12, 17},
	}
	f := newFigures(fmt.Sprintf("A Monday: mean duties from 9 to 18 o'clock, and of the whole day; all but the curves hold %d C", setpoint),
		"way", "water at most", "pump", "fan", "both", "fixed for the same", "saved", "whole day", "saved", "fan at rest", "fan starts")
	m := mondayOf(seed)
	pc := func(v float64) string { return fmt.Sprintf("%.1f %%", v) }
	var pump, fan, peak float64
	for _, w := range ways {
		got := spend(t, seed, w.change)
		peak = got.peak
		pump, fan = m.quietest(peak)
		work, whole := (pump+fan)/2-mean(got.work), (pump+fan)/2-mean(got.whole)
		f.row(w.name, fmt.Sprintf("%.2f C", got.peak), pc(got.work[0]), pc(got.work[1]), pc(mean(got.work)),
			fmt.Sprintf("%.0f and %.1f %%", pump, fan), pc(work), pc(mean(got.whole)), pc(whole), got.rest.Round(time.Minute), got.starts)
		if work < w.work || whole < w.whole {
			t.Errorf("%s saves %.1f %% of duty at work and %.1f %% on the day, at least %v and %v %% are stated", w.name, work, whole, w.work, w.whole)
		}
	}
	f.log(t)
	// The plant alone says what the rig does with fixed duties.
	if held := spend(t, seed, fixed(pump, fan)); math.Abs(held.peak-peak) > 0.1 {
		t.Errorf("%v and %v %% hold %.2f C, not %.2f C", pump, fan, held.peak, peak)
	}
}
