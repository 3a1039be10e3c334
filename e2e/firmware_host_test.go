package e2e

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// firmwareProgram is the firmware's host program: the one that
// COOLANT_FIRMWARE_HOST names, or one that is built once for all tests.
func firmwareProgram(t *testing.T) string {
	t.Helper()
	program, err := builtFirmware()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var builtFirmware = sync.OnceValues(func() (string, error) {
	if file := os.Getenv("COOLANT_FIRMWARE_HOST"); file != "" {
		return filepath.Abs(file)
	}
	cmake, err := exec.LookPath("cmake")
	if err != nil {
		return "", fmt.Errorf("build the firmware's host program: %w; on Debian and Ubuntu scripts/test-deps installs cmake, libmosquitto-dev and libssl-dev", err)
	}
	// In the repository, so that the next run has little to build.
	dir, err := filepath.Abs(filepath.Join(repository, "build", "firmware-host-e2e"))
	if err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"-S", filepath.Join(repository, "firmware", "host"), "-B", dir},
		{"--build", dir, "--parallel", "--target", "firmware-host"},
	} {
		if msg, err := exec.Command(cmake, args...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("build the firmware's host program: %w; it needs cmake, a C compiler, libmosquitto-dev and libssl-dev\n%s", err, msg)
		}
	}
	return filepath.Join(dir, "firmware-host"), nil
})

// firmwareOptions says how a host program is started.
type firmwareOptions struct {
	credential proc.Credential
	url, ca    string
	state      string   // directory; "" makes a new one
	more       []string // further arguments
}

// firmwareHost is a running host program.
type firmwareHost struct {
	state string
	cmd   *exec.Cmd
	log   *lines
	done  chan struct{}
}

// lines is a log that is read while it is written.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// startFirmware starts a host program that ends with the test at the latest.
func startFirmware(t *testing.T, o firmwareOptions) *firmwareHost {
	t.Helper()
	if o.state == "" {
		o.state = filepath.Join(t.TempDir(), "state")
	}
	args := append([]string{"--url", o.url, "--ca", o.ca, "--id", o.credential.ID, "--user", o.credential.Username, "--state", o.state}, o.more...)
	f := &firmwareHost{state: o.state, log: &lines{}, done: make(chan struct{})}
	f.cmd = exec.Command(firmwareProgram(t), args...)
	f.cmd.Env = append(os.Environ(), "COOLANT_FIRMWARE_PASSWORD="+o.credential.Password)
	f.cmd.Stdout, f.cmd.Stderr = f.log, f.log
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = f.cmd.Wait() // how it ended is in ProcessState
		close(f.done)
	}()
	t.Cleanup(func() {
		f.kill()
		if t.Failed() {
			t.Logf("log of the firmware %s:\n%s", o.credential.ID, f.log.String())
		}
		if strings.Contains(f.log.String(), o.credential.Password) {
			t.Errorf("the firmware's log has the password in it")
		}
		if strings.Contains(f.log.String(), "Sanitizer") { // of a program that was built with one
			t.Errorf("a sanitizer complains:\n%s", f.log.String())
		}
	})
	return f
}

// kill is a power cut.
func (f *firmwareHost) kill() {
	_ = f.cmd.Process.Kill() // fails only where it has ended already
	<-f.done
}

// leave asks the program to end and returns its exit code.
func (f *firmwareHost) leave(ctx context.Context, t *testing.T) int {
	t.Helper()
	if err := f.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		t.Fatal("the firmware's program did not end")
	}
	return f.cmd.ProcessState.ExitCode()
}

// says waits until the log has a text at least n times.
func (f *firmwareHost) says(ctx context.Context, t *testing.T, text string, n int) {
	t.Helper()
	until(ctx, t, fmt.Sprintf("the firmware to say %q", text), func() error {
		if got := strings.Count(f.log.String(), text); got < n {
			return fmt.Errorf("it said so %d times of %d", got, n)
		}
		select {
		case <-f.done:
			return fmt.Errorf("the program ended with %d", f.cmd.ProcessState.ExitCode())
		default:
			return nil
		}
	})
}

// storedTimes returns the times in Unix milliseconds at which the server has
// samples of a device with a reading of the water, in ascending order; a time that
// is there twice is an error.
func storedTimes(ctx context.Context, s *proc.Server, device string, from time.Time) ([]int64, error) {
	path := fmt.Sprintf("/api/v1/devices/%s/samples.csv?metrics=water&from=%d&to=%d", device, from.UnixMilli(), time.Now().Add(time.Minute).UnixMilli())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL(path), http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(resp.Body)
		return nil, errors.Join(fmt.Errorf("%s answered %s: %s", path, resp.Status, body), err)
	}
	rows, err := csv.NewReader(resp.Body).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("the export has %d rows: %w", len(rows), err)
	}
	times := make([]int64, 0, len(rows)-1)
	for _, row := range rows[1:] {
		at, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			return nil, err
		}
		if n := len(times); n > 0 && at.UnixMilli() <= times[n-1] {
			return nil, fmt.Errorf("%s has a sample at %s after one at %d", device, row[0], times[n-1])
		}
		times = append(times, at.UnixMilli())
	}
	return times, nil
}

// steady checks that samples follow each other at one a second: none is missing
// and none is there twice. The scheduler of a busy machine may move one by some
// tenths.
func steady(times []int64) error {
	for i := 1; i < len(times); i++ {
		if gap := times[i] - times[i-1]; gap < 500 || gap > 1500 {
			return fmt.Errorf("sample %d of %d is %d ms after the one before", i, len(times), gap)
		}
	}
	return nil
}

// heard collects what is published.
type heard struct {
	mu       sync.Mutex
	messages []message
}

type message struct{ topic, payload string }

// listen subscribes at a broker until the test ends, and hears everything that
// the filters let through.
func listen(ctx context.Context, t *testing.T, o mqtt.Options, filters ...string) *heard {
	t.Helper()
	o.Connect.Version, o.Connect.ID = mqtt.V311, "listener-"+strings.ToLower(filepath.Base(t.TempDir()))
	conn, err := mqtt.Dial(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	h := &heard{}
	if err := conn.Subscribe(0, filters...); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			p, err := conn.Next()
			if err != nil {
				return // the test is over, or the broker was stopped
			}
			if p.Type != mqtt.TypePublish {
				continue
			}
			topic, payload, _, _, err := mqtt.ParsePublish(conn.Version, p)
			if err != nil {
				return
			}
			h.mu.Lock()
			h.messages = append(h.messages, message{string(topic), string(payload)})
			h.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		<-ended
	})
	return h
}

// of returns the payloads of a topic, oldest first.
func (h *heard) of(topic string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	for _, m := range h.messages {
		if m.topic == topic {
			all = append(all, m.payload)
		}
	}
	return all
}

// waitFor waits until a payload of a topic passes, and returns the first one that
// does after the given number of payloads.
func (h *heard) waitFor(ctx context.Context, t *testing.T, topic string, after int, passes func(payload string) bool) string {
	t.Helper()
	var found string
	until(ctx, t, "a message on "+topic, func() error {
		all := h.of(topic)
		for _, payload := range all[min(after, len(all)):] {
			if passes(payload) {
				found = payload
				return nil
			}
		}
		return fmt.Errorf("none of %d messages is it; the last one: %.400s", len(all), strings.Join(all[max(0, len(all)-1):], ""))
	})
	return found
}
