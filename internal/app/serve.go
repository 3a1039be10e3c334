package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"coolant"
	"coolant/internal/api"
	"coolant/internal/app/config"
	"coolant/internal/auth"
	"coolant/internal/broker/embedded"
	"coolant/internal/broker/remote"
	"coolant/internal/control"
	"coolant/internal/ingest"
	"coolant/internal/live"
	"coolant/internal/physics"
	"coolant/internal/quota"
	"coolant/internal/rollup"
	"coolant/internal/store/sqlite"
	"coolant/web"
)

// ringEvents is how many live events are kept for browsers that reconnect.
const ringEvents = 4096

// Service is what a running service is told, and tells.
type Service struct {
	Config  config.Config
	Version string
	Log     *slog.Logger
	// Environ is the process's environment, in which a service manager says how to
	// reach it; nil means that there is none.
	Environ []string
	// Ready is called once when every port is open, with the addresses. It may be
	// nil.
	Ready func(Running)
}

// Running is a service that has started.
type Running struct {
	Addresses Addresses
	Data      string // the data directory, which a demo may have made for itself
	Devices   DeviceAdmin
	Authority *auth.Authority
}

// Run runs the service until ctx ends, then stops it: ports first, then ingest
// with its last commit, then the store. Nothing that was acknowledged is lost.
func (s Service) Run(ctx context.Context) (err error) {
	dir := dataDir(s.Config.Data)
	h, err := s.open(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.store.Close()) }()
	ports, err := listen(ctx, s.Config)
	if err != nil {
		return err
	}
	defer ports.close()
	if err := h.newBrokers(ctx, ports); err != nil {
		return err
	}
	handler, err := h.newAPI(ports.addresses())
	if err != nil {
		return err
	}
	parts := h.parts(ports, handler)
	if err := dir.writeAddresses(ports.addresses()); err != nil {
		// On a full disk the service is needed all the same.
		s.Log.Warn("the command line cannot ask for this service's health", "error", err)
	}
	defer dir.removeAddresses()
	if socket, err := dir.openSocket(ctx); err != nil {
		s.Log.Warn("the command line cannot change the devices of this service", "error", err)
	} else {
		defer dir.removeSocket(socket)
		admin := &adminSocket{listener: socket, devices: h.admin(), commands: h, twins: h, backup: h.store.Backup, separation: h.setSeparation, ready: h.ready, log: s.Log}
		parts = append(parts, part{"command socket", admin.run})
	}
	// It ends early, so that who waits for a device's answer hears that none will come.
	parts = append(parts, part{"commands", h.commander.Run}, part{"twins", h.twins.Run})
	if m, err := h.newManager(ports.addresses()); err != nil {
		s.Log.Warn("the service manager cannot be told how the service is", "error", err)
	} else if m != nil { // starts last and stops first: ready once all run, and first to say that they end
		parts = append(parts, part{"service manager", m.run})
	}
	if s.Ready != nil {
		s.Ready(Running{Addresses: ports.addresses(), Data: s.Config.Data, Devices: h.admin(), Authority: h.authority})
	}
	return runParts(ctx, s.Log, parts...)
}

// parts lists what runs, in the order in which it starts.
func (h *house) parts(ports listeners, handler http.Handler) []part {
	parts := []part{
		{"rollup", h.rollup.Run},
		{"live", h.hub.Run},
		{"ingest", h.ingest.Run},
	}
	if h.broker != nil {
		parts = append(parts, part{"broker", h.broker.Serve})
	}
	if h.meter != nil {
		parts = append(parts, part{"quota", h.meter.Run})
	}
	if h.remote != nil {
		parts = append(parts, part{"outside broker", h.remote.Run}, part{"broker status", h.tellOften})
	}
	if ports.http != nil {
		parts = append(parts, part{"http", serveHTTP(ports.http, handler, h.Log)})
	}
	if ports.debug != nil {
		parts = append(parts, part{"profiler", serveHTTP(ports.debug, profiler(), h.Log)})
	}
	return parts
}

// house holds the parts while they are being joined.
type house struct {
	Service
	dir       dataDir
	metrics   *prometheus.Registry
	store     *sqlite.Store
	book      *auth.Book
	authority *auth.Authority
	hub       *live.Hub
	rollup    *rollup.Rollup
	ingest    *ingest.Ingest
	commander *control.Commander
	twins     *control.Twins
	guests    *guests
	physics   *physics.Reader
	// broker and remote are nil where devices do not come that way.
	broker *embedded.Broker
	remote *remote.Broker
	meter  *quota.Meter // nil where the outside broker is not metered

	routes  routes
	removed *removed
	inputs  *inputs
	telling sync.Mutex
}

// open builds everything that needs no port.
func (s Service) open(ctx context.Context, dir dataDir) (_ *house, err error) {
	h := &house{Service: s, dir: dir, routes: routes{of: map[coolant.DeviceID]way{}}, inputs: newInputs(time.Now), metrics: prometheus.NewRegistry()}
	h.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo(s.Version))
	if h.store, err = dir.openStore(ctx, s.Log, h.metrics); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			h.store.Close()
		}
	}()
	if h.authority, err = auth.OpenAuthority(dir.tls(), certificateNames(s.Config.MQTTS.Names), nil); err != nil {
		return nil, err
	}
	if h.book, err = auth.OpenBook(ctx, h.store, nil); err != nil {
		return nil, err
	}
	documents, err := h.store.Documents(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the devices' documents: %w", err)
	}
	if err = h.newHub(ctx, documents); err != nil {
		return nil, err
	}
	h.rollup = rollup.New(rollup.Options{
		Store:  h.store,
		Policy: rollup.Policy{Raw: s.Config.Retention.Raw, Minute: s.Config.Retention.Minute},
		Log:    s.Log,
	})
	if h.commander, err = control.NewCommander(control.CommanderOptions{Publish: h.sendCommand, Log: s.Log}); err != nil {
		return nil, err
	}
	if err = h.newTwins(ctx, documents); err != nil {
		return nil, err
	}
	if h.physics, err = physics.NewReader(physics.Options{Store: h.store, Loop: h.loop}); err != nil {
		return nil, err
	}
	if h.ingest, err = ingest.New(ingest.Options{
		Store:         h.store,
		Down:          h.down,
		Observer:      downstream{twinWatch{h.hub, h.twins}, h.rollup},
		Replies:       h.commander,
		ArticleMetric: s.Config.Article.Metric,
		RawRetention:  s.Config.Retention.Raw,
		Documents:     documents,
		Log:           s.Log,
		Registerer:    h.metrics,
	}); err != nil {
		return nil, err
	}
	return h, nil
}

