package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// stopWithin is how long an orderly stop may take under load: Fly.io and others
// kill what does not end within 5 s.
const stopWithin = 5 * time.Second

// TestStopUnderLoad asks a busy server to end, several times.
func TestStopUnderLoad(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	r := randomness(t)
	dir := dataDir(t)
	publishers := crashPublishers(ctx, t, dir, r)
	f := launch(ctx, t, publishers...)
	for range 3 {
		s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
		before := f.acked()
		f.admit(ctx, t, s)
		until(ctx, t, "load", func() error { return more(f.acked(), before+500) })
		stopCtx, cancel := context.WithTimeout(ctx, stopWithin)
		code, err := s.Terminate(stopCtx)
		cancel()
		f.expel()
		if err != nil || code != 0 {
			t.Fatalf("exit code %d, %v; want 0 within %v", code, err, stopWithin)
		}
		if _, err := os.Stat(filepath.Join(dir, "coolant.addr.json")); err == nil {
			t.Error("the server has ended, and its addresses are still there")
		}
	}
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
	if _, err := f.check(ctx, s); err != nil {
		t.Error(err)
	}
}

func TestSecondServerIsRefused(t *testing.T) {
	ctx := deadline(t, time.Minute)
	dir := dataDir(t)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
	res, err := binary(t).Run(ctx, "serve", "--data", dir, "--http=127.0.0.1:0", "--mqtts=127.0.0.1:0", "--mqtt=127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if res.Code != 1 || !strings.Contains(res.Stderr, dir) || !strings.Contains(res.Stderr, "in use") {
		t.Errorf("exit code %d, %q; want 1 and that %s is in use", res.Code, res.Stderr, dir)
	}
	if code, body, err := s.Get(ctx, "/readyz"); err != nil || code != 200 {
		t.Errorf("the first server answers %d %s, %v", code, body, err)
	}
}

func TestExitCodes(t *testing.T) {
	ctx := deadline(t, time.Minute)
	dir := dataDir(t)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("http:\n  addr: 8080\nlimits:\n  critical: hot\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		code   int
		stderr []string
	}{
		{"unknown command", []string{"fly"}, 2, []string{"fly"}},
		{"unknown flag", []string{"serve", "--color"}, 2, []string{"--color"}},
		{"wrong configuration", []string{"serve", "--data", dir, "--config", wrong}, 2, []string{"wrong.yaml:2", "wrong.yaml:4"}},
		{"wrong configuration, checked", []string{"config", "check", "--data", dir, "--config", wrong}, 2, []string{"wrong.yaml:2", "wrong.yaml:4"}},
		{"wrong address", []string{"serve", "--data", dir, "--http", "8080"}, 2, []string{"8080"}},
		{"good configuration", []string{"config", "check", "--data", dir}, 0, nil},
		{"wrong device id", []string{"device", "add", "--data", dir, "Upper"}, 2, []string{"Upper"}},
		{"unknown device", []string{"device", "remove", "--data", dir, "nobody"}, 1, []string{"nobody"}},
		{"health of nothing", []string{"healthcheck", "--data", dir}, 1, []string{dir}},
		{"backup of nothing", []string{"backup", "--data", filepath.Join(dir, "none"), filepath.Join(dir, "b.db")}, 1, []string{"none"}},
		{"version", []string{"version"}, 0, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, err := binary(t).Run(ctx, tt.args...)
			if err != nil {
				t.Fatal(err)
			}
			if res.Code != tt.code {
				t.Errorf("exit code %d, want %d; %s", res.Code, tt.code, res.Stderr)
			}
			for _, want := range tt.stderr {
				if !strings.Contains(res.Stderr, want) {
					t.Errorf("standard error lacks %q: %s", want, res.Stderr)
				}
			}
			if tt.code != 0 && res.Stdout != "" {
				t.Errorf("standard output of a failure: %q", res.Stdout)
			}
		})
	}
}

func TestHealthcheck(t *testing.T) {
	ctx := deadline(t, time.Minute)
	dir := dataDir(t)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
	if res, err := binary(t).Run(ctx, "healthcheck", "--data", dir); err != nil || res.Code != 0 {
		t.Errorf("while it runs: exit code %d, %v; %s", res.Code, err, res.Stderr)
	}
	s.Kill()
	if res, err := binary(t).Run(ctx, "healthcheck", "--data", dir); err != nil || res.Code != 1 || res.Stderr == "" {
		t.Errorf("after it was killed: exit code %d, %v; %q", res.Code, err, res.Stderr)
	}
}

// TestBackupUnderLoad takes a backup of a busy server, checks the file, and
// starts another server on it: it has at least what was acknowledged before the
// backup began.
func TestBackupUnderLoad(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	r := randomness(t)
	dir := dataDir(t)
	publishers := crashPublishers(ctx, t, dir, r)
	f := launch(ctx, t, publishers...)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dir})
	f.admit(ctx, t, s)
	until(ctx, t, "load", func() error { return more(f.acked(), 2000) })
	acked := make([][]bool, len(publishers))
	for i, p := range publishers {
		acked[i] = p.ackedNow()
	}
	other := dataDir(t)
	if err := os.MkdirAll(other, 0o750); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(other, "coolant.db")
	if res, err := binary(t).Run(ctx, "backup", "--data", dir, file); err != nil || res.Code != 0 {
		t.Fatalf("exit code %d, %v: %s", res.Code, err, res.Stderr)
	}
	after := f.acked()
	until(ctx, t, "load to go on", func() error { return more(f.acked(), after) })
	if res, err := binary(t).Run(ctx, "backup", "--data", dir, file); err != nil || res.Code == 0 {
		t.Errorf("a second backup overwrote the first: exit code %d, %v", res.Code, err)
	}
	f.pause(true)
	until(ctx, t, "the devices to settle", f.settled) // so that what was sent stays fixed
	f.expel()
	checkIntegrity(t, file)
	restored := start(ctx, t, proc.Options{Binary: binary(t), Dir: other})
	for i, p := range publishers {
		made, _, _ := p.progress()
		have, err := p.stored(ctx, restored, uint64(made))
		if err != nil {
			t.Fatal(err)
		}
		for seq, ok := range acked[i] {
			if ok && !have[seq] {
				t.Fatalf("%s: sample %d was acknowledged before the backup and is not in it", p.device, seq)
			}
		}
	}
	// Its devices can log in with the passwords that they have.
	c, err := mqtt.Dial(ctx, mqtt.Options{Addr: restored.Addr.MQTT, Connect: mqtt.Connect{
		ID: publishers[0].cred.ID, User: publishers[0].cred.Username, Password: publishers[0].cred.Password,
	}})
	if err != nil {
		t.Fatalf("log in to the restored server: %v", err)
	}
	_ = c.Close()
}

// ackedNow is a copy of what is acknowledged.
func (p *publisher) ackedNow() []bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]bool(nil), p.acked...)
}

func checkIntegrity(t *testing.T, file string) {
	t.Helper()
	conn, err := sqlite.OpenConn(file, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, pragma := range []string{"integrity_check", "foreign_key_check"} {
		err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, &sqlitex.ExecOptions{ResultFunc: func(row *sqlite.Stmt) error {
			if text := row.ColumnText(0); pragma != "integrity_check" || text != "ok" {
				return fmt.Errorf("%s: %s", pragma, text)
			}
			return nil
		}})
		if err != nil {
			t.Error(err)
		}
	}
}
