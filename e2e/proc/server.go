package proc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Options says how to start a server. An address that is empty means a free
// port of loopback; Off turns a listener off.
type Options struct {
	Binary            Binary
	Dir               string // data directory
	HTTP, MQTTS, MQTT string
	Args              []string // further arguments of `serve`
	Env               []string // further environment, NAME=value
	// Command is the whole command line, in place of Binary with its arguments and
	// everything above but Dir: for a server that somebody else's file starts.
	Command []string
	// Wrap comes before the binary's name: a program that becomes it, such as a
	// tracer or one that sets limits.
	Wrap []string
}

// Off is the address of a listener that is not wanted.
const Off = "off"

// Addr says where a server listens.
type Addr struct {
	HTTP  string `json:"http"`
	MQTTS string `json:"mqtts"`
	MQTT  string `json:"mqtt"`
}

// Server is a running `coolant serve`. Its methods are safe for concurrent use.
type Server struct {
	Addr Addr // known once WaitAddr or Start has returned
	Dir  string

	cmd     *exec.Cmd
	log     *tail
	started time.Time
	done    chan struct{} // closed when the process has ended
}

// Launch starts the process and does not wait for anything.
func Launch(o Options) (*Server, error) {
	if err := forget(o); err != nil {
		return nil, fmt.Errorf("remove what the last server left: %w", err)
	}
	args := append([]string{}, o.Wrap...)
	if len(o.Command) > 0 {
		args = append(args, o.Command...)
	} else {
		args = append(args, string(o.Binary), "serve", "--data", o.Dir,
			"--http="+address(o.HTTP), "--mqtts="+address(o.MQTTS), "--mqtt="+address(o.MQTT))
		args = append(args, o.Args...)
	}
	s := &Server{Dir: o.Dir, log: &tail{limit: 256 << 10}, done: make(chan struct{})}
	s.Addr = fixed(o)
	s.cmd = exec.Command(args[0], args[1:]...)
	s.cmd.Env = append(os.Environ(), o.Env...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	s.cmd.SysProcAttr = dieWithParent()
	s.cmd.WaitDelay = 5 * time.Second
	s.started = time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", args[0], err)
	}
	go func() {
		_ = s.cmd.Wait() // the exit code is in ProcessState
		close(s.done)
	}()
	return s, nil
}

// Start starts a server and waits until it is ready. It ends the process where
// that fails.
func Start(ctx context.Context, o Options) (*Server, error) {
	s, err := Launch(o)
	if err != nil {
		return nil, err
	}
	if err = s.WaitAddr(ctx); err == nil {
		err = s.WaitReady(ctx)
	}
	if err != nil {
		s.Kill()
		return nil, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	return s, nil
}

func address(a string) string {
	switch a {
	case "":
		return "127.0.0.1:0"
	case Off:
		return ""
	}
	return a
}

// forget removes the addresses of the server before, which was perhaps killed,
// where they are to be read again. Otherwise the directory stays as it is.
func forget(o Options) error {
	if a := fixed(o); (a.HTTP != "" || o.HTTP == Off) && (a.MQTTS != "" || o.MQTTS == Off) && (a.MQTT != "" || o.MQTT == Off) {
		return nil
	}
	err := os.Remove(filepath.Join(o.Dir, "coolant.addr.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// fixed is what is known of the addresses without asking the server.
func fixed(o Options) Addr {
	known := func(a string) string {
		if a == "" || a == Off || strings.HasSuffix(a, ":0") {
			return ""
		}
		return a
	}
	return Addr{HTTP: known(o.HTTP), MQTTS: known(o.MQTTS), MQTT: known(o.MQTT)}
}

// WaitAddr waits until the server has said where it listens.
func (s *Server) WaitAddr(ctx context.Context) error {
	return s.poll(ctx, "its addresses", func() error {
		b, err := os.ReadFile(filepath.Join(s.Dir, "coolant.addr.json"))
		if err != nil {
			return err
		}
		var a Addr
		if err := json.Unmarshal(b, &a); err != nil {
			return err
		}
		s.Addr = a
		return nil
	})
}

// WaitReady waits until /readyz answers 200.
func (s *Server) WaitReady(ctx context.Context) error {
	return s.poll(ctx, "/readyz to be 200", func() error {
		code, body, err := s.Get(ctx, "/readyz")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("answered %d: %s", code, body)
		}
		return err
	})
}

// WaitLive waits until /livez answers 200: the process serves, though perhaps
// not everything.
func (s *Server) WaitLive(ctx context.Context) error {
	return s.poll(ctx, "/livez to be 200", func() error {
		code, body, err := s.Get(ctx, "/livez")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("answered %d: %s", code, body)
		}
		return err
	})
}

// poll tries until try succeeds, the process ends, or ctx does.
func (s *Server) poll(ctx context.Context, what string, try func() error) error {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-s.done:
			return fmt.Errorf("the server ended with exit code %d before %s", s.ExitCode(), what)
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w; the last answer: %w", what, ctx.Err(), err)
		case <-tick.C:
		}
	}
}

// Get asks the HTTP server and returns the whole answer.
func (s *Server) Get(ctx context.Context, path string) (code int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL(path), http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, body, err
}

// URL is the address of a path of the HTTP server.
func (s *Server) URL(path string) string { return "http://" + s.Addr.HTTP + path }

// PID is the process id.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Started is when the process was started.
func (s *Server) Started() time.Time { return s.started }

// Done is closed when the process has ended.
func (s *Server) Done() <-chan struct{} { return s.done }

// Kill ends the process at once, as a power cut does to it, and waits until it
// is gone. It does nothing to a process that has ended.
func (s *Server) Kill() {
	_ = s.cmd.Process.Kill() // fails only where it has ended already
	<-s.done
}

// Terminate asks the process to end and waits for its exit code. Where ctx ends
// first the process is killed and the error says so.
func (s *Server) Terminate(ctx context.Context) (code int, err error) {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return 0, fmt.Errorf("ask the server to end: %w", err)
	}
	select {
	case <-s.done:
		return s.ExitCode(), nil
	case <-ctx.Done():
		s.Kill()
		return -1, fmt.Errorf("the server did not end by itself: %w", ctx.Err())
	}
}

// ExitCode is the exit code of a process that has ended, -1 where a signal did
// it or it still runs.
func (s *Server) ExitCode() int {
	select {
	case <-s.done:
		return s.cmd.ProcessState.ExitCode()
	default:
		return -1
	}
}

// Log is the last part of what the server wrote.
func (s *Server) Log() string { return s.log.String() }
