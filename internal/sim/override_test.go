package sim

import (
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// An override that stops a pump waits for a clock, ends by it, and a device that lost its clock by a restart cools until it has one again.
func TestClosedLoopOverrideNeedsAClock(t *testing.T) {
	cfg := control.DefaultRegulator()
	cfg.Probes = []control.ProbeConfig{{ROM: 1, Role: coolant.Water}, {ROM: 2, Role: coolant.Ambient}}
	cfg.Outputs = []control.OutputConfig{control.DefaultOutput("pump", control.Pump, control.PWM4), control.DefaultOutput("fan", control.Fan, control.PWM4)}
	cfg.Outputs[0].Override = &control.OverrideConfig{Duty: 0, Until: coolant.Milli(monday.Add(20 * time.Minute))}
	b, err := newBench(1, DefaultParams(), 22, cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.heat = 30
	for _, part := range []struct {
		until     time.Duration // since the start
		restart   bool          // at the beginning
		clockless bool
		claim     control.Claim
	}{
		{until: 5 * time.Minute, clockless: true, claim: control.ByAuto},
		{until: 10 * time.Minute, claim: control.ByOverride},
		{until: 15 * time.Minute, restart: true, clockless: true, claim: control.ByAuto},
		{until: 20 * time.Minute, claim: control.ByOverride},
		{until: 25 * time.Minute, claim: control.ByAuto},
	} {
		if b.clockless = part.clockless; part.restart {
			if err := b.restart(); err != nil {
				t.Fatal(err)
			}
		}
		for b.now.Sub(monday) < part.until {
			b.step()
			if d := b.drives[0]; d.By != part.claim || (d.Duty == 0) != (d.By == control.ByOverride) {
				t.Fatalf("after %v the pump is %+v, want %s", b.now.Sub(monday), d, part.claim)
			}
			if s := b.plant.State(); s.Water >= cfg.Critical {
				t.Fatalf("after %v the loop is at %+v", b.now.Sub(monday), s)
			}
		}
	}
}
