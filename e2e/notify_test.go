package e2e

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"coolant/e2e/proc"
)

// TestServiceManager is what systemd sees of a Type=notify service with a
// watchdog: ready when its ports are open, alive while it answers, silent while
// it hangs, and stopping before it has stopped.
func TestServiceManager(t *testing.T) {
	ctx := deadline(t, time.Minute)
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	const watchdog = time.Second
	s, err := proc.Launch(proc.Options{Binary: binary(t), Dir: dataDir(t), Env: []string{
		"NOTIFY_SOCKET=" + socket, fmt.Sprintf("WATCHDOG_USEC=%d", watchdog.Microseconds()),
	}})
	if err != nil {
		t.Fatal(err)
	}
	endWithTest(t, s)
	ready := word(ctx, t, manager)
	if !strings.HasPrefix(ready, "READY=1\n") || !strings.Contains(ready, fmt.Sprintf("MAINPID=%d\n", s.PID())) {
		t.Fatalf("its first word is %q", ready)
	}
	if err := s.WaitAddr(ctx); err != nil {
		t.Fatal(err)
	}
	for name, address := range map[string]string{"http": s.Addr.HTTP, "mqtts": s.Addr.MQTTS, "mqtt": s.Addr.MQTT} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Errorf("ready, and %s is not open: %v", name, err)
			continue
		}
		_ = c.Close()
		if !strings.Contains(ready, name+" "+address) {
			t.Errorf("the status %q lacks %s %s", ready, name, address)
		}
	}
	for range 3 {
		if beat := word(ctx, t, manager); !strings.HasPrefix(beat, "WATCHDOG=1\n") {
			t.Fatalf("heard %q", beat)
		}
	}
	// A process that hangs says nothing, and the manager's time runs out.
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if heard := within(manager, 50*time.Millisecond); heard != "" && !strings.HasPrefix(heard, "WATCHDOG=1") { // one was perhaps under way
		t.Errorf("heard %q", heard)
	}
	if heard := within(manager, watchdog); heard != "" {
		t.Errorf("it hangs and says %q", heard)
	}
	if err := syscall.Kill(s.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if beat := word(ctx, t, manager); !strings.HasPrefix(beat, "WATCHDOG=1\n") {
		t.Errorf("heard %q", beat)
	}
	stopCtx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if code, err := s.Terminate(stopCtx); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	last := word(ctx, t, manager)
	for strings.HasPrefix(last, "WATCHDOG=1\n") {
		last = word(ctx, t, manager)
	}
	if !strings.HasPrefix(last, "STOPPING=1\n") {
		t.Errorf("its last word is %q", last)
	}
}

// word waits for a datagram until ctx ends.
func word(ctx context.Context, t *testing.T, c *net.UnixConn) string {
	t.Helper()
	end, _ := ctx.Deadline()
	heard := within(c, time.Until(end))
	if heard == "" {
		t.Fatal("the service says nothing")
	}
	return heard
}

// within waits for a datagram, or returns "".
func within(c *net.UnixConn, d time.Duration) string {
	b := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(d))
	n, err := c.Read(b)
	if err != nil {
		return ""
	}
	return string(b[:n])
}
