package control

import "time"

const (
	// stallAfter: so long without turning is a stall; so long turning ends it; so old a
	// measurement counts as no pulses.
	stallAfter = 5 * time.Second
	retryEvery = time.Minute // between two attempts to start a stalled pump
	// retryLasts is how long an attempt lowers the duty, so that the step back to full gives
	// it a jerk.
	retryLasts = 500 * time.Millisecond
)

// stall is whether an output with a tachometer turns when it is told to.
type stall struct {
	rpm       measured
	still     time.Duration // commanded, spun up, and not turning
	turning   time.Duration // of a stalled one: turning again
	retry     time.Duration // of a stalled one: since it stalled, or since the last attempt began
	retrying  bool
	commanded time.Duration // since it was told to turn
	stalled   bool
	proven    bool // told to turn, and measured to do so now
}

// step judges by the duty since the last step. An output that is told to rest is not stalled.
func (s *stall) step(cfg *OutputConfig, duty float64, fresh bool, rpm float64, dt time.Duration) bool {
	if !finite(rpm) || rpm < 0 {
		rpm = 0
	}
	s.rpm.step(fresh, rpm, dt)
	if !(duty > 0) {
		*s = stall{rpm: s.rpm}
		return false
	}
	s.commanded += dt
	s.proven = s.rpm.recent(stallAfter) && s.rpm.value > 0 && s.rpm.value >= cfg.StallRPM
	if s.proven {
		s.still = 0
		s.turning += dt
	} else {
		s.turning = 0
		// Of the step in which the spin-up ends only what lies behind it counts.
		s.still += min(max(s.commanded-cfg.SpinUp, 0), dt)
	}
	if s.stalled {
		s.retry += dt
		if s.retrying && s.retry >= retryLasts {
			s.retrying = false
		}
		if s.retry >= retryEvery {
			s.retry, s.retrying = 0, true
		}
		s.stalled = s.turning < stallAfter
	} else {
		s.stalled = s.still >= stallAfter
	}
	return s.stalled
}

// jerk says whether a stalled pump is to have its duty lowered now.
func (s *stall) jerk() bool { return s.stalled && s.retrying && !s.proven }
