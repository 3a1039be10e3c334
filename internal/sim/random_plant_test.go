package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/control"
)

// drawPlant is any loop that somebody might build, and any settings that a device takes for it.
func drawPlant(t *rapid.T) *bench {
	f := func(name string, low, high float64) float64 { return rapid.Float64Range(low, high).Draw(t, name) }
	params := Params{
		HostCapacity: f("C_h", 50, 500), WaterCapacity: f("C_w", 1200, 8000),
		Plate: f("G_plate", 4, 30), Still: 0.01, Case: f("G_ha", 0.3, 2), Tube: f("G_tube", 0.3, 2),
		Wet: f("G_wet", 10, 60), Draught: f("G_draught", 0.5, 3), Forced: f("G_forced", 3, 40), RefFlow: f("V_ref", 0.8, 2),
	}
	b, err := newBench(rapid.Uint64().Draw(t, "seed"), params, f("room", 8, 28), drawConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	b.maxFlow, b.pumpHeat, b.told = f("flow", 0.8, 4), f("pump's heat", 0.5, 6), rapid.Bool().Draw(t, "told")
	b.humidity = f("humidity", 20, 60)
	drawHeat(t, b)
	for i, o := range b.cfg.Outputs {
		p := &b.parts[i]
		p.start = f(o.Name+" starts at", 5, 30)
		p.stop = f(o.Name+" stops at", 2, p.start)
		p.lag = f(o.Name+" lag", 0.2, 2)
		p.hot = o.Name == "hot_fan"
	}
	for _, p := range b.probes {
		p.offset, p.noise, p.lag = f("offset", -0.5, 0.5), f("noise", 0, 0.06), f("lag", 1, 8)
	}
	return b
}

// drawHeat gives the host a part of the heat with which full cooling would just hold the water at critical.
func drawHeat(t *rapid.T, b *bench) {
	full := b.drivenBy(1, 1)
	full.Heat = 0
	idle := b.plant.Steady(full).Water
	full.Heat = 100
	perWatt := (b.plant.Steady(full).Water - idle) / 100
	part := rapid.SampledFrom([]float64{0.8, 0.9, 0.4, 0.1, 0, 1.3}).Draw(t, "part of the heat that it can hold")
	b.heat = max(part*(b.cfg.Critical-idle)/perWatt, 0)
}

func drawConfig(t *rapid.T) control.RegulatorConfig {
	cfg := control.DefaultRegulator()
	cfg.FlowMeter = rapid.Bool().Draw(t, "flow meter")
	roles := []coolant.Metric{coolant.Water}
	for _, role := range []coolant.Metric{coolant.Outlet, coolant.Inlet, coolant.Ambient} {
		if rapid.Bool().Draw(t, string(role)) {
			roles = append(roles, role)
		}
	}
	for i, role := range roles {
		cfg.Probes = append(cfg.Probes, control.ProbeConfig{ROM: uint64(i + 1), Role: role, Offset: rapid.Float64Range(-1, 1).Draw(t, "offset_k")})
	}
	names := []string{"pump", "fan"}
	for _, more := range []string{"pump2", "fan2"} {
		if rapid.Bool().Draw(t, more) {
			names = append(names, more)
		}
	}
	if rapid.IntRange(0, 2).Draw(t, "chiller") == 0 {
		names = append(names, "hot_fan", "chiller")
	}
	for _, name := range names {
		role := map[byte]control.Role{'p': control.Pump, 'f': control.Fan, 'h': control.Fan, 'c': control.Chiller}[name[0]]
		o := control.DefaultOutput(name, role, control.Switch)
		if role != control.Chiller {
			o.Kind = rapid.SampledFrom([]control.Kind{control.PWM4, control.PWM4, control.DCPWM, control.Switch}).Draw(t, "kind")
			o.Tacho = name == "hot_fan" || rapid.Bool().Draw(t, "tacho")
		}
		cfg.Outputs = append(cfg.Outputs, o)
	}
	return redraw(t, cfg)
}

// redraw gives a configuration other settings of everything that is not wired.
func redraw(t *rapid.T, cfg control.RegulatorConfig) control.RegulatorConfig {
	f := func(name string, low, high float64) float64 { return rapid.Float64Range(low, high).Draw(t, name) }
	cfg.Critical = f("critical", 38, 59.9)
	cfg.Standby, cfg.IdleW = rapid.Bool().Draw(t, "standby"), f("idle", 0, 25)
	cfg.Outputs = append([]control.OutputConfig(nil), cfg.Outputs...)
	for i := range cfg.Outputs {
		o := &cfg.Outputs[i]
		o.Auto = drawAuto(t, o, cfg.Probes)
		if o.Role == control.Chiller {
			continue
		}
		o.Min = f("min", 15, 60)
		o.Max = f("max", o.Min+1, 100)
		o.Failsafe = rapid.SampledFrom([]float64{100, 100, 50, 75}).Draw(t, "failsafe")
		o.SlewUp, o.SlewDown = rapid.SampledFrom([]float64{0, 1, 5, 50}).Draw(t, "up"), rapid.SampledFrom([]float64{0, 0.2, 1, 50}).Draw(t, "down")
		o.SpinUp = time.Duration(rapid.IntRange(0, 2000).Draw(t, "spin-up")) * time.Millisecond
		o.MinOn, o.MinOff = time.Duration(rapid.IntRange(0, 60).Draw(t, "on"))*time.Second, time.Duration(rapid.IntRange(0, 60).Draw(t, "off"))*time.Second
		o.StallRPM = rapid.SampledFrom([]float64{0, 50, 200}).Draw(t, "stall")
		o.Start, o.Stop = 0, 0
		if o.Role == control.Fan && rapid.Bool().Draw(t, "rests") {
			o.Start, o.Stop = o.Min+5, o.Min
		}
	}
	if rapid.Bool().Draw(t, "shared") {
		drawShare(t, cfg.Outputs)
	}
	return cfg
}

// drawShare lets pumps and fans share the demand of the first that has a PI.
func drawShare(t *rapid.T, outputs []control.OutputConfig) {
	leader := ""
	for i := range outputs {
		o := &outputs[i]
		if o.Role == control.Chiller || o.Kind == control.Switch || leader == "" && o.Auto.PI == nil {
			continue
		}
		from := rapid.Float64Range(0, 90).Draw(t, "from")
		part := &control.Range{From: from, To: rapid.Float64Range(from+1, 100).Draw(t, "to")}
		switch {
		case leader == "":
			leader, o.Auto.Range = o.Name, part
		case rapid.Bool().Draw(t, "follows"):
			o.Auto = control.AutoConfig{Follow: leader, Range: part}
		}
	}
}

func drawAuto(t *rapid.T, o *control.OutputConfig, probes []control.ProbeConfig) control.AutoConfig {
	a := control.AutoConfig{Input: coolant.Water}
	if role := rapid.SampledFrom(probes).Draw(t, "input").Role; role != coolant.Ambient {
		a.Input = role
	}
	if last := probes[len(probes)-1].Role; last == coolant.Ambient && rapid.IntRange(0, 4).Draw(t, "difference") == 0 {
		a.Minus = last
	}
	if o.Role == control.Chiller {
		at := rapid.Float64Range(15, 40).Draw(t, "chills from")
		a.Minus, a.Curve = "", &control.CurveConfig{Points: []control.Point{{Temp: at, Duty: 0}, {Temp: at + 2, Duty: 100}}, Hysteresis: 1}
		return a
	}
	if rapid.Bool().Draw(t, "pi") {
		a.PI = &control.PIConfig{
			Setpoint: rapid.Float64Range(2, 59).Draw(t, "setpoint"), Kp: rapid.Float64Range(0.5, 60).Draw(t, "kp"),
			Ti: time.Duration(rapid.IntRange(10, 600).Draw(t, "ti")) * time.Second, Deadband: rapid.Float64Range(0, 0.5).Draw(t, "deadband"),
			FeedForward: rapid.SampledFrom([]float64{0, 0, 0.5}).Draw(t, "feed"),
		}
		return a
	}
	temp, duty := rapid.Float64Range(5, 60).Draw(t, "first"), rapid.Float64Range(0, 50).Draw(t, "from")
	a.Curve = &control.CurveConfig{Hysteresis: rapid.Float64Range(0, 2).Draw(t, "hysteresis")}
	for range rapid.IntRange(1, 4).Draw(t, "points") {
		a.Curve.Points = append(a.Curve.Points, control.Point{Temp: temp, Duty: duty})
		temp, duty = temp+rapid.Float64Range(0.5, 8).Draw(t, "more"), min(duty+rapid.Float64Range(0, 40).Draw(t, "rise"), 100)
	}
	return a
}

// happen is something that happens to the loop, or to the device.
func happen(t *rapid.T, b *bench, o *oracle) {
	output := func() int { return rapid.IntRange(0, len(b.parts)-1).Draw(t, "output") }
	// Rapid draws small numbers rather than great ones; here nothing is to be rarer than the rest.
	o.happened++
	switch rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "what"), o.happened)).IntN(22) {
	case 0, 1:
		i := rapid.IntRange(0, len(b.probes)-1).Draw(t, "probe")
		b.probes[i].fault = rapid.SampledFrom([]ProbeFault{ProbeLost, ProbePOR, ProbeCRC, ProbeStuck, ProbeDrift, ProbeOut}).Draw(t, "fault")
	case 2, 3:
		i := output()
		b.parts[i].stalled = !b.parts[i].stalled
	case 4:
		b.leaking = !b.leaking
	case 5, 6:
		heal(b)
	case 7:
		o.clear()
	case 8, 9:
		drawHeat(t, b)
	case 10:
		b.told = !b.told
	case 11:
		b.humidity = rapid.SampledFrom([]float64{-1, 30, 60, 95}).Draw(t, "humidity")
	case 12:
		b.clockless = rapid.Bool().Draw(t, "no clock")
		if err := b.restart(); err != nil {
			t.Fatal(err)
		}
		o.restarted()
	case 13:
		if err := b.apply(redraw(t, b.cfg)); err != nil {
			t.Fatal(err)
		}
		o.applied()
	case 14, 19:
		for i, out := range b.cfg.Outputs {
			b.parts[i].stalled = b.parts[i].stalled || out.Role == control.Pump
		}
	case 15:
		cfg := b.cfg
		cfg.Outputs = append([]control.OutputConfig(nil), cfg.Outputs...)
		cfg.Outputs[output()].Override = &control.OverrideConfig{
			Duty: rapid.SampledFrom([]float64{0, 0, 20, 60}).Draw(t, "duty"),
			Until: coolant.Milli(b.now.Add(rapid.SampledFrom([]time.Duration{
				20 * time.Minute, -time.Second, time.Minute, 32 * time.Minute, 20 * time.Hour, 25 * time.Hour,
			}).Draw(t, "until"))),
		}
		if err := b.apply(cfg); err != nil {
			t.Fatal(err)
		}
	case 16:
		// Whatever holds the loop, the heat of the host does not arrive where it is looked for.
		b.told, b.heat, b.probes[0].fault = true, max(b.heat, b.cfg.BusyW), ProbeOut
	case 17, 18:
		o.try(control.CommissionAsk{
			Output: b.cfg.Outputs[output()].Name, Test: rapid.SampledFrom([]control.ExperimentKind{control.Run, control.Run, control.Sweep}).Draw(t, "test"),
			Duty: rapid.Float64Range(0, 100).Draw(t, "duty"), Time: time.Duration(rapid.IntRange(2, 60).Draw(t, "for")) * time.Second, Filled: rapid.Bool().Draw(t, "filled"),
		})
	case 20, 21:
		tune(t, b, output())
	}
}

