package sim

import (
	"context"
	"time"
)

// clock is the time that a device lives by. What the network takes is always in
// the time of the machine.
type clock struct {
	now func() time.Time
	// after is [Options.After].
	after func(d time.Duration) (due <-chan time.Time, release func())
}

// machineAfter waits in the time of the machine.
func machineAfter(d time.Duration) (due <-chan time.Time, release func()) {
	timer := time.NewTimer(d)
	return timer.C, func() { timer.Stop() }
}

// clock is the one that the options ask for.
func (o *Options) clock() clock {
	c := clock{now: o.Now, after: o.After}
	if c.now == nil {
		c.now = time.Now
	}
	if c.after == nil {
		c.after = machineAfter
	}
	return c
}

// sleepUntil waits for a time; false means that ctx ended first.
func (c clock) sleepUntil(ctx context.Context, at time.Time) bool {
	due, release := c.after(at.Sub(c.now()))
	defer release()
	select {
	case <-ctx.Done():
		return false
	case <-due:
		return true
	}
}
