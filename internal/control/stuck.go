package control

import (
	"math"
	"slices"
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
	others  []span // where each other one was since then
}

// place is what a probe reads.
type place struct {
	rom   uint64
	value float64
}

// span is where a probe was.
type span struct {
	rom       uint64
	low, high float64
}

// step judges a good reading, dt after the one before it. others are the good readings of
// other probes in the same water.
func (w *stuckWatch) step(value float64, others []place, dt time.Duration) bool {
	if !w.started || math.Abs(value-w.value) >= stuckStep {
		*w = stuckWatch{started: true, value: value, others: w.others[:0]}
		dt = 0
	}
	w.still += dt
	moved := false
	for _, o := range others {
		i := slices.IndexFunc(w.others, func(s span) bool { return s.rom == o.rom })
		if i < 0 {
			i = len(w.others)
			w.others = append(w.others, span{o.rom, o.value, o.value})
		}
		s := &w.others[i]
		s.low, s.high = min(s.low, o.value), max(s.high, o.value)
		moved = moved || s.high-s.low >= stuckMove
	}
	return moved && w.still >= stuckAfter
}
