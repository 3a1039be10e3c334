package app

import (
	"context"
	"log/slog"

	"coolant"
	"coolant/internal/broker/remote"
	"coolant/internal/quota"
	"coolant/internal/wire"
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
		Handler:       h.from(thereWay),
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
// What it keeps of devices that were removed would bring them back: it goes.
func (h *house) sayAgain(ctx context.Context) {
	if err := h.ingest.Repeat(ctx); err != nil && ctx.Err() == nil {
		h.Log.Warn("cannot tell the devices again what is committed", slog.Any("error", err))
	}
	for _, id := range h.removed.traces() {
		if ctx.Err() != nil || !h.clear(ctx, id) {
			return // the next connection goes on
		}
	}
}

// clear removes what the outside broker retains of a device that was removed.
func (h *house) clear(ctx context.Context, id coolant.DeviceID) bool {
	var err error
	for _, k := range []wire.Kind{wire.Committed, wire.Desired, wire.Status, wire.Info, wire.Reported} {
		if !h.removed.has(id) {
			return true // added again meanwhile: what is retained is its own
		}
		if err = h.remote.Publish(wire.Topic(id, k), nil, 1, true); err != nil {
			break
		}
	}
	if err == nil {
		err = h.removed.cleared(ctx, id)
	}
	if err != nil {
		h.Log.Warn("the outside broker still keeps messages of a device that was removed; it is tried again at the next connection",
			slog.String("device", string(id)), slog.Any("error", err))
	}
	return err == nil
}
