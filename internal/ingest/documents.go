package ingest

import (
	"bytes"
	"crypto/sha256"
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

// acceptReply hands the answer to a command on. It is not stored: the command is sent
// again until somebody has heard the answer.
func (g *Ingest) acceptReply(m *wire.Message) error {
	reply, err := wire.DecodeReply(m.Payload)
	if err != nil {
		return g.refuseMessage(m, err)
	}
	if g.Replies != nil && m.Device != "" {
		g.Replies.Reply(m.Device, coolant.CommandReply(reply))
	}
	return nil
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
	doc.Body = bytes.Clone(m.Payload)
	kept := m.Retained || m.Queued
	n := &news{
		device: g.devices.get(m.Device), doc: doc, status: status,
		live: m.Live, again: m.Live || m.Again || kept, retained: m.Retained, kept: kept,
	}
	n.device.hear(m)
	n.number = n.device.arrivals.Add(1)
	if !kept && (m.Kind == wire.Status || !n.again) {
		n.device.newest.Store(n.number)
	}
	return g.keep(n)
}

// news is a document on its way to the store.
type news struct {
	device *device
	doc    coolant.DeviceDocument
	status wire.StatusPayload // of a status
	number uint64             // in the order of arrival
	live   bool               // it came over the embedded broker
	again  bool               // somebody waits, and will say it again
	// retained says that a broker had kept it for us: what is stored already is no
	// news, and there is one of it for every device at each connection.
	retained bool
	kept     bool // retained, or it waited at its broker: it may be old
}

// keep stores a document, trying again while that may help: a device says some of
// them once, and a last will is never said again. That goes on for as long as a
// sender is held back, or for a last will until something newer
// says how the device is.
func (g *Ingest) keep(n *news) error {
	var late <-chan time.Time
	for delay := firstRetry; ; delay = min(2*delay, lastRetry) {
		err := g.keepOnce(n)
		if err == nil || coolant.CodeOf(err) == coolant.CodeInvalid {
			return err
		}
		err = coolant.Errorf(coolant.CodeUnavailable, "%w", fmt.Errorf("store the %s of %s: %w", n.doc.Kind, n.doc.Device, err))
		if late == nil && n.again {
			late = time.After(holdBack)
		}
		if !n.again && n.device.newest.Load() > n.number {
			return err
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-late:
			timer.Stop()
			return err
		case <-g.alive.Done():
			timer.Stop()
			return err
		}
	}
}

// keepOnce stores a document unless that is in vain by now.
func (g *Ingest) keepOnce(n *news) error {
	d, isStatus := n.device, n.doc.Kind == coolant.DocStatus
	d.docs.Lock()
	defer d.docs.Unlock()
	if d.stored[n.doc.Kind] > n.number || isStatus && !d.counts(n) {
		return nil
	}
	sum := sha256.Sum256(n.doc.Body)
	if n.retained && d.sums[n.doc.Kind] == sum {
		return nil
	}
	if err := g.Store.PutDocument(g.alive, n.doc); err != nil {
		return err
	}
	if d.stored == nil {
		d.stored = map[coolant.Document]uint64{}
	}
	d.stored[n.doc.Kind] = n.number
	d.remember(n.doc.Kind, sum)
	if isStatus {
		d.presence, d.here = n.status, n.live && n.status.Online
		if n.status.Online {
			g.down.online(n.doc.Device, n.status.Boot)
		}
	}
	g.Observer.Document(n.doc)
	return nil
}

// nearby is for how long after its last message a device is taken to be at the
// embedded broker still. It is longer than the interval of all but the laziest devices,
// and matters only to one that left without an offline or a last will.
const nearby = 10 * coolant.Minute

// counts says whether a status changes the device's presence: an online does unless
// it is outdated, an offline only if it is about the current connection or nothing is
// known. A will of a connection that has been replaced does not.
func (d *device) counts(n *news) bool {
	s := &n.status
	switch {
	case d.presence.Boot == 0:
		return true
	case s.Online:
		return !n.kept || !d.outdated(n)
	}
	return d.presence.Online && s.Boot == d.presence.Boot && s.Conn == d.presence.Conn
}

// outdated says whether an online that an outside broker had kept is older than what
// is known. Of one boot, the connection with the smaller number is. Of another boot it
// usually is not: what was heard through that broker before is older than what it
// keeps, so the device restarted while this server was away from it. Only the embedded
// broker can know better. A device that said there that it is online, and was heard
// there just now, left the outside broker before; when it goes back, its offline or its
// will comes first, and what the outside broker keeps counts again.
func (d *device) outdated(n *news) bool {
	if n.status.Boot == d.presence.Boot {
		return n.status.Conn < d.presence.Conn
	}
	return d.here && n.doc.Received-coolant.UnixMilli(d.near.Load()) < nearby
}
