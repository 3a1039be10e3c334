package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"coolant"
	"coolant/internal/store/sqlite"
)

func backlog(from, n int) []coolant.Sample {
	batch := make([]coolant.Sample, n)
	for i := range batch {
		batch[i] = coolant.Sample{
			Device: "dev", Boot: 1, Seq: uint64(from + i), Time: start + coolant.UnixMilli(from+i)*coolant.Second,
			Readings: []coolant.Reading{{Metric: "water", Value: float64(from + i)}},
		}
	}
	return batch
}

// TestBackupWhileWriting takes backups between and during commits; each has to
// be the store as it was after one of them.
func TestBackupWhileWriting(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "coolant.db"))
	defer s.Close()
	if _, err := s.Append(t.Context(), backlog(1, 20_000)); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		for seq := 20_001; ; seq += 100 {
			if _, err := s.Append(ctx, backlog(seq, 100)); err != nil {
				if errors.Is(err, context.Canceled) {
					err = nil
				}
				done <- err
				return
			}
		}
	}()
	for range 4 {
		file := filepath.Join(dir, "copy.db")
		if err := s.Backup(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		checkCopy(t, file)
		if err := errors.Join(os.Remove(file), os.Remove(file+".lock")); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func checkCopy(t *testing.T, file string) {
	t.Helper()
	copied, err := sqlite.Open(t.Context(), sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	marks, err := copied.LatestWatermarks(t.Context())
	if err != nil || len(marks) != 1 {
		t.Fatalf("watermarks of the copy are %v, %v", marks, err)
	}
	n := uint64(0)
	err = copied.EachRow(t.Context(), "dev", nil, 0, 1<<50, func(coolant.UnixMilli, []float64, []coolant.Quality) error { n++; return nil })
	if err != nil || n != marks[0].Through || n%100 != 0 {
		t.Errorf("the copy has %d rows and the watermark %d: %v", n, marks[0].Through, err)
	}
	if c, err := copied.Append(t.Context(), backlog(int(n)+1, 1)); err != nil || c.No != (n-20_000)/100+2 {
		t.Errorf("the copy goes on with commit %d: %v", c.No, err)
	}
}

func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "coolant.db"))
	defer s.Close()
	if _, err := s.Append(t.Context(), backlog(1, 1000)); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken.db")
	if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	dangling := filepath.Join(dir, "link.db")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name, path string
		ctx        context.Context
		code       coolant.Code
	}{
		{"a file that exists", taken, t.Context(), coolant.CodeConflict},
		{"a link that leads nowhere", dangling, t.Context(), coolant.CodeConflict},
		{"the database itself", filepath.Join(dir, "coolant.db"), t.Context(), coolant.CodeConflict},
		{"a folder that does not exist", filepath.Join(dir, "no", "copy.db"), t.Context(), coolant.CodeUnavailable},
		{"after its context ended", filepath.Join(dir, "late.db"), ended, coolant.CodeInternal},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := s.Backup(test.ctx, test.path); coolant.CodeOf(err) != test.code {
				t.Errorf("got %v, want %q", err, test.code)
			}
		})
	}
	if text, err := os.ReadFile(taken); string(text) != "precious" || err != nil {
		t.Errorf("the file that existed is now %q, %v", text, err)
	}
	for _, pattern := range []string{"*.partial*", "late*"} {
		if left, err := filepath.Glob(filepath.Join(dir, pattern)); len(left) > 0 || err != nil {
			t.Errorf("%v was left behind: %v", left, err)
		}
	}
}
