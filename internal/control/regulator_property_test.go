package control_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/control"
)

// drawConfig is any configuration that is valid.
func drawConfig(t *rapid.T) control.RegulatorConfig {
	cfg := loopConfig()
	cfg.Critical = rapid.Float64Range(35, 59).Draw(t, "critical")
	cfg.Standby = rapid.Bool().Draw(t, "standby")
	cfg.FlowMeter = rapid.Bool().Draw(t, "flow meter")
	for i := range cfg.Outputs {
		o := &cfg.Outputs[i]
		if o.Role == control.Buzzer {
			continue
		}
		o.Kind = rapid.SampledFrom([]control.Kind{control.PWM4, control.DCPWM, control.Switch}).Draw(t, "kind")
		o.Tacho = o.Role != control.Chiller && rapid.Bool().Draw(t, "tacho")
		o.Min = rapid.Float64Range(10, 60).Draw(t, "min")
		o.Max = rapid.Float64Range(o.Min, 100).Draw(t, "max")
		o.Failsafe = rapid.Float64Range(50, 100).Draw(t, "failsafe")
		o.SlewUp, o.SlewDown = rapid.Float64Range(0, 20).Draw(t, "up"), rapid.Float64Range(0, 20).Draw(t, "down")
		o.SpinUp = time.Duration(rapid.IntRange(0, 5000).Draw(t, "spin-up")) * time.Millisecond
		if rapid.Bool().Draw(t, "pi") {
			o.Auto.Curve = nil
			o.Auto.PI = &control.PIConfig{
				Setpoint: rapid.Float64Range(20, 40).Draw(t, "setpoint"), Kp: rapid.Float64Range(0.1, 100).Draw(t, "kp"), Ti: 80 * time.Second,
				FeedForward: rapid.Float64Range(0, 5).Draw(t, "feed"),
			}
		}
		if rapid.Bool().Draw(t, "difference") {
			o.Auto.Minus = coolant.Ambient
		}
		if rapid.Bool().Draw(t, "override") {
			o.Override = &control.OverrideConfig{
				Duty:  rapid.SampledFrom([]float64{0, 5, 50, 100}).Draw(t, "duty"),
				Until: coolant.UnixMilli(rapid.Int64Range(0, 30*60*60*1000).Draw(t, "until")),
			}
		}
	}
	if !rapid.Bool().Draw(t, "shared") {
		return cfg
	}
	leader := rapid.IntRange(0, 1).Draw(t, "leader")
	share(&cfg, leader)
	for i := range 2 {
		o := &cfg.Outputs[i]
		o.Kind = rapid.SampledFrom([]control.Kind{control.PWM4, control.DCPWM}).Draw(t, "kind")
		o.Auto.Range.From = rapid.Float64Range(0, 99).Draw(t, "from")
		o.Auto.Range.To = rapid.Float64Range(o.Auto.Range.From+0.01, 100).Draw(t, "to")
	}
	pi := cfg.Outputs[leader].Auto.PI
	pi.Kp, pi.FeedForward = rapid.Float64Range(0.1, 100).Draw(t, "kp"), rapid.Float64Range(0, 5).Draw(t, "feed")
	if rapid.Bool().Draw(t, "shared difference") {
		cfg.Outputs[leader].Auto.Minus = coolant.Ambient
	}
	return cfg
}

// drawSenses changes some of what the loop senses.
func drawSenses(t *rapid.T, in *control.Senses) {
	for i := range in.Probes {
		p := &in.Probes[i]
		p.Fresh = rapid.IntRange(0, 9).Draw(t, "fresh") > 0
		p.Quality = rapid.SampledFrom([]coolant.Quality{0, 0, 0, 0, coolant.CRC, coolant.POR85}).Draw(t, "quality")
		p.Value = rapid.OneOf(rapid.Float64Range(15, 35), rapid.Float64Range(-55, 125), rapid.Just(math.NaN())).Draw(t, "C")
	}
	in.TachoFresh = rapid.IntRange(0, 9).Draw(t, "tacho") > 0
	in.RPM = rapid.SliceOfN(rapid.SampledFrom([]float64{0, 300, 1500, 4000, math.NaN(), -1}), 0, 4).Draw(t, "rpm")
	in.FlowFresh, in.FlowLPM = rapid.Bool().Draw(t, "flow"), rapid.SampledFrom([]float64{0, 0.05, 1.3, math.NaN()}).Draw(t, "lpm")
	in.LeakWet = rapid.IntRange(0, 19).Draw(t, "leak") == 0
	in.HumidityFresh = rapid.Bool().Draw(t, "air")
	in.HumidityRH, in.HumidityC = rapid.Float64Range(-10, 110).Draw(t, "rh"), rapid.Float64Range(-50, 130).Draw(t, "air C")
	in.HostKnown, in.HostW = rapid.Bool().Draw(t, "host"), rapid.SampledFrom([]float64{0, 5, 60, 1e300, -7, math.NaN()}).Draw(t, "W")
	in.ClockValid = rapid.Bool().Draw(t, "clock")
	in.Now = coolant.UnixMilli(rapid.Int64Range(0, 30*60*60*1000).Draw(t, "now"))
}

