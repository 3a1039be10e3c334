package physics_test

import (
	"fmt"
	"math"
	"testing"

	"coolant"
	"coolant/internal/physics"
)

func TestGuard(t *testing.T) {
	chiller := func(target float64, isHeld bool) []physics.Output {
		return []physics.Output{{Name: "pump"}, {Name: "cold", Role: "chiller", Target: &target, Held: isHeld}}
	}
	unsaid := []physics.Output{{Name: "chiller2", Held: true}}
	for _, c := range []struct {
		name    string
		rh      float64 // NaN: no reading
		water   float64
		outputs []physics.Output
		want    string // point, least, and of each chiller held and why
	}{
		{"no chiller", 60, 28, nil, "15.8 ± 1.1, 17.8"},
		{"neither sensor nor chiller", math.NaN(), 28, nil, "none"},
		{"it runs", 60, 28, chiller(22, false), "15.8 ± 1.1, 17.8, false []"},
		{"no humidity", math.NaN(), 28, chiller(22, true), "missing[ambient_rh], unknown, true [humidity_unknown]"},
		{"it aims too low", 60, 28, chiller(17, true), "15.8 ± 1.1, 17.8, true [too_cold]"},
		{"the water is too cold", 60, 17.5, chiller(22, true), "15.8 ± 1.1, 17.8, true [too_cold]"},
		{"something else", 60, 28, chiller(22, true), "15.8 ± 1.1, 17.8, true [not_carried_away]"},
		{"its target is the device's own", 60, 28, unsaid, "15.8 ± 1.1, 17.8, true [not_carried_away]"},
		{"saturated air", 100, 28, nil, "24 ± 0.82, 26"},
		{"a broken sensor", 0, 28, chiller(22, true), "missing[ambient_rh], unknown, true [humidity_unknown]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			loop := pumpAndFan()
			loop.Outputs = c.outputs
			readings := table(40, 10*coolant.Second, func(coolant.UnixMilli) map[coolant.Metric]float64 {
				return map[coolant.Metric]float64{coolant.Water: c.water, coolant.Ambient: 24, physics.AmbientRH: c.rh}
			})
			g := physics.Guard(readings, &loop, present)
			got := "none"
			if g != nil {
				least := "unknown"
				if g.Least != nil {
					least = fmt.Sprintf("%.3g", *g.Least)
				}
				got = text(g.Point) + ", " + least
				for _, ch := range g.Chillers {
					got += fmt.Sprintf(", %v %v", ch.Held, ch.Why)
				}
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}
