package control

import (
	"time"

	"coolant"
)

// What a device has room for; the same in the firmware (cool/types.h).
const (
	MaxProbes  = 8  // probes with a role
	MaxOutputs = 6  // pumps, fans, chillers, buzzers
	MaxBands   = 4  // bands of duty that an output skips
	maxRoles   = 10 // configured roles, and room for probes that were replaced
)

// How long an override may last: any, and one that stops a pump.
const (
	MaxOverride = 24 * time.Hour
	MaxPumpOff  = 30 * time.Minute
	// clockSlack is how much more is let pass, because who asked for exactly that has another clock.
	clockSlack = time.Minute
)

// inputPatience is how long the last good reading stands for a probe: one bad reading is
// skipped, a lost probe is not.
const inputPatience = 5 * time.Second

// Role is what an output moves.
type Role string

// The roles of outputs.
const (
	Pump    Role = "pump"
	Fan     Role = "fan"
	Chiller Role = "chiller"
	Buzzer  Role = "buzzer"
)

// Kind is how an output is driven.
type Kind string

// The kinds of outputs.
const (
	PWM4   Kind = "pwm4"   // 4-wire, 25 kHz
	DCPWM  Kind = "dc_pwm" // 2-wire through a MOSFET
	Switch Kind = "switch" // on or off: a relay
)

// RegulatorConfig is what the owner wants of a device's fast loop, as far as it regulates.
// contract/README.md has the form in which it is said to a device.
type RegulatorConfig struct {
	// Probes give probes their roles. Without any, the first probe that is found is `water`,
	// and further ones are temp2, temp3, ..
	Probes    []ProbeConfig
	Critical  float64 // C; over-temperature from here on, 30 to below 60; released 5 K below
	DewMargin float64 // K, 2 to 20: how far above the dew point a chiller aims
	Standby   bool    // rest while host and water are idle together
	IdleW     float64 // W, 0 to 1000, not above BusyW: the host is idle below this heat
	BusyW     float64 // W, 0 to 1000: and busy from this heat on; 0: "no heat transfer" is not watched
	Outputs   []OutputConfig
	// FlowMeter says that there is one in the loop: then water that stands is noticed.
	FlowMeter bool
}

// ProbeConfig is a probe by its ROM id.
type ProbeConfig struct {
	ROM    uint64         // family code in the highest byte, as the contract writes it
	Role   coolant.Metric // the temperature that it feeds
	Offset float64        // K, -5 to 5, added to its readings
}

// OutputConfig is one output. Duties are in percent, 0 to 100.
type OutputConfig struct {
	Name     string // unique; a metric's name of at most 27 characters: "pump", "fan2"
	Role     Role
	Kind     Kind
	Tacho    bool    // its turns are measured
	Min      float64 // a running output never gets less
	Max      float64 // what the automatic part may ask for; safety is not bounded by it
	Failsafe float64 // 50 to 100: for a lost input
	Start    float64 // with Stop: the automatic part lets it rest; both 0: it never rests
	Stop     float64
	Skip     []Band        // at most [MaxBands], ascending and apart
	SpinUp   time.Duration // full duty for so long when it starts from rest, 0 to 5 s
	StallRPM float64       // turning slower than this is a stall, 0 to 10000; needs Tacho
	SlewUp   float64       // percent a second, 0 to 100; 0: unlimited
	SlewDown float64
	MinOn    time.Duration // of a [Switch]: shortest times, 0 to 1 h
	MinOff   time.Duration
	Auto     AutoConfig // of all but a buzzer
	Override *OverrideConfig
}

// Band is a part of the range of duty that an output does not stay in, because it hums there.
type Band struct{ From, To float64 }

// AutoConfig is the automatic part of an output: exactly one of Curve, PI and Follow. The bounds,
// failsafe and patience of a law are the output's, whatever it says.
type AutoConfig struct {
	Input coolant.Metric // the role that the law looks at; "" with Follow, which looks at what its leader looks at
	Minus coolant.Metric // "": the role itself; otherwise the law looks at Input - Minus, in K
	Curve *CurveConfig
	PI    *PIConfig
	// Follow names an output with a PI and a Range, the leader; this one does its part of the same demand.
	Follow string
	// Range is there with Follow, and with a PI that asks for a demand instead of a duty.
	Range *Range
}

// Range is the part of a demand in which an output does its work; 0 to 100 percent of
// demand, From below To.
type Range struct {
	From float64 // here it begins
	To   float64 // and here it is at its Max
}

// OverrideConfig is a duty set by hand.
type OverrideConfig struct {
	Duty  float64 // percent; 0 is off
	Until coolant.UnixMilli
}

// DefaultRegulator is what the owner of a device has without having said anything, but for
// its outputs.
func DefaultRegulator() RegulatorConfig {
	return RegulatorConfig{Critical: 50, DewMargin: 2, IdleW: 10, BusyW: 25}
}

// DefaultOutput is an output by the defaults of its role and kind, without tachometer.
func DefaultOutput(name string, role Role, kind Kind) OutputConfig {
	o := OutputConfig{Name: name, Role: role, Kind: kind, Max: 100, Failsafe: 100, SlewUp: 5, SlewDown: 1}
	switch role {
	case Pump:
		o.Min, o.StallRPM = 40, 500
		o.Auto = waterCurve(Point{22, 45}, Point{30, 60}, Point{36, 90})
	case Fan:
		o.Min, o.Start, o.Stop, o.SpinUp, o.StallRPM = 20, 26, 20, 300*time.Millisecond, 200
		o.Auto = waterCurve(Point{24, 15}, Point{27, 25}, Point{30, 42}, Point{33, 68}, Point{36, 100})
	case Chiller:
		o.MinOn, o.MinOff = time.Minute, 3*time.Minute
		o.Auto = waterCurve(Point{30, 0}, Point{32, 100})
	case Buzzer:
	}
	return o
}

func waterCurve(points ...Point) AutoConfig {
	return AutoConfig{Input: coolant.Water, Curve: &CurveConfig{Points: points, Hysteresis: 1}}
}

// curve is the curve with the output's bounds.
func (o *OutputConfig) curve() CurveConfig {
	c := *o.Auto.Curve
	c.Min, c.Max, c.Start, c.Stop, c.Failsafe, c.Patience = o.Min, o.Max, o.Start, o.Stop, o.Failsafe, inputPatience
	return c
}

// pi is the PI with the output's bounds. One that may rest has to be able to ask for less
// than the least duty: the motor turns that into rest.
func (o *OutputConfig) pi() PIConfig {
	c := *o.Auto.PI
	c.Min, c.Max, c.Failsafe, c.Patience = o.Min, o.Max, o.Failsafe, inputPatience
	switch {
	case o.Auto.shares():
		c.Min, c.Max = 0, 100 // it asks for a demand
	case o.Start > 0:
		c.Min = 0
	}
	return c
}

// moves says that the output is a pump or a fan.
func (o *OutputConfig) moves() bool { return o.Role == Pump || o.Role == Fan }
