package physics_test

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"coolant"
	"coolant/internal/physics"
)

// shelf answers every window with the same readings, and counts by how far they reach.
type shelf struct {
	mu    sync.Mutex
	table physics.Table
	err   error
	reads map[coolant.UnixMilli]int
	last  []coolant.Window
}

func (s *shelf) Columns(_ context.Context, w coolant.Window) (coolant.Columns, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads[w.To-w.From]++
	s.last = append(s.last, w)
	c := coolant.Columns{Times: s.table.Times}
	for _, m := range w.Metrics {
		col := s.table.Values[m]
		if col == nil {
			for range c.Times {
				col = append(col, math.NaN())
			}
		}
		c.Series = append(c.Series, coolant.Column{Metric: m, Min: col, Mean: col, Max: col, Last: col})
	}
	return c, s.err
}

// counts are how often the samples, the hours and the months were read.
func (s *shelf) counts() (now, hours, months int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for span, n := range s.reads {
		switch {
		case span > physics.TrendSpan:
			months += n
		case span > physics.SettlingSpan:
			hours += n
		default:
			now += n
		}
	}
	return now, hours, months
}

func TestReader(t *testing.T) {
	s := &shelf{reads: map[coolant.UnixMilli]int{}, table: table(200, 10*coolant.Second, func(coolant.UnixMilli) map[coolant.Metric]float64 { return steady() })}
	now := present.Time()
	loop := zeroed(coolant.Inlet, coolant.Outlet)
	r, err := physics.NewReader(physics.Options{
		Store: s, Now: func() time.Time { return now },
		Loop: func(context.Context, coolant.DeviceID) (physics.Loop, error) { return loop, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := func(when string, samples, hours, months int) {
		t.Helper()
		p, err := r.Physics(t.Context(), "loop")
		if err != nil || p.Device != "loop" || p.Heat.Value == nil || p.TimeConstant.Unknown == "" || p.Trend.Change.Unknown == "" {
			t.Errorf("%s: %+v, %v", when, p, err)
		}
		if a, b, c := s.counts(); a != samples || b != hours || c != months {
			t.Errorf("%s: read %d, %d, %d times, want %d, %d, %d", when, a, b, c, samples, hours, months)
		}
	}
	// Many at once are one.
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := r.Physics(context.Background(), "loop"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	want("at first", 1, 1, 1)
	now = now.Add(4 * time.Second)
	want("soon after", 1, 1, 1)
	now = now.Add(2 * time.Second)
	want("later", 2, 1, 1)
	now = now.Add(2 * time.Minute)
	want("two minutes later", 3, 2, 1)
	loop.ProbesSince = 1 // they were zeroed
	now = now.Add(6 * time.Second)
	want("after zeroing", 4, 3, 2)
	now = now.Add(-time.Hour)
	if _, err := r.Physics(t.Context(), "loop"); err != nil {
		t.Error(err)
	}
	if a, _, _ := s.counts(); a != 5 {
		t.Errorf("after the clock was set back the answer is kept (%d reads)", a)
	}
}

// The windows have room for minutes and for hours also where they begin and end within one and
// the device's clock is ahead: a store would answer with wider buckets otherwise, which have holes.
func TestReaderAsksForWholeBuckets(t *testing.T) {
	for _, past := range []time.Duration{0, time.Millisecond, 59*time.Second + 999*time.Millisecond, 59 * time.Minute} {
		s := &shelf{reads: map[coolant.UnixMilli]int{}}
		r, err := physics.NewReader(physics.Options{
			Store: s, Now: func() time.Time { return present.Time().Add(past) },
			Loop: func(context.Context, coolant.DeviceID) (physics.Loop, error) { return pumpAndFan(), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Physics(t.Context(), "loop"); err != nil {
			t.Fatal(err)
		}
		for _, w := range s.last {
			step := coolant.Minute
			if w.To-w.From > physics.TrendSpan {
				step = coolant.Hour
			}
			if buckets := int(((w.To-1).Truncate(step)-w.From.Truncate(step))/step) + 1; buckets > w.Width {
				t.Errorf("%v past the hour: %d buckets of %d ms do not fit into %d", past, buckets, step, w.Width)
			}
		}
	}
}

func TestReaderFails(t *testing.T) {
	if _, err := physics.NewReader(physics.Options{}); err == nil {
		t.Error("a reader of nothing")
	}
	locked, gone := errors.New("locked"), coolant.Errorf(coolant.CodeNotFound, "gone")
	s := &shelf{reads: map[coolant.UnixMilli]int{}, err: locked}
	var loopErr error
	r, err := physics.NewReader(physics.Options{Store: s, Loop: func(context.Context, coolant.DeviceID) (physics.Loop, error) { return physics.Loop{}, loopErr }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Physics(t.Context(), "loop"); !errors.Is(err, locked) {
		t.Errorf("%v", err)
	}
	s.err = nil // and a failure is not kept
	if p, err := r.Physics(t.Context(), "loop"); err != nil || p.Heat.Unknown != coolant.UnknownSilent {
		t.Errorf("%+v, %v", p, err)
	}
	loopErr = gone
	if _, err := r.Physics(t.Context(), "other"); coolant.CodeOf(err) != coolant.CodeNotFound {
		t.Errorf("%v", err)
	}
}
