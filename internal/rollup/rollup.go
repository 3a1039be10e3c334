// Package rollup decides when the store computes its rollups and what it lets
// go of: after commits, when an hour is over, and as the retention demands. How
// that is done is the store's; this package only calls it, in slices so short
// that no commit waits noticeably.
package rollup

import (
	"context"
	"log/slog"
	"time"

	"coolant"
)

const (
	// slice is how long the store may work at once. Commits that arrive meanwhile
	// wait for its end.
	slice = 10 * time.Millisecond
	// rest is the pause between two slices, for commits and for the processor.
	rest = 10 * time.Millisecond
	// settle is how long commits are collected after the first; a burst of old
	// samples then costs each of its hours once.
	settle = 2 * time.Second
	// tick is how often there is a look without any commit: hours end by themselves.
	tick = time.Minute
	// expireEvery is how often the retention is applied. It cuts on whole hours.
	expireEvery = time.Hour
	// After a failure the next try waits for retryMin, and twice as long each time
	// up to retryMax.
	retryMin = time.Second
	retryMax = time.Minute
)

// Store does the work. Both methods work for about the given time and report
// whether there is more to do.
type Store interface {
	// RollUp recomputes buckets in which samples arrived.
	RollUp(ctx context.Context, budget time.Duration) (more bool, err error)
	// Expire deletes samples before rawBefore and minute buckets before
	// minuteBefore; 0 deletes nothing.
	Expire(ctx context.Context, rawBefore, minuteBefore coolant.UnixMilli, budget time.Duration) (more bool, err error)
}

// Policy says how long data is kept. Hour buckets are kept for ever.
type Policy struct {
	Raw    time.Duration // samples and faults; 0 means for ever
	Minute time.Duration // minute buckets; 0 means for ever
}

// Options says what to work on and by which rules.
type Options struct {
	Store  Store
	Policy Policy
	// Now is the clock that retention goes by; nil means time.Now.
	Now func() time.Time
	// Log gets a line when the work begins to fail and when it succeeds again; nil
	// means nowhere.
	Log *slog.Logger
}

// Rollup is the schedule. Its methods are safe for concurrent use, but Run must
// run once only.
type Rollup struct {
	store   Store
	policy  Policy
	now     func() time.Time
	log     *slog.Logger
	poked   chan struct{}
	expired time.Time // when the retention was last applied
	failing bool
}

// New makes a schedule; Run starts it.
func New(o Options) *Rollup {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Rollup{store: o.Store, policy: o.Policy, now: o.Now, log: o.Log, poked: make(chan struct{}, 1)}
}

// Poke says that samples were committed. It never waits.
func (r *Rollup) Poke() {
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// Run works until ctx ends and then returns nil, after the slice that is under
// way. What fails is logged and tried again.
func (r *Rollup) Run(ctx context.Context) error {
	retry := retryMin
	for {
		err := r.work(ctx)
		if ctx.Err() != nil {
			return nil
		}
		r.report(err)
		if err != nil {
			if !pause(ctx, retry) {
				return nil
			}
			retry = min(2*retry, retryMax)
			continue
		}
		retry = retryMin
		if !r.await(ctx) {
			return nil
		}
	}
}

// await waits for the next occasion to work; false means that ctx ended.
func (r *Rollup) await(ctx context.Context) bool {
	timer := time.NewTimer(tick)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	case <-r.poked:
	}
	if !pause(ctx, settle) {
		return false
	}
	// Commits while it settled are dealt with now.
	select {
	case <-r.poked:
	default:
	}
	return true
}

// work does all that there is to do now.
func (r *Rollup) work(ctx context.Context) error {
	err := inSlices(ctx, func() (bool, error) { return r.store.RollUp(ctx, slice) })
	if err != nil {
		return err
	}
	now := r.now()
	if !r.expired.IsZero() && now.Sub(r.expired).Abs() < expireEvery {
		return nil
	}
	raw, minute := cut(now, r.policy.Raw), cut(now, r.policy.Minute)
	if raw != 0 || minute != 0 {
		err := inSlices(ctx, func() (bool, error) { return r.store.Expire(ctx, raw, minute, slice) })
		if err != nil {
			return err
		}
	}
	r.expired = now
	return nil
}

// cut is the time before which data is to go; 0 means that all stays.
func cut(now time.Time, keep time.Duration) coolant.UnixMilli {
	if keep <= 0 {
		return 0
	}
	return max(0, coolant.Milli(now.Add(-keep)))
}

// inSlices calls one until there is no more to do, with a rest in between.
func inSlices(ctx context.Context, one func() (more bool, err error)) error {
	for {
		more, err := one()
		if err != nil || !more {
			return err
		}
		if !pause(ctx, rest) {
			return context.Cause(ctx)
		}
	}
}

// report logs the change between working and failing, not every failure.
func (r *Rollup) report(err error) {
	switch {
	case err != nil && !r.failing:
		r.log.Warn("rollups and retention fail; trying again", "error", err)
	case err == nil && r.failing:
		r.log.Info("rollups and retention work again")
	}
	r.failing = err != nil
}

// pause waits; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
