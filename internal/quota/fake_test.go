package quota

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"coolant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errFull = errors.New("the disk is full")

// disk is a store of records in memory that can be full or unreadable.
type disk struct {
	mu      sync.Mutex
	records map[string][]byte
	full    bool
	broken  error
}

func (d *disk) PutRecord(ctx context.Context, _, key string, value []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.full {
		return errFull
	}
	if d.records == nil {
		d.records = map[string][]byte{}
	}
	d.records[key] = bytes.Clone(value)
	return ctx.Err()
}

func (d *disk) EachRecord(_ context.Context, _ string, fn func(string, []byte) error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(d.records)) {
		if err := fn(key, d.records[key]); err != nil {
			return err
		}
	}
	return d.broken
}

// journal is a log that keeps the levels and messages of its lines.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) Enabled(context.Context, slog.Level) bool { return true }
func (j *journal) WithAttrs([]slog.Attr) slog.Handler       { return j }
func (j *journal) WithGroup(string) slog.Handler            { return j }

func (j *journal) Handle(_ context.Context, r slog.Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	line := r.Level.String()
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "month" {
			line += " " + a.Value.String()
		}
		if a.Key == "use" {
			for _, of := range a.Value.Group() {
				if of.Key == "level" {
					line += " " + of.Value.String()
				}
			}
		}
		return true
	})
	j.lines = append(j.lines, line)
	return nil
}

// rig is a meter on a clock that the test moves by hand.
type rig struct {
	t        *testing.T
	now      time.Time
	sessions int
	disk     *disk
	log      *journal
	limits   Limits
	told     []coolant.Quota
	pace     time.Duration // from one turn to the next
	due      int           // after how many turns it is due
	turns    int
	*Meter
}

func newRig(t *testing.T, at string) *rig {
	r := &rig{t: t, disk: &disk{}, log: &journal{}, limits: EMQXServerless(), pace: Poll, due: int(report / Poll)}
	r.setClock(at)
	r.start()
	return r
}

func (r *rig) setClock(at string) {
	r.t.Helper()
	var err error
	if r.now, err = time.Parse("2006-01-02 15:04:05", at); err != nil {
		r.t.Fatal(err)
	}
}

// start makes a new meter on the same disk, as after a kill.
func (r *rig) start() {
	r.t.Helper()
	m, err := New(r.t.Context(), Options{
		Limits: r.limits, Preset: "emqx-serverless", Records: r.disk, Sessions: func() int { return r.sessions },
		Changed: func(q coolant.Quota) { r.told = append(r.told, q) },
		Now:     func() time.Time { return r.now }, Log: slog.New(r.log),
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.Meter, r.turns = m, 0
	r.turn(r.t.Context(), true)
}

// run lets time pass as Run does, with that many bytes in each turn.
func (r *rig) run(d time.Duration, bytes int) {
	for end := r.now.Add(d); r.now.Before(end); {
		r.now = r.now.Add(r.pace)
		r.Count(bytes)
		r.turns++
		r.turn(r.t.Context(), r.turns%r.due == 0)
	}
}

// stop is what Run does at its end.
func (r *rig) stop() {
	r.step()
	r.save(r.t.Context())
}
