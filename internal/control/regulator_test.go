package control_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// loop is a loop for tests of the regulator. contract/claims.json, which internal/sim reads, has the claims
// one by one; here is what vectors cannot say.
type loop struct {
	t   interface{ Fatal(...any) }
	cfg control.RegulatorConfig
	reg *control.Regulator
	in  control.Senses
}

const (
	romWater, romAmbient, romOutlet = 0x28_01, 0x28_02, 0x28_03
	quarter                         = 250 * time.Millisecond
)

func loopConfig() control.RegulatorConfig {
	cfg := control.DefaultRegulator()
	cfg.Probes = []control.ProbeConfig{
		{ROM: romWater, Role: coolant.Water}, {ROM: romAmbient, Role: coolant.Ambient}, {ROM: romOutlet, Role: coolant.Outlet},
	}
	pump := control.DefaultOutput("pump", control.Pump, control.PWM4)
	fan := control.DefaultOutput("fan", control.Fan, control.PWM4)
	pump.Tacho, fan.Tacho = true, true
	cfg.Outputs = []control.OutputConfig{
		pump, fan, control.DefaultOutput("chiller", control.Chiller, control.Switch), control.DefaultOutput("buzzer", control.Buzzer, control.Switch),
	}
	return cfg
}

func newLoop(t interface{ Fatal(...any) }, cfg control.RegulatorConfig) *loop {
	reg, err := control.NewRegulator(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{t: t, cfg: cfg, reg: reg, in: control.Senses{TachoFresh: true}}
	for rom, c := range map[uint64]float64{romWater: 28, romAmbient: 22, romOutlet: 28.5} {
		l.in.Probes = append(l.in.Probes, control.ProbeRead{ROM: rom, Fresh: true, Value: c})
	}
	slices.SortFunc(l.in.Probes, func(a, b control.ProbeRead) int { return int(a.ROM) - int(b.ROM) })
	return l
}

func (l *loop) run(d time.Duration) {
	for range d / quarter {
		l.in.RPM = l.in.RPM[:0]
		for _, d := range l.reg.Drives() {
			l.in.RPM = append(l.in.RPM, 40*d.Duty)
		}
		l.reg.Step(l.in, quarter)
	}
}

// share makes pump or fan lead, and the other one follow; neither may be a switch.
func share(c *control.RegulatorConfig, leader int) {
	follower := 1 - leader
	c.Outputs[leader].Auto = control.AutoConfig{
		Input: coolant.Water, PI: &control.PIConfig{Setpoint: 30, Kp: 10, Ti: 100 * time.Second}, Range: &control.Range{From: 0, To: 60},
	}
	c.Outputs[follower].Auto = control.AutoConfig{Follow: c.Outputs[leader].Name, Range: &control.Range{From: 40, To: 100}}
}

// Who hands in a configuration may go on with it as it is.
func TestApplyChangesNothingThatIsNotItsOwn(t *testing.T) {
	cfg := loopConfig()
	share(&cfg, 0)
	l := newLoop(t, cfg)
	if a := cfg.Outputs[1].Auto; a.Input != "" || *a.Range != (control.Range{From: 40, To: 100}) {
		t.Errorf("the follower became %+v", a)
	}
	l.run(150 * time.Second) // the demand falls through 50 %, where it is 90 % of the pump
	before := l.reg.Drives()
	cfg.Outputs[0].Auto.Range.To = 10
	l.run(5 * time.Second)
	if after := l.reg.Drives(); !(before[0].Duty < 95 && after[0].Duty < before[0].Duty) {
		t.Errorf("a range that was changed from outside counts: %+v, then %+v", before, after)
	}
	if err := l.reg.Apply(cfg); err != nil {
		t.Error(err)
	}
}

func TestRegulatorConfigRefuses(t *testing.T) {
	for says, change := range map[string]func(*control.RegulatorConfig){
		"critical_c: 60 is not":             func(c *control.RegulatorConfig) { c.Critical = 60 },
		"critical_c: NaN":                   func(c *control.RegulatorConfig) { c.Critical = math.NaN() },
		"dew_margin_k: 1":                   func(c *control.RegulatorConfig) { c.DewMargin = 1 },
		"busy_w: -1":                        func(c *control.RegulatorConfig) { c.BusyW = -1 },
		"standby.idle_w: 30":                func(c *control.RegulatorConfig) { c.IdleW = 30 },
		"probes: none has the role water":   func(c *control.RegulatorConfig) { c.Probes = c.Probes[1:] },
		"probes: 9 of them":                 func(c *control.RegulatorConfig) { c.Probes = make([]control.ProbeConfig, 9) },
		"probes[1].role: another":           func(c *control.RegulatorConfig) { c.Probes[1].Role = "water" },
		"probes[1].rom: another":            func(c *control.RegulatorConfig) { c.Probes[1].ROM = romWater },
		"probes[0].rom: it is zero":         func(c *control.RegulatorConfig) { c.Probes[0].ROM = 0 },
		`probes[1].role: "pump_rpm"`:        func(c *control.RegulatorConfig) { c.Probes[1].Role = "pump_rpm" },
		"probes[2].offset_k: 6":             func(c *control.RegulatorConfig) { c.Probes[2].Offset = 6 },
		"outputs: 7 of them":                func(c *control.RegulatorConfig) { c.Outputs = make([]control.OutputConfig, 7) },
		"outputs.pump.name: another":        func(c *control.RegulatorConfig) { c.Outputs[1].Name = "pump" },
		`outputs.Pump.name: "Pump"`:         func(c *control.RegulatorConfig) { c.Outputs[0].Name = "Pump" },
		`outputs.pump.role: "motor"`:        func(c *control.RegulatorConfig) { c.Outputs[0].Role = "motor" },
		`outputs.pump.kind: "none"`:         func(c *control.RegulatorConfig) { c.Outputs[0].Kind = "none" },
		"outputs.pump.min_duty: a pump":     func(c *control.RegulatorConfig) { c.Outputs[0].Min = 0 },
		"outputs.pump.start_duty: a pump":   func(c *control.RegulatorConfig) { c.Outputs[0].Start = 50 },
		"outputs.fan.stop_duty: 30":         func(c *control.RegulatorConfig) { c.Outputs[1].Stop = 30 },
		"outputs.fan.max_duty: 10":          func(c *control.RegulatorConfig) { c.Outputs[1].Max = 10 },
		"outputs.fan.failsafe_duty: 49":     func(c *control.RegulatorConfig) { c.Outputs[1].Failsafe = 49 },
		"outputs.fan.spin_up_ms: 6000":      func(c *control.RegulatorConfig) { c.Outputs[1].SpinUp = 6 * time.Second },
		"outputs.fan.override.duty: 101":    func(c *control.RegulatorConfig) { c.Outputs[1].Override = &control.OverrideConfig{Duty: 101} },
		"outputs.fan.skip: 30 is not below": func(c *control.RegulatorConfig) { c.Outputs[1].Skip = []control.Band{{From: 30, To: 30}} },
		"outputs.fan.skip: 40 is not above": func(c *control.RegulatorConfig) {
			c.Outputs[1].Skip = []control.Band{{From: 30, To: 40}, {From: 40, To: 50}}
		},
		"outputs.fan.skip: 90 is above max": func(c *control.RegulatorConfig) {
			c.Outputs[1].Max, c.Outputs[1].Skip = 80, []control.Band{{From: 70, To: 90}}
		},
		"outputs.fan.auto: it is missing":      func(c *control.RegulatorConfig) { c.Outputs[1].Auto.Curve = nil },
		"outputs.fan.auto: exactly one":        func(c *control.RegulatorConfig) { c.Outputs[1].Auto.PI = &control.PIConfig{} },
		`outputs.fan.auto.input: no probe`:     func(c *control.RegulatorConfig) { c.Outputs[1].Auto.Input = "inlet" },
		"outputs.fan.auto.input: a difference": func(c *control.RegulatorConfig) { c.Outputs[1].Auto.Minus = "water" },
		"outputs.fan.auto.curve: points: 0":    func(c *control.RegulatorConfig) { c.Outputs[1].Auto.Curve.Points = nil },
		"outputs.fan.auto.pi: kp 0": func(c *control.RegulatorConfig) {
			c.Outputs[1].Auto = control.AutoConfig{Input: "water", PI: &control.PIConfig{}}
		},
		"outputs.fan.auto.follow.output: there is no output": func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[1].Auto.Follow = "pump2" },
		`outputs.fan.auto.follow.output: "fan" has no pi`:    func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[1].Auto.Follow = "fan" },
		`outputs.fan.auto.follow.output: "pump" has no pi`:   func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[0].Auto.Range = nil },
		"outputs.fan.auto.follow: one that follows has no":   func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[1].Auto.Input = "water" },
		"outputs.fan.auto.follow.range: it is missing":       func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[1].Auto.Range = nil },
		"outputs.fan.auto.follow.range: 40 is not below":     func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[1].Auto.Range.To = 40 },
		"outputs.pump.auto.pi.range: 0 to 101 is not":        func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[0].Auto.Range.To = 101 },
		"outputs.pump.auto.pi.range: NaN to 60 is not":       func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[0].Auto.Range.From = math.NaN() },
		"outputs.fan.auto.follow: pumps and fans share":      func(c *control.RegulatorConfig) { share(c, 0); c.Outputs[1].Kind = control.Switch },
		"outputs.fan.auto: exactly one of curve, pi and":     func(c *control.RegulatorConfig) { c.Outputs[1].Auto.Follow = "pump" },
		"outputs.pump.auto: a curve has no range":            func(c *control.RegulatorConfig) { c.Outputs[0].Auto.Range = &control.Range{To: 50} },
		"outputs.buzzer.auto: a buzzer":                      func(c *control.RegulatorConfig) { c.Outputs[3].Auto.Follow = "pump" },
		"outputs.chiller.auto.follow: pumps and fans share": func(c *control.RegulatorConfig) {
			share(c, 0)
			c.Outputs[2].Auto = control.AutoConfig{Follow: "pump", Range: &control.Range{To: 50}}
		},
		"outputs.buzzer.auto: a buzzer has none": func(c *control.RegulatorConfig) { c.Outputs[3].Auto = c.Outputs[1].Auto },
		"outputs.chiller.min_on_s: 3601":         func(c *control.RegulatorConfig) { c.Outputs[2].MinOn = 3601 * time.Second },
		"outputs.pump.auto.curve: points[1]: du": func(c *control.RegulatorConfig) { c.Outputs[0].Auto.Curve.Points[1].Duty = 10 },
	} {
		t.Run(says, func(t *testing.T) {
			cfg := loopConfig()
			change(&cfg)
			if _, err := control.NewRegulator(cfg); err == nil || coolant.CodeOf(err) != coolant.CodeInvalid || !strings.HasPrefix(err.Error(), says) {
				t.Errorf("got %v, want an invalid error that begins with %q", err, says)
			}
			l := newLoop(t, loopConfig())
			l.run(time.Minute)
			before := l.reg.Drives()
			if err := l.reg.Apply(cfg); err == nil || !slices.Equal(before, l.reg.Drives()) {
				t.Errorf("applied while running: %v", err)
			}
		})
	}
}

