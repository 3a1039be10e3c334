package proc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Binary is the path of a coolant executable.
type Binary string

// Build builds cmd/coolant of the module that the working directory lies in,
// without the UI, into dir.
func Build(ctx context.Context, dir string) (Binary, error) {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	bin := filepath.Join(dir, "coolant")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", bin, "./cmd/coolant")
	cmd.Dir = string(bytes.TrimSpace(out))
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/coolant: %w\n%s", err, msg)
	}
	return Binary(bin), nil
}

// Result is what a command that ran to its end left behind.
type Result struct {
	Code           int // exit code; -1 where a signal ended it
	Stdout, Stderr string
}

// Run runs the binary to its end. An exit code other than 0 is not an error.
func (b Binary) Run(ctx context.Context, args ...string) (Result, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, string(b), args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	cmd.SysProcAttr = dieWithParent()
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	res := Result{Code: cmd.ProcessState.ExitCode(), Stdout: stdout.String(), Stderr: stderr.String()}
	if _, exited := errors.AsType[*exec.ExitError](err); exited && ctx.Err() == nil {
		return res, nil
	}
	return res, err
}

// Credential is what `coolant device add` prints: how a device logs in.
type Credential struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// addAtOnce bounds the ids of one command line; the kernel takes 128 KiB and more.
const addAtOnce = 2500

// AddDevices adds devices to the data directory dir, whether a server runs on it
// or not, and returns their credentials in the order of the ids.
func (b Binary) AddDevices(ctx context.Context, dir string, ids ...string) ([]Credential, error) {
	var all []Credential
	for len(ids) > 0 {
		n := min(len(ids), addAtOnce)
		args := append([]string{"device", "add", "--data", dir, "--json"}, ids[:n]...)
		res, err := b.Run(ctx, args...)
		if err == nil && res.Code != 0 {
			err = fmt.Errorf("exit code %d", res.Code)
		}
		if err != nil {
			return nil, fmt.Errorf("add %d devices: %w: %s", n, err, res.Stderr)
		}
		creds, err := parseCredentials(res.Stdout)
		if err != nil {
			return nil, err
		}
		if len(creds) != n {
			return nil, fmt.Errorf("added %d devices and got %d credentials", n, len(creds))
		}
		all = append(all, creds...)
		ids = ids[n:]
	}
	return all, nil
}

func parseCredentials(stdout string) ([]Credential, error) {
	var creds []Credential
	dec := json.NewDecoder(bytes.NewReader([]byte(stdout)))
	for {
		var c Credential
		err := dec.Decode(&c)
		if errors.Is(err, io.EOF) {
			return creds, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read what device add printed: %w", err)
		}
		creds = append(creds, c)
	}
}

// dieWithParent lets the kernel end the process when this one ends, however it
// ends. The signal comes when the starting thread ends, and the Go runtime ends
// no thread that a goroutine has not locked for itself.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
