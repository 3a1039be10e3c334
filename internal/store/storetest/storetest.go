// Package storetest is the conformance suite of stores: what every store has to
// do, whatever it is built on. It knows the vocabulary in package coolant only.
package storetest

import (
	"context"
	"testing"
	"time"

	"coolant"
)

// Store is what the suite tests: everything that the rest of the program asks of
// a store, except for what only one kind can have.
type Store interface {
	Close() error

	Append(ctx context.Context, batch []coolant.Sample) (coolant.Commit, error)
	Since(ctx context.Context, cursor uint64, limit int) ([]coolant.Change, error)
	Cursor(ctx context.Context, name string) (uint64, error)
	Advance(ctx context.Context, name string, no uint64) error
	LatestWatermarks(ctx context.Context) ([]coolant.Watermark, error)
	Newest(ctx context.Context) (map[coolant.DeviceID][]coolant.Newest, error)
	LastTimes(ctx context.Context, device coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error)
	Columns(ctx context.Context, w coolant.Window) (coolant.Columns, error)
	EachRow(ctx context.Context, device coolant.DeviceID, metrics []coolant.Metric, from, to coolant.UnixMilli,
		fn func(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error) error
	Faults(ctx context.Context, device coolant.DeviceID, from, to coolant.UnixMilli) ([]coolant.FaultSpan, error)

	AddDevice(ctx context.Context, d coolant.Device, c coolant.Credential) error
	EnsureDevice(ctx context.Context, d coolant.Device) error
	Devices(ctx context.Context) ([]coolant.Device, error)
	RemoveDevice(ctx context.Context, id coolant.DeviceID, withData bool) error
	SetCredential(ctx context.Context, c coolant.Credential) error
	Credentials(ctx context.Context) ([]coolant.Credential, error)

	PutDocument(ctx context.Context, d coolant.DeviceDocument) error
	Documents(ctx context.Context) ([]coolant.DeviceDocument, error)
	Document(ctx context.Context, id coolant.DeviceID, kind coolant.Document) (coolant.DeviceDocument, error)
	RecordRejections(ctx context.Context, r []coolant.Rejection) error
	Rejections(ctx context.Context, limit int) ([]coolant.Rejection, error)
	PutRecord(ctx context.Context, bucket, key string, value []byte) error
	DeleteRecord(ctx context.Context, bucket, key string) error
	EachRecord(ctx context.Context, bucket string, fn func(key string, value []byte) error) error

	AddDesired(ctx context.Context, d coolant.Desired) error
	RefuseDesired(ctx context.Context, device coolant.DeviceID, epoch string, version uint64, reason string) error
	Desired(ctx context.Context) ([]coolant.Desired, error)
	DesiredHistory(ctx context.Context, device coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error)

	RollUp(ctx context.Context, budget time.Duration) (more bool, err error)
	Expire(ctx context.Context, rawBefore, minuteBefore coolant.UnixMilli, budget time.Duration) (more bool, err error)
	Health() error
	Size(ctx context.Context) (bytes int64, err error)
}

// Open opens the store that is called name, and makes it if there is none. The
// suite closes it and may open it again, as a program does that restarts. A name
// is an empty folder of the test's own; a store may keep its files there or take
// the path for a name.
type Open func(t testing.TB, name string) Store

// Run runs the whole suite.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name string
		run  func(t *testing.T, open Open)
	}{
		{"append", testAppend},
		{"identity", testIdentity},
		{"journal", testJournal},
		{"newest", testNewest},
		{"columns", testColumns},
		{"rollups", testRollups},
		{"retention", testRetention},
		{"rows", testRows},
		{"faults", testFaults},
		{"devices", testDevices},
		{"documents", testDocuments},
		{"rejections", testRejections},
		{"records", testRecords},
		{"desired", testDesired},
		{"concurrency", testConcurrency},
		{"property", testProperty},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(t, open) })
	}
}

// noon is a time like any other on which the tests build, a whole hour.
const noon = coolant.UnixMilli(1_700_049_600_000)

// always is a range that has every sample in it.
const always = coolant.UnixMilli(1) << 50

// fixture is a store under test. Its helpers fail the test.
type fixture struct {
	Store
	t    testing.TB
	ctx  context.Context
	name string
	open Open
}

func newFixture(t *testing.T, open Open) *fixture {
	t.Helper()
	f := &fixture{t: t, ctx: t.Context(), name: t.TempDir(), open: open}
	f.Store = open(t, f.name)
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return f
}

// reopen closes the store and opens it again.
func (f *fixture) reopen() {
	f.t.Helper()
	if err := f.Close(); err != nil {
		f.t.Fatalf("close: %v", err)
	}
	f.Store = f.open(f.t, f.name)
}

func (f *fixture) append(samples ...coolant.Sample) coolant.Commit {
	f.t.Helper()
	c, err := f.Append(f.ctx, samples)
	f.must(err)
	if len(c.Fresh) != len(samples) {
		f.t.Fatalf("%d samples have %d entries in Fresh", len(samples), len(c.Fresh))
	}
	return c
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) wantCode(err error, code coolant.Code) {
	f.t.Helper()
	if got := coolant.CodeOf(err); got != code {
		f.t.Fatalf("error %v has the code %q, want %q", err, got, code)
	}
}

// rollUp computes everything that is dirty.
func (f *fixture) rollUp() {
	f.t.Helper()
	for more := true; more; {
		var err error
		more, err = f.RollUp(f.ctx, 10*time.Millisecond)
		f.must(err)
	}
}

// expire applies a retention completely.
func (f *fixture) expire(raw, minute coolant.UnixMilli) {
	f.t.Helper()
	for more := true; more; {
		var err error
		more, err = f.Expire(f.ctx, raw, minute, 10*time.Millisecond)
		f.must(err)
	}
}

// sample makes one with the given identity; readings come from good and bad.
func sample(device coolant.DeviceID, boot coolant.Boot, seq uint64, t coolant.UnixMilli, readings ...coolant.Reading) coolant.Sample {
	return coolant.Sample{Device: device, Boot: boot, Seq: seq, Time: t, Readings: readings}
}

func good(m coolant.Metric, v float64) coolant.Reading { return coolant.Reading{Metric: m, Value: v} }

func bad(m coolant.Metric, q coolant.Quality) coolant.Reading {
	return coolant.Reading{Metric: m, Quality: q}
}