func TestOverridesAreJudgedByTheClock(t *testing.T) {
	const now = coolant.UnixMilli(1764000000000)
	for _, c := range []struct {
		output int
		duty   float64
		ahead  time.Duration
		ok     bool
	}{
		{0, 0, 31 * time.Minute, true}, // a minute more: who asks has another clock
		{0, 0, 31*time.Minute + time.Millisecond, false},
		{0, 1, 24 * time.Hour, true},
		{1, 0, 24 * time.Hour, true},
		{1, 50, 24*time.Hour + time.Minute + time.Millisecond, false},
		{1, 50, -time.Hour, true}, // over, which is no mistake
	} {
		cfg := loopConfig()
		cfg.Outputs[c.output].Override = &control.OverrideConfig{Duty: c.duty, Until: now + coolant.UnixMilli(c.ahead.Milliseconds())}
		err := cfg.CheckOverrides(now)
		if (err == nil) != c.ok || err != nil && !strings.Contains(err.Error(), ".override.until: ") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestReadingsStayWithinWhatAProbeMeasures(t *testing.T) {
	cfg := loopConfig()
	cfg.Probes[2].Offset = 5
	l := newLoop(t, cfg)
	l.in.Probes[2].Value = 121
	l.run(quarter)
	if got := l.reg.Readings()[2]; got.Quality != coolant.OutOfRange || got.Value != 0 {
		t.Errorf("121 C with an offset of 5 K is %+v", got)
	}
	l.in.Probes[0].Value = math.NaN()
	l.run(quarter)
	if got := l.reg.Readings()[0]; got.Quality != coolant.OutOfRange {
		t.Errorf("NaN is %+v", got)
	}
	for i := range l.in.Probes {
		l.in.Probes[i].Fresh = false
	}
	l.run(6 * time.Second)
	if got := l.reg.Readings()[1]; got.Quality != coolant.Stale {
		t.Errorf("after 6 s without a conversion it is %+v", got)
	}
}
