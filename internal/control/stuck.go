package control

import (
	"math"
	"time"
)

const (
	stuckAfter = 2 * time.Hour
	stuckStep  = 1.0 / 16 // C, the step of a DS18B20 at 12 bits
	stuckMove  = 1.0      // K, that another probe must have moved meanwhile
)

// stuckWatch finds a probe that does not move by one step for hours while another one on the
// loop moves. With one probe alone a frozen value cannot be told from a calm day. The zero
// value is its start.
type stuckWatch struct {
	started bool
	value   float64 // where it last moved to
	still   time.Duration
	others  map[uint64]span // by ROM: where each other one was since then
}

type span struct{ low, high float64 }

// step judges a good reading, dt after the one before it. others are the good readings of
// other probes in the same water, by their ROM.
func (w *stuckWatch) step(value float64, others map[uint64]float64, dt time.Duration) bool {
	if !w.started || math.Abs(value-w.value) >= stuckStep {
		*w = stuckWatch{started: true, value: value, others: make(map[uint64]span)}
		dt = 0
	}
	w.still += dt
	moved := false
	for rom, v := range others {
		s, seen := w.others[rom]
		if !seen {
			s = span{v, v}
		}
		s = span{min(s.low, v), max(s.high, v)}
		w.others[rom] = s
		moved = moved || s.high-s.low >= stuckMove
	}
	return moved && w.still >= stuckAfter
}
