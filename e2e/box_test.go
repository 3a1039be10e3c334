package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"coolant/e2e/image"
	"coolant/e2e/proc"
)

// repository is where the module lies, seen from this package.
const repository = ".."

// box runs what the image's last stage holds, as an engine would: as its user,
// with a root that cannot be written, and with a process table of its own in
// which the service has number 1.
type box struct {
	image.Config
	root, data string
}

// newBox builds the last stage as the Dockerfile says, with this machine in
// place of the build stages' images.
func newBox(ctx context.Context, t *testing.T) *box {
	t.Helper()
	f, err := os.Open(filepath.Join(repository, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	stages, err := image.Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	last := stages[len(stages)-1]
	b := &box{}
	if b.Config, err = last.Config(); err != nil {
		t.Fatal(err)
	}
	if last.Base != "scratch" {
		t.Fatalf("the last stage starts from %s, which adds files that nobody checked", last.Base)
	}
	// The service's user has to reach these through every folder above.
	dir, err := os.MkdirTemp("", "coolant-box-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	b.root, b.data = filepath.Join(dir, "root"), filepath.Join(dir, "volume")
	// Engines make the places of what the kernel shows by themselves.
	for _, d := range []string{dir, b.root, b.data, filepath.Join(b.root, "proc"), filepath.Join(b.root, "dev")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	out := buildStages(ctx, t, stages[:len(stages)-1])
	if err := b.Lay(b.root, func(stage, name string) (string, error) {
		switch {
		case stage == "":
			return filepath.Join(repository, name), nil
		case strings.HasPrefix(name, "/out/"):
			return filepath.Join(out, strings.TrimPrefix(name, "/out/")), nil
		}
		return name, nil // what the base image and this machine both have
	}); err != nil {
		t.Fatal(err)
	}
	// A new volume takes over owner and mode of the folder in the image.
	b.adopt(t, filepath.Join(b.root, "data"))
	return b
}

// adopt gives the volume the owner and the mode of a folder of the image.
func (b *box) adopt(t *testing.T, folder string) {
	t.Helper()
	info, err := os.Stat(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(b.data, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return // one user is all there is
	}
	uid, gid, err := image.IDs(b.owner())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(b.data, uid, gid); err != nil {
		t.Fatal(err)
	}
}

// owner is whom the image gives its data folder to.
func (b *box) owner() string {
	for _, c := range b.Copies {
		if c.Dest == "/data" {
			return c.Owner
		}
	}
	return ""
}

// buildStages runs the commands of the build stage that write below /out, and
// returns the folder that stands for /out.
func buildStages(ctx context.Context, t *testing.T, stages []image.Stage) string {
	t.Helper()
	out := t.TempDir()
	for _, s := range stages {
		env := append(os.Environ(), "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH, "TARGETVARIANT=", "VERSION=boxed")
		for _, in := range s.Instructions {
			if in.Name == "ENV" {
				env = append(env, in.Args...)
			}
			if in.Name != "RUN" || !strings.Contains(in.Text, "/out/") {
				continue
			}
			script := strings.ReplaceAll(in.Text, "/out/", out+"/")
			if _, err := os.Stat(filepath.Join(repository, "web", "dist", "index.html")); err != nil {
				// go test needs no Node; make test has built the page by now.
				t.Log("the page is not built, so the binary is built without it")
				script = strings.Replace(script, "-tags ui ", "", 1)
			}
			cmd := exec.CommandContext(ctx, "sh", "-ec", script)
			cmd.Dir, cmd.Env = repository, env
			if msg, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("line %d of the Dockerfile: %v\n%s", in.Line, err, msg)
			}
		}
	}
	return out
}

// command is the command line that runs args inside.
func (b *box) command(t *testing.T, env []string, args ...string) []string {
	t.Helper()
	uid, gid, err := image.IDs(b.User)
	if err != nil {
		t.Fatalf("USER: %v", err)
	}
	var line []string
	if os.Geteuid() == 0 {
		line = append(line, "setpriv", "--reuid="+strconv.Itoa(uid), "--regid="+strconv.Itoa(gid), "--clear-groups", "--")
	}
	line = append(line, "bwrap", "--unshare-user", "--uid", strconv.Itoa(uid), "--gid", strconv.Itoa(gid),
		"--ro-bind", b.root, "/", "--bind", b.data, "/data", "--proc", "/proc", "--dev", "/dev",
		"--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--die-with-parent", "--clearenv")
	for _, e := range append(b.Env, env...) {
		name, value, _ := strings.Cut(e, "=")
		line = append(line, "--setenv", name, value)
	}
	return append(append(line, "--"), args...)
}

// run runs a command inside to its end, as `docker exec` would.
func (b *box) run(ctx context.Context, t *testing.T, args ...string) (stdout string, code int) {
	t.Helper()
	line := b.command(t, nil, args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	if code = cmd.ProcessState.ExitCode(); code != 0 {
		t.Logf("%v: exit code %d: %s", args, code, msg.String())
	}
	return out.String(), code
}

// serve starts what the image starts, on free ports of loopback.
func (b *box) serve(ctx context.Context, t *testing.T) *proc.Server {
	t.Helper()
	env := []string{"COOLANT_HTTP_ADDR=127.0.0.1:0", "COOLANT_MQTTS_ADDR=127.0.0.1:0", "COOLANT_MQTT_ADDR=127.0.0.1:0"}
	return start(ctx, t, proc.Options{
		Dir:     b.data,
		Command: b.command(t, env, append(append([]string{}, b.Entrypoint...), b.Cmd...)...),
	})
}

// inner is the process id of the service itself: bwrap waits for it and would
// not pass a signal on.
func inner(t *testing.T, s *proc.Server) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.PID(), s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatalf("the box has the children %q: %v", text, err)
	}
	return pid
}

// addDevice adds a device inside.
func (b *box) addDevice(ctx context.Context, t *testing.T, id string) proc.Credential {
	t.Helper()
	out, code := b.run(ctx, t, b.Entrypoint[0], "device", "add", id, "--json")
	var c proc.Credential
	if err := json.Unmarshal([]byte(out), &c); err != nil || code != 0 {
		t.Fatalf("device add: exit code %d, %v: %s", code, err, out)
	}
	return c
}
