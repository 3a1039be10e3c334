package control

import "time"

// Class is how large a loop is, as far as its gains go by it.
type Class string

// The classes of loops; contract/gains.json has the plants on which their gains were measured.
const (
	Small  Class = "small"  // about half a litre of water, and a radiator with one fan of 120 mm
	Medium Class = "medium" // a litre to a litre and a half, and a radiator of 240 or 280 mm
	Large  Class = "large"  // two and a half litres or more, and a radiator of 360 or 480 mm, or several
)

// Gains are those of a class of loops, for a setpoint in C, or in K for a difference. They are percent of
// the fan's duty per K, or percent of demand where a pump and a fan share the work. The numbers are
// those of contract/gains.json. The deadband is more than a step of a DS18B20 at 12 bits, so that
// its noise moves next to nothing. An unknown class has the gains of a small loop.
func Gains(class Class, setpoint float64) PIConfig {
	p := PIConfig{Setpoint: setpoint, Kp: 80, Ti: 90 * time.Second, Deadband: 0.1}
	switch class {
	case Medium:
		p.Kp, p.Ti = 100, 100*time.Second
	case Large:
		p.Kp, p.Ti = 100, 120*time.Second
	case Small:
	}
	return p
}

// DefaultPI has the gains for a small loop.
func DefaultPI(setpoint float64) PIConfig { return Gains(Small, setpoint) }
