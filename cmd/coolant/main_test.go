package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCommandLine checks what the command line answers, where, and with which
// exit code.
func TestCommandLine(t *testing.T) {
	data := t.TempDir()
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("http:\n  adr: 1\nlimits:\n  critical: 70\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		exit   int
		stdout string // must be contained
		stderr string
	}{
		{"help", []string{"--help"}, exitOK, "Usage: coolant", ""},
		{"help of a command", []string{"serve", "--help"}, exitOK, "--mqtts", ""},
		{"nothing", nil, exitUsage, "", "expected one of"},
		{"unknown command", []string{"frobnicate"}, exitUsage, "", "unexpected argument frobnicate"},
		{"unknown flag", []string{"serve", "--htp", ":1"}, exitUsage, "", "unknown flag --htp"},
		{"version", []string{"version"}, exitOK, "coolant dev", ""},
		{"version as JSON", []string{"version", "--json"}, exitOK, `"version":"dev"`, ""},
		{"valid configuration", []string{"config", "check", "--data", data}, exitOK, "valid", ""},
		{"broken configuration", []string{"config", "check", "--config", broken}, exitUsage, "", "did you mean http.addr?"},
		{"every mistake of it", []string{"config", "check", "--config", broken}, exitUsage, "", "limits.critical"},
		{"a mistake in a flag", []string{"serve", "--data", data, "--http", "8080"}, exitUsage, "", "not host:port"},
		{"a configuration that is not there", []string{"config", "check", "--config", "/does/not/exist"}, exitFailed, "", "/does/not/exist"},
		{"no service to ask", []string{"healthcheck", "--data", data}, exitFailed, "", "no coolant service runs"},
		{"nothing to back up", []string{"backup", "--data", data, filepath.Join(data, "x.db")}, exitFailed, "", "no database"},
		{"no devices", []string{"device", "list", "--data", data}, exitOK, "device add my-loop --data", ""},
		{"bad device id", []string{"device", "add", "--data", data, "My_Loop"}, exitUsage, "", `character 'M' at position 1`},
		{"add", []string{"device", "add", "--data", data, "loop"}, exitOK, "password", ""},
		{"add twice", []string{"device", "add", "--data", data, "loop"}, exitFailed, "", "device rotate loop"},
		{"list", []string{"device", "list", "--data", data}, exitOK, "loop", ""},
		{"rotate an unknown one", []string{"device", "rotate", "--data", data, "pool"}, exitFailed, "", "pool"},
		{"rotate", []string{"device", "rotate", "--data", data, "loop", "--json"}, exitOK, `"username":"loop"`, ""},
		{"remove", []string{"device", "remove", "--data", data, "loop"}, exitOK, "removed loop, its history stays", ""},
		{"defaults of the demo", []string{"demo", "--help"}, exitOK, "in the demo", ""},
		{"remove again", []string{"device", "remove", "--data", data, "loop"}, exitFailed, "", "loop"},
		{"a demo for the network", []string{"demo", "--http", ":8080", "--data", data}, exitUsage, "", "loopback"},
		{"a demo with an unknown fault", []string{"demo", "--http", "127.0.0.1:0", "--fault", "gremlin@3s"}, exitUsage, "", "por85"},
		{"a demo with firmware that is not there", []string{"demo", "--http", "127.0.0.1:0", "--firmware-host", filepath.Join(data, "none")}, exitUsage, "", "make firmware-host"},
		{"a demo with firmware that is no program", []string{"demo", "--http", "127.0.0.1:0", "--firmware-host", data}, exitUsage, "", "make firmware-host"},
		{"a demo that boils", []string{"demo", "--heat", "900"}, exitUsage, "", "--heat must be from 0 to 200"},
		{"a demo without devices", []string{"demo", "--devices", "0"}, exitUsage, "", "--devices"},
		{"a demo at no speed", []string{"demo", "--speed", "0"}, exitUsage, "", "--speed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			exit := run(tt.args, nil, &stdout, &stderr)
			if exit != tt.exit {
				t.Errorf("exit code %d, want %d", exit, tt.exit)
			}
			if !strings.Contains(stdout.String(), tt.stdout) || tt.stdout == "" && stdout.Len() > 0 {
				t.Errorf("standard output: %q, want %q", stdout.String(), tt.stdout)
			}
			if !strings.Contains(stderr.String(), tt.stderr) {
				t.Errorf("standard error: %q, want %q", stderr.String(), tt.stderr)
			}
		})
	}
}

// TestAddSeveral checks that one bad id does not keep the others out, and that
// each answer is one line of JSON.
func TestAddSeveral(t *testing.T) {
	var stdout, stderr bytes.Buffer
	exit := run([]string{"device", "add", "--data", t.TempDir(), "--json", "a", "B", "c"}, nil, &stdout, &stderr)
	if exit == exitOK {
		t.Error("a bad id was not reported")
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d answers, want 2: %s%s", len(lines), stdout.String(), stderr.String())
	}
	for i, want := range []string{"a", "c"} {
		var got struct{ ID, Username, Password string }
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil || got.ID != want || got.Username != want || len(got.Password) < 26 {
			t.Errorf("answer %d: %s (%v)", i, lines[i], err)
		}
	}
}

// TestAddBehindAnOutsideBroker checks that whoever adds a device hears that the
// outside broker has to know its password too.
func TestAddBehindAnOutsideBroker(t *testing.T) {
	env := []string{"COOLANT_BROKER=both", "COOLANT_REMOTE_URL=mqtts://broker.example"}
	for name, test := range map[string]struct {
		env  []string
		want bool
	}{"with one": {env, true}, "without": {nil, false}} {
		var stdout, stderr bytes.Buffer
		if code := run([]string{"device", "add", "--data", t.TempDir(), "loop"}, test.env, &stdout, &stderr); code != exitOK {
			t.Fatalf("%s: exit code %d: %s", name, code, stderr.String())
		}
		if got := strings.Contains(stdout.String(), "At the outside broker (mqtts://broker.example:8883)"); got != test.want {
			t.Errorf("%s: it says\n%s", name, stdout.String())
		}
	}
}