// TestRegulatorNeverBreaksARule: for any settings and whatever the loop senses, no rule of the design's
// section 4 is broken in any step.
func TestRegulatorNeverBreaksARule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		l := newLoop(t, cfg)
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			drawSenses(t, &l.in)
			if rapid.IntRange(0, 9).Draw(t, "edit") == 0 {
				cfg = drawConfig(t)
				if err := l.reg.Apply(cfg); err != nil {
					t.Fatal(err)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "clear") == 0 {
				for _, f := range l.reg.Faults() {
					_ = l.reg.Clear(f.Name, f.Occurrence)
				}
			}
			dt := rapid.SampledFrom([]time.Duration{0, quarter, time.Second, 10 * time.Second, time.Hour, -time.Second}).Draw(t, "dt")
			for range rapid.IntRange(1, 30).Draw(t, "steps") {
				before := l.reg.Drives()
				l.reg.Step(l.in, dt)
				checkRules(t, &cfg, &l.in, before, l.reg, dt)
			}
		}
	})
}

func active(faults []control.Fault, name string) bool {
	return slices.ContainsFunc(faults, func(f control.Fault) bool { return f.Name == name && f.Active })
}

func checkRules(t *rapid.T, cfg *control.RegulatorConfig, in *control.Senses, before []control.Drive, reg *control.Regulator, dt time.Duration) {
	faults, drives := reg.Faults(), reg.Drives()
	leak, hot := active(faults, control.FaultLeak), active(faults, control.FaultOverTemp)
	pumping := false
	for i, d := range drives {
		pumping = pumping || cfg.Outputs[i].Role == control.Pump && d.Duty > 0
	}
	for _, p := range reg.Readings() {
		if p.Metric != coolant.Ambient && p.Quality == coolant.Good && p.Value >= cfg.Critical && !hot {
			t.Fatalf("%s is at %v C, and that is no over-temperature", p.Metric, p.Value)
		}
	}
	for i, d := range drives {
		o := &cfg.Outputs[i]
		mover := o.Role == control.Pump || o.Role == control.Fan
		overridden := d.By == control.ByOverride
		least := o.Min
		if o.Kind == control.Switch {
			least = 100
		}
		switch {
		case !(d.Duty >= 0 && d.Duty <= 100):
			t.Fatalf("%s: a duty of %v", o.Name, d.Duty)
		case leak && o.Role == control.Fan && d.Duty != 100, leak && (o.Role == control.Pump || o.Role == control.Chiller) && d.Duty != 0:
			t.Fatalf("%s in a leak: %+v", o.Name, d)
		case leak || o.Role == control.Buzzer:
		case hot && mover && (d.Duty != 100 || d.By != control.ByOverTemp):
			t.Fatalf("%s at over-temperature: %+v", o.Name, d)
		case overridden && (o.Override == nil || !in.ClockValid || in.Now >= o.Override.Until || o.Override.Until-in.Now > (24*60+1)*60*1000):
			t.Fatalf("%s is overridden at %v by %+v", o.Name, in.Now, o.Override)
		case overridden && o.Role == control.Pump && d.Duty == 0 && o.Override.Duty == 0 && o.Override.Until-in.Now > 31*60*1000:
			t.Fatalf("%s is off for too long: %+v", o.Name, o.Override)
		case o.Role == control.Pump && d.Duty < least && d.By != control.ByStandby && !(overridden && o.Override.Duty == 0) && o.Kind != control.Switch:
			t.Fatalf("%s runs below its least duty: %+v", o.Name, d)
		case (d.By == control.ByFailsafe || d.By == control.ByBoot) && d.Duty < o.Failsafe-1e-9:
			t.Fatalf("%s in failsafe: %+v", o.Name, d)
		case d.By == control.ByStandby && !cfg.Standby:
			t.Fatalf("%s rests although nobody wants that", o.Name)
		case o.Role == control.Chiller && d.Duty > 0 && !pumping:
			t.Fatalf("%s runs without a pump", o.Name)
		case o.Role == control.Chiller && d.Duty > 0 && d.By == control.ByInterlock:
			t.Fatalf("%s runs against its interlock", o.Name)
		}
		if leader := slices.IndexFunc(cfg.Outputs, func(l control.OutputConfig) bool { return l.Name == o.Auto.Follow }); leader >= 0 {
			of := drives[leader]
			alone := func(by control.Claim) bool {
				return by == control.ByFailsafe || by == control.ByBoot || by == control.ByStall || by == control.ByNoTransfer
			}
			if alone(d.By) != alone(of.By) {
				t.Fatalf("%s is at %+v, and %s, which it follows, at %+v", o.Name, d, cfg.Outputs[leader].Name, of)
			}
		}
		if i >= len(before) || o.Kind == control.Switch || o.SlewUp == 0 || o.SpinUp > 0 || d.By != control.ByAuto || before[i].By != control.ByAuto || before[i].Duty == 0 {
			continue
		}
		if rise := d.Duty - before[i].Duty; rise > o.SlewUp*max(dt, 0).Seconds()+1e-9 && d.Duty > o.Min+1e-9 {
			t.Fatalf("%s rises by %v %% in %v, faster than %v %% a second", o.Name, rise, dt, o.SlewUp)
		}
	}
}

// One step does not depend on anything but what was stepped before.
func TestRegulatorIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		a, b := newLoop(t, cfg), newLoop(t, cfg)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			drawSenses(t, &a.in)
			a.reg.Step(a.in, time.Second)
			b.reg.Step(a.in, time.Second)
			if !slices.Equal(a.reg.Drives(), b.reg.Drives()) || !slices.Equal(a.reg.Faults(), b.reg.Faults()) {
				t.Fatalf("%+v and %+v", a.reg.Drives(), b.reg.Drives())
			}
		}
	})
}
