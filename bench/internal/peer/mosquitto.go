// Package peer runs what Coolant is compared with.
package peer

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Mosquitto is a running Mosquitto that keeps nothing on disk and drops nothing.
type Mosquitto struct {
	Plain, Secure string // addresses; Secure is empty without a certificate
	Version       string

	cert *Certificate
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan struct{}
}

// Certificate names the files of a server certificate.
type Certificate struct{ Cert, Key string }

// Find looks for the broker's program.
func Find() (string, error) {
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"} {
		if p, err := exec.LookPath(name); err == nil {
			return p, nil
		}
	}
	return "", errors.New("mosquitto is not installed (on Debian and Ubuntu: apt-get install mosquitto)")
}

// Start starts a Mosquitto with its files in dir and waits until it listens.
func Start(ctx context.Context, dir string, cert *Certificate) (*Mosquitto, error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	m := &Mosquitto{done: make(chan struct{}), Version: version(program), cert: cert}
	if m.Plain, err = freeAddress(); err != nil {
		return nil, err
	}
	conf := []string{
		"per_listener_settings false", "allow_anonymous true", "persistence false",
		"log_dest stderr", "log_type error", "log_type warning", "sys_interval 0", "set_tcp_nodelay true",
		// Nothing is dropped: no limit to what is queued and in flight.
		"max_queued_messages 0", "max_queued_bytes 0", "max_inflight_messages 0", "max_connections -1",
		"listener " + port(m.Plain) + " 127.0.0.1",
	}
	if os.Geteuid() == 0 {
		conf = append(conf, "user root") // it gives up root otherwise, and cannot read dir then
	}
	if cert != nil {
		if m.Secure, err = freeAddress(); err != nil {
			return nil, err
		}
		conf = append(conf, "listener "+port(m.Secure)+" 127.0.0.1", "certfile "+cert.Cert, "keyfile "+cert.Key)
	}
	file := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(file, []byte(strings.Join(conf, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write the configuration of mosquitto: %w", err)
	}
	m.cmd = exec.Command(program, "-c", file)
	m.cmd.Stderr = &m.out
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := m.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start mosquitto: %w", err)
	}
	raiseLimit(m.cmd.Process.Pid)
	go func() {
		_ = m.cmd.Wait()
		close(m.done)
	}()
	if err := m.waitListening(ctx); err != nil {
		m.Stop()
		return nil, fmt.Errorf("%w: %s", err, m.out.Bytes())
	}
	return m, nil
}

func (m *Mosquitto) waitListening(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		c, err := net.Dial("tcp", m.Plain)
		if err == nil {
			return c.Close()
		}
		select {
		case <-m.done:
			return errors.New("mosquitto ended at once")
		case <-ctx.Done():
			return fmt.Errorf("wait for mosquitto: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// Target returns the address of the plain or the secure listener and how to
// reach it.
func (m *Mosquitto) Target(secure bool) (addr string, conf *tls.Config, err error) {
	if !secure {
		return m.Plain, nil, nil
	}
	conf, err = m.cert.TLS()
	return m.Secure, conf, err
}

// PID is the process id.
func (m *Mosquitto) PID() int { return m.cmd.Process.Pid }

// Stop ends the process and waits until it is gone.
func (m *Mosquitto) Stop() {
	_ = m.cmd.Process.Kill()
	<-m.done
}

// raiseLimit gives a process as many open files as it may have. The Go runtime
// hands its children the soft limit that it found at its own start.
func raiseLimit(pid int) {
	var lim unix.Rlimit
	if unix.Prlimit(pid, unix.RLIMIT_NOFILE, nil, &lim) == nil {
		lim.Cur = lim.Max
		_ = unix.Prlimit(pid, unix.RLIMIT_NOFILE, &lim, nil) // connections fail visibly where this does
	}
}

func version(program string) string {
	out, _ := exec.Command(program, "-h").Output() // its exit code is not 0
	first, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimPrefix(strings.TrimSpace(first), "mosquitto version ")
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

func port(addr string) string {
	_, p, _ := strings.Cut(addr, ":")
	return p
}
