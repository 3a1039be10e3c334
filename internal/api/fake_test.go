package api

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"coolant"
	"coolant/internal/live"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// present is the time at which the tests happen: 2026-01-31 08:00:00 UTC.
const present coolant.UnixMilli = 1_769_846_400_000

// fakeStore is a store in memory.
type fakeStore struct {
	mu         sync.Mutex
	samples    map[coolant.DeviceID][]coolant.Sample
	rejections []coolant.Rejection
	faults     []coolant.FaultSpan
	err        error // what every call fails with
	failAfter  int   // EachRow fails with err only after so many rows
	asked      coolant.Window
}

func (f *fakeStore) add(s ...coolant.Sample) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.samples == nil {
		f.samples = map[coolant.DeviceID][]coolant.Sample{}
	}
	for _, one := range s {
		f.samples[one.Device] = append(f.samples[one.Device], one)
	}
}

// Columns answers with the samples where they fit, else with buckets.
func (f *fakeStore) Columns(_ context.Context, w coolant.Window) (coolant.Columns, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = w
	if f.err != nil {
		return coolant.Columns{}, f.err
	}
	var rows []coolant.Sample
	found := map[coolant.Metric]bool{}
	for _, s := range f.samples[w.Device] {
		if s.Time >= w.From && s.Time < w.To {
			rows = append(rows, s)
			for _, r := range s.Readings {
				found[r.Metric] = true
			}
		}
	}
	metrics := w.Metrics
	if metrics == nil {
		metrics = slices.Sorted(maps.Keys(found))
	}
	c := coolant.Columns{Resolution: coolant.Raw}
	if len(rows) > w.Width {
		c.Step = (w.To - w.From + coolant.UnixMilli(w.Width) - 1) / coolant.UnixMilli(w.Width)
		c.Resolution = coolant.PerMinute
	}
	for _, s := range rows {
		if t := s.Time.Truncate(c.Step); len(c.Times) == 0 || t != c.Times[len(c.Times)-1] {
			c.Times = append(c.Times, t)
		}
	}
	for _, m := range metrics {
		col := coolant.Column{Metric: m, Mean: blank(len(c.Times))}
		col.Min, col.Max, col.Last = col.Mean, col.Mean, col.Mean
		if c.Step > 0 {
			col.Min, col.Max, col.Last = blank(len(c.Times)), blank(len(c.Times)), blank(len(c.Times))
		}
		for _, s := range rows {
			at, _ := slices.BinarySearch(c.Times, s.Time.Truncate(c.Step))
			for _, r := range s.Readings {
				if r.Metric == m && r.Quality == coolant.Good {
					col.Mean[at], col.Last[at] = r.Value, r.Value
					col.Min[at] = math.Min(r.Value, orElse(col.Min[at], r.Value))
					col.Max[at] = math.Max(r.Value, orElse(col.Max[at], r.Value))
				}
			}
		}
		c.Series = append(c.Series, col)
	}
	return c, nil
}

func blank(n int) []float64 { return slices.Repeat([]float64{math.NaN()}, n) }

func orElse(v, otherwise float64) float64 {
	if math.IsNaN(v) {
		return otherwise
	}
	return v
}

func (f *fakeStore) LastTimes(_ context.Context, device coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	times := map[coolant.Metric]coolant.UnixMilli{}
	for _, s := range f.samples[device] {
		for _, r := range s.Readings {
			times[r.Metric] = max(times[r.Metric], s.Time)
		}
	}
	return times, nil
}

// EachRow calls fn with slices that it uses again, as the contract allows.
func (f *fakeStore) EachRow(ctx context.Context, device coolant.DeviceID, metrics []coolant.Metric, from, to coolant.UnixMilli,
	fn func(coolant.UnixMilli, []float64, []coolant.Quality) error,
) error {
	f.mu.Lock()
	rows, fail, after := f.samples[device], f.err, f.failAfter
	f.mu.Unlock()
	if len(metrics) == 0 { // all, as the store has it
		times, err := f.LastTimes(ctx, device)
		if err != nil {
			return err
		}
		metrics = slices.Sorted(maps.Keys(times))
	}
	values, faults := make([]float64, len(metrics)), make([]coolant.Quality, len(metrics))
	n := 0
	for _, s := range rows {
		if s.Time < from || s.Time >= to {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if fail != nil && n >= after {
			return fail
		}
		n++
		for i, m := range metrics {
			values[i], faults[i] = math.NaN(), coolant.Good
			for _, r := range s.Readings {
				if r.Metric == m {
					if faults[i] = r.Quality; r.Quality == coolant.Good {
						values[i] = r.Value
					}
				}
			}
		}
		if err := fn(s.Time, values, faults); err != nil {
			return err
		}
	}
	if fail != nil && n >= after {
		return fail
	}
	return nil
}

func (f *fakeStore) Faults(context.Context, coolant.DeviceID, coolant.UnixMilli, coolant.UnixMilli) ([]coolant.FaultSpan, error) {
	return f.faults, f.err
}

func (f *fakeStore) Rejections(_ context.Context, limit int) ([]coolant.Rejection, error) {
	return f.rejections[:min(limit, len(f.rejections))], f.err
}

// fixture is a server on a fake store.
type fixture struct {
	store *fakeStore
	hub   *live.Hub
	opts  Options
}

func newFixture() *fixture {
	now := present.Time
	f := &fixture{store: &fakeStore{}, hub: live.New(live.Options{Now: now})}
	f.opts = Options{
		Store: f.store, Hub: f.hub, Version: "1.2.3", Now: now, Log: slog.New(slog.DiscardHandler),
		Listeners: func() []Listener { return []Listener{{Name: "http", Address: "127.0.0.1:8080"}} },
	}
	return f
}

// commit puts samples into the store and on the board, as a commit does.
func (f *fixture) commit(s ...coolant.Sample) {
	f.store.add(s...)
	f.hub.Committed(1, s)
}

func (f *fixture) handler(t testing.TB) http.Handler {
	t.Helper()
	h, err := New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// minutes reports n samples of the device, one a minute, the last now.
func minutes(id coolant.DeviceID, n int) []coolant.Sample {
	list := make([]coolant.Sample, n)
	for i := range list {
		list[i] = coolant.Sample{Device: id, Time: present - coolant.UnixMilli(n-1-i)*coolant.Minute, Readings: []coolant.Reading{
			{Metric: "ambient", Value: 20 + float64(i%16)/16},
			{Metric: "water", Value: 30 + float64(i%32)/16},
		}}
	}
	return list
}

// get asks h, which panics only where the connection is to be broken off.
func get(h http.Handler, target string, header ...string) *httptest.ResponseRecorder {
	return request(h, http.MethodGet, target, header...)
}

func request(h http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
