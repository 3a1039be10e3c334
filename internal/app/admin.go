package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"coolant"
)

// adminSocket answers the command line over a socket in the data directory with
// mode 0600: who may write there may change the devices.
type adminSocket struct {
	listener net.Listener
	devices  DeviceAdmin
	commands DeviceCommands
	twins    DeviceTwins
	backup   func(ctx context.Context, file string) error
	// separation takes what a check of the outside broker found.
	separation func(ctx context.Context, s brokerSeparation) error
	ready      func() map[string]error
	log        *slog.Logger
}

// adminRequest is one command to the running service.
type adminRequest struct {
	ID       coolant.DeviceID `json:"id"`
	Name     string           `json:"name,omitempty"`
	WithData bool             `json:"with_data,omitempty"`
	File     string           `json:"file,omitempty"` // an absolute path
	// Separation is what a check of the outside broker found.
	Separation *brokerSeparation `json:"separation,omitempty"`
	Args       json.RawMessage   `json:"args,omitempty"`
	TTL        int64             `json:"ttl_ms,omitempty"`
	Twin       *twinRequest      `json:"twin,omitempty"`
}

// adminFailure is how an error crosses the socket.
type adminFailure struct {
	Code    coolant.Code `json:"code"`
	Message string       `json:"message"`
}

// openSocket opens the command socket of a directory whose database is locked.
func (d dataDir) openSocket(ctx context.Context) (net.Listener, error) {
	// A socket left by a killed process cannot be in use: the directory is locked.
	if err := os.Remove(d.socket()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove the old command socket: %w", err)
	}
	listener, err := listenPrivate(ctx, d.socket())
	if err != nil {
		return nil, fmt.Errorf("open the command socket: %w", err)
	}
	return listener, nil
}

// removeSocket closes the socket and takes its name away, which a listener that
// was moved does not do by itself.
func (d dataDir) removeSocket(l net.Listener) {
	l.Close()
	_ = os.Remove(d.socket())
}

func (a *adminSocket) run(ctx context.Context) error {
	server := &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		<-ctx.Done()
		// Commands are short, or end with the service; a backup may take longer than
		// anybody wants to wait.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = server.Shutdown(last)
	}()
	if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-answered
	return nil
}

func (a *adminSocket) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /devices", adminCall(func(ctx context.Context, _ adminRequest) (any, error) { return a.devices.List(ctx) }))
	mux.HandleFunc("POST /devices/add", adminCall(func(ctx context.Context, q adminRequest) (any, error) { return a.devices.Add(ctx, q.ID, q.Name) }))
	mux.HandleFunc("POST /devices/rotate", adminCall(func(ctx context.Context, q adminRequest) (any, error) { return a.devices.Rotate(ctx, q.ID) }))
	mux.HandleFunc("POST /devices/remove", adminCall(func(ctx context.Context, q adminRequest) (any, error) {
		return struct{}{}, a.devices.Remove(ctx, q.ID, q.WithData)
	}))
	mux.HandleFunc("POST /devices/command", adminCall(func(ctx context.Context, q adminRequest) (any, error) {
		return a.commands.Command(ctx, q.ID, q.Name, q.Args, time.Duration(q.TTL)*time.Millisecond)
	}))
	mux.HandleFunc("POST /devices/document", adminCall(func(ctx context.Context, q adminRequest) (any, error) {
		return a.commands.Document(ctx, q.ID, coolant.Document(q.Name))
	}))
	a.twinRoutes(mux)
	mux.HandleFunc("POST /backup", adminCall(func(ctx context.Context, q adminRequest) (any, error) {
		return struct{}{}, a.backup(ctx, q.File)
	}))
	mux.HandleFunc("POST /broker/separation", adminCall(func(ctx context.Context, q adminRequest) (any, error) {
		if q.Separation == nil {
			return nil, coolant.Errorf(coolant.CodeInvalid, "separation is missing")
		}
		return struct{}{}, a.separation(ctx, *q.Separation)
	}))
	mux.HandleFunc("GET /ready", adminCall(func(context.Context, adminRequest) (any, error) {
		return struct{}{}, notReady(a.ready())
	}))
	return mux
}

func adminCall(do func(context.Context, adminRequest) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var q adminRequest
		err := json.NewDecoder(io.LimitReader(r.Body, 64<<10)).Decode(&q)
		var answer any
		if err == nil || errors.Is(err, io.EOF) {
			answer, err = do(r.Context(), q)
		}
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			answer = adminFailure{Code: coolant.CodeOf(err), Message: err.Error()}
		}
		_ = json.NewEncoder(w).Encode(answer) // a command line that went away needs no answer
	}
}

// adminClient speaks to a running service.
type adminClient struct{ http *http.Client }

// dialAdmin returns a client of the service that runs on the data directory, or
// nil if none does.
func dialAdmin(d dataDir) *adminClient {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", d.socket())
	}
	probe, err := net.Dial("unix", d.socket())
	if err != nil {
		return nil
	}
	probe.Close()
	return &adminClient{&http.Client{Transport: &http.Transport{DialContext: dial}}}
}

func (c *adminClient) call(ctx context.Context, method, path string, q adminRequest, answer any) error {
	body, w := io.Pipe()
	go func() { w.CloseWithError(json.NewEncoder(w).Encode(q)) }()
	req, err := http.NewRequestWithContext(ctx, method, "http://coolant"+path, body)
	if err != nil {
		return err
	}
	res, err := c.http.Do(req)
	if _, gone := errors.AsType[*net.OpError](err); gone && ctx.Err() == nil {
		return coolant.Errorf(coolant.CodeUnavailable, "the service does not run any more: %w", err)
	}
	if err != nil {
		return fmt.Errorf("ask the running service: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		var f adminFailure
		if err := json.NewDecoder(res.Body).Decode(&f); err != nil {
			return fmt.Errorf("the running service answered %s", res.Status)
		}
		return coolant.Errorf(f.Code, "%s", f.Message)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

func (c *adminClient) List(ctx context.Context) (out []coolant.Device, err error) {
	err = c.call(ctx, http.MethodGet, "/devices", adminRequest{}, &out)
	return out, err
}

func (c *adminClient) Add(ctx context.Context, id coolant.DeviceID, name string) (password string, err error) {
	err = c.call(ctx, http.MethodPost, "/devices/add", adminRequest{ID: id, Name: name}, &password)
	return password, err
}

func (c *adminClient) Rotate(ctx context.Context, id coolant.DeviceID) (password string, err error) {
	err = c.call(ctx, http.MethodPost, "/devices/rotate", adminRequest{ID: id}, &password)
	return password, err
}

func (c *adminClient) Remove(ctx context.Context, id coolant.DeviceID, withData bool) error {
	return c.call(ctx, http.MethodPost, "/devices/remove", adminRequest{ID: id, WithData: withData}, &struct{}{})
}

func (c *adminClient) Backup(ctx context.Context, file string) error {
	return c.call(ctx, http.MethodPost, "/backup", adminRequest{File: file}, &struct{}{})
}

// Ready asks whether the service can do its work; the error says why not.
func (c *adminClient) Ready(ctx context.Context) error {
	return c.call(ctx, http.MethodGet, "/ready", adminRequest{}, &struct{}{})
}
