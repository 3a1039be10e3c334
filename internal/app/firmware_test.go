package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"coolant"
	"coolant/internal/sim"
)

func TestFirmwareLine(t *testing.T) {
	for line, want := range map[string]struct {
		level   slog.Level
		message string
	}{
		"2026-01-02T03:04:05.678Z INFO connected":            {slog.LevelInfo, "connected"},
		"2026-01-02T03:04:05.678Z WARN cannot connect: no":   {slog.LevelWarn, "cannot connect: no"},
		"2026-01-02T03:04:05.678Z ERROR a disk that is full": {slog.LevelError, "a disk that is full"},
		"==42==ERROR: AddressSanitizer":                      {slog.LevelWarn, "==42==ERROR: AddressSanitizer"},
		"":                                                   {slog.LevelWarn, ""},
	} {
		if level, message := firmwareLine(line); level != want.level || message != want.message {
			t.Errorf("%q is read as %v %q, want %v %q", line, level, message, want.level, want.message)
		}
	}
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// TestFirmwareIsRevived runs a program that dies at its first start: it is started
// again without the past, its lines are in our log, and at the end it is asked to
// stop and may say goodbye.
func TestFirmwareIsRevived(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "firmware")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >> %[1]s/args
echo "$COOLANT_FIRMWARE_PASSWORD" > %[1]s/password
echo "2026-01-02T03:04:05.678Z WARN start $(wc -l < %[1]s/args)" >&2
[ "$(wc -l < %[1]s/args)" -gt 1 ] || exit 3
trap 'echo goodbye > %[1]s/goodbye; exit 0' TERM
echo "2026-01-02T03:04:05.678Z INFO connected" >&2
while :; do sleep 0.05; done
`, dir)
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	fault, err := sim.ParseFault("wifi-lost@1m+90s")
	if err != nil {
		t.Fatal(err)
	}
	f := &firmware{
		program: program, broker: "127.0.0.1:8883", ca: "/ca.crt", state: filepath.Join(dir, "state", "demo"),
		device: sim.DeviceOptions{ID: "demo", Name: "Desk loop", Username: "demo", Password: "a secret", Seed: 7},
		faults: []sim.Fault{fault}, backlog: 24 * time.Hour, log: slog.New(slog.NewTextHandler(&log, nil)).With("device", "demo"),
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- f.run(ctx) }()
	wait, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	for !strings.Contains(log.String(), "says=connected") {
		select {
		case <-wait.Done():
			t.Fatalf("it was not started again:\n%s", log.String())
		case err := <-ended:
			t.Fatalf("run ended: %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("run: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "goodbye")); err != nil {
		t.Errorf("it was not let say goodbye: %v", err)
	}
	if text := log.String(); !strings.Contains(text, "level=WARN msg=firmware device=demo says=\"start 1\"") || !strings.Contains(text, "exit status 3") || strings.Contains(text, "a secret") {
		t.Errorf("the log is\n%s", text)
	}
	password, err := os.ReadFile(filepath.Join(dir, "password"))
	if err != nil || strings.TrimSpace(string(password)) != "a secret" {
		t.Errorf("the password is %q, %v", password, err)
	}
	args, err := os.ReadFile(filepath.Join(dir, "args"))
	if err != nil {
		t.Fatal(err)
	}
	const common = "--url mqtts://127.0.0.1:8883 --ca /ca.crt --id demo --user demo --name Desk loop --state %s --seed 7%s --fault wifi-lost@1m0s+1m30s"
	want := []string{fmt.Sprintf(common, f.state, " --backlog 24h0m0s"), fmt.Sprintf(common, f.state, "")}
	if got := strings.Split(strings.TrimSpace(string(args)), "\n"); !slices.Equal(got, want) {
		t.Errorf("it was started with\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFindFirmware(t *testing.T) {
	dir := t.TempDir()
	plain, program := filepath.Join(dir, "plain"), filepath.Join(dir, "program")
	for file, mode := range map[string]os.FileMode{plain: 0o600, program: 0o700} {
		if err := os.WriteFile(file, []byte("#!/bin/sh\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := findFirmware(program); err != nil || got != program {
		t.Errorf("a program: %q, %v", got, err)
	}
	for _, path := range []string{plain, dir, filepath.Join(dir, "none"), "no-such-program-anywhere"} {
		if _, err := findFirmware(path); coolant.CodeOf(err) != coolant.CodeInvalid || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error with the code %s that names it", path, err, coolant.CodeInvalid)
		}
	}
}
