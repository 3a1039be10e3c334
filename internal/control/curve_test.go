package control_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/control"
)

func TestNewCurveRefuses(t *testing.T) {
	one := []control.Point{{30, 50}}
	for name, tc := range map[string]struct {
		cfg  control.CurveConfig
		says string
	}{
		"no points":           {control.CurveConfig{}, "points: 0 given"},
		"too many points":     {control.CurveConfig{Points: make([]control.Point, 17)}, "points: 17 given"},
		"duty over 100":       {control.CurveConfig{Points: []control.Point{{30, 101}}}, "points[0]: duty 101"},
		"NaN duty":            {control.CurveConfig{Points: []control.Point{{30, math.NaN()}}}, "points[0]: duty NaN"},
		"infinite temp":       {control.CurveConfig{Points: []control.Point{{math.Inf(1), 1}}}, "points[0]: temperature"},
		"temps not ascending": {control.CurveConfig{Points: []control.Point{{30, 1}, {30, 2}}}, "points[1]: temperature 30"},
		"falling duty":        {control.CurveConfig{Points: []control.Point{{30, 50}, {40, 40}}}, "points[1]: duty 40 is below"},
		"hysteresis":          {control.CurveConfig{Points: one, Hysteresis: -1}, "hysteresis -1"},
		"bounds":              {control.CurveConfig{Points: one, Min: 60, Max: 50}, "bounds 60 to 50"},
		"start below stop":    {control.CurveConfig{Points: one, Start: 20, Stop: 30}, "stop 30 and start 20"},
		"weak failsafe":       {control.CurveConfig{Points: one, Failsafe: 30}, "failsafe 30"},
		"negative patience":   {control.CurveConfig{Points: one, Patience: -1}, "patience"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := control.NewCurve(tc.cfg)
			if err == nil || !strings.Contains(err.Error(), tc.says) || coolant.CodeOf(err) != coolant.CodeInvalid {
				t.Errorf("got %v, want an invalid error with %q", err, tc.says)
			}
		})
	}
}

// genConfig draws a valid configuration without start and stop points.
func genConfig(t *rapid.T) control.CurveConfig {
	n := rapid.IntRange(1, control.MaxPoints).Draw(t, "points")
	cfg := control.CurveConfig{Hysteresis: rapid.Float64Range(0, 5).Draw(t, "hysteresis")}
	temp, duty := rapid.Float64Range(-20, 40).Draw(t, "first"), 0.0
	for range n {
		temp += rapid.Float64Range(0.01, 10).Draw(t, "dtemp")
		duty = min(100, duty+rapid.Float64Range(0, 40).Draw(t, "dduty"))
		cfg.Points = append(cfg.Points, control.Point{Temp: temp, Duty: duty})
	}
	cfg.Min = rapid.Float64Range(0, 100).Draw(t, "min")
	cfg.Max = rapid.Float64Range(max(cfg.Min, 1), 100).Draw(t, "max")
	return cfg
}

func newCurve(t interface{ Fatal(...any) }, cfg control.CurveConfig) *control.Curve {
	c, err := control.NewCurve(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCurveStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		rests := rapid.Bool().Draw(t, "rests")
		if rests {
			cfg.Stop = rapid.Float64Range(1, 50).Draw(t, "stop")
			cfg.Start = rapid.Float64Range(cfg.Stop, 100).Draw(t, "start")
		}
		c := newCurve(t, cfg)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			in := control.Input{
				Value: rapid.Float64().Draw(t, "value"),
				Good:  rapid.Bool().Draw(t, "good"),
			}
			out := c.Step(in, time.Duration(rapid.Int64().Draw(t, "dt")))
			switch {
			case out.Failsafe && out.Duty != 100:
				t.Fatalf("failsafe duty is %v, want 100", out.Duty)
			case !in.Good && !out.Failsafe:
				t.Fatalf("a lost input with no patience gave %+v", out)
			case out.Failsafe, rests && out.Duty == 0:
			case !(out.Duty >= cfg.Min && out.Duty <= cfg.Max):
				t.Fatalf("duty %v is outside %v to %v", out.Duty, cfg.Min, cfg.Max)
			}
		}
	})
}

// Of two equal curves with the same past the one that sees the hotter water
// never asks for less.
func TestCurveIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		cold, hot := newCurve(t, cfg), newCurve(t, cfg)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			v := rapid.Float64Range(-30, 120).Draw(t, "value")
			more := rapid.Float64Range(0, 20).Draw(t, "more")
			a := cold.Step(control.Input{Value: v, Good: true}, time.Second)
			b := hot.Step(control.Input{Value: v + more, Good: true}, time.Second)
			if b.Duty < a.Duty {
				t.Fatalf("%v C asks for %v, %v C only for %v", v, a.Duty, v+more, b.Duty)
			}
		}
	})
}

// Movement within the hysteresis after a peak changes nothing.
func TestCurveHoldsWithinItsHysteresis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := genConfig(t)
		c := newCurve(t, cfg)
		peak := rapid.Float64Range(-30, 120).Draw(t, "peak")
		want := c.Step(control.Input{Value: peak, Good: true}, time.Second)
		for range 20 {
			v := peak - rapid.Float64Range(0, cfg.Hysteresis).Draw(t, "below")
			if got := c.Step(control.Input{Value: v, Good: true}, time.Second); math.Abs(got.Duty-want.Duty) > 1e-9 {
				t.Fatalf("%v C after a peak of %v C: duty %v, want it held at %v", v, peak, got.Duty, want.Duty)
			}
		}
	})
}

func TestCurvePatience(t *testing.T) {
	c := newCurve(t, control.CurveConfig{
		Points: []control.Point{{20, 20}, {40, 100}}, Max: 60, Patience: 5 * time.Second,
	})
	for i, step := range []struct {
		value float64
		good  bool
		want  control.Output
	}{
		{0, false, control.Output{Duty: 100, Failsafe: true}}, // nothing known yet
		{25, true, control.Output{Duty: 40}},
		{-127, false, control.Output{Duty: 40}},
		{85, false, control.Output{Duty: 40}},
		{0, false, control.Output{Duty: 40}},
		{0, false, control.Output{Duty: 40}},
		{0, false, control.Output{Duty: 100, Failsafe: true}}, // five seconds; over Max, too
		{0, false, control.Output{Duty: 100, Failsafe: true}},
		{25, true, control.Output{Duty: 40}},
		{math.NaN(), true, control.Output{Duty: 40}}, // not a number is not a reading
		{90, true, control.Output{Duty: 60}},
	} {
		if got := c.Step(control.Input{Value: step.value, Good: step.good}, time.Second); got != step.want {
			t.Errorf("step %d: got %+v, want %+v", i, got, step.want)
		}
	}
}
