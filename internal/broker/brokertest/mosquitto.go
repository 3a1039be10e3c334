package brokertest

import (
	"bytes"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Options says what a Mosquitto is to be like. The zero value is a plain broker
// that lets everyone in and keeps nothing.
type Options struct {
	Leaf Leaf // with it the broker speaks TLS
	// ClientCA is the file of an authority whose certificates clients must have.
	ClientCA string
	// Users are the names and passwords of who may come in; nil lets everyone in.
	Users map[string]string
	// ACL is the text of an access list; "" allows everything.
	ACL string
	// Persistent keeps sessions and retained messages over a restart.
	Persistent bool
	// MaxQueued is how many messages are kept for a session that is away; 0 is no
	// limit. Mosquitto's own default is 1,000.
	MaxQueued int
	More      []string // further lines of the configuration
}

// Mosquitto is a broker that can be stopped and started again. Its methods are to
// be called by one goroutine.
type Mosquitto struct {
	Addr string // 127.0.0.1:port, the same after a restart
	Port string

	t       testing.TB
	program string
	file    string
	cmd     *exec.Cmd
	done    chan struct{}
	out     output
}

// Start starts a Mosquitto and waits until it listens. It ends with the test.
func Start(t testing.TB, o Options) *Mosquitto {
	t.Helper()
	m := &Mosquitto{t: t, program: find(t)}
	m.Addr = freeAddress(t)
	_, m.Port, _ = net.SplitHostPort(m.Addr)
	m.file = m.configure(t, o)
	t.Cleanup(func() {
		m.Kill()
		if t.Failed() {
			t.Logf("mosquitto on %s:\n%s", m.Addr, m.out.String())
		}
	})
	m.Start()
	return m
}

func (m *Mosquitto) configure(t testing.TB, o Options) string {
	t.Helper()
	dir := t.TempDir()
	keep := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	lines := []string{
		"listener " + m.Port + " 127.0.0.1", "log_dest stderr", "log_type all", "sys_interval 0",
		fmt.Sprintf("max_queued_messages %d", o.MaxQueued), "max_queued_bytes 0", "max_inflight_messages 100",
	}
	if os.Geteuid() == 0 {
		lines = append(lines, "user root") // it gives up root otherwise, and cannot read dir then
	}
	if o.Leaf != (Leaf{}) {
		lines = append(lines, "certfile "+o.Leaf.Cert, "keyfile "+o.Leaf.Key)
	}
	if o.ClientCA != "" {
		lines = append(lines, "cafile "+o.ClientCA, "require_certificate true")
	}
	if o.Users == nil {
		lines = append(lines, "allow_anonymous true")
	} else {
		lines = append(lines, "allow_anonymous false", "password_file "+keep("passwords", passwords(t, o.Users)))
	}
	if o.ACL != "" {
		lines = append(lines, "acl_file "+keep("acl", o.ACL))
	}
	if o.Persistent {
		lines = append(lines, "persistence true", "persistence_location "+dir+"/")
	} else {
		lines = append(lines, "persistence false")
	}
	return keep("mosquitto.conf", strings.Join(append(lines, o.More...), "\n")+"\n")
}

// passwords is a password file in Mosquitto's form: PBKDF2 with SHA-512.
func passwords(t testing.TB, users map[string]string) string {
	t.Helper()
	const rounds = 101
	var b strings.Builder
	for name, password := range users {
		salt := make([]byte, 12)
		_, _ = rand.Read(salt) // never fails
		hash, err := pbkdf2.Key(sha512.New, password, salt, rounds, sha512.Size)
		if err != nil {
			t.Fatal(err)
		}
		code := base64.StdEncoding.EncodeToString
		fmt.Fprintf(&b, "%s:$7$%d$%s$%s\n", name, rounds, code(salt), code(hash))
	}
	return b.String()
}

// Start starts the broker again after a stop.
func (m *Mosquitto) Start() {
	m.t.Helper()
	m.cmd = exec.Command(m.program, "-c", m.file)
	m.cmd.Stderr = &m.out
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		m.t.Fatalf("start mosquitto: %v", err)
	}
	m.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) {
		_ = cmd.Wait() // how it ends is the test's doing
		close(done)
	}(m.cmd, m.done)
	deadline := time.After(20 * time.Second)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("tcp", m.Addr)
		if err == nil {
			c.Close()
			return
		}
		select {
		case <-m.done:
			m.t.Fatalf("mosquitto ended at once:\n%s", m.out.String())
		case <-deadline:
			m.t.Fatalf("mosquitto does not listen: %v\n%s", err, m.out.String())
		case <-tick.C:
		}
	}
}

// Stop ends the broker in order, so that it keeps what it is to keep.
func (m *Mosquitto) Stop() { m.end(syscall.SIGTERM) }

// Kill ends it at once.
func (m *Mosquitto) Kill() { m.end(syscall.SIGKILL) }

func (m *Mosquitto) end(signal syscall.Signal) {
	if m.cmd == nil {
		return
	}
	if err := m.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		m.t.Errorf("end mosquitto: %v", err)
	}
	select {
	case <-m.done:
	case <-time.After(10 * time.Second):
		_ = m.cmd.Process.Kill() // it is gone or goes now
		<-m.done
	}
	m.cmd = nil
}

// Log is what the broker wrote so far.
func (m *Mosquitto) Log() string { return m.out.String() }

func find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	t.Fatal("mosquitto is not installed; scripts/test-deps does it on Debian and Ubuntu")
	return ""
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// output collects what a process writes.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
