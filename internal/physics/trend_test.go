package physics_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"coolant"
	"coolant/internal/physics"
)

// evening is a load at some hours of the day that differs from day to day.
func evening(day float64, h int) float64 {
	if h < 9 {
		return 6 // too little to be compared
	}
	return 30 + 10*math.Sin(1.7*math.Floor(day)) + 15*float64(h%3)
}

func TestTrend(t *testing.T) {
	both := zeroed(coolant.Inlet, coolant.Outlet)
	air := func(day float64) float64 { return 22 + 3*math.Sin(day/9) }
	clog := func(percent float64) func(float64) float64 {
		return func(day float64) float64 { return math.Pow(1+percent/100, day/30) }
	}
	still := clog(0)
	rng := rand.New(rand.NewPCG(7, 7))
	for _, c := range []struct {
		name     string
		days     int
		loop     physics.Loop
		fan      func(day float64, h int) float64
		pump     float64
		dirt     func(day float64) float64
		want     float64 // percent in 30 days
		way      coolant.Direction
		unknown  coolant.Unknown
		haveLess int // days that it may say that it has, if it is collecting
	}{
		{name: "a clean radiator", days: 60, loop: both, fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: still, way: coolant.DirectionLevel},
		{name: "a radiator that clogs by 8 %", days: 60, loop: both, fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: clog(8), want: 8, way: coolant.DirectionRising},
		{name: "by 3 %", days: 90, loop: both, fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: clog(3), want: 3, way: coolant.DirectionRising},
		{name: "less than is worth a word", days: 90, loop: both, fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: clog(1), want: 1, way: coolant.DirectionLevel},
		{name: "it recovers", days: 60, loop: both, fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: clog(-8), want: -8, way: coolant.DirectionFalling},
		{name: "the fan changes once", days: 60, loop: both, fan: func(day float64, _ int) float64 {
			if day < 30 {
				return 60
			}
			return 35
		}, pump: 60, dirt: still, way: coolant.DirectionLevel},
		{name: "the fan slows down from week to week", days: 84, loop: both, fan: func(day float64, _ int) float64 { return 70 - 5*math.Floor(day/14) }, pump: 60, dirt: still, way: coolant.DirectionLevel},
		{name: "the fan creeps down within a step", days: 60, loop: both, fan: func(day float64, _ int) float64 { return 44.9 - 4.8*day/60 }, pump: 60, dirt: still, want: -100, way: coolant.DirectionLevel},
		{name: "the fan follows the load, and it clogs by 8 %", days: 90, loop: both, fan: func(_ float64, h int) float64 { return 25 + 10*float64(h%3) + rng.Float64()*3 }, pump: 60, dirt: clog(8), want: 8, way: coolant.DirectionRising},
		{name: "ten days", days: 10, loop: both, fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: clog(8), unknown: coolant.UnknownCollecting, haveLess: 12},
		{name: "every day at another duty", days: 13, loop: both, fan: func(day float64, _ int) float64 { return 6 * math.Floor(day+1) }, pump: 60, dirt: clog(8), unknown: coolant.UnknownCollecting, haveLess: 1},
		{name: "probes that were not compared", days: 60, loop: pumpAndFan(), fan: func(float64, int) float64 { return 40 }, pump: 60, dirt: clog(8), unknown: coolant.UnknownUncertain},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := months(c.days, 3, func(day float64, h int) hour {
				fan := c.fan(day, h)
				return hour{heat: evening(day, h), air: air(day), fan: fan, pump: c.pump, resistance: clean(fan, c.pump) * c.dirt(day)}
			})
			got := physics.Resistance(h, &c.loop)
			t.Logf("%s percent in 30 days, %s, %d days", text(got.Change), got.Direction, got.Days)
			if got.Change.Unknown != c.unknown || got.Direction != c.way {
				t.Fatalf("%s %s, want %s %s", text(got.Change), got.Direction, c.unknown, c.way)
			}
			if c.unknown == coolant.UnknownCollecting && (got.Change.Need != 14 || got.Change.Have >= c.haveLess) {
				t.Errorf("%d of %d", got.Change.Have, got.Change.Need)
			}
			if c.unknown == "" && c.want != -100 && (math.Abs(*got.Change.Value-c.want) > min(1, *got.Change.Error) || *got.Change.Error > 11) {
				t.Errorf("%s percent, want %v", text(got.Change), c.want)
			}
		})
	}
}

