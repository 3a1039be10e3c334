package control

import (
	"fmt"
	"time"

	"coolant"
)

const (
	// feedBound and integralBound keep a mistaken feed-forward from winding the
	// integral up so far that the error could not bring it back within a useful time.
	feedBound, integralBound = 100.0, 100.0 // percent
	// errorBound keeps a number that no probe can give from overflowing what follows.
	errorBound = 1000.0 // K
	// maxPIStep is what one step counts at most: after a longer pause the error of now
	// says nothing about the whole of it.
	maxPIStep = time.Minute
	// smoothPart and smoothMost are over how long the proportional part averages where there is a deadband: a
	// part of the integral time, at which it costs no more than some degrees of phase, and never longer than that.
	smoothPart, smoothMost = 10, 10 * time.Second
)

// PIConfig describes a [PI].
type PIConfig struct {
	Setpoint float64 // C, or K where the input is a difference; -20 to below 60
	Kp       float64 // percent per K, above 0 to 100; hotter than the setpoint asks for more
	// Ti is the time of the integral action, 1 s to 10 h: after it an error that stays has
	// added as much again as the proportional part.
	Ti time.Duration
	// Deadband, in K, 0 to 2, is how large an error counts as none. Of a larger one only
	// what lies beyond it counts, so that nothing jumps at its edge. It also says that the reading is noisy: where there
	// is one, the proportional part goes by an average over a tenth of Ti, at most 10 s.
	Deadband float64
	// FeedForward, in percent per W, 0 to 5, answers the host's heat before the water shows
	// it. 0 means none.
	FeedForward float64
	Min, Max    float64 // percent; bounds of the duty. Max 0 means 100.
	// Failsafe is the duty for a lost input, 50 to 100 percent; 0 means 100. It is not bounded by Max.
	Failsafe float64
	// Patience is how long the last duty outlives the last good reading.
	Patience time.Duration
}

// PIInput is what a [PI] sees of the outside.
type PIInput struct {
	Input
	HostW float64 // W, the host's heat; 0 where it is not known, and for what is not a number or negative
	// InEffect is the duty that the output has, in percent. It is used only where the law starts,
	// so that taking over changes nothing.
	InEffect float64
}

// PI brings a temperature to a setpoint. Its equations stand in the firmware's
// cool/pi.h: proportional and integral, the integral held where the output is at its
// bound (conditional integration), and a feed-forward of the host's heat. Until its
// first good reading it is in failsafe.
type PI struct {
	cfg      PIConfig
	integral float64 // percent
	smooth   float64 // the reading, averaged
	duty     float64 // percent, the last answer
	lost     time.Duration
	seen     bool
}

// NewPI checks cfg. Errors have the code [coolant.CodeInvalid] and name the
// offending field.
func NewPI(cfg PIConfig) (*PI, error) {
	if cfg.Max == 0 {
		cfg.Max = 100
	}
	if cfg.Failsafe == 0 {
		cfg.Failsafe = 100
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	return &PI{cfg: cfg}, nil
}

func (cfg *PIConfig) check() error {
	switch {
	case !(cfg.Setpoint >= -20 && cfg.Setpoint < 60):
		return invalidPI("setpoint %v is not within -20 to below 60", cfg.Setpoint)
	case !(cfg.Kp > 0 && cfg.Kp <= 100):
		return invalidPI("kp %v is not above 0 and up to 100 percent per K", cfg.Kp)
	case cfg.Ti < time.Second || cfg.Ti > 10*time.Hour:
		return invalidPI("ti %v is not within 1 s to 10 h", cfg.Ti)
	case !within(cfg.Deadband, 0, 2):
		return invalidPI("deadband %v is not within 0 to 2 K", cfg.Deadband)
	case !within(cfg.FeedForward, 0, 5):
		return invalidPI("feed-forward %v is not within 0 to 5 percent per W", cfg.FeedForward)
	case !within(cfg.Min, 0, 100) || !within(cfg.Max, 0, 100) || cfg.Min > cfg.Max:
		return invalidPI("bounds %v to %v are not an ascending pair within 0 to 100", cfg.Min, cfg.Max)
	case !within(cfg.Failsafe, 50, 100):
		return invalidPI("failsafe %v is not within 50 to 100", cfg.Failsafe)
	case cfg.Patience < 0:
		return invalidPI("patience %v is negative", cfg.Patience)
	}
	return nil
}

// Step advances the law by dt and returns the duty. A reading that is not good,
// or not a finite number, counts as lost. A negative dt counts as 0.
func (p *PI) Step(in PIInput, dt time.Duration) Output {
	dt = max(dt, 0)
	if !in.Good || !finite(in.Value) {
		p.lost += dt
		if p.seen && p.lost < p.cfg.Patience {
			return Output{Duty: p.duty}
		}
		p.seen = false
		return Output{Duty: p.cfg.Failsafe, Failsafe: true}
	}
	p.lost = 0
	c := &p.cfg
	e := min(max(in.Value-c.Setpoint, -errorBound), errorBound)
	proportional, feed := c.Kp*c.beyond(p.average(c.Setpoint+e, dt)-c.Setpoint), 0.0
	e = c.beyond(e)
	if finite(in.HostW) {
		feed = min(max(c.FeedForward*in.HostW, 0), feedBound)
	}
	rest := proportional + feed
	if !p.seen {
		p.seen = true
		p.integral = in.InEffect - rest
	} else {
		next := p.integral + c.Kp*e*min(dt, maxPIStep).Seconds()/c.Ti.Seconds()
		switch {
		case e > 0:
			p.integral = max(p.integral, min(next, c.Max-rest))
		case e < 0:
			p.integral = min(p.integral, max(next, c.Min-rest))
		}
	}
	p.integral = min(max(p.integral, -integralBound), integralBound)
	p.duty = min(max(rest+p.integral, c.Min), c.Max)
	return Output{Duty: p.duty}
}

// beyond is what of an error lies outside the deadband.
func (cfg *PIConfig) beyond(e float64) float64 { return e - min(max(e, -cfg.Deadband), cfg.Deadband) }

// average takes the next reading. At the edge of the deadband a single step of a probe would otherwise be a step of the
// duty, again and again at steady load.
func (p *PI) average(v float64, dt time.Duration) float64 {
	if !p.seen || p.cfg.Deadband == 0 {
		p.smooth = v
		return v
	}
	s, over := min(dt, maxPIStep).Seconds(), min(p.cfg.Ti/smoothPart, smoothMost).Seconds()
	p.smooth += (v - p.smooth) * s / (s + over)
	return p.smooth
}

func invalidPI(format string, args ...any) error {
	return coolant.Errorf(coolant.CodeInvalid, "pi: %s", fmt.Sprintf(format, args...))
}

// restart forgets the integral: the next step starts from the duty in effect.
func (p *PI) restart() { *p = PI{cfg: p.cfg} }
