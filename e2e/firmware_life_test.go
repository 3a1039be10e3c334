package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// TestFirmwareUsage starts the host program with what it cannot use: it says what
// is wrong and ends with 2, or with 1 where the machine is to blame.
func TestFirmwareUsage(t *testing.T) {
	program := firmwareProgram(t) // built before a deadline runs
	dir := t.TempDir()
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	good := func(more ...string) []string {
		return append([]string{"--url", "mqtts://localhost:1", "--id", "fw", "--state", filepath.Join(dir, "state"), "--password-file", password}, more...)
	}
	for _, tt := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"help", []string{"--help"}, 0, "--backlog"},
		{"version", []string{"--version"}, 0, "firmware-host "},
		{"nothing", nil, 2, "--id"},
		{"an unknown option", good("--frobnicate"), 2, "--frobnicate"},
		{"an argument", good("more"), 2, "more"},
		{"a bad id", good("--id", "My_Loop"), 2, "--id My_Loop"},
		{"no TLS", good("--url", "mqtt://localhost:1883"), 2, "--url"},
		{"an unknown fault", good("--fault", "gremlin@3s"), 2, "por85"},
		{"a fault without a time", good("--fault", "leak"), 2, "leak@30s"},
		{"too long a past", good("--backlog", "25h"), 2, "--backlog"},
		{"too short an interval", good("--interval", "10ms"), 2, "--interval"},
		{"heat that is none", good("--heat", "much"), 2, "--heat"},
		{"a seed that is none", good("--seed", "-1"), 2, "--seed"},
		{"no password", []string{"--url", "mqtts://localhost:1", "--id", "fw", "--state", dir}, 2, "COOLANT_FIRMWARE_PASSWORD"},
		{"an empty password", good("--password-file", empty), 2, "first line"},
		{"a password that is not there", good("--password-file", "/does/not/exist"), 2, "/does/not/exist"},
		{"a state directory that cannot be", good("--state", "/proc/nowhere/state"), 1, "state directory"},
		{"authorities that are none", good("--ca", password), 1, "--ca " + password + ": "},
		{"authorities that are not there", good("--ca", "/does/not/exist"), 1, "--ca /does/not/exist"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := deadline(t, 10*time.Second)
			out, err := exec.CommandContext(ctx, program, tt.args...).CombinedOutput()
			exit, exited := errors.AsType[*exec.ExitError](err)
			if err != nil && !exited {
				t.Fatal(err)
			}
			code := 0
			if exited {
				code = exit.ExitCode()
			}
			if code != tt.code || !strings.Contains(string(out), tt.says) || strings.Contains(string(out), "secret") {
				t.Errorf("exit code %d, %q; want %d and %q", code, out, tt.code, tt.says)
			}
		})
	}
}

// TestFirmwareOneProgramAtATime starts a second program on the same state.
func TestFirmwareOneProgramAtATime(t *testing.T) {
	ctx := deadline(t, time.Minute)
	creds := proc.Credential{ID: "fw-0", Username: "fw-0", Password: "a password of the device"}
	ca := brokertest.NewAuthority(t, "Test CA")
	o := firmwareOptions{credential: creds, url: "mqtts://localhost:1", ca: ca.File, state: filepath.Join(t.TempDir(), "state")}
	first := startFirmware(t, o)
	first.says(ctx, t, "nothing listens there", 1)
	second := startFirmware(t, o)
	select {
	case <-second.done:
	case <-ctx.Done():
		t.Fatal("a second program runs on the same state")
	}
	if code := second.cmd.ProcessState.ExitCode(); code != 1 || !strings.Contains(second.log.String(), "another firmware-host runs on it") {
		t.Errorf("exit code %d, %s", code, second.log.String())
	}
}

// TestFirmwareFaults lets the network and then the power go, and the water probe
// last: the server sees the first by the last will and the others by what comes.
func TestFirmwareFaults(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	dir := dataDir(t)
	creds := addDevices(ctx, t, dir, "fw", 1)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
	begun := time.Now()
	f := startFirmware(t, atServer(s, creds[0], "--fault", "wifi-lost@4s+5s", "--fault", "reboot@14s", "--fault", "crc@20s"))
	expectPresence(t, s, "fw-0", true)
	f.says(ctx, t, "the network is lost", 1)
	expectPresence(t, s, "fw-0", false)
	f.says(ctx, t, "the network is back", 2)
	expectPresence(t, s, "fw-0", true)
	f.says(ctx, t, "the power was lost for a moment", 1)
	expectPresence(t, s, "fw-0", false)
	f.says(ctx, t, "device fw-0 is up (power_on)", 2)
	expectPresence(t, s, "fw-0", true)
	until(ctx, t, "the probe's fault", func() error {
		code, body, err := s.Get(ctx, fmt.Sprintf("/api/v1/devices/fw-0/faults?metrics=water&from=%d&to=%d", begun.UnixMilli(), time.Now().Add(time.Minute).UnixMilli()))
		if err == nil && !strings.Contains(string(body), `"crc"`) {
			err = fmt.Errorf("%d %s", code, body)
		}
		return err
	})
	// What it took while it had no network was delivered later; the power cut lost nothing that was committed.
	times, err := storedTimes(ctx, s, "fw-0", begun.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	away := 0
	for _, at := range times {
		if after := at - begun.UnixMilli(); after > 4500 && after < 8500 {
			away++
		}
	}
	if away < 3 {
		t.Errorf("%d samples of the time without a network are stored", away)
	}
}
