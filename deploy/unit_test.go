package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const unitFile = "systemd/coolant.service"

// readUnit returns the values of each key of each section, in order.
func readUnit(t *testing.T) map[string]map[string][]string {
	t.Helper()
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	unit, section := map[string]map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
			unit[section] = map[string][]string{}
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" {
				t.Fatalf("%q is not KEY=value in a section", line)
			}
			unit[section][key] = append(unit[section][key], value)
		}
	}
	return unit
}

// TestUnit checks what the service relies on, and what must not be loosened.
func TestUnit(t *testing.T) {
	service := readUnit(t)["Service"]
	for key, want := range map[string]string{
		"Type": "notify", "NotifyAccess": "main", "DynamicUser": "yes", "StateDirectory": "coolant",
		"ProtectSystem": "strict", "ProtectHome": "yes", "NoNewPrivileges": "yes", "CapabilityBoundingSet": "",
		"MemoryDenyWriteExecute": "yes", "PrivateDevices": "yes", "PrivateTmp": "yes", "RestrictNamespaces": "yes",
		"SystemCallArchitectures": "native", "Restart": "always", "UMask": "0077",
	} {
		if got := strings.Join(service[key], " "); len(service[key]) == 0 || got != want {
			t.Errorf("%s=%s, want %s", key, got, want)
		}
	}
	if calls := strings.Join(service["SystemCallFilter"], " "); !strings.HasPrefix(calls, "@system-service") || strings.Contains(calls, "@mount") {
		t.Errorf("SystemCallFilter=%s", calls)
	}
	if d, err := time.ParseDuration(strings.Join(service["WatchdogSec"], "")); err != nil || d < 10*time.Second || d > 5*time.Minute {
		t.Errorf("WatchdogSec: %v, %v", d, err)
	}
	if d, err := time.ParseDuration(strings.Join(service["TimeoutStopSec"], "")); err != nil || d < 10*time.Second {
		t.Errorf("TimeoutStopSec: %v, %v; an ordinary stop takes up to 5 s", d, err)
	}
	if env := strings.Join(service["Environment"], " "); !strings.Contains(env, "COOLANT_DATA=/var/lib/"+strings.Join(service["StateDirectory"], "")) {
		t.Errorf("Environment=%s: the data does not lie in the state directory", env)
	}
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"#LoadCredential=remote-password:", "#Environment=COOLANT_REMOTE_PASSWORD_FILE=%d/remote-password"} {
		if !strings.Contains(string(text), line) {
			t.Errorf("the unit does not show %s", line)
		}
	}
}

// TestUnitForSystemd lets systemd's own tool judge the unit, where it is.
func TestUnitForSystemd(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: make deps installs it on Debian and Ubuntu")
	}
	dir := t.TempDir()
	text, err := os.ReadFile(unitFile)
	if err != nil {
		t.Fatal(err)
	}
	// The tool wants the program to be there, and the comments to be right too.
	unit := strings.ReplaceAll(string(text), "/usr/local/bin/coolant", "/bin/true")
	for _, lines := range []string{unit, strings.NewReplacer("#LoadCredential", "LoadCredential", "#Environment", "Environment").Replace(unit)} {
		file := filepath.Join(dir, "coolant.service")
		if err := os.WriteFile(file, []byte(lines), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.CommandContext(t.Context(), analyze, "verify", file).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze verify: %v\n%s", err, out)
		}
		out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", file).CombinedOutput()
		if err != nil {
			t.Fatalf("systemd-analyze security: %v\n%s", err, out)
		}
		m := regexp.MustCompile(`exposure level for coolant.service: ([0-9.]+)`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("no exposure level in\n%s", out)
		}
		if level, err := strconv.ParseFloat(string(m[1]), 64); err != nil || level > 1.5 {
			t.Errorf("the exposure level is %s of 10, want at most 1.5\n%s", m[1], out)
		}
	}
}