// A loop whose fan says no duty, or that has none, has a trend too.
func TestTrendWithoutFan(t *testing.T) {
	h := months(60, 3, func(day float64, h int) hour {
		return hour{heat: evening(day, h), air: 22, fan: 40, pump: 60, resistance: clean(40, 60) * math.Pow(1.08, day/30)}
	})
	delete(h.Values, coolant.FanDuty)
	silent, none := zeroed(coolant.Inlet, coolant.Outlet), zeroed(coolant.Inlet, coolant.Outlet)
	none.Outputs = none.Outputs[:1]
	for name, loop := range map[string]*physics.Loop{"silent": &silent, "none": &none} {
		if got := physics.Resistance(h, loop); got.Direction != coolant.DirectionRising || math.Abs(*got.Change.Value-8) > 1 {
			t.Errorf("%s: %s %s", name, text(got.Change), got.Direction)
		}
	}
}

// Hours from before the probes were zeroed are not compared with those after.
func TestTrendAfterZeroing(t *testing.T) {
	h := months(60, 3, func(day float64, h int) hour {
		r := hour{heat: 45, air: 22, fan: 40, pump: 60, resistance: clean(40, 60)}
		if day < 30 {
			r.resistance *= 0.7 // what an offset makes of it
		}
		return r
	})
	loop := zeroed(coolant.Inlet, coolant.Outlet)
	loop.ProbesSince = present - 30*coolant.Day
	got := physics.Resistance(h, &loop)
	if got.Direction != coolant.DirectionLevel || got.Days > 31 || math.Abs(*got.Change.Value) > 1 {
		t.Errorf("%s %s of %d days", text(got.Change), got.Direction, got.Days)
	}
}

// What an hour lacks makes it incomparable and nothing else.
func TestTrendOfHoursThatLack(t *testing.T) {
	h := months(30, 3, func(float64, int) hour { return hour{heat: 45, air: 22, fan: 40, pump: 60, resistance: .2} })
	for i := range h.Times {
		if i%2 == 0 {
			h.Values[coolant.Outlet][i] = math.NaN()
		} else if i%3 == 0 {
			h.Max[coolant.FanDuty][i] = 100 // it moved
			h.Values[coolant.Water][i] += 20
		}
	}
	loop := zeroed(coolant.Inlet, coolant.Outlet)
	if got := physics.Resistance(h, &loop); got.Direction != coolant.DirectionLevel || got.Days < 29 {
		t.Errorf("%s %s of %d days", text(got.Change), got.Direction, got.Days)
	}
	delete(h.Values, coolant.Ambient)
	if got := physics.Resistance(h, &loop); text(got.Change) != "missing[ambient]" {
		t.Errorf("without the air: %s", text(got.Change))
	}
}

// Points finer than hours are put together, with the extremes of all.
func TestHoursOf(t *testing.T) {
	nan := math.NaN()
	h := physics.HoursOf(coolant.Columns{
		Times: []coolant.UnixMilli{0, 20 * coolant.Minute, 40 * coolant.Minute, 2 * coolant.Hour, 3*coolant.Hour + 1},
		Series: []coolant.Column{{
			Metric: coolant.Water, Mean: []float64{1, nan, 3, 5, nan}, Min: []float64{0, nan, 2, 4, nan}, Max: []float64{7, nan, 4, 6, nan},
		}},
	})
	if len(h.Times) != 3 || h.Times[1] != 2*coolant.Hour || h.Times[2] != 3*coolant.Hour {
		t.Fatalf("hours %v", h.Times)
	}
	if h.Values[coolant.Water][0] != 2 || h.Min[coolant.Water][0] != 0 || h.Max[coolant.Water][0] != 7 || h.Values[coolant.Water][1] != 5 || !math.IsNaN(h.Values[coolant.Water][2]) {
		t.Errorf("%v", h)
	}
}
