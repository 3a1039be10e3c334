package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"coolant/e2e/proc"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run builds the binary once for all tests. A test that starts this program
// again hands it down by COOLANT_BIN.
func run(m *testing.M) int {
	if os.Getenv("COOLANT_BIN") == "" {
		dir, err := os.MkdirTemp("", "coolant-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		bin, err := proc.Build(context.Background(), dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if err := os.Setenv("COOLANT_BIN", string(bin)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return m.Run()
}

// binary is what is tested.
func binary(t *testing.T) proc.Binary {
	t.Helper()
	file, err := filepath.Abs(os.Getenv("COOLANT_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	return proc.Binary(file)
}

// dataDir is a fresh data directory. It is on the disk and not where temporary
// files are, only if TMPDIR says so.
func dataDir(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data")
}

// deadline is a context for one test that ends before the whole program has to.
func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// start starts a server that the test ends at the latest.
func start(ctx context.Context, t *testing.T, o proc.Options) *proc.Server {
	t.Helper()
	s, err := proc.Start(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	endWithTest(t, s)
	return s
}

// endWithTest ends the server with the test. Where the test failed, it shows the
// log of one that was still running, or that complained.
func endWithTest(t *testing.T, s *proc.Server) {
	t.Helper()
	t.Cleanup(func() {
		running := true
		select {
		case <-s.Done():
			running = false
		default:
			s.Kill()
		}
		if t.Failed() && (running || strings.Contains(s.Log(), "ERROR")) {
			t.Logf("log of the server (process %d):\n%s", s.PID(), s.Log())
		}
	})
}

// randomness is a source whose seed is shown where the test fails.
func randomness(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("COOLANT_E2E_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("COOLANT_E2E_SEED: %v", err)
		}
		seed = n
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed: COOLANT_E2E_SEED=%d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// until asks again and again until it is told nil, or fails the test when ctx
// ends.
func until(ctx context.Context, t *testing.T, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited for %s: %v", what, err)
		case <-tick.C:
		}
	}
}

// addDevices adds devices named prefix-0, prefix-1, ..
func addDevices(ctx context.Context, t *testing.T, dir, prefix string, n int) []proc.Credential {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s-%d", prefix, i)
	}
	creds, err := binary(t).AddDevices(ctx, dir, ids...)
	if err != nil {
		t.Fatal(err)
	}
	return creds
}
