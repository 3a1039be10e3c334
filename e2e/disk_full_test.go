package e2e

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"coolant/e2e/proc"
)

// smallDisk is the size of the file system in the test of the full disk, and
// smallRoom what is left of it when the ballast lies on it.
const (
	smallDisk = 24 << 20
	smallRoom = 1 << 20
)

// diskEnv holds the mount point of the small disk in the inner process.
const diskEnv = "COOLANT_E2E_SMALL_DISK"

// TestDiskFull fills the disk under a server with devices that publish. The test
// runs in a second process with a mount table of its own, so that the small file
// system disappears with it, however it ends.
func TestDiskFull(t *testing.T) {
	if dir := os.Getenv(diskEnv); dir != "" {
		if err := syscall.Mount("coolant-e2e", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", smallDisk)); err != nil {
			t.Fatalf("mount a small file system: %v", err)
		}
		diskFull(t, dir)
		return
	}
	ctx := deadline(t, 3*time.Minute)
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "-test.run=^TestDiskFull$", "-test.v", "-test.timeout=3m")
	cmd.Env = append(os.Environ(), diskEnv+"="+t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		// Without root, a user namespace allows the mount, where the system allows one.
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || strings.Contains(string(out), "mount a small file system: operation not permitted") {
		t.Skipf("neither root nor a user namespace is allowed here, so no small disk can be made: %v", err)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func diskFull(t *testing.T, disk string) {
	ctx := deadline(t, 150*time.Second)
	d := &fullDisk{ballast: filepath.Join(disk, "ballast"), options: proc.Options{
		Binary: binary(t), Dir: filepath.Join(disk, "data"), HTTP: freeAddress(t), MQTTS: freeAddress(t), MQTT: freeAddress(t),
	}}
	r := randomness(t)
	publishers := crashPublishers(ctx, t, d.options.Dir, r)
	for _, p := range publishers {
		p.pace = 5 * time.Millisecond
	}
	d.fleet = launch(ctx, t, publishers...)
	d.server = start(ctx, t, d.options)
	d.fleet.admit(ctx, t, d.server)
	until(ctx, t, "load", func() error { return more(d.fleet.acked(), 500) })

	t.Log("the disk fills up while the server runs")
	d.fill(ctx, t)
	d.holds(ctx, t)
	d.drain(ctx, t)

	t.Log("the disk is full when the server is killed and started again")
	d.fill(ctx, t)
	d.fleet.expel()
	d.server.Kill()
	d.restartFull(ctx, t)
	d.holds(ctx, t)
	d.drain(ctx, t)

	t.Log("the disk is full when the server is asked to end and started again")
	d.fill(ctx, t)
	stopCtx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if code, err := d.server.Terminate(stopCtx); err != nil || code != 0 && code != 1 {
		t.Fatalf("exit code %d, %v; want an orderly end, though it may report what it could not store", code, err)
	}
	d.fleet.expel()
	d.restartFull(ctx, t)
	d.drain(ctx, t)

	until(ctx, t, "samples of more than an hour", d.fleet.fillHours)
	d.fleet.pause(true)
	until(ctx, t, "every sample to be acknowledged and committed", d.fleet.settled)
	stored, err := d.fleet.check(ctx, d.server)
	if err != nil {
		t.Fatal(err)
	}
	made := d.fleet.made()
	for _, p := range publishers {
		checkRollups(ctx, t, d.server, p)
	}
	if stored != made {
		t.Errorf("%d samples were sent, %d are stored", made, stored)
	}
	t.Logf("%d samples", made)
}

// fullDisk is a server with devices on a small disk.
type fullDisk struct {
	ballast string
	options proc.Options
	server  *proc.Server
	fleet   *fleet
}

// fill takes the room away and waits until the server says that it has none.
func (d *fullDisk) fill(ctx context.Context, t *testing.T) {
	t.Helper()
	var st syscall.Statfs_t
	if err := syscall.Statfs(filepath.Dir(d.ballast), &st); err != nil {
		t.Fatal(err)
	}
	d.load(t, int64(st.Bavail)*st.Bsize-smallRoom)
	until(ctx, t, "/readyz to be 503", func() error {
		code, body, err := d.server.Get(ctx, "/readyz")
		if err == nil && code != http.StatusServiceUnavailable {
			err = fmt.Errorf("it answers %d %s, %d samples are acknowledged", code, body, d.fleet.acked())
		}
		return err
	})
	d.load(t, smallDisk) // the last of the room goes too
}

// load makes the ballast larger by n bytes, or by what there is room for. The
// server takes from the same room.
func (d *fullDisk) load(t *testing.T, n int64) {
	t.Helper()
	f, err := os.OpenFile(d.ballast, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); n > 0 && err == nil; n -= int64(len(block)) {
		_, err = f.Write(block)
	}
	if err != nil && !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("fill the disk: %v", err)
	}
}

// holds checks a server without room: it says so, nothing is acknowledged that is
// not stored, and what is stored can be read.
func (d *fullDisk) holds(ctx context.Context, t *testing.T) {
	t.Helper()
	code, body, err := d.server.Get(ctx, "/readyz")
	if err != nil || code != http.StatusServiceUnavailable || !strings.Contains(string(body), "store") {
		t.Errorf("/readyz answers %d %s, %v; want 503 and that it is the store", code, body, err)
	}
	if code, body, err := d.server.Get(ctx, "/livez"); err != nil || code != http.StatusOK {
		t.Errorf("/livez answers %d %s, %v", code, body, err)
	}
	sys, err := readSystem(ctx, d.server)
	if err != nil || sys.Ready || len(sys.Problems) == 0 || !strings.Contains(sys.Problems[0].Detail, "full") {
		t.Errorf("the system says %+v, %v; want that it is not ready because the disk is full", sys, err)
	}
	res, err := d.options.Binary.Run(ctx, "healthcheck", "--data", d.options.Dir)
	if err != nil || res.Code != 1 {
		t.Errorf("healthcheck: exit code %d, %v; want 1", res.Code, err)
	}
	if _, err := d.fleet.check(ctx, d.server); err != nil {
		t.Fatal(err)
	}
}

// drain makes room and waits until the server works again by itself.
func (d *fullDisk) drain(ctx context.Context, t *testing.T) {
	t.Helper()
	before := d.fleet.acked()
	if err := os.Remove(d.ballast); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if err := d.server.WaitReady(ctx); err != nil {
		t.Fatalf("after there was room: %v", err)
	}
	until(ctx, t, "acknowledgements after there was room", func() error { return more(d.fleet.acked(), before) })
	t.Logf("ready and acknowledging %v after there was room", time.Since(begin).Round(time.Millisecond))
	if _, err := d.fleet.check(ctx, d.server); err != nil {
		t.Fatal(err)
	}
}

// restartFull starts the server on the full disk. It must serve, if only to say
// what is wrong.
func (d *fullDisk) restartFull(ctx context.Context, t *testing.T) {
	t.Helper()
	s, err := proc.Launch(d.options)
	if err != nil {
		t.Fatal(err)
	}
	endWithTest(t, s)
	d.server = s
	liveCtx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if err := s.WaitLive(liveCtx); err != nil {
		t.Fatalf("start on a full disk: %v; its log:\n%s", err, s.Log())
	}
	if _, err := d.fleet.check(ctx, s); err != nil {
		t.Fatal(err)
	}
	d.fleet.admit(ctx, t, s)
	until(ctx, t, "/readyz to be 503", func() error {
		code, _, err := s.Get(ctx, "/readyz")
		if err == nil && code != http.StatusServiceUnavailable {
			err = fmt.Errorf("it answers %d", code)
		}
		return err
	})
}

// freeAddress is one that nobody listens on. The server cannot tell its own when
// there is no room for the file.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
