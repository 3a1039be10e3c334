package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"coolant/e2e/image"
)

// imageLimit is how large the image may be, uncompressed.
const imageLimit = 40 << 20

// TestContainer runs the image's own files the way an engine would.
func TestContainer(t *testing.T) {
	for _, tool := range []string{"bwrap", "setpriv"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%v: make deps installs it", err)
		}
	}
	ctx := deadline(t, 4*time.Minute)
	b := newBox(ctx, t)

	t.Run("what the image says", func(t *testing.T) {
		uid, gid, err := image.IDs(b.User)
		if err != nil || uid == 0 || gid == 0 {
			t.Errorf("USER %s: %v; want two numbers that are not root's, which work without looking a name up", b.User, err)
		}
		if b.owner() != b.User {
			t.Errorf("/data belongs to %s, the service runs as %s", b.owner(), b.User)
		}
		if !slices.Equal(b.Volumes, []string{"/data"}) || !slices.Contains(b.Env, "COOLANT_DATA=/data") {
			t.Errorf("volumes %q, environment %q", b.Volumes, b.Env)
		}
		if b.StopSignal != "SIGTERM" || !slices.Equal(b.Exposed, []string{"8080", "8883"}) {
			t.Errorf("stop signal %s, ports %q", b.StopSignal, b.Exposed)
		}
		if h := b.Health; h.Timeout < 5*time.Second || h.Interval <= h.Timeout || h.Retries == "" {
			t.Errorf("health check %+v: it gives up before coolant healthcheck does, after 5 s", h)
		}
		for _, label := range []string{"title", "description", "licenses", "version"} {
			if b.Labels["org.opencontainers.image."+label] == "" {
				t.Errorf("no label for its %s", label)
			}
		}
		for name, want := range map[string]string{"etc/passwd": fmt.Sprintf(":x:%d:%d:", uid, gid), "etc/group": fmt.Sprintf(":x:%d:", gid), "etc/ssl/certs/ca-certificates.crt": "BEGIN CERTIFICATE"} {
			if text, err := os.ReadFile(filepath.Join(b.root, name)); err != nil || !strings.Contains(string(text), want) {
				t.Errorf("%s lacks %q: %v", name, want, err)
			}
		}
		if n, err := image.Size(b.root); err != nil || n >= imageLimit {
			t.Errorf("the files of the image are %d bytes, %v; want less than %d", n, err, imageLimit)
		} else {
			t.Logf("the files of the image are %.1f MB", float64(n)/1e6)
		}
	})
	t.Run("is not root and cannot write its root", func(t *testing.T) {
		probe := filepath.Join(t.TempDir(), "probe")
		build := exec.CommandContext(ctx, "go", "build", "-o", probe, "./testdata/probe")
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		other := *b
		other.root = t.TempDir()
		if err := os.CopyFS(other.root, os.DirFS(b.root)); err != nil {
			t.Fatal(err)
		}
		for _, d := range []string{filepath.Dir(other.root), other.root} { // for the service's user
			if err := os.Chmod(d, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		text, err := os.ReadFile(probe)
		if err == nil {
			err = os.WriteFile(filepath.Join(other.root, "probe"), text, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
		if out, code := other.run(ctx, t, "/probe", b.User); code != 0 || out != "ok\n" {
			t.Errorf("exit code %d: %s", code, out)
		}
	})
	t.Run("keeps what it has across a stop", func(t *testing.T) { boxedStops(t, b) })
}

// boxedStops lets devices publish to the boxed service while it is asked to
// stop by each signal that engines send.
func boxedStops(t *testing.T, b *box) {
	ctx := deadline(t, 3*time.Minute)
	r := randomness(t)
	var publishers []*publisher
	for i := range 4 {
		p := newPublisher(b.addDevice(ctx, t, fmt.Sprintf("boxed-%d", i)), r, time.Now().Add(-80*24*time.Hour))
		p.secure, p.batch = i%2 == 0, 1+i
		publishers = append(publishers, p)
	}
	f := launch(ctx, t, publishers...)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		s := b.serve(ctx, t)
		if out, code := b.run(ctx, t, b.Health.Command...); code != 0 {
			t.Errorf("the health check says %d: %s", code, out)
		}
		before := f.acked()
		f.admit(ctx, t, s)
		until(ctx, t, "load", func() error { return more(f.acked(), before+300) })
		begin := time.Now()
		if err := syscall.Kill(inner(t, s), signal); err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Done():
		case <-time.After(stopWithin):
			t.Fatalf("%v: it still runs after %v", signal, stopWithin)
		}
		f.expel()
		if s.ExitCode() != 0 {
			t.Errorf("%v: exit code %d; log:\n%s", signal, s.ExitCode(), s.Log())
		}
		t.Logf("%v under load took %v", signal, time.Since(begin).Round(time.Millisecond))
		if _, code := b.run(ctx, t, b.Health.Command...); code != 1 {
			t.Errorf("%v: the health check of nothing says %d, want 1", signal, code)
		}
	}
	s := b.serve(ctx, t)
	stored, err := f.check(ctx, s)
	if err != nil || stored < f.acked() {
		t.Errorf("%d samples are stored, %d were acknowledged: %v", stored, f.acked(), err)
	}
	for range 2 { // the second replaces the first: without a shell nobody could remove it
		if out, code := b.run(ctx, t, b.Entrypoint[0], "backup", "--replace", "/data/backup.db"); code != 0 {
			t.Errorf("backup: %d: %s", code, out)
		}
	}
	if _, code := b.run(ctx, t, b.Entrypoint[0], "backup", "/data/backup.db"); code != 1 {
		t.Errorf("a backup was overwritten without being asked: %d", code)
	}
	checkIntegrity(t, filepath.Join(b.data, "backup.db"))
}
