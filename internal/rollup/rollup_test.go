package rollup_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/rollup"
)

// fakeStore counts what it is asked for. Each slice takes its whole budget.
type fakeStore struct {
	mu      sync.Mutex
	dirty   int // slices of rolling up still to do
	old     int // slices of expiry still to do
	err     error
	rollups int
	expires []cuts
	longest time.Duration
}

type cuts struct {
	at          time.Time
	raw, minute coolant.UnixMilli
}

func (f *fakeStore) RollUp(_ context.Context, budget time.Duration) (bool, error) {
	time.Sleep(budget)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.longest = max(f.longest, budget)
	f.rollups++
	f.dirty = max(0, f.dirty-1)
	return f.dirty > 0, f.err
}

func (f *fakeStore) Expire(_ context.Context, raw, minute coolant.UnixMilli, budget time.Duration) (bool, error) {
	time.Sleep(budget)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.longest = max(f.longest, budget)
	f.expires = append(f.expires, cuts{time.Now(), raw, minute})
	f.old = max(0, f.old-1)
	return f.old > 0, nil
}

// set changes the store's state.
func (f *fakeStore) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

// calls returns how often RollUp was called since the last time.
func (f *fakeStore) calls() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.rollups
	f.rollups = 0
	return n
}

// during runs a schedule in a bubble of its own time while test runs.
func during(t *testing.T, store *fakeStore, policy rollup.Policy, log *slog.Logger, test func(r *rollup.Rollup)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := rollup.New(rollup.Options{Store: store, Policy: policy, Log: log})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		pass(time.Second)
		test(r)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run returned %v after its context ended, want nil", err)
		}
	})
}

// pass lets time go by and then everything come to rest.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestWorksAtTheStart(t *testing.T) {
	store := &fakeStore{dirty: 3}
	during(t, store, rollup.Policy{}, nil, func(*rollup.Rollup) {
		if n := store.calls(); n != 3 {
			t.Errorf("%d slices at the start, want 3", n)
		}
	})
	if store.longest != 10*time.Millisecond {
		t.Errorf("the longest slice was %v, want 10ms", store.longest)
	}
}

func TestPokesAreCollected(t *testing.T) {
	store := &fakeStore{}
	during(t, store, rollup.Policy{}, nil, func(r *rollup.Rollup) {
		store.calls()
		for range 100 {
			r.Poke()
			pass(10 * time.Millisecond)
		}
		if n := store.calls(); n != 0 {
			t.Errorf("%d slices while commits come in, want 0", n)
		}
		pass(5 * time.Second)
		if n := store.calls(); n != 1 {
			t.Errorf("%d slices after the commits, want 1", n)
		}
	})
}

func TestWorksWithoutCommits(t *testing.T) {
	store := &fakeStore{}
	during(t, store, rollup.Policy{}, nil, func(*rollup.Rollup) {
		store.calls()
		pass(10 * time.Minute)
		if n := store.calls(); n < 9 || n > 10 {
			t.Errorf("%d slices in ten minutes without commits, want one a minute", n)
		}
	})
}

func TestRetention(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name   string
		policy rollup.Policy
		hours  int
		calls  int
		raw    time.Duration
		minute time.Duration
	}{
		{name: "applied every hour", policy: rollup.Policy{Raw: 90 * day, Minute: 730 * day}, hours: 3, calls: 4, raw: 90 * day, minute: 730 * day},
		{name: "only raw", policy: rollup.Policy{Raw: 30 * day}, hours: 1, calls: 2, raw: 30 * day},
		{name: "everything for ever", hours: 5, calls: 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			store := &fakeStore{}
			during(t, store, test.policy, nil, func(*rollup.Rollup) {
				pass(time.Duration(test.hours)*time.Hour + 5*time.Minute)
			})
			if len(store.expires) != test.calls {
				t.Fatalf("%d slices of expiry in %d hours, want %d", len(store.expires), test.hours, test.calls)
			}
			for _, c := range store.expires {
				check := func(what string, got coolant.UnixMilli, keep time.Duration) {
					if keep == 0 && got != 0 {
						t.Errorf("%s is cut at %d, want no cut", what, got)
					}
					if age := coolant.Milli(c.at).Sub(got); keep != 0 && (age < keep || age > keep+time.Second) {
						t.Errorf("%s is cut at an age of %v, want %v", what, age, keep)
					}
				}
				check("raw", c.raw, test.policy.Raw)
				check("minute", c.minute, test.policy.Minute)
			}
		})
	}
}

func TestExpiryKeepsItsCutsUntilItIsDone(t *testing.T) {
	store := &fakeStore{old: 5}
	during(t, store, rollup.Policy{Raw: time.Hour}, nil, func(*rollup.Rollup) { pass(time.Second) })
	if len(store.expires) != 5 {
		t.Fatalf("%d slices, want 5", len(store.expires))
	}
	for _, c := range store.expires {
		if c.raw != store.expires[0].raw {
			t.Errorf("a slice cuts at %d, the first at %d", c.raw, store.expires[0].raw)
		}
	}
}

func TestFailuresAreRetriedAndLoggedOnce(t *testing.T) {
	store := &fakeStore{err: errors.New("disk full")}
	var out bytes.Buffer
	during(t, store, rollup.Policy{}, slog.New(slog.NewTextHandler(&out, nil)), func(*rollup.Rollup) {
		pass(2 * time.Minute)
		if n := store.calls(); n < 5 || n > 12 {
			t.Errorf("%d tries in two minutes, want about 7: the waits double", n)
		}
		store.set(func() { store.err = nil })
		pass(2 * time.Minute)
	})
	if n := strings.Count(out.String(), "disk full"); n != 1 {
		t.Errorf("the failure was logged %d times, want once:\n%s", n, out.String())
	}
	if n := strings.Count(out.String(), "work again"); n != 1 {
		t.Errorf("the recovery was logged %d times, want once:\n%s", n, out.String())
	}
}

func TestStopsBetweenSlices(t *testing.T) {
	store := &fakeStore{dirty: 1 << 30}
	during(t, store, rollup.Policy{}, nil, func(*rollup.Rollup) { pass(time.Second) })
	if store.rollups > 110 {
		t.Errorf("%d slices of 10 ms in two seconds, want a rest after each", store.rollups)
	}
}
