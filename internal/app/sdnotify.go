package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// manager tells a service manager such as systemd how the service is: that it
// is ready, that it stops, and at least every half of the watchdog's time that
// it still answers. The protocol is that of sd_notify(3): datagrams of
// NAME=VALUE lines to the socket that the environment names. Without such a
// socket there is no manager.
type manager struct {
	socket   string        // "@" in front names one without a file
	watchdog time.Duration // after so much silence the manager kills; 0 means never
	// ready is what to say when the service is ready.
	ready string
	// alive is nil if the service still works. It fails for what a restart can
	// heal only: a disk that is full stays full.
	alive func(context.Context) error
	// health is nil, or what a person should know of in the status line, also of what
	// is not ours to heal, such as an outside broker.
	health func() error
	log    *slog.Logger
}

// managerSocket reads what the service manager left in the environment. The
// watchdog is 0 where it is off, or meant for another process.
func managerSocket(environ []string, pid int) (socket string, watchdog time.Duration, err error) {
	env := map[string]string{}
	for _, e := range environ {
		if name, text, ok := strings.Cut(e, "="); ok {
			env[name] = text
		}
	}
	socket = env["NOTIFY_SOCKET"]
	if socket == "" {
		return "", 0, nil
	}
	if socket[0] != '@' && socket[0] != '/' {
		return "", 0, fmt.Errorf("NOTIFY_SOCKET %q is neither an absolute path nor an abstract socket", socket)
	}
	if text := env["WATCHDOG_PID"]; text != "" && text != strconv.Itoa(pid) {
		return socket, 0, nil
	}
	if text := env["WATCHDOG_USEC"]; text != "" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n <= 0 || n > int64(1000*time.Hour/time.Microsecond) {
			return "", 0, fmt.Errorf("WATCHDOG_USEC %q is not a number of microseconds", text)
		}
		watchdog = time.Duration(n) * time.Microsecond
	}
	return socket, watchdog, nil
}

// run says READY, then that the service is alive, until ctx ends; then STOPPING.
// A manager that cannot be reached does not end the service.
func (m *manager) run(ctx context.Context) error {
	m.tell(fmt.Sprintf("READY=1\nMAINPID=%d\nSTATUS=%s", os.Getpid(), m.ready))
	defer m.tell("STOPPING=1\nSTATUS=Committing what has arrived")
	var tick <-chan time.Time
	if m.watchdog > 0 {
		ticker := time.NewTicker(m.watchdog / 2)
		defer ticker.Stop()
		tick = ticker.C
		m.beat(ctx)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick:
			m.beat(ctx)
		}
	}
}

// beat tells that the service is alive, if it is. It has a quarter of the
// watchdog's time to find out, so that a slow answer still counts.
func (m *manager) beat(ctx context.Context) {
	asked, cancel := context.WithTimeout(ctx, m.watchdog/4)
	defer cancel()
	if err := m.alive(asked); err != nil {
		if ctx.Err() == nil {
			m.log.Error("the service does not answer itself; the service manager will restart it", "error", err)
		}
		return
	}
	status := m.ready
	if err := m.health(); err != nil {
		status = "Not ready: " + strings.ReplaceAll(err.Error(), "\n", " ")
	}
	m.tell("WATCHDOG=1\nSTATUS=" + status)
}

func (m *manager) tell(text string) {
	// Go writes an address that begins with @ as an abstract one, as sd_notify does.
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.socket, Net: "unixgram"})
	if err == nil {
		// A manager that hangs must not hold the stop up.
		if err = c.SetWriteDeadline(time.Now().Add(time.Second)); err == nil {
			_, err = io.WriteString(c, text)
		}
		err = errors.Join(err, c.Close())
	}
	if err != nil {
		m.log.Warn("the service manager cannot be told", "socket", m.socket, "error", err)
	}
}

// newManager returns the service manager, or nil if there is none.
func (h *house) newManager(a Addresses) (*manager, error) {
	socket, watchdog, err := managerSocket(h.Environ, os.Getpid())
	if err != nil || socket == "" {
		return nil, err
	}
	return &manager{
		socket: socket, watchdog: watchdog, log: h.Log, health: func() error { return notReady(h.ready()) },
		ready: strings.TrimSpace("Ready " + strings.Join(named(a), ", ")),
		alive: func(ctx context.Context) error {
			return errors.Join(answers(ctx, a.HTTP), h.store.Responds(ctx))
		},
	}, nil
}

func named(a Addresses) (out []string) {
	for _, l := range a.shown() {
		out = append(out, l.Name+" "+l.Address)
	}
	return out
}

// answers asks the page's own listener whether it still serves; nil also where
// it is turned off.
func answers(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(address)+"/livez", http.NoBody)
	if err != nil {
		return err
	}
	// This machine itself is asked, whatever proxy the environment names.
	direct := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := direct.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/livez answers %s", res.Status)
	}
	return nil
}
