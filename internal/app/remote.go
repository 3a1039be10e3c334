package app

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"coolant"
	"coolant/internal/broker/remote"
	"coolant/internal/quota"
)

// publishRate is what a serverless broker allows one client, in messages a second
// (EMQX Cloud Serverless: 10).
const publishRate = 10

// endpoint is the configured outside broker.
func (s Service) endpoint() remote.Endpoint {
	r := s.Config.Remote
	return remote.Endpoint{
		URL: r.URL, Username: r.Username, Password: r.Password, ClientID: r.ClientID,
		CAFile: r.CAFile, CertFile: r.CertFile, KeyFile: r.KeyFile, ServerName: r.ServerName, Protocol: r.Protocol,
	}
}

func (h *house) newRemote(ctx context.Context) (*remote.Broker, error) {
	o := remote.Options{
		Endpoint:      h.endpoint(),
		SessionExpiry: h.Config.Remote.SessionExpiry,
		Handler:       h.ingest,
		Records:       h.store,
		Admit:         h.guests.admit,
		Refuse:        h.ingest.Refuse,
		Connected:     h.sayAgain,
		Changed:       h.tellBroker,
		ArticleTopic:  h.Config.Article.Topic,
		ArticleDevice: h.Config.Article.Device,
		Log:           h.Log,
		Registerer:    h.metrics,
	}
	if h.Config.Quota.Preset != "none" {
		o.PublishRate = publishRate
	}
	if h.meter != nil {
		o.Traffic = h.meter.Count
	}
	return remote.New(ctx, o)
}

// newMeter makes the meter of the outside broker's allowance, nil if it has none.
func (h *house) newMeter(ctx context.Context) (*quota.Meter, error) {
	q := h.Config.Quota
	limits, preset := quota.Allowance(q.Preset, quota.Limits{SessionMinutes: q.SessionMinutes, Bytes: q.Bytes})
	if limits == (quota.Limits{}) {
		return nil, nil
	}
	return quota.New(ctx, quota.Options{
		Limits: limits, Preset: preset, Records: h.store,
		Sessions:   h.sessions,
		Changed:    func(coolant.Quota) { h.tellBroker() },
		Log:        h.Log,
		Registerer: h.metrics,
	})
}

// sessions counts the clients of the outside broker: this service, and the devices
// that say that they are connected and are not so here.
func (h *house) sessions() int {
	n := h.hub.Online()
	if h.broker != nil {
		n = max(0, n-h.broker.Connected())
	}
	if h.remote.Linked() {
		n++
	}
	return n
}

// sayAgain repeats what devices must know when an outside broker is connected: it
// may have lost what it kept for them, and what was said meanwhile went nowhere.
func (h *house) sayAgain(ctx context.Context) {
	if err := h.ingest.Repeat(ctx); err != nil && ctx.Err() == nil {
		h.Log.Warn("cannot tell the devices again what is committed", slog.Any("error", err))
	}
}

// down is ingest's way to the devices, through every broker that there is. While
// the outside one is away nothing is lost by not saying it: sayAgain does.
func (h *house) down(topic string, payload []byte, qos byte, retain bool) error {
	var errs []error
	if h.broker != nil {
		errs = append(errs, h.broker.Publish(topic, payload, qos, retain))
	}
	if h.remote != nil && h.remote.Linked() {
		errs = append(errs, h.remote.Publish(topic, payload, qos, retain))
	}
	return errors.Join(errs...)
}

// maxGuests bounds how many devices may join by what they publish through an
// outside broker, whose users are not ours to know: what its smallest plan lets
// connect (EMQX Cloud Serverless: 1,000).
const maxGuests = 1000

// guests decides which devices are heard through an outside broker: those that are
// registered, and new ones, which register by what they publish. A device that was
// removed stays out until it is added again, though its user there may live on.
type guests struct {
	ensure  func(ctx context.Context, d coolant.Device) error
	devices func(ctx context.Context) ([]coolant.Device, error)
	joined  func(coolant.Device)

	mu      sync.Mutex
	known   map[coolant.DeviceID]bool
	removed map[coolant.DeviceID]bool
}

func newGuests(known []coolant.Device) *guests {
	g := &guests{known: map[coolant.DeviceID]bool{}, removed: map[coolant.DeviceID]bool{}}
	for _, d := range known {
		g.known[d.ID] = true
	}
	return g
}

// admit is fast for devices that are known.
func (g *guests) admit(ctx context.Context, id coolant.DeviceID) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.known[id]:
		return nil
	case g.removed[id]:
		return coolant.Errorf(coolant.CodeForbidden, "the device was removed here: take its user away at the outside broker, or add it again")
	case len(g.known) >= maxGuests:
		return coolant.Errorf(coolant.CodeForbidden, "a new device, and there are %d already: add it with coolant device add", maxGuests)
	}
	if err := g.ensure(ctx, coolant.Device{ID: id}); err != nil {
		return coolant.Errorf(coolant.CodeUnavailable, "the new device could not be registered: %w", err)
	}
	g.known[id] = true
	all, err := g.devices(ctx)
	if err != nil {
		return nil // the board learns of it by its samples
	}
	for _, d := range all {
		if d.ID == id {
			g.joined(d)
		}
	}
	return nil
}

func (g *guests) added(id coolant.DeviceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known[id] = true
	delete(g.removed, id)
}

func (g *guests) forget(id coolant.DeviceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, id)
	g.removed[id] = true
}
