package sim

import (
	"math/rand/v2"
	"time"
)

const (
	firstBackoff = time.Second
	lastBackoff  = time.Minute
	// A connection that held for this long lets the backoff start again.
	steadyAfter = 10 * time.Second
)

// backoff says how long to wait before the next attempt to connect. It grows
// from one failure to the next, also when connections are accepted and dropped
// at once, and half of it is random, so that a fleet does not come back in step.
// It is used by one goroutine at a time.
type backoff struct {
	rng   *rand.Rand
	delay time.Duration
	since time.Time // of the present connection; zero: there is none
	tried bool
}

// next is called before every attempt. The very first does not wait.
func (b *backoff) next(now time.Time) time.Duration {
	if !b.tried {
		b.tried = true
		return 0
	}
	if !b.since.IsZero() && now.Sub(b.since) >= steadyAfter {
		b.delay = 0
	}
	b.since = time.Time{}
	b.delay = min(max(2*b.delay, firstBackoff), lastBackoff)
	return b.delay/2 + time.Duration(b.rng.Int64N(int64(b.delay/2)+1))
}

// connected is called when an attempt succeeded.
func (b *backoff) connected(now time.Time) { b.since = now }
