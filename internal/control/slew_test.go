package control_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant/internal/control"
)

func TestSlew(t *testing.T) {
	for name, tc := range map[string]struct {
		slew   control.Slew
		from   float64
		target float64
		dt     time.Duration
		urgent bool
		want   float64
	}{
		"unlimited":             {control.Slew{}, 20, 90, time.Second, false, 90},
		"up":                    {control.Slew{Up: 10}, 20, 90, 2 * time.Second, false, 40},
		"up arrives":            {control.Slew{Up: 100}, 20, 90, 2 * time.Second, false, 90},
		"urgent up":             {control.Slew{Up: 10}, 20, 90, time.Second, true, 90},
		"down":                  {control.Slew{Down: 5}, 90, 20, time.Second, false, 85},
		"urgent down is calm":   {control.Slew{Down: 5}, 90, 20, time.Second, true, 85},
		"no time, no change":    {control.Slew{Up: 10}, 20, 90, 0, false, 20},
		"negative time is none": {control.Slew{Up: 10}, 20, 90, -time.Second, false, 20},
	} {
		t.Run(name, func(t *testing.T) {
			s := tc.slew
			s.Step(tc.from, time.Second, false)
			if got := s.Step(tc.target, tc.dt, tc.urgent); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestSlewNeverOvershoots(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := control.Slew{
			Up:   rapid.Float64Range(0, 50).Draw(t, "up"),
			Down: rapid.Float64Range(0, 50).Draw(t, "down"),
		}
		at := s.Step(rapid.Float64Range(0, 100).Draw(t, "first"), 0, false)
		for range 30 {
			target := rapid.Float64Range(0, 100).Draw(t, "target")
			dt := time.Duration(rapid.Int64Range(0, int64(10*time.Second)).Draw(t, "dt"))
			next := s.Step(target, dt, rapid.Bool().Draw(t, "urgent"))
			if next < min(at, target) || next > max(at, target) {
				t.Fatalf("from %v toward %v it went to %v", at, target, next)
			}
			at = next
		}
	})
}
