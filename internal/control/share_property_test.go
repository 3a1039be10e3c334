package control_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/control"
)

// drawShared are a pump, a fan, and perhaps a second fan that share the demand of one of them, with nothing between a part and its motor.
func drawShared(t *rapid.T) control.RegulatorConfig {
	cfg := loopConfig()
	cfg.Probes, cfg.Outputs = cfg.Probes[:1], cfg.Outputs[:2] // a probe that nothing contradicts
	if rapid.Bool().Draw(t, "second fan") {
		cfg.Outputs = append(cfg.Outputs, control.DefaultOutput("fan2", control.Fan, control.DCPWM))
	}
	leader := rapid.IntRange(0, len(cfg.Outputs)-1).Draw(t, "leader")
	for i := range cfg.Outputs {
		o := &cfg.Outputs[i]
		o.Tacho, o.SlewUp, o.SlewDown, o.SpinUp, o.Start, o.Stop = false, 0, 0, 0, 0, 0
		o.Min = rapid.Float64Range(1, 60).Draw(t, "min")
		o.Max = rapid.Float64Range(o.Min, 100).Draw(t, "max")
		o.Failsafe = rapid.Float64Range(50, 100).Draw(t, "failsafe")
		from := rapid.Float64Range(0, 90).Draw(t, "from")
		o.Auto = control.AutoConfig{
			Follow: cfg.Outputs[leader].Name, Range: &control.Range{From: from, To: rapid.Float64Range(from+1, 100).Draw(t, "to")},
		}
	}
	l := &cfg.Outputs[leader].Auto
	l.Follow, l.Input = "", coolant.Water
	l.PI = &control.PIConfig{
		Setpoint: rapid.Float64Range(20, 40).Draw(t, "setpoint"), Kp: rapid.Float64Range(0.5, 60).Draw(t, "kp"),
		Ti:       time.Duration(rapid.IntRange(1, 600).Draw(t, "ti")) * time.Second,
		Deadband: rapid.SampledFrom([]float64{0, 0.1}).Draw(t, "deadband"), FeedForward: rapid.SampledFrom([]float64{0, 1}).Draw(t, "ff"),
	}
	return cfg
}

// Whoever shares a demand: its part is within its bounds, nobody slows down while another one speeds up, a lost input is everyone's own
// failsafe, and an override is one output's alone.
func TestOutputsThatShareADemand(t *testing.T) {
	reached := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawShared(t)
		l := newLoop(t, cfg)
		l.in.Probes = l.in.Probes[:1]
		l.in.ClockValid, l.in.Now, l.in.HostKnown = true, 1_764_000_000_000, true
		var before []control.Drive
		for range rapid.IntRange(1, 12).Draw(t, "happenings") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				bad := l.in.Probes[0].Quality == coolant.Good
				l.in.Probes[0].Quality = map[bool]coolant.Quality{true: coolant.CRC, false: coolant.Good}[bad]
			case 1:
				o := &l.cfg.Outputs[rapid.IntRange(0, len(l.cfg.Outputs)-1).Draw(t, "overridden")]
				if o.Override = nil; rapid.Bool().Draw(t, "set") {
					o.Override = &control.OverrideConfig{Duty: rapid.SampledFrom([]float64{0, 30, 100}).Draw(t, "duty"), Until: l.in.Now + 600_000}
				}
				if err := l.reg.Apply(l.cfg); err != nil {
					t.Fatal(err)
				}
				before = nil
			case 2:
				l.in.HostW = rapid.Float64Range(0, 20).Draw(t, "host")
			default:
				l.in.Probes[0].Value = rapid.Float64Range(20, 45).Draw(t, "water")
			}
			for range rapid.SampledFrom([]int{1, 20, 80}).Draw(t, "steps") {
				l.run(quarter)
				l.in.Now += 250
				after := l.reg.Drives()
				checkShared(t, l.cfg.Outputs, before, after, reached)
				before = after
			}
		}
	})
	for _, what := range []string{"lost", "auto", "up", "down", "beside an override"} {
		if reached[what] == 0 {
			t.Errorf("%q was never put to the test: %v", what, reached)
		}
	}
}

func checkShared(t *rapid.T, outputs []control.OutputConfig, before, after []control.Drive, reached map[string]int) {
	lost, overridden, up, down := 0, 0, false, false
	for i := range outputs {
		o, d := &outputs[i], after[i]
		switch d.By {
		case control.ByBoot, control.ByFailsafe:
			lost++
			if d.Duty != max(o.Failsafe, o.Min) {
				t.Fatalf("%s lost its input and has %v %%, its failsafe is %v %%", o.Name, d.Duty, o.Failsafe)
			}
			reached["lost"]++
		case control.ByOverride:
			overridden++
			if o.Override == nil {
				t.Fatalf("%s goes by the override of another output", o.Name)
			}
		case control.ByAuto:
			if o.Override != nil {
				t.Fatalf("%s is overridden, and is not stopped", o.Name)
			}
			if d.Duty < o.Min-1e-9 || d.Duty > o.Max+1e-9 {
				t.Fatalf("%s has %v %%, its bounds are %v to %v %%", o.Name, d.Duty, o.Min, o.Max)
			}
			if before != nil && before[i].By == control.ByAuto {
				up, down = up || d.Duty > before[i].Duty+1e-9, down || d.Duty < before[i].Duty-1e-9
			}
			reached["auto"]++
		default:
			t.Fatalf("%s is claimed by %s", o.Name, d.By)
		}
	}
	if up && down {
		t.Fatalf("one demand, and one output speeds up while another one slows down: %+v, then %+v", before, after)
	}
	if lost > 0 && lost+overridden < len(outputs) {
		t.Fatalf("one input, and only some lost it: %+v", after)
	}
	if up {
		reached["up"]++
	}
	if down {
		reached["down"]++
	}
	if overridden > 0 && overridden+lost < len(outputs) {
		reached["beside an override"]++
	}
}
