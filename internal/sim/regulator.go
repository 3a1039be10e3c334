package sim

import (
	"fmt"
	"slices"
	"time"

	"coolant/internal/control"
)

// The firmware's limits, by the design and docs/simulation.md.
const (
	criticalTemp  = 50.0 // C; over-temperature from here on
	releasedTemp  = 45.0 // C; until here
	stallAfter    = 5 * time.Second
	pumpStallRPM  = 500.0
	fanStallRPM   = 200.0
	inputPatience = 5 * time.Second
)

// Alarm is something that the device found wrong with its loop.
type Alarm struct {
	Name       string // one of the Alarm constants
	Occurrence int    // counts from 1 since the device started
	Active     bool   // false: it is over, and stays until a person clears it
}

// The alarms of the simulated firmware.
const (
	AlarmLeak      = "leak"
	AlarmOverTemp  = "over_temperature"
	AlarmInput     = "input_lost"
	AlarmPumpStall = "pump_stall"
	AlarmFanStall  = "fan_stall"
)

// The parts that may claim an output, strongest first.
const (
	byLeak     = "leak"
	byOverTemp = "over_temperature"
	byFailsafe = "input_failsafe"
	byStall    = "stall"
	byAuto     = "auto"
)

// outputState is what an output is told to do and by whom.
type outputState struct {
	Duty float64 // percent
	By   string
}

// senses is what the regulator goes by.
type senses struct {
	water             control.Input
	pumpRPM, fanRPM   float64
	pumpDuty, fanDuty float64 // as commanded in the step before
	leak              bool
}

// regulator is the fast loop of the firmware: a curve for each output, and above
// them the claims that keep the loop safe.
type regulator struct {
	pumpCurve, fanCurve *control.Curve
	pumpSlew, fanSlew   control.Slew
	pumpStill, fanStill time.Duration // commanded, and not turning
	lost                time.Duration // without a good reading of the water
	hot                 bool
	alarms              []Alarm
	counts              map[string]int
	pump, fan           outputState
}

func newRegulator() *regulator {
	return &regulator{
		pumpCurve: mustCurve(control.CurveConfig{
			Points: []control.Point{{Temp: 22, Duty: 45}, {Temp: 30, Duty: 60}, {Temp: 36, Duty: 90}},
			Min:    40, Hysteresis: 1, Patience: inputPatience,
		}),
		fanCurve: mustCurve(control.CurveConfig{
			Points: []control.Point{
				{Temp: 24, Duty: 15}, {Temp: 27, Duty: 25}, {Temp: 30, Duty: 42}, {Temp: 33, Duty: 68}, {Temp: 36, Duty: 100},
			},
			Min: 20, Start: 26, Stop: 20, Hysteresis: 1, Patience: inputPatience,
		}),
		pumpSlew: control.Slew{Up: 5, Down: 1},
		fanSlew:  control.Slew{Up: 5, Down: 1},
		counts:   make(map[string]int),
	}
}

// mustCurve is for the constant curves above, which a test makes once.
func mustCurve(cfg control.CurveConfig) *control.Curve {
	c, err := control.NewCurve(cfg)
	if err != nil {
		panic(err)
	}
	return c
}

// step decides both duties.
func (g *regulator) step(in senses, dt time.Duration) {
	pump, fan := g.pumpCurve.Step(in.water, dt), g.fanCurve.Step(in.water, dt)
	g.lost += dt
	if in.water.Good {
		g.lost = 0
		g.hot = in.water.Value >= criticalTemp || g.hot && in.water.Value > releasedTemp
	}
	pumpStall := stalled(&g.pumpStill, in.pumpDuty, in.pumpRPM, pumpStallRPM, dt)
	fanStall := stalled(&g.fanStill, in.fanDuty, in.fanRPM, fanStallRPM, dt)
	if in.leak {
		g.raise(AlarmLeak, true)
	}
	g.raise(AlarmOverTemp, g.hot)
	g.raise(AlarmInput, g.lost >= inputPatience)
	g.raise(AlarmPumpStall, pumpStall)
	g.raise(AlarmFanStall, fanStall)

	switch {
	case g.has(AlarmLeak): // latched: active until a person clears it
		g.pump, g.fan = outputState{0, byLeak}, outputState{100, byLeak}
	case g.hot:
		g.pump, g.fan = outputState{100, byOverTemp}, outputState{100, byOverTemp}
	case pump.Failsafe:
		g.pump, g.fan = outputState{pump.Duty, byFailsafe}, outputState{fan.Duty, byFailsafe}
	case pumpStall || fanStall:
		g.pump, g.fan = outputState{100, byStall}, outputState{100, byStall}
	default:
		g.pump, g.fan = outputState{pump.Duty, byAuto}, outputState{fan.Duty, byAuto}
	}
	g.pump.Duty = slew(&g.pumpSlew, g.pump, in.pumpDuty, dt)
	g.fan.Duty = slew(&g.fanSlew, g.fan, in.fanDuty, dt)
}

// slew softens what the curves ask for. It does not creep to rest or from it,
// where a motor is told to turn and cannot, and a leak stops the pump at once.
func slew(s *control.Slew, out outputState, before float64, dt time.Duration) float64 {
	if before == 0 || out.Duty == 0 {
		*s = control.Slew{Up: s.Up, Down: s.Down}
	}
	return s.Step(out.Duty, dt, out.By != byAuto)
}

func stalled(still *time.Duration, duty, rpm, least float64, dt time.Duration) bool {
	if duty <= 0 || rpm >= least {
		*still = 0
		return false
	}
	*still += dt
	return *still > stallAfter
}

// raise makes an alarm active or not. Each time it becomes active is an
// occurrence.
func (g *regulator) raise(name string, active bool) {
	i := slices.IndexFunc(g.alarms, func(a Alarm) bool { return a.Name == name })
	switch {
	case i >= 0 && (g.alarms[i].Active || !active):
		g.alarms[i].Active = active || name == AlarmLeak
	case active:
		g.counts[name]++
		a := Alarm{Name: name, Occurrence: g.counts[name], Active: true}
		if i >= 0 {
			g.alarms[i] = a
		} else {
			g.alarms = append(g.alarms, a)
		}
	}
}

func (g *regulator) has(name string) bool {
	return slices.ContainsFunc(g.alarms, func(a Alarm) bool { return a.Name == name })
}

// clear forgets an alarm that is over. A leak counts as over once the sensor is
// dry. occurrence 0 means whichever there is.
func (g *regulator) clear(name string, occurrence int, wet bool) error {
	i := slices.IndexFunc(g.alarms, func(a Alarm) bool { return a.Name == name })
	if i < 0 {
		return fmt.Errorf("there is no alarm %q", name)
	}
	a := g.alarms[i]
	switch {
	case occurrence != 0 && occurrence != a.Occurrence:
		return fmt.Errorf("alarm %q is at its occurrence %d, not %d", name, a.Occurrence, occurrence)
	case name == AlarmLeak && wet, name != AlarmLeak && a.Active:
		return fmt.Errorf("what raised alarm %q is still there", name)
	}
	g.alarms = slices.Delete(g.alarms, i, i+1)
	return nil
}
