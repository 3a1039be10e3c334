package app

import (
	"context"
	"sync"
	"testing"
	"time"
)

// lapse is a clock for simulations that can run faster than life. It never runs
// ahead of real time: what its devices measure must not be of the future.
type lapse struct {
	mu     sync.Mutex
	now    time.Time
	pace   float64
	alarms map[*alarm]bool
}

type alarm struct {
	at       time.Time
	due      chan time.Time
	released chan struct{}
}

// tick is how long, in life, one step of the clock takes at least. maxStep is how far
// it goes at most, for devices notice if they wake half a minute late.
const (
	lapseTick = time.Millisecond
	maxStep   = 10 * time.Second
)

// startLapse starts a clock that is late by some time and has the pace of life, until
// the end of the test.
func startLapse(t *testing.T, late time.Duration) *lapse {
	t.Helper()
	l := &lapse{now: time.Now().UTC().Add(-late), pace: 1, alarms: map[*alarm]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return l
}

// Now is the clock's time, in UTC.
func (l *lapse) Now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// After is for [coolant/internal/sim.Options].
func (l *lapse) After(d time.Duration) (due <-chan time.Time, release func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := &alarm{at: l.now.Add(d), due: make(chan time.Time), released: make(chan struct{})}
	l.alarms[a] = true
	return a.due, sync.OnceFunc(func() {
		close(a.released)
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.alarms, a)
	})
}

// at sets how much faster than life the clock runs.
func (l *lapse) at(pace float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pace = pace
}

func (l *lapse) run(ctx context.Context) {
	tick := time.NewTicker(lapseTick)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		l.mu.Lock()
		step := time.Duration(l.pace * float64(now.Sub(last)))
		if l.pace > 1 {
			step = min(step, maxStep)
		}
		to := l.now.Add(step)
		l.mu.Unlock()
		last = now
		if to.After(now) {
			to = now.UTC()
		}
		l.advance(ctx, to)
	}
}

// advance goes to a time, and on the way wakes everyone at the very moment that was
// asked for, one after the other.
func (l *lapse) advance(ctx context.Context, to time.Time) {
	for {
		l.mu.Lock()
		var next *alarm
		for a := range l.alarms {
			if !a.at.After(to) && (next == nil || a.at.Before(next.at)) {
				next = a
			}
		}
		if next == nil {
			l.now = to
			l.mu.Unlock()
			return
		}
		delete(l.alarms, next)
		if next.at.After(l.now) {
			l.now = next.at
		}
		now := l.now
		l.mu.Unlock()
		select {
		case next.due <- now:
		case <-next.released:
		case <-ctx.Done():
			return
		}
	}
}
