package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"zombiezen.com/go/sqlite"

	"coolant"
)

func openAt(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func minutes(from, n int) []coolant.Sample {
	batch := make([]coolant.Sample, n)
	for i := range batch {
		batch[i] = coolant.Sample{
			Device: "dev", Boot: 1, Seq: uint64(from + i), Time: 1_700_006_400_000 + coolant.UnixMilli(from+i)*coolant.Minute,
			Readings: []coolant.Reading{{Metric: "water", Value: float64(i)}, {Metric: "ambient", Value: 20}},
		}
	}
	return batch
}

// fillUp appends until the store says that it is full, and returns how many
// samples it took.
func fillUp(t *testing.T, s *Store) (stored int) {
	t.Helper()
	for {
		_, err := s.Append(t.Context(), minutes(stored+1, 500))
		if err == nil {
			if stored += 500; stored > 1_000_000 {
				t.Fatal("the disk never gets full")
			}
			continue
		}
		if code := coolant.CodeOf(err); code != coolant.CodeStorageFull {
			t.Fatalf("a full disk gives %q: %v", code, err)
		}
		if code := coolant.CodeOf(s.Health()); code != coolant.CodeStorageFull {
			t.Fatalf("health is %v on a full disk", s.Health())
		}
		return stored
	}
}

// checkFull checks that a full store still answers, and goes on when there is
// room again.
func checkFull(t *testing.T, s *Store, makeRoom func()) {
	t.Helper()
	ctx := t.Context()
	stored := fillUp(t, s)
	for range 3 { // it stays full, and what is remembered stays true
		_, err := s.Append(ctx, minutes(stored+1, 500))
		if code := coolant.CodeOf(err); code != coolant.CodeStorageFull {
			t.Fatalf("the next try gives %q: %v", code, err)
		}
	}
	marks, err := s.LatestWatermarks(ctx)
	if err != nil || len(marks) != 1 || marks[0].Through != uint64(stored) {
		t.Fatalf("watermarks of a full store are %v, %v; want %d", marks, err, stored)
	}
	cols, err := s.Columns(ctx, coolant.Window{Device: "dev", From: 0, To: 1 << 50, Width: 1000})
	if err != nil || len(cols.Times) == 0 {
		t.Fatalf("a chart of a full store has %d points: %v", len(cols.Times), err)
	}
	makeRoom()
	c, err := s.Append(ctx, minutes(stored+1, 500))
	if err != nil {
		t.Fatalf("with room again: %v", err)
	}
	if want := uint64(stored/500 + 1); c.No != want || !c.Fresh[0] || c.Watermarks[0].Through != uint64(stored+500) {
		t.Errorf("the first commit with room is %d through %d, want %d through %d", c.No, c.Watermarks[0].Through, want, stored+500)
	}
	if err := s.Health(); err != nil {
		t.Errorf("health is %v with room again", err)
	}
	n := 0
	err = s.EachRow(ctx, "dev", nil, 0, 1<<50, func(coolant.UnixMilli, []float64, []coolant.Quality) error { n++; return nil })
	if err != nil || n != stored+500 {
		t.Errorf("%d rows, want %d: %v", n, stored+500, err)
	}
}

// onWriter runs fn where the connection that writes is free.
func onWriter(t *testing.T, s *Store, fn func(conn *sqlite.Conn) error) {
	t.Helper()
	err := s.writer.do(t.Context(), s.writer.appends, func() error { return fn(s.writer.conn) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestPageLimit(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "coolant.db"))
	defer s.Close()
	limit := func(pages int) {
		onWriter(t, s, func(conn *sqlite.Conn) error { return pragmas(conn, fmt.Sprintf("max_page_count = %d", pages)) })
	}
	limit(200)
	checkFull(t, s, func() { limit(1 << 30) })
}

// TestOneBadSmallWrite holds many small writes back until they share one
// transaction, of which some fail.
func TestOneBadSmallWrite(t *testing.T) {
	reg := prometheus.NewRegistry()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "coolant.db"), Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.EnsureDevice(t.Context(), coolant.Device{ID: "taken"}); err != nil {
		t.Fatal(err)
	}
	before := counter(t, reg, "coolant_store_commits_total")
	const n = 60
	results := make([]error, n)
	var wg sync.WaitGroup
	onWriter(t, s, func(*sqlite.Conn) error { // the writer is busy until this returns
		var begun sync.WaitGroup
		for i := range n {
			begun.Add(1)
			wg.Go(func() {
				begun.Done()
				switch i % 3 {
				case 0:
					results[i] = s.PutRecord(t.Context(), "b", fmt.Sprint(i), []byte("x"))
				case 1:
					results[i] = s.AddDevice(t.Context(), coolant.Device{ID: "taken"}, coolant.Credential{})
				default:
					results[i] = s.writer.small(t.Context(), func(conn *sqlite.Conn) error {
						if err := run(conn, `INSERT INTO records (bucket, key, value) VALUES ('b', ?, x'00')`, fmt.Sprint(i)); err != nil {
							return err
						}
						return errors.New("after its first half")
					})
				}
			})
		}
		begun.Wait()
		return nil
	})
	wg.Wait()
	for i, err := range results {
		want := []coolant.Code{"", coolant.CodeConflict, coolant.CodeInternal}[i%3]
		if code := coolant.CodeOf(err); code != want {
			t.Errorf("write %d gives %q (%v), want %q", i, code, err, want)
		}
	}
	var keys []string
	if err := s.EachRecord(t.Context(), "b", func(key string, _ []byte) error { keys = append(keys, key); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(keys) != n/3 {
		t.Errorf("%d records are there, want %d: %v", len(keys), n/3, keys)
	}
	if commits := counter(t, reg, "coolant_store_commits_total") - before; commits > n/2 {
		t.Errorf("%d writes took %v commits, want few", n, commits)
	}
}

// TestLostTransaction fails a commit half-way and checks that what is remembered
// equals the disk.
func TestLostTransaction(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "coolant.db"))
	defer s.Close()
	if _, err := s.Append(t.Context(), minutes(1, 10)); err != nil {
		t.Fatal(err)
	}
	onWriter(t, s, func(conn *sqlite.Conn) error {
		return run(conn, `CREATE TEMP TRIGGER fail BEFORE UPDATE ON main.state BEGIN SELECT raise(ROLLBACK, 'broken on purpose'); END`)
	})
	batch := minutes(11, 10)
	batch[9].Device = "other"
	batch[8].Readings[0].Metric = "new"
	_, err := s.Append(t.Context(), batch)
	if code := coolant.CodeOf(err); code != coolant.CodeInternal || !strings.Contains(err.Error(), "broken on purpose") {
		t.Fatalf("got %q: %v", code, err)
	}
	onWriter(t, s, func(conn *sqlite.Conn) error { return run(conn, `DROP TRIGGER fail`) })
	// Were the ids of the lost series remembered, this would write under them.
	c, err := s.Append(t.Context(), batch)
	if err != nil || c.No != 2 {
		t.Fatalf("the second try is commit %d: %v", c.No, err)
	}
	for i, fresh := range c.Fresh {
		if !fresh {
			t.Errorf("sample %d is not fresh", i)
		}
	}
	for device, want := range map[coolant.DeviceID]int{"dev": 19, "other": 1} {
		n := 0
		err := s.EachRow(t.Context(), device, nil, 0, 1<<50, func(coolant.UnixMilli, []float64, []coolant.Quality) error { n++; return nil })
		if err != nil || n != want {
			t.Errorf("%s has %d rows, want %d: %v", device, n, want, err)
		}
	}
}

func TestSecondOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coolant.db")
	s := openAt(t, path)
	if _, err := Open(t.Context(), Options{Path: path}); coolant.CodeOf(err) != coolant.CodeConflict {
		t.Errorf("opening it a second time gives %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openAt(t, path).Close(); err != nil {
		t.Fatal(err)
	}
}

func TestClosed(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "coolant.db"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := s.Append(t.Context(), minutes(1, 1))
	if coolant.CodeOf(err) != coolant.CodeUnavailable {
		t.Errorf("append gives %v", err)
	}
	if _, err := s.Devices(t.Context()); coolant.CodeOf(err) == "" {
		t.Error("reading a closed store succeeds")
	}
}

func TestMetrics(t *testing.T) {
	reg := prometheus.NewRegistry()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "coolant.db"), Registerer: reg})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	batch := minutes(1, 10)
	batch[0].Readings[0].Quality = coolant.CRC
	for range 2 {
		if _, err := s.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]float64{
		"coolant_store_rows_total value":            19,
		"coolant_store_rows_total fault":            1,
		"coolant_store_redelivered_samples_total":   10,
		"coolant_store_rolled_up_hours_total":       0,
		"coolant_store_write_errors_total internal": 0,
	} {
		if got := counter(t, reg, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// counter reads a counter by its name and, after a blank, the value of its label.
func counter(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	name, label, _ := strings.Cut(name, " ")
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			if family.GetName() == name && (label == "" || metric.GetLabel()[0].GetValue() == label) {
				return metric.GetCounter().GetValue()
			}
		}
	}
	t.Fatalf("there is no metric %s %s", name, label)
	return 0
}

// TestResponds tells a writer that is busy from one that hangs.
func TestResponds(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "coolant.db"))
	defer s.Close()
	if err := s.Responds(t.Context()); err != nil {
		t.Fatalf("at rest: %v", err)
	}
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- s.writer.do(context.Background(), s.writer.appends, func() error {
			close(begun)
			<-end
			return nil
		})
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := s.Responds(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("while a write hangs: %v", err)
	}
	close(end)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := s.Responds(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
