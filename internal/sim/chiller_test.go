package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// chilled is a loop with a host of 60 W in a room of 27 C whose water is to be colder than its radiator can make it.
func chilled(t *testing.T) *bench {
	t.Helper()
	cfg := control.DefaultRegulator()
	cfg.FlowMeter = true
	for i, role := range []coolant.Metric{coolant.Water, coolant.Inlet, coolant.Outlet, coolant.Ambient} {
		cfg.Probes = append(cfg.Probes, control.ProbeConfig{ROM: uint64(i + 1), Role: role})
	}
	chiller := control.DefaultOutput("chiller", control.Chiller, control.Switch)
	chiller.Auto.Curve = &control.CurveConfig{Points: []control.Point{{Temp: 27, Duty: 0}, {Temp: 29, Duty: 100}}, Hysteresis: 1}
	cfg.Outputs = []control.OutputConfig{
		control.DefaultOutput("pump", control.Pump, control.PWM4), control.DefaultOutput("fan", control.Fan, control.PWM4),
		control.DefaultOutput("hot_fan", control.Fan, control.PWM4), chiller,
	}
	for i := range cfg.Outputs[:3] {
		cfg.Outputs[i].Tacho = true
	}
	b, err := newBench(1, DefaultParams(), 27, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.heat, b.parts[2].hot = 60, true
	return b
}

// A chiller runs only with a pump and a hot side that are proven, and above the dew point. Each of them is taken away in turn.
func TestClosedLoopChiller(t *testing.T) {
	f := newFigures("A chiller, 60 W, a room of 27 C", "what goes wrong", "off after", "chiller's claim", "faults", "water at most", "cold plate", "hot side")
	for _, c := range []struct {
		name   string
		break_ func(*bench)
		off    int // s, within which it is off
		claim  control.Claim
		faults []string // active after half an hour
		plate  float64  // C, the cold plate at most
	}{
		{name: "nothing", break_: func(*bench) {}, claim: control.ByAuto, plate: 40},
		{
			name: "its hot-side fan is held", break_: func(b *bench) { b.parts[2].stalled = true },
			off: 8, claim: control.ByInterlock, faults: []string{"chiller_interlock", "hot_fan_stall"}, plate: 50,
		},
		{
			name: "the pump is held", break_: func(b *bench) { b.parts[0].stalled = true },
			off: 8, claim: control.ByInterlock, faults: []string{"chiller_interlock", "no_flow", "pump_stall"}, plate: 110,
		},
		{
			name: "the air becomes humid", break_: func(b *bench) { b.humidity = 95 },
			off: 2, claim: control.ByInterlock, faults: []string{"chiller_interlock"}, plate: 50,
		},
		{
			name: "the humidity sensor is lost", break_: func(b *bench) { b.humidity = -1 },
			off: 62, claim: control.ByInterlock, faults: []string{"chiller_interlock"}, plate: 50,
		},
		{
			name: "a leak", break_: func(b *bench) { b.leaking = true },
			off: 2, claim: control.ByLeak, faults: []string{"chiller_interlock", "leak"}, plate: 110,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := chilled(t)
			for range 3600 {
				b.step()
			}
			for n := 0; b.drives[3].Duty == 0; n++ { // it comes and goes
				if b.step(); n > 1800 {
					t.Fatalf("the chiller never runs: %+v", b.drives)
				}
			}
			c.break_(b)
			on, last, water, plate, hot := 0, 0, 0.0, 0.0, 0.0
			for second := range 1800 {
				b.step()
				if b.drives[3].Duty > 0 {
					on, last = on+1, second+1
				}
				s := b.plant.State()
				water, plate, hot = max(water, s.Water), max(plate, s.Host), max(hot, b.chiller.hot)
				if dew, ok := coolant.DewPoint(b.room, b.humidity); ok && b.drives[3].Duty > 0 && s.Water < dew+1 {
					t.Fatalf("it chills to %.2f C with a dew point of %.2f C", s.Water, dew)
				}
			}
			var active []string
			for _, fault := range b.reg.Faults() {
				if fault.Active {
					active = append(active, fault.Name)
				}
			}
			slices.Sort(active)
			off := "-"
			if c.off > 0 {
				off = fmt.Sprint(last, " s")
			}
			f.row(c.name, off, b.drives[3].By, active, fmt.Sprintf("%.1f C", water), fmt.Sprintf("%.1f C", plate), fmt.Sprintf("%.1f C", hot))
			if c.off > 0 && last > c.off || c.off == 0 && on < 300 {
				t.Errorf("it ran for %d s, until %d s after the cause; want off within %d s", on, last, c.off)
			}
			if b.drives[3].By != c.claim || !slices.Equal(active, c.faults) {
				t.Errorf("it is claimed by %s with the faults %v, want %s and %v", b.drives[3].By, active, c.claim, c.faults)
			}
			if water >= b.cfg.Critical || plate > c.plate || hot > 60 {
				t.Errorf("water %.1f C, cold plate %.1f C, hot side %.1f C", water, plate, hot)
			}
		})
	}
	f.log(t)
}

// What the interlock is for: a chiller that ran on with its hot-side fan held would heat the water that it is to cool.
func TestChillerWithoutInterlockHeats(t *testing.T) {
	run := func(forced bool) (water, hot float64) {
		b := chilled(t)
		for range 3600 {
			b.step()
		}
		b.parts[2].stalled = true
		for range 1800 {
			b.reg.Step(b.sense(), tick)
			b.drives = b.reg.Drives()
			if forced {
				b.drives[3].Duty = 100
			}
			b.act()
			b.now = b.now.Add(time.Second)
		}
		return b.plant.State().Water, b.chiller.hot
	}
	water, hot := run(false)
	forcedWater, forcedHot := run(true)
	t.Logf("after half an hour with the hot-side fan held: water %.1f C, hot side %.1f C; without the interlock %.1f and %.1f C", water, hot, forcedWater, forcedHot)
	if forcedWater < water+2 || forcedHot < 80 || hot > 40 {
		t.Errorf("water %.1f C and hot side %.1f C with the interlock, %.1f and %.1f C without", water, hot, forcedWater, forcedHot)
	}
}
