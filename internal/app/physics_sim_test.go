package app

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"coolant"
	"coolant/internal/physics"
	"coolant/internal/sim"
	"coolant/internal/store/sqlite"
)

// simulatedLoop is some hours of a simulated loop in a real database, with what is true of it.
type simulatedLoop struct {
	store *sqlite.Store
	end   time.Time
	heat  float64 // W into the water, mean of the last five minutes
	tau   float64 // s, of the water at the last flow and fan speed
}

func simulateLoop(t *testing.T, seed uint64, start time.Time, lasting time.Duration, offsets map[coolant.Metric]float64) *simulatedLoop {
	t.Helper()
	l := &simulatedLoop{end: start.Add(lasting)}
	var err error
	l.store, err = sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "loop.db"), Now: func() time.Time { return l.end }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.store.Close() })
	if err := l.store.EnsureDevice(t.Context(), coolant.Device{ID: "loop", Created: coolant.Milli(start)}); err != nil {
		t.Fatal(err)
	}
	const interval = 10 * time.Second
	rig := sim.NewRig(sim.RigOptions{Seed: seed, Start: start})
	day, params := sim.Workday{Seed: seed}, sim.DefaultParams()
	var batch []coolant.Sample
	host, joules := rig.State().Host, 0.0
	for now := start; now.Before(l.end); {
		for range int(interval / time.Second) {
			heat, air := day.Heat(now), day.Ambient(now)
			now = now.Add(time.Second)
			rig.Advance(now)
			after := rig.State().Host
			if l.end.Sub(now) < 5*time.Minute { // what neither stays in the host nor leaves through its case
				joules += heat - params.Case*((host+after)/2-air) - params.HostCapacity*(after-host)
			}
			host = after
		}
		readings := rig.Readings()
		for i := range readings {
			readings[i].Value += offsets[readings[i].Metric]
		}
		batch = append(batch, coolant.Sample{Device: "loop", Boot: 1, Seq: uint64(len(batch) + 1), Time: coolant.Milli(now), Readings: readings})
	}
	l.heat = joules / 300
	if _, err := l.store.Append(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		if more, err = l.store.RollUp(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	values := map[coolant.Metric]float64{}
	for _, r := range rig.Readings() {
		values[r.Metric] = r.Value
	}
	stirred := math.Pow(values["flow_lpm"]/params.RefFlow, 0.8)
	air := params.Draught + params.Forced*math.Pow(values["fan_rpm"]/2100, 0.6)
	l.tau = params.WaterCapacity / (params.Tube + 1/(1/(params.Wet*stirred)+1/air))
	return l
}

// zeroLoop finds offsets as a person does: with the pump held, inlet and outlet stand in the
// water of the reservoir, and half a minute of their readings is compared.
func zeroLoop(seed uint64, start time.Time) map[coolant.Metric]float64 {
	rig := sim.NewRig(sim.RigOptions{Seed: seed, Start: start})
	rig.StallPump(true)
	now := start.Add(time.Minute)
	rig.Advance(now)
	sums := map[coolant.Metric]float64{}
	for range 30 {
		now = now.Add(time.Second)
		rig.Advance(now)
		for _, r := range rig.Readings() {
			sums[r.Metric] += r.Value / 30
		}
	}
	mean := (sums[coolant.Inlet] + sums[coolant.Outlet]) / 2
	offset := func(m coolant.Metric) float64 { return math.Round(100*(mean-sums[m])) / 100 }
	return map[coolant.Metric]float64{coolant.Inlet: offset(coolant.Inlet), coolant.Outlet: offset(coolant.Outlet)}
}

// TestPhysicsOfASimulatedLoop holds what is found out from a loop's samples, as a device sends
// them and a database keeps them, against what is true of the simulated plant: the heat lies
// within its band, which zeroing makes useful, and the time constant is right to 15 %.
func TestPhysicsOfASimulatedLoop(t *testing.T) {
	const lasting = 6 * time.Hour
	for _, c := range []struct {
		seed   uint64
		hour   int // of the end
		zeroed bool
	}{{1, 15, true}, {3, 22, true}, {5, 15, true}, {1, 15, false}} {
		start := time.Date(2026, 1, 30, c.hour, 0, 0, 0, time.UTC).Add(-lasting)
		loop := physics.Loop{Outputs: []physics.Output{{Name: "pump"}, {Name: "fan"}}, Interval: 10 * coolant.Second}
		offsets := map[coolant.Metric]float64{}
		widest, tolerance := 90.0, 0.25
		if c.zeroed {
			loop.Zeroed = []coolant.Metric{coolant.Inlet, coolant.Outlet}
			offsets = zeroLoop(c.seed, start)
			widest, tolerance = 10, 0.15
		}
		l := simulateLoop(t, c.seed, start, lasting, offsets)
		r, err := physics.NewReader(physics.Options{
			Store: l.store, Now: func() time.Time { return l.end },
			Loop: func(context.Context, coolant.DeviceID) (physics.Loop, error) { return loop, nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := r.Physics(t.Context(), "loop")
		if err != nil {
			t.Fatal(err)
		}
		if p.Heat.Value == nil || p.Zeroed != c.zeroed || math.Abs(*p.Heat.Value-l.heat) > *p.Heat.Error || *p.Heat.Error > widest {
			t.Errorf("%+v: heat %s, in truth %.1f W", c, figure(p.Heat), l.heat)
		}
		if p.TimeConstant.Value == nil || math.Abs(*p.TimeConstant.Value-l.tau) > tolerance*l.tau {
			t.Errorf("%+v: time constant %s, in truth %.0f s", c, figure(p.TimeConstant), l.tau)
		}
		if uncertain := p.Resistance.Unknown == coolant.UnknownUncertain; p.Dew != nil || p.Trend.Change.Unknown == "" || uncertain == c.zeroed {
			t.Errorf("%+v: dew point %v, trend %+v, resistance %s", c, p.Dew, p.Trend, figure(p.Resistance))
		}
		t.Logf("seed %d at %d:00, zeroed %v: heat %s (%.1f W), time constant %s (%.0f s), resistance %s (%.3f K/W)", c.seed, c.hour, c.zeroed,
			figure(p.Heat), l.heat, figure(p.TimeConstant), l.tau, figure(p.Resistance), l.tau/sim.DefaultParams().WaterCapacity)
	}
}

func figure(f coolant.Figure) string {
	if f.Value == nil {
		return string(f.Unknown)
	}
	return fmt.Sprintf("%.3g ± %.2g", *f.Value, *f.Error)
}
