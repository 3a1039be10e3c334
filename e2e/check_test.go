package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// TestBrokerCheck runs the command beside a running service and without one, and
// finds the proof at the service.
func TestBrokerCheck(t *testing.T) {
	ctx := deadline(t, time.Minute)
	far := outsiders("far", 1)
	b := startOutside(t, brokertest.Options{}, far...)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")}
	for _, e := range o.Env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	password := filepath.Join(t.TempDir(), "device-password")
	if err := os.WriteFile(password, []byte(far[0].Password), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(args ...string) proc.Result {
		t.Helper()
		res, err := binary(t).Run(ctx, append([]string{"broker", "check", "--data", o.Dir}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	separation := func(s *proc.Server) string {
		t.Helper()
		var seen struct {
			Remote struct {
				Separation struct{ State, Detail string }
			}
		}
		if err := getJSON(ctx, s, "/api/v1/broker", &seen); err != nil {
			t.Fatal(err)
		}
		return seen.Remote.Separation.State
	}

	res := check()
	if res.Code != 0 || !strings.Contains(res.Stdout, "ok       echo") || !strings.Contains(res.Stdout, "broker check --device ID --data") {
		t.Errorf("without a device: exit code %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	s := start(ctx, t, o)
	if got := separation(s); got != "unproven" {
		t.Errorf("before it was tried it is %s", got)
	}
	res = check("--device", "far-0", "--device-password-file", password)
	if res.Code != 0 || !strings.Contains(res.Stdout, "ok       separation") {
		t.Errorf("with a device: exit code %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if got := separation(s); got != "proven" {
		t.Errorf("after it was proven it is %s", got)
	}
	s.Kill()
	s = start(ctx, t, o)
	if got := separation(s); got != "proven" {
		t.Errorf("after a restart it is %s", got)
	}

	// A check of another broker says nothing of the one that the service uses.
	other := brokertest.Start(t, brokertest.Options{Leaf: b.ca.Issue(t, "other", time.Now().Add(time.Hour), "localhost")})
	t.Setenv("COOLANT_REMOTE_URL", "mqtts://localhost:"+other.Port)
	res = check("--device", "far-0", "--device-password-file", password)
	if res.Code != 1 || !strings.Contains(res.Stdout, "FAILED   separation") || !strings.Contains(res.Stderr, "another broker or user (mqtts://localhost:"+b.Port) {
		t.Errorf("of another broker: exit code %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if got := separation(s); got != "proven" {
		t.Errorf("after a check of another broker it is %s", got)
	}
	t.Setenv("COOLANT_REMOTE_URL", "mqtts://localhost:"+b.Port)

	b.Kill()
	res = check("--json")
	var last struct {
		Step    string
		OK      bool
		Problem struct{ Code, Hint string }
	}
	lines := strings.Split(strings.TrimSpace(res.Stdout), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || res.Code != 1 || last.OK || last.Problem.Code != "refused" || last.Problem.Hint == "" {
		t.Errorf("without a broker: exit code %d, %v\n%s%s", res.Code, err, res.Stdout, res.Stderr)
	}
	if text := res.Stdout + res.Stderr; strings.Contains(text, b.password) {
		t.Error("the password is shown")
	}
}
