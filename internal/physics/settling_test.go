package physics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"coolant"
	"coolant/internal/physics"
)

// course is hours of a loop of one capacity at one flow, with samples of the probes' own
// steps: heat and duty as functions of the minute.
func course(minutes int, seed uint64, capacity float64, heat, fan func(minute float64) float64) (physics.Table, float64) {
	rng := rand.New(rand.NewPCG(seed, 2))
	const flow, air, second = 1.2, 22.0, 10.0
	probe := func(celsius, offset float64) float64 {
		return math.Round((celsius+offset+0.02*rng.NormFloat64())*16) / 16
	}
	conductance := func(minute float64) float64 { return 1.8 + 5*math.Pow(fan(minute)/100, 0.6) }
	water, tau := air+(heat(0)+1)/conductance(0), 0.0
	t := table(minutes*6, 10*coolant.Second, func(at coolant.UnixMilli) map[coolant.Metric]float64 {
		minute := float64(minutes) + float64(at-present)/float64(coolant.Minute)
		q, n := heat(minute), fan(minute)
		g := conductance(minute)
		tau = capacity / g
		settled := air + (q+1)/g // the pump adds a watt
		water = settled + (water-settled)*math.Exp(-second/tau)
		dT := q / (physics.WattsPerFlow * flow)
		return map[coolant.Metric]float64{
			coolant.Water: probe(water, .1), coolant.Ambient: probe(air, -.2), coolant.Inlet: probe(water-dT/2, .05), coolant.Outlet: probe(water+dT/2, -.05),
			coolant.FlowLPM: flow, coolant.PumpDuty: 60, coolant.FanDuty: n,
		}
	})
	return t, tau
}

func TestTimeConstant(t *testing.T) {
	steps := func(minute float64) float64 { // builds of ten minutes
		if math.Mod(minute, 37) < 10 {
			return 62
		}
		return 20
	}
	same := func(v float64) func(float64) float64 { return func(float64) float64 { return v } }
	swings := func(minute float64) float64 { return 40 + 30*math.Sin(minute/50) }
	for _, c := range []struct {
		name      string
		minutes   int
		capacity  float64
		heat, fan func(float64) float64
		want      string // of an unknown one
	}{
		{name: "a fan at one duty", minutes: 360, capacity: 2500, heat: steps, fan: same(40)},
		{name: "a fan that swings", minutes: 480, capacity: 2500, heat: steps, fan: swings},
		{name: "a fan at rest", minutes: 360, capacity: 2500, heat: steps, fan: same(0)},
		{name: "a large reservoir", minutes: 600, capacity: 9000, heat: steps, fan: same(60)},
		{name: "nothing happens", minutes: 360, capacity: 2500, heat: same(40), fan: same(40), want: "steady[]"},
		{name: "an hour", minutes: 62, capacity: 2500, heat: steps, fan: same(40), want: "collecting 60/90"},
	} {
		t.Run(c.name, func(t *testing.T) {
			loop := zeroed(coolant.Inlet, coolant.Outlet)
			for seed := range uint64(5) {
				readings, tau := course(c.minutes, seed, c.capacity, c.heat, c.fan)
				got := physics.TimeConstant(readings, &loop)
				switch {
				case c.want != "" && text(got) != c.want:
					t.Errorf("seed %d: %s, want %s", seed, text(got), c.want)
				case c.want == "" && (got.Value == nil || math.Abs(*got.Value-tau) > 0.15*tau || *got.Error > 0.2*tau):
					t.Errorf("seed %d: %s s, in truth %.0f", seed, text(got), tau)
				}
			}
		})
	}
}

func TestTimeConstantOfWhatLacks(t *testing.T) {
	loop := zeroed(coolant.Inlet, coolant.Outlet)
	steps := func(minute float64) float64 { return 20 + 40*math.Mod(math.Floor(minute/10), 2) }
	readings, tau := course(360, 1, 2500, steps, func(float64) float64 { return 40 })
	for row := range readings.Times { // every other hour is lost, and the pump ran at another flow in one
		switch int(readings.Times[row]/coolant.Hour) % 4 {
		case 0:
			readings.Values[coolant.Water][row] = math.NaN()
		case 2:
			readings.Values[coolant.FlowLPM][row] = 2.4
		}
	}
	if got := physics.TimeConstant(readings, &loop); got.Value == nil || math.Abs(*got.Value-tau) > 0.2*tau {
		t.Errorf("with holes: %s s, in truth %.0f", text(got), tau)
	}
	loop.ProbesSince = present - coolant.Hour
	if got := physics.TimeConstant(readings, &loop); got.Unknown != coolant.UnknownCollecting {
		t.Errorf("an hour after zeroing: %s", text(got))
	}
	delete(readings.Values, coolant.FlowLPM)
	if got := physics.TimeConstant(readings, &loop); text(got) != "missing[flow_lpm]" {
		t.Errorf("without a flow meter: %s", text(got))
	}
	if got := physics.TimeConstant(physics.Table{}, &loop); got.Unknown != coolant.UnknownMissing {
		t.Errorf("of nothing: %s", text(got))
	}
}

// A fan that says no duty, or that does not exist, is one that does not vary.
func TestTimeConstantWithoutFan(t *testing.T) {
	steps := func(minute float64) float64 { return 20 + 40*math.Mod(math.Floor(minute/10), 2) }
	readings, tau := course(360, 1, 2500, steps, func(float64) float64 { return 40 })
	delete(readings.Values, coolant.FanDuty)
	silent, none := zeroed(coolant.Inlet, coolant.Outlet), zeroed(coolant.Inlet, coolant.Outlet)
	none.Outputs = none.Outputs[:1]
	for name, loop := range map[string]*physics.Loop{"silent": &silent, "none": &none} {
		if got := physics.TimeConstant(readings, loop); got.Value == nil || math.Abs(*got.Value-tau) > 0.15*tau {
			t.Errorf("%s: %s s, in truth %.0f", name, text(got), tau)
		}
	}
}
