package e2e

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coolant/e2e/proc"
)

// machine is a limit of memory for a server.
type machine struct {
	wrap []string // comes before the server's command line
	how  string   // in words
}

// smallMachine limits memory with a control group, where this user may make
// one: the kernel then kills what needs more. Elsewhere the limit is only
// measured.
func smallMachine(t *testing.T, bytes int) machine {
	t.Helper()
	for _, g := range []struct{ parent, limit, how string }{
		{"/sys/fs/cgroup/memory", "memory.limit_in_bytes", "limited by a control group (version 1)"},
		{"/sys/fs/cgroup", "memory.max", "limited by a control group (version 2)"},
	} {
		dir := filepath.Join(g.parent, fmt.Sprintf("coolant-e2e-%d", os.Getpid()))
		if g.limit == "memory.max" { // the group above has to hand the controller down
			_ = os.WriteFile(filepath.Join(g.parent, "cgroup.subtree_control"), []byte("+memory"), 0o644)
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		t.Cleanup(func() { removeGroup(t, dir) })
		if err := os.WriteFile(filepath.Join(dir, g.limit), []byte(strconv.Itoa(bytes)), 0o644); err != nil {
			continue // the controller is not there
		}
		return machine{how: g.how, wrap: []string{"sh", "-c", `echo $$ >"$0/cgroup.procs" && exec "$@"`, dir}}
	}
	return machine{how: "measured only, because no control group can be made here"}
}

// removeGroup waits for the kernel, which lets go of a process a moment after
// its end.
func removeGroup(t *testing.T, dir string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); ; <-tick.C {
		err := os.Remove(dir)
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		if time.Now().After(end) {
			t.Errorf("remove the control group: %v", err)
			return
		}
	}
}

// watch measures the server's resident memory until the test ends, and returns
// the greatest size so far in bytes.
func (machine) watch(t *testing.T, s *proc.Server) (peak func() int64) {
	t.Helper()
	var most atomic.Int64
	measure := func() {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
		if err != nil {
			return // it has ended
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok { // the kernel keeps the peak
				if kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64); err == nil {
					most.Store(max(most.Load(), kib<<10))
				}
			}
		}
	}
	measure()
	if most.Load() == 0 {
		t.Fatal("the server's memory cannot be measured")
	}
	return func() int64 {
		measure()
		return most.Load()
	}
}
