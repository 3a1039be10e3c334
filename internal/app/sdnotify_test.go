package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestManagerSocket(t *testing.T) {
	const pid = 42
	tests := []struct {
		name     string
		env      []string
		socket   string
		watchdog time.Duration
		err      string
	}{
		{"none", nil, "", 0, ""},
		{"a watchdog without a socket", []string{"WATCHDOG_USEC=1000000"}, "", 0, ""},
		{"a socket", []string{"NOTIFY_SOCKET=/run/x"}, "/run/x", 0, ""},
		{"an abstract socket", []string{"NOTIFY_SOCKET=@x"}, "@x", 0, ""},
		{"a relative socket", []string{"NOTIFY_SOCKET=x"}, "", 0, "neither"},
		{"a watchdog", []string{"NOTIFY_SOCKET=/x", "WATCHDOG_USEC=30000000"}, "/x", 30 * time.Second, ""},
		{"ours", []string{"NOTIFY_SOCKET=/x", "WATCHDOG_USEC=30000000", "WATCHDOG_PID=42"}, "/x", 30 * time.Second, ""},
		{"another's", []string{"NOTIFY_SOCKET=/x", "WATCHDOG_USEC=30000000", "WATCHDOG_PID=43"}, "/x", 0, ""},
		{"a word", []string{"NOTIFY_SOCKET=/x", "WATCHDOG_USEC=soon"}, "", 0, "WATCHDOG_USEC"},
		{"no time", []string{"NOTIFY_SOCKET=/x", "WATCHDOG_USEC=0"}, "", 0, "WATCHDOG_USEC"},
		{"an age", []string{"NOTIFY_SOCKET=/x", "WATCHDOG_USEC=9223372036854775807"}, "", 0, "WATCHDOG_USEC"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			socket, watchdog, err := managerSocket(tt.env, pid)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want one with %q", err, tt.err)
				}
				return
			}
			if err != nil || socket != tt.socket || watchdog != tt.watchdog {
				t.Errorf("%q, %v, %v; want %q, %v", socket, watchdog, err, tt.socket, tt.watchdog)
			}
		})
	}
}

// managerEnd is the service manager's end of the socket.
func managerEnd(t *testing.T, name string) *net.UnixConn {
	t.Helper()
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// heard waits for the next datagram.
func heard(t *testing.T, c *net.UnixConn) string {
	t.Helper()
	b := make([]byte, 4096)
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := c.Read(b)
	if err != nil {
		t.Fatalf("wait for word from the service: %v", err)
	}
	return string(b[:n])
}

// TestManagerIsTold lets a whole service report to a socket with and without a
// file.
func TestManagerIsTold(t *testing.T) {
	for name, socket := range map[string]string{
		"file":     filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@coolant-test-%d", os.Getpid()),
	} {
		t.Run(name, func(t *testing.T) {
			c := managerEnd(t, socket)
			_, r, stop := startWith(t, []string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=40000"})
			ready := heard(t, c)
			for _, want := range []string{"READY=1\n", fmt.Sprintf("MAINPID=%d\n", os.Getpid()), "STATUS=Ready http " + r.Addresses.HTTP} {
				if !strings.Contains(ready, want) {
					t.Errorf("first word %q lacks %q", ready, want)
				}
			}
			for range 3 {
				if beat := heard(t, c); !strings.HasPrefix(beat, "WATCHDOG=1\nSTATUS=Ready") {
					t.Fatalf("heard %q", beat)
				}
			}
			stop()
			last := heard(t, c)
			for strings.HasPrefix(last, "WATCHDOG=1") {
				last = heard(t, c)
			}
			if !strings.HasPrefix(last, "STOPPING=1\n") {
				t.Errorf("last word %q", last)
			}
		})
	}
}

// TestWatchdogOnlyWhileAlive lets the manager beat at the right times, only
// while the service answers, and also while it is not ready.
func TestWatchdogOnlyWhileAlive(t *testing.T) {
	c := managerEnd(t, filepath.Join(t.TempDir(), "notify"))
	alive, ill := error(nil), error(nil)
	m := &manager{
		socket: c.LocalAddr().String(), watchdog: time.Minute, ready: "Ready", log: discard(),
		alive:  func(context.Context) error { return alive },
		health: func() error { return ill },
	}
	for _, tt := range []struct {
		name       string
		alive, ill error
		want       string // "" is silence
	}{
		{"all is well", nil, nil, "WATCHDOG=1\nSTATUS=Ready"},
		{"the disk is full", nil, errors.New("store: the disk\nis full"), "WATCHDOG=1\nSTATUS=Not ready: store: the disk is full"},
		{"stuck", errors.New("no answer"), nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			alive, ill = tt.alive, tt.ill
			m.beat(t.Context())
			m.tell("END")
			got := heard(t, c)
			if tt.want != "" {
				if got != tt.want {
					t.Errorf("heard %q, want %q", got, tt.want)
				}
				got = heard(t, c)
			}
			if got != "END" {
				t.Errorf("heard %q more", got)
			}
		})
	}
	t.Run("a probe that hangs is given up in time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m := *m
			m.alive = func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}
			begin := time.Now()
			m.beat(t.Context())
			if took := time.Since(begin); took != m.watchdog/4 {
				t.Errorf("it took %v", took)
			}
		})
	})
}