// tune has a person look for gains around where the water is.
func tune(t *rapid.T, b *bench, output int) {
	setpoint := min(max(b.plant.State().Water+rapid.Float64Range(-2, 2).Draw(t, "about"), -20), 59)
	_ = b.reg.Autotune(control.AutotuneAsk{Output: b.cfg.Outputs[output].Name, Setpoint: &setpoint, Time: control.MinTune}) // what speaks against it is for its own tests
}

func heal(b *bench) {
	for _, p := range b.probes {
		p.fault = ProbeHealthy
	}
	for i := range b.parts {
		b.parts[i].stalled = false
	}
	b.leaking = false
}

// TestClosedLoopRandomPlants: for random plants, settings and sequences of faults no rule of the design's section 4 is broken at any second,
// judged by an oracle that sees what is true of the plant and not what the regulator believes; and in the end, when all is well again, every
// output is back at its law.
func TestClosedLoopRandomPlants(t *testing.T) {
	reached := map[string]int{}
	property := func(t *rapid.T) {
		b := drawPlant(t)
		o := newOracle(t, b, reached)
		for range rapid.IntRange(1, 10).Draw(t, "happenings") {
			happen(t, b, o)
			for range rapid.SampledFrom([]int{1, 4, 20, 90, 400, 900}).Draw(t, "seconds") {
				o.step()
			}
		}
		// All is well again, and the water is exchanged, so that nobody has to wait until it has cooled.
		heal(b)
		b.heat = min(b.heat, 5)
		b.plant.state, b.chiller.hot = State{Host: b.room, Water: b.room}, b.room
		for range 120 {
			o.step()
		}
		_ = b.reg.Abort() // a pump that ran dry rests for longer
		o.clear()
		for range 400 {
			o.step()
		}
		o.calm()
	}
	// Plants are drawn at random, so it is drawn until every rule was put to the test; one that never is would not be after
	// so many either.
	unreached := func() bool { return slices.ContainsFunc(rules, func(rule string) bool { return reached[rule] == 0 }) }
	for round := 0; round < 3 || unreached() && round < 30 && !t.Failed(); round++ {
		rapid.Check(t, property)
	}
	f := newFigures("Random plants: how often what was put to the test", "rule", "seconds")
	for _, rule := range rules {
		f.row(rule, reached[rule])
		if reached[rule] == 0 {
			t.Errorf("%q was never put to the test", rule)
		}
	}
	f.log(t)
}