func (h *house) newHub(ctx context.Context, documents []coolant.DeviceDocument) error {
	devices, err := h.store.Devices(ctx)
	if err != nil {
		return fmt.Errorf("read the devices: %w", err)
	}
	if h.removed, err = openRemoved(ctx, h.store); err != nil {
		return err
	}
	if devices, err = h.withoutRemoved(ctx, devices); err != nil {
		return err
	}
	newest, err := h.store.Newest(ctx)
	if err != nil {
		return fmt.Errorf("read the newest values: %w", err)
	}
	h.hub = live.New(live.Options{
		Limits:     h.Config.Limits,
		Silence:    h.Config.Silence,
		Ring:       ringEvents,
		Primary:    h.Config.Primary,
		Log:        h.Log,
		Registerer: h.metrics,
	})
	h.hub.Load(devices, newest, documents)
	h.guests = newGuests(devices, h.removed)
	h.guests.ensure, h.guests.devices = h.store.EnsureDevice, h.store.Devices
	h.guests.joined = func(d coolant.Device) { h.hub.DeviceAdded(d) }
	return nil
}

// newBrokers makes the ways to the devices that the configuration asks for.
func (h *house) newBrokers(ctx context.Context, ports listeners) (err error) {
	if h.Config.Broker != coolant.BrokerRemote {
		if h.broker, err = h.newBroker(ports); err != nil {
			return err
		}
	}
	if h.Config.Broker != coolant.BrokerEmbedded {
		if h.meter, err = h.newMeter(ctx); err != nil {
			return err
		}
		h.remote, err = h.newRemote(ctx)
	}
	return err
}

func (h *house) newBroker(ports listeners) (*embedded.Broker, error) {
	return embedded.New(embedded.Options{
		MQTTS:         ports.mqtts,
		MQTT:          ports.mqtt,
		TLS:           h.authority.TLS(),
		Auth:          h.book,
		Known:         h.book.Known,
		Handler:       h.from(hereWay),
		Records:       h.store,
		Refuse:        h.ingest.Refuse,
		ArticleTopic:  h.Config.Article.Topic,
		ArticleDevice: h.Config.Article.Device,
		Log:           h.Log,
		Registerer:    h.metrics,
	})
}

func (h *house) newAPI(addresses Addresses) (http.Handler, error) {
	who := audience(h.Config.HTTP.Public)
	if h.Config.HTTP.Public != "off" && addresses.HTTP != "" {
		h.Log.Info("others than this machine may read the page; there are no accounts yet", "http.public", h.Config.HTTP.Public, "address", addresses.HTTP)
	}
	return api.New(api.Options{
		Store:      h.store,
		Hub:        h.hub,
		Twins:      h,
		Physics:    h.physics,
		UI:         web.FS(),
		Guard:      guard(who),
		Audience:   who,
		BasePath:   h.Config.HTTP.BasePath,
		Version:    h.Version,
		Listeners:  addresses.shown,
		Ready:      h.ready,
		Connected:  h.connected,
		Broker:     h.brokerStatus,
		Gatherer:   h.metrics,
		Registerer: h.metrics,
		StoreSize:  h.store.Size,
		Log:        h.Log,
	})
}

func (h *house) admin() DeviceAdmin {
	return &liveDevices{
		register: register{h.book, h.removed},
		log:      h.Log,
		newest:   h.newest,
		added: func(d coolant.Device, newest ...coolant.Newest) {
			h.guests.added(d.ID)
			h.hub.DeviceAdded(d, newest...)
			if err := h.twins.Added(context.Background(), d.ID); err != nil {
				h.Log.Warn("what was desired of a device earlier could not be read", "device", string(d.ID), "error", err)
			}
		},
		removed: func(id coolant.DeviceID) {
			h.guests.forget(id)
			h.forget(id)
			h.hub.DeviceRemoved(id)
			h.ingest.Forget(id)
			h.twins.Forget(id)
		},
		disconnect: h.disconnect,
	}
}

// newest reads the last readings of a device. One that has none, as nearly
// every new device, costs one look into the index.
func (h *house) newest(ctx context.Context, id coolant.DeviceID) ([]coolant.Newest, error) {
	times, err := h.store.LastTimes(ctx, id)
	if err != nil || len(times) == 0 {
		return nil, err
	}
	all, err := h.store.Newest(ctx)
	return all[id], err
}

// downstream is everything that hears of a commit.
type downstream struct {
	twinWatch
	rollup *rollup.Rollup
}

func (d downstream) Committed(no uint64, fresh []coolant.Sample) {
	d.Hub.Committed(no, fresh)
	d.rollup.Poke()
}

func buildInfo(version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "coolant_build_info", Help: "Always 1; the label says which version runs.",
		ConstLabels: prometheus.Labels{"version": version},
	}, func() float64 { return 1 })
}
