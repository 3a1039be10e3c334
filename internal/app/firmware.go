package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"coolant"
	"coolant/internal/sim"
)

// firmware is the firmware's host program as a device of the demo: a process of
// its own, which comes in through the front door like every device.
type firmware struct {
	program string // path of the executable
	broker  string // host:port
	ca      string // file
	device  sim.DeviceOptions
	faults  []sim.Fault
	backlog time.Duration // of its first start
	state   string        // directory
	log     *slog.Logger
}

const (
	// A program that died is started again after firstRevival, then twice as long
	// each time, up to lastRevival. One that ran for as long counts as healthy again.
	firstRevival = time.Second
	lastRevival  = time.Minute
	// goodbyeWithin is how long the program may take to say goodbye; it gives up by
	// itself after 5 s.
	goodbyeWithin = 8 * time.Second
	// stateFolder is where in the data directory a firmware keeps its flash.
	stateFolder = "firmware"
)

// findFirmware finds the program, so that a wrong path is an error before
// anything starts. Its error has the code [coolant.CodeInvalid].
func findFirmware(path string) (string, error) {
	found, err := exec.LookPath(path)
	if err == nil {
		found, err = filepath.Abs(found)
	}
	if err != nil {
		return "", coolant.Errorf(coolant.CodeInvalid,
			"--firmware-host %s: it is not a program that can be run (%w); make firmware-host builds it as bin/firmware-host", path, errors.Unwrap(err))
	}
	return found, nil
}

// run keeps the program running until ctx ends, and then lets it say goodbye.
func (f *firmware) run(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(f.state), 0o700); err != nil {
		return fmt.Errorf("make the firmware's state directory: %w", err)
	}
	rest, backlog := firstRevival, f.backlog
	for {
		started := time.Now()
		err := f.live(ctx, backlog)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(started) >= lastRevival {
			rest = firstRevival
		}
		f.log.Warn("the firmware's program ended; it is started again", "error", err, "after", rest)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(rest):
		}
		rest, backlog = min(2*rest, lastRevival), 0
	}
}

// live runs the program once. The password is in its environment, where no other
// user reads it.
func (f *firmware) live(ctx context.Context, backlog time.Duration) error {
	cmd := exec.CommandContext(ctx, f.program, f.args(backlog)...)
	cmd.Env = append(os.Environ(), "COOLANT_FIRMWARE_PASSWORD="+f.device.Password)
	cmd.Cancel = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return cmd.Process.Kill() // a system without the signal
		}
		return nil
	}
	cmd.WaitDelay = goodbyeWithin
	cmd.SysProcAttr = endWithUs()
	out, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	f.relay(out)
	return cmd.Wait()
}

func (f *firmware) args(backlog time.Duration) []string {
	args := []string{
		"--url", "mqtts://" + f.broker, "--ca", f.ca, "--id", string(f.device.ID), "--user", f.device.Username,
		"--name", f.device.Name, "--state", f.state, "--seed", strconv.FormatUint(f.device.Seed, 10),
	}
	if backlog > 0 {
		args = append(args, "--backlog", backlog.String())
	}
	for _, fault := range f.faults {
		args = append(args, "--fault", fault.String())
	}
	return args
}

// relay passes the program's lines on until it closes its end.
func (f *firmware) relay(from io.Reader) {
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		level, message := firmwareLine(lines.Text())
		f.log.Log(context.Background(), level, "firmware", "says", message)
	}
	if err := lines.Err(); err != nil {
		f.log.Warn("the firmware's log cannot be read on", "error", err)
		_, _ = io.Copy(io.Discard, from) // it must not block on a full pipe
	}
}

// firmwareLine reads "TIME LEVEL MESSAGE". Anything else is passed on whole: a
// sanitizer's report, or what the loader says.
func firmwareLine(line string) (slog.Level, string) {
	_, rest, _ := strings.Cut(line, " ")
	word, message, _ := strings.Cut(rest, " ")
	switch word {
	case "INFO":
		return slog.LevelInfo, message
	case "WARN":
		return slog.LevelWarn, message
	case "ERROR":
		return slog.LevelError, message
	}
	return slog.LevelWarn, line
}
