package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/store/sqlite"
)

// crashChild is the environment variable that makes the test binary a victim.
const crashChild = "COOLANT_CRASH_DB"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashChild); path != "" {
		if err := victim(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// crashTime and crashValue are what the victim measures under a number. Every
// seventh sample is late, so that it lands in hours that were rolled up before,
// and some of those have the time of another sample.
func crashTime(seq uint64) coolant.UnixMilli {
	at := func(n uint64) coolant.UnixMilli { return start + coolant.UnixMilli(n)*20*coolant.Second }
	switch {
	case seq%49 == 0:
		return at(seq / 2)
	case seq%7 == 0:
		return at(seq/2) + coolant.Second
	}
	return at(seq)
}

func crashValue(seq uint64) float64 { return float64(seq*2654435761%4001)/16 - 100 }

func crashSample(seq uint64) coolant.Sample {
	return coolant.Sample{
		Device: "dev", Boot: 1, Seq: seq, Time: crashTime(seq),
		Readings: []coolant.Reading{{Metric: "water", Value: crashValue(seq)}},
	}
}

// victim appends, rolls up and expires until it is killed, and says on its output
// what was acknowledged.
func victim(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	marks, err := s.LatestWatermarks(ctx)
	if err != nil {
		return err
	}
	seq := uint64(0)
	if len(marks) > 0 {
		seq = marks[0].Through
	}
	if _, err := s.Cursor(ctx, "reader"); err != nil {
		return err
	}
	go func() {
		for {
			if _, err := s.RollUp(ctx, 2*time.Millisecond); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}()
	go func() {
		for i := 0; ; i++ {
			if err := s.PutRecord(ctx, "session", strconv.Itoa(i%50), []byte{byte(i)}); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}()
	for {
		// Some of what is sent was sent before, as after a lost acknowledgement.
		batch := make([]coolant.Sample, 0, 80)
		from := max(1, seq-min(seq, uint64(rand.IntN(20))))
		for n := from; n < seq+1+uint64(rand.IntN(60)); n++ {
			batch = append(batch, crashSample(n))
		}
		if len(batch) == 0 {
			continue
		}
		c, err := s.Append(ctx, batch)
		if err != nil {
			return err
		}
		seq = c.Watermarks[0].Through
		fmt.Printf("%d %d\n", c.No, seq)
	}
}

// TestKill kills a process that writes, many times, and checks after each that
// everything it acknowledged is there once and in its buckets.
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coolant.db")
	var before acknowledged
	for round := range 8 {
		last := runVictim(t, path, time.Duration(20+rand.IntN(150))*time.Millisecond)
		if last == (acknowledged{}) {
			last = before // killed before its first commit
		}
		before = checkCrashed(t, round, path, last)
	}
	t.Logf("%d samples in %d commits", before.through, before.no)
	if before.through < 100 {
		t.Errorf("only %d samples in all rounds: this tests nothing", before.through)
	}
}

// acknowledged is what the victim said last.
type acknowledged struct{ no, through uint64 }

// runVictim lets the victim write for a while after its first commit, kills it,
// and returns what it acknowledged last.
func runVictim(t *testing.T, path string, life time.Duration) (last acknowledged) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), crashChild+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if kill == nil {
			kill = time.AfterFunc(life, func() { _ = cmd.Process.Kill() })
		}
		var a acknowledged
		if n, _ := fmt.Sscanf(lines.Text()+"\n", "%d %d\n", &a.no, &a.through); n == 2 && a.through >= last.through {
			last = a
		}
	}
	err = cmd.Wait()
	if cmd.ProcessState.Exited() {
		t.Fatalf("the process ended by itself: %v\n%s", err, stderr.String())
	}
	return last
}

// checkCrashed opens what a killed process left and compares it with what it had
// acknowledged. It returns what is there now.
func checkCrashed(t *testing.T, round int, path string, last acknowledged) acknowledged {
	t.Helper()
	ctx := t.Context()
	s := open(t, path)
	defer s.Close()
	marks, err := s.LatestWatermarks(ctx)
	if err != nil || len(marks) != 1 {
		t.Fatalf("round %d: watermarks %v, %v", round, marks, err)
	}
	through := marks[0].Through
	if through < last.through {
		t.Fatalf("round %d: %d samples were acknowledged, %d are there", round, last.through, through)
	}
	want := map[coolant.UnixMilli]float64{}
	for seq := range through {
		if at := crashTime(seq + 1); !contains(want, at) {
			want[at] = crashValue(seq + 1)
		}
	}
	rows := 0
	err = s.EachRow(ctx, "dev", nil, 0, 1<<50, func(at coolant.UnixMilli, v []float64, _ []coolant.Quality) error {
		if rows++; want[at] != v[0] {
			return fmt.Errorf("at %d there is %v, want %v", at, v[0], want[at])
		}
		return nil
	})
	if err != nil || rows != len(want) {
		t.Fatalf("round %d: %d rows, want %d: %v", round, rows, len(want), err)
	}
	checkHours(t, s, want)
	// The numbers of commits have no gap, and the journal has each of them.
	changes, err := s.Since(ctx, 0, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	next := uint64(1)
	for i, c := range changes {
		if c.No != uint64(i+1) {
			t.Fatalf("round %d: change %d has the number %d", round, i, c.No)
		}
		for _, sample := range c.Samples {
			for next < sample.Seq { // one that was received, but whose time was taken
				if _, taken := want[crashTime(next)]; !taken {
					t.Fatalf("round %d: sample %d is not in the journal", round, next)
				}
				next++
			}
			next = sample.Seq + 1
		}
	}
	if no := uint64(len(changes)); no < last.no {
		t.Fatalf("round %d: commit %d was acknowledged, the last is %d", round, last.no, no)
	}
	return acknowledged{no: uint64(len(changes)), through: through}
}

// checkHours compares hour buckets with the samples.
func checkHours(t *testing.T, s *sqlite.Store, want map[coolant.UnixMilli]float64) {
	t.Helper()
	lowest, highest := map[coolant.UnixMilli]float64{}, map[coolant.UnixMilli]float64{}
	for at, v := range want {
		hour := at.Truncate(coolant.Hour)
		if !contains(lowest, hour) {
			lowest[hour], highest[hour] = v, v
		}
		lowest[hour], highest[hour] = min(lowest[hour], v), max(highest[hour], v)
	}
	if len(lowest) < 3 {
		return
	}
	width := len(lowest)
	cols, err := s.Columns(t.Context(), coolant.Window{Device: "dev", From: 0, To: 1 << 50, Width: width})
	if err != nil {
		t.Fatal(err)
	}
	if cols.Step < coolant.Hour {
		t.Fatalf("%d hours at a width of %d come in steps of %d", len(lowest), width, cols.Step)
	}
	for i, at := range cols.Times {
		low, high := 1e9, -1e9
		for hour := at; hour < at+cols.Step; hour += coolant.Hour {
			if contains(lowest, hour) {
				low, high = min(low, lowest[hour]), max(high, highest[hour])
			}
		}
		if cols.Series[0].Min[i] != low || cols.Series[0].Max[i] != high {
			t.Fatalf("bucket %d is %v to %v, want %v to %v", at, cols.Series[0].Min[i], cols.Series[0].Max[i], low, high)
		}
	}
}

func contains[K comparable, V any](m map[K]V, k K) bool {
	_, there := m[k]
	return there
}
