package physics_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"coolant"
	"coolant/internal/physics"
)

// present is the time at which the tests happen: 2026-01-31 08:00:00 UTC.
const present coolant.UnixMilli = 1_769_846_400_000

// pumpAndFan is a device as the tests know it.
func pumpAndFan() physics.Loop {
	return physics.Loop{Outputs: []physics.Output{{Name: "pump"}, {Name: "fan"}}, Interval: 10 * coolant.Second, DewMargin: 2}
}

func zeroed(roles ...coolant.Metric) physics.Loop {
	l := pumpAndFan()
	l.Zeroed = roles
	return l
}

// table is n samples every apart up to the present; of says the values of each.
func table(n int, apart coolant.UnixMilli, of func(at coolant.UnixMilli) map[coolant.Metric]float64) physics.Table {
	t := physics.Table{Values: map[coolant.Metric][]float64{}}
	for i := range n {
		at := present - coolant.UnixMilli(n-1-i)*apart
		t.Times = append(t.Times, at)
		for m, v := range of(at) {
			if t.Values[m] == nil {
				t.Values[m] = make([]float64, n)
				for k := range n {
					t.Values[m][k] = math.NaN()
				}
			}
			t.Values[m][i] = v
		}
	}
	return t
}

// steady is a loop that carries 42 W at 1.2 L/min and has 0.15 K/W.
func steady() map[coolant.Metric]float64 {
	dT := 42 / (physics.WattsPerFlow * 1.2)
	return map[coolant.Metric]float64{
		coolant.Water: 28.3, coolant.Ambient: 22, coolant.Inlet: 28.3 - dT/2, coolant.Outlet: 28.3 + dT/2,
		coolant.FlowLPM: 1.2, coolant.PumpDuty: 60, coolant.FanDuty: 40,
	}
}

// without is a loop's values but for some.
func without(values map[coolant.Metric]float64, metrics ...coolant.Metric) map[coolant.Metric]float64 {
	for _, m := range metrics {
		delete(values, m)
	}
	return values
}

func text(f coolant.Figure) string {
	switch {
	case f.Value == nil && f.Need > 0:
		return fmt.Sprintf("%s %d/%d", f.Unknown, f.Have, f.Need)
	case f.Value == nil:
		return fmt.Sprint(f.Unknown, f.Missing)
	}
	return fmt.Sprintf("%.3g ± %.2g", *f.Value, *f.Error)
}

// hour is what differs from hour to hour of a synthetic loop.
type hour struct{ heat, air, fan, pump, resistance float64 }

// months are hours of a loop up to the present, with the noise of averaged probes.
func months(days int, seed uint64, of func(day float64, hour int) hour) physics.Hours {
	rng := rand.New(rand.NewPCG(seed, 1))
	cols := coolant.Columns{Resolution: coolant.PerHour, Step: coolant.Hour}
	values := map[coolant.Metric][]float64{}
	for i := range days * 24 {
		at := (present - coolant.UnixMilli(days*24-i)*coolant.Hour).Truncate(coolant.Hour)
		h := of(float64(i)/24, i%24)
		flow := 1.3 * h.pump / 60
		dT := h.heat / (physics.WattsPerFlow * flow)
		water := h.air + h.resistance*h.heat
		cols.Times = append(cols.Times, at)
		row := map[coolant.Metric]float64{
			coolant.Water: water, coolant.Ambient: h.air, coolant.Inlet: water - dT/2, coolant.Outlet: water + dT/2,
			coolant.FlowLPM: flow, coolant.PumpDuty: h.pump, coolant.FanDuty: h.fan,
		}
		for _, m := range slices.Sorted(maps.Keys(row)) { // the noise is the same in each run
			v := row[m]
			if m.Unit() == coolant.Celsius {
				v += 0.01 * rng.NormFloat64()
			}
			values[m] = append(values[m], v)
		}
	}
	for m, v := range values {
		cols.Series = append(cols.Series, coolant.Column{Metric: m, Min: v, Mean: v, Max: v, Last: v})
	}
	return physics.HoursOf(cols)
}

// clean is the resistance of a radiator at a fan duty, by the simulation's constants.
func clean(fan, pump float64) float64 {
	stirred := math.Pow(pump/60, 0.8)
	return 1 / (0.8 + 1/(1/(25*stirred)+1/(1+7*math.Pow(fan/100, 0.6))))
}
