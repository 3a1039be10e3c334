package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// refuseMessage turns the error of a decoder into a refusal of the message; nil
// stays nil.
func (g *Ingest) refuseMessage(m *wire.Message, err error) error {
	if err == nil {
		return nil
	}
	code := coolant.RejectedField
	if p, ok := errors.AsType[*wire.Problem](err); ok {
		code = p.Code
	}
	return g.refuse(m, code, err.Error())
}

// acceptDocument stores a status, info or reported message and returns what its
// receipt hears.
func (g *Ingest) acceptDocument(m *wire.Message) error {
	doc := coolant.DeviceDocument{Device: m.Device, Received: m.Received}
	var status wire.StatusPayload
	var err error
	switch m.Kind {
	case wire.Status:
		doc.Kind = coolant.DocStatus
		status, err = wire.DecodeStatus(m.Payload)
	case wire.Info:
		doc.Kind = coolant.DocInfo
		_, err = wire.DecodeInfo(m.Payload)
	default:
		doc.Kind = coolant.DocReported
		_, err = wire.DecodeReported(m.Payload)
	}
	if err != nil {
		return g.refuseMessage(m, err)
	}
	d := g.devices.get(m.Device)
	d.docs.Lock()
	defer d.docs.Unlock()
	if m.Kind == wire.Status && !d.counts(status) {
		return nil
	}
	doc.Body = bytes.Clone(m.Payload)
	if err := g.putDocument(g.alive, doc); err != nil {
		return err
	}
	if m.Kind == wire.Status {
		d.presence = status
		if status.Online {
			g.down.online(m.Device, status.Boot)
		}
	}
	g.Observer.Document(doc)
	return nil
}

// counts says whether a status changes the device's presence: an online always
// does, an offline only if it is about the current connection or nothing is
// known. A will of a connection that has been replaced does not.
func (d *device) counts(s wire.StatusPayload) bool {
	if s.Online || d.presence.Boot == 0 {
		return true
	}
	return d.presence.Online && s.Boot == d.presence.Boot && s.Conn == d.presence.Conn
}

// putDocument stores a document, trying again while that may help: a device says
// some of them once, and a last will is never said again.
func (g *Ingest) putDocument(ctx context.Context, doc coolant.DeviceDocument) error {
	for delay := firstRetry; ; delay = min(2*delay, lastRetry) {
		err := g.Store.PutDocument(ctx, doc)
		if err == nil || coolant.CodeOf(err) == coolant.CodeInvalid {
			return err
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return coolant.Errorf(coolant.CodeUnavailable, "%w", fmt.Errorf("store the %s of %s: %w", doc.Kind, doc.Device, err))
		}
	}
}
