package control

import (
	"math"
	"time"
)

const (
	standbyAfter   = 10 * time.Minute
	antiSeizeEvery = time.Hour        // what never turns seizes
	antiSeizeLasts = 10 * time.Second // long enough for a stall to be seen
	antiSeizeDuty  = 30.0             // percent: more than what any usual motor starts at
	standbyStill   = 0.5              // K that idle water may move
	standbyLeave   = 1.0              // K that it may have moved in standby
	standbyBelow   = 40.0             // C
)

// standby is rest while host and water are idle together. In it the water stands, so that only
// the host says when it is over. The zero value is its start.
type standby struct {
	idle    time.Duration // so long both have been idle
	since   time.Duration // in standby: since it began, or since the last pulse did
	water   float64       // C, by which it is judged whether the water moves
	begun   bool          // water is set
	resting bool
	pulse   bool // an anti-seize pulse is under way
}

// standbyIn is what a step of standby goes by.
type standbyIn struct {
	allowed      bool // the owner enabled it, and nothing is wrong
	hostKnown    bool
	hostW, idleW float64
	waterKnown   bool
	water        float64
}

func (s *standby) step(in standbyIn, dt time.Duration) {
	switch {
	case !s.idles(in):
		*s = standby{}
	case !s.begun:
		*s = standby{water: in.water, begun: true}
	case s.resting:
		s.since += dt
		if s.pulse && s.since >= antiSeizeLasts {
			s.pulse = false
		}
		if s.since >= antiSeizeEvery {
			s.since, s.pulse = 0, true
		}
	default:
		s.idle += dt
		if s.idle >= standbyAfter {
			s.resting, s.water = true, in.water
		}
	}
}

func (s *standby) idles(in standbyIn) bool {
	if !in.allowed || !in.hostKnown || !(in.hostW < in.idleW) || !in.waterKnown || in.water >= standbyBelow {
		return false
	}
	still := standbyStill
	if s.resting {
		still = standbyLeave
	}
	return !s.begun || math.Abs(in.water-s.water) <= still
}
