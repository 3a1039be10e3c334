package ingest

import (
	"math"

	"coolant"
)

// What a DS18B20 says instead of a temperature, as values of a sender that does
// not look at the scratchpad itself (datasheet; the Arduino Dallas library).
const (
	powerOn      = 85.0    // its power-on value: no conversion happened
	disconnected = -127.0  // the library's word for "no answer"
	allOnes      = -0.0625 // an all-ones scratchpad whose checksum nobody looked at
)

// A value that stands for a failure is believed to be one if it lies further
// than maxJump from the last good one, and that one is at most jumpWindow away.
// Water changes by a few kelvins a minute at most.
const (
	maxJump    = 10.0
	jumpWindow = 10 * coolant.Minute
)

// plausible judges a good temperature by the rules for the DS18B20 for a sender
// that gives no qualities. t is the time of the reading.
//
// 85.0 without any recent good value counts as the power-on value too: right
// after its start is when a probe says it.
func (s *series) plausible(v float64, t coolant.UnixMilli) coolant.Quality {
	if !s.celsius {
		return coolant.Good
	}
	distance := t - s.goodTime
	known := s.goodTime != 0 && distance <= jumpWindow && distance >= -jumpWindow
	near := known && math.Abs(v-s.good) <= maxJump
	switch {
	case v == disconnected:
		return coolant.Disconnected
	case v == powerOn && !near:
		return coolant.POR85
	case v == allOnes && known && !near:
		return coolant.Disconnected
	}
	return coolant.Good
}

// judge returns the reading as it is stored. Outside says that it was a number
// that the metric cannot physically have.
func (s *series) judge(r coolant.Reading, t coolant.UnixMilli, judged bool) (out coolant.Reading, outside bool) {
	s.newest = max(s.newest, t)
	if r.Quality != coolant.Good {
		return r, false
	}
	if !judged {
		r.Quality = s.plausible(r.Value, t)
	}
	if r.Quality == coolant.Good && (r.Value < s.low || r.Value > s.high) {
		r.Quality, outside = coolant.OutOfRange, true
	}
	if r.Quality != coolant.Good {
		r.Value = 0
		return r, outside
	}
	s.good, s.goodTime = r.Value, t
	return r, false
}
