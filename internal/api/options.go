package api

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/live"
)

// Store is what the interface reads.
type Store interface {
	// Columns answers a chart. The error has the code not_found for a device that
	// does not exist.
	Columns(ctx context.Context, w coolant.Window) (coolant.Columns, error)
	// LastTimes returns the time of the last reading, good or not, of every series
	// of a device: its keys are all metrics that the device has. It is empty for a
	// device that does not exist.
	LastTimes(ctx context.Context, device coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error)
	// EachRow calls fn once per sample time in [from, to), ascending. values has
	// one entry per metric, NaN for none; faults has Good where there is no fault.
	// Both slices are valid only during the call.
	EachRow(ctx context.Context, device coolant.DeviceID, metrics []coolant.Metric, from, to coolant.UnixMilli,
		fn func(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error) error
	// Faults lists the fault spans that touch [from, to), oldest first.
	Faults(ctx context.Context, device coolant.DeviceID, from, to coolant.UnixMilli) ([]coolant.FaultSpan, error)
	// Rejections lists refusals, newest first.
	Rejections(ctx context.Context, limit int) ([]coolant.Rejection, error)
}

// Options say what the interface is made of. Store and Hub are required.
type Options struct {
	Store Store
	Hub   *live.Hub
	// Twins changes devices. nil changes none.
	Twins Twins
	// Physics finds out what the readings of a device say together. nil finds out nothing.
	Physics Physics
	// UI holds index.html and assets/; nil is a binary built without the UI.
	UI fs.FS
	// Guard wraps every route but /ping and /livez; nil lets everyone in.
	Guard func(http.Handler) http.Handler
	// Audience says what whoever sent a request may see, on every route but /ping and
	// /livez. nil takes everyone for the owner.
	Audience func(*http.Request) Audience
	// BasePath is the path under which a proxy shows the server, such as
	// "/coolant"; "" or "/" is none. Requests are understood with and without it.
	BasePath string
	Version  string
	// Listeners names the addresses for GET /api/v1/system; nil names none.
	Listeners func() []Listener
	// Ready says for each part whether it is ready (nil) or why not.
	Ready func() map[string]error
	// Connected counts the devices that are connected now.
	Connected func() int
	// Broker says how the way to the devices is now, for GET /api/v1/broker. It is
	// called for each request, from any goroutine. nil is the embedded broker alone.
	Broker func() coolant.BrokerStatus
	// StoreSize is the size of the database in bytes.
	StoreSize func(context.Context) (int64, error)
	// Gatherer serves /metrics; nil leaves it out.
	Gatherer prometheus.Gatherer
	// Registerer takes the metrics of this package; nil keeps none.
	Registerer prometheus.Registerer
	// Heartbeat is how long a stream may be silent; 0 is 15 s.
	Heartbeat time.Duration
	Now       func() time.Time // nil is time.Now
	Log       *slog.Logger     // nil is slog.Default
}

func (o *Options) complete() error {
	if o.Store == nil || o.Hub == nil {
		return errors.New("api: Store and Hub are required")
	}
	o.BasePath = strings.TrimSuffix(o.BasePath, "/")
	if o.BasePath != "" && !strings.HasPrefix(o.BasePath, "/") {
		o.BasePath = "/" + o.BasePath
	}
	if strings.ContainsAny(o.BasePath, `"'<>?#\ `) {
		return coolant.Errorf(coolant.CodeInvalid, "base path %q: only a plain path such as /coolant is allowed", o.BasePath)
	}
	if o.Guard == nil {
		o.Guard = func(h http.Handler) http.Handler { return h }
	}
	if o.Audience == nil {
		o.Audience = func(*http.Request) Audience { return Owner }
	}
	if o.Listeners == nil {
		o.Listeners = func() []Listener { return nil }
	}
	if o.Ready == nil {
		o.Ready = func() map[string]error { return nil }
	}
	if o.Connected == nil {
		o.Connected = func() int { return 0 }
	}
	if o.Broker == nil {
		o.Broker = func() coolant.BrokerStatus { return coolant.BrokerStatus{Mode: coolant.BrokerEmbedded} }
	}
	if o.StoreSize == nil {
		o.StoreSize = func(context.Context) (int64, error) { return 0, nil }
	}
	if o.Physics == nil {
		o.Physics = noPhysics{}
	}
	if o.Twins == nil {
		o.Twins = noTwins{}
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = 15 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return nil
}

// noTwins changes nothing.
type noTwins struct{}

func noControl() error {
	return coolant.Errorf(coolant.CodeUnavailable, "this server does not change devices")
}

func (noTwins) EditTwin(context.Context, coolant.DeviceID, uint64, json.RawMessage, coolant.Edit) (coolant.Twin, error) {
	return coolant.Twin{}, noControl()
}

func (noTwins) ReturnTwin(context.Context, coolant.DeviceID, uint64, uint64, coolant.Edit) (coolant.Twin, error) {
	return coolant.Twin{}, noControl()
}

func (noTwins) TwinHistory(context.Context, coolant.DeviceID, uint64, int) ([]coolant.Desired, error) {
	return nil, noControl()
}

func (noTwins) Command(context.Context, coolant.DeviceID, string, json.RawMessage, time.Duration) (coolant.CommandReply, error) {
	return coolant.CommandReply{}, noControl()
}

func (noTwins) HeldInput(coolant.DeviceID) (coolant.HeldInput, bool) {
	return coolant.HeldInput{}, false
}

func (noTwins) Input(context.Context, coolant.DeviceID, coolant.Input) error { return noControl() }
