package control

import (
	"fmt"
	"math"
	"time"

	"coolant"
)

// MaxPoints is the greatest number of points of a curve: what the firmware has
// room for.
const MaxPoints = 16

// Point is a corner of a curve.
type Point struct {
	Temp float64 // C, or K where the input is a difference
	Duty float64 // percent, 0 to 100
}

// CurveConfig describes a [Curve].
type CurveConfig struct {
	// Points are 1 to [MaxPoints] corners with ascending temperatures and duties
	// that never fall. Between two the duty is interpolated linearly; outside them
	// the nearest corner's duty holds.
	Points []Point
	// Hysteresis, in K, is how far the temperature must fall before the duty
	// follows it down. Upward the duty follows at once.
	Hysteresis float64
	// Min and Max bound the duty of a running output, in percent. Max 0 means 100.
	Min, Max float64
	// Start and Stop let the output rest: it stops where the curve asks for less
	// than Stop percent, and starts again where the curve asks for Start percent or
	// more. Both 0 (the default) means that it never stops; a pump's curve leaves
	// them 0.
	Start, Stop float64
	// Failsafe is the duty for a lost input, 50 to 100 percent; 0 means 100. It is
	// not bounded by Max, which is about noise.
	Failsafe float64
	// Patience is how long the last duty outlives the last good reading: one bad
	// reading is skipped, a lost probe is not. 0 means that the first bad reading
	// already counts.
	Patience time.Duration
}

// Input is what a law sees of the outside.
type Input struct {
	Value float64 // C, or K for a difference
	Good  bool    // false: there is no trustworthy reading
}

// Output is a law's answer.
type Output struct {
	Duty float64 // percent, 0 to 100
	// Failsafe says that Duty is not the curve's but the answer to a lost input.
	Failsafe bool
}

// Curve maps a temperature to a duty. It starts running and, until its first
// good reading, in failsafe.
type Curve struct {
	cfg     CurveConfig
	held    float64 // the temperature that the duty stands for, within [input, input+hysteresis]
	lost    time.Duration
	seen    bool
	stopped bool
}

// NewCurve checks cfg. Errors have the code [coolant.CodeInvalid] and name the
// offending field.
func NewCurve(cfg CurveConfig) (*Curve, error) {
	if cfg.Max == 0 {
		cfg.Max = 100
	}
	if cfg.Failsafe == 0 {
		cfg.Failsafe = 100
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg.Points = append([]Point(nil), cfg.Points...)
	return &Curve{cfg: cfg}, nil
}

func (cfg *CurveConfig) check() error {
	if n := len(cfg.Points); n == 0 || n > MaxPoints {
		return invalid("points: %d given, 1 to %d are expected", n, MaxPoints)
	}
	for i, p := range cfg.Points {
		switch {
		case !finite(p.Temp):
			return invalid("points[%d]: temperature %v is not a number", i, p.Temp)
		case !within(p.Duty, 0, 100):
			return invalid("points[%d]: duty %v is not within 0 to 100", i, p.Duty)
		case i > 0 && p.Temp <= cfg.Points[i-1].Temp:
			return invalid("points[%d]: temperature %v is not above the one before it, %v", i, p.Temp, cfg.Points[i-1].Temp)
		case i > 0 && p.Duty < cfg.Points[i-1].Duty:
			return invalid("points[%d]: duty %v is below the one before it, %v; less cooling for hotter water is a mistake", i, p.Duty, cfg.Points[i-1].Duty)
		}
	}
	switch {
	case !within(cfg.Hysteresis, 0, 20):
		return invalid("hysteresis %v is not within 0 to 20 K", cfg.Hysteresis)
	case !within(cfg.Min, 0, 100) || !within(cfg.Max, 0, 100) || cfg.Min > cfg.Max:
		return invalid("bounds %v to %v are not an ascending pair within 0 to 100", cfg.Min, cfg.Max)
	case !within(cfg.Start, 0, 100) || !within(cfg.Stop, 0, 100) || cfg.Stop > cfg.Start:
		return invalid("stop %v and start %v are not an ascending pair within 0 to 100", cfg.Stop, cfg.Start)
	case !within(cfg.Failsafe, 50, 100):
		return invalid("failsafe %v is not within 50 to 100", cfg.Failsafe)
	case cfg.Patience < 0:
		return invalid("patience %v is negative", cfg.Patience)
	}
	return nil
}

// Step advances the law by dt and returns the duty. A reading that is not good,
// or not a finite number, counts as lost. A negative dt counts as 0.
func (c *Curve) Step(in Input, dt time.Duration) Output {
	if !in.Good || !finite(in.Value) {
		c.lost += max(dt, 0)
		if !c.seen || c.lost >= c.cfg.Patience {
			c.seen = false
			c.stopped = false
			return Output{Duty: c.cfg.Failsafe, Failsafe: true}
		}
		return Output{Duty: c.duty()}
	}
	c.lost = 0
	if c.seen {
		c.held = min(max(c.held, in.Value), in.Value+c.cfg.Hysteresis)
	} else {
		c.held = in.Value
		c.seen = true
	}
	return Output{Duty: c.duty()}
}

// duty is the curve at the held temperature, with the rest and the bounds
// applied.
func (c *Curve) duty() float64 {
	raw := interpolate(c.cfg.Points, c.held)
	switch {
	case c.cfg.Start == 0:
	case c.stopped && raw >= c.cfg.Start:
		c.stopped = false
	case !c.stopped && raw < c.cfg.Stop:
		c.stopped = true
	}
	if c.stopped {
		return 0
	}
	return min(max(raw, c.cfg.Min), c.cfg.Max)
}

func interpolate(points []Point, t float64) float64 {
	if t <= points[0].Temp {
		return points[0].Duty
	}
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if t < b.Temp {
			// The clamp keeps rounding from leaving the segment.
			return min(max(a.Duty+(b.Duty-a.Duty)*(t-a.Temp)/(b.Temp-a.Temp), a.Duty), b.Duty)
		}
	}
	return points[len(points)-1].Duty
}

func within(v, low, high float64) bool { return v >= low && v <= high }

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func invalid(format string, args ...any) error {
	return coolant.Errorf(coolant.CodeInvalid, "curve: %s", fmt.Sprintf(format, args...))
}
