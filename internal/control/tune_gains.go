package control

import "time"

const (
	tuneLeastDelay = 5.0   // s
	tuneAverage    = 5.0   // s; half of the average of a PI with a deadband, by the half rule
	tuneMostKp     = 100.0 // percent per K, as the contract has it
	tuneLeastKp    = 0.01
	tuneDeadband   = 0.1 // K
	// Ti is so many times 1/(gain Kp): tuneSwift where the delay is short, 4 (as SIMC has it) where it bounds Kp.
	tuneSwift, tuneCalm = 0.5, 14.0
	settleWithin        = 0.25 // K
	settleMost          = 3600 // s
	// The part of what the output can hold from which, and to which, the heat steps.
	settleFrom, settleTo = 0.25, 0.75
)

// find makes gains of what the last cycles show. cool/tune.h has the equations and their sources.
func (t *Tune) find() Tuned {
	found := Tuned{Setpoint: t.cfg.Setpoint, Deadband: tuneDeadband}
	for i := range t.cycles {
		c := &t.cycles[i]
		found.Gain += (c.gain[0] + c.gain[1]) / (2 * tuneAlike)
		found.Delay += (c.delay[0] + c.delay[1]) / (2 * tuneAlike)
		found.Swing += c.swing / tuneAlike
	}
	found.Delay = max(found.Delay, tuneLeastDelay)
	delay := found.Delay + tuneAverage
	found.Kp = min(max(1/(2*found.Gain*delay), tuneLeastKp), tuneMostKp)
	fast := found.Gain * found.Kp // 1/s
	x := fast * delay
	ti := min(max((tuneSwift+tuneCalm*x*x)/fast, 1), 36000)
	found.Ti = time.Duration(ti * float64(time.Second))
	found.Settle = settle(&found, ti, t.cfg.Full-t.cfg.Least)
	return found
}

// settle is for how long the loop is expected to be further than settleWithin from the setpoint after the heat stepped
// from a quarter to three quarters of what the output can hold, by: an integrator with a lag, and the law of [PI], a second a step.
func settle(found *Tuned, ti, by float64) float64 {
	value, done, integral, last := 0.0, settleFrom*by, settleFrom*by, 0
	for s := 1; s <= settleMost; s++ {
		e := value - min(max(value, -found.Deadband), found.Deadband)
		p := found.Kp * e
		next := integral + p/ti
		switch {
		case e > 0:
			integral = max(integral, min(next, by-p))
		case e < 0:
			integral = min(integral, max(next, -p))
		}
		duty := min(max(p+integral, 0), by)
		done += (duty - done) / (found.Delay + tuneAverage)
		value += found.Gain * (settleTo*by - done)
		if value > settleWithin || value < -settleWithin {
			last = s
		}
	}
	return float64(last)
}
