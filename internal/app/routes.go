package app

import (
	"sync"

	"coolant"
	"coolant/internal/wire"
)

// way is by which broker a device comes.
type way uint8

const (
	anyWay way = iota // not heard of yet
	hereWay
	thereWay
)

// routes remembers by which broker each device was heard last, so that what is
// said to it goes there only: the outside one may be metered, and slow. It is safe
// for concurrent use.
type routes struct {
	mu sync.RWMutex
	of map[coolant.DeviceID]way
}

func (r *routes) get(id coolant.DeviceID) way {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.of[id]
}

func (r *routes) note(id coolant.DeviceID, w way) {
	if r.get(id) == w {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[id] = w
}

func (r *routes) forget(id coolant.DeviceID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, id)
}

// acceptor is what a broker passes messages to.
type acceptor interface {
	Accept(m wire.Message, r wire.Receipt, token uint64)
}

// wayfinder notes the way of what a broker passes on.
type wayfinder struct {
	acceptor
	routes *routes
	by     way
}

// Accept passes a message on. What was retained and what waited in a queue say
// nothing of where the device is now, and neither does a last will, which an outside
// broker does not tell from a greeting: info and telemetry follow that at once.
func (w wayfinder) Accept(m wire.Message, r wire.Receipt, token uint64) {
	if w.by == hereWay && m.Live || w.by == thereWay && !m.Retained && !m.Queued && m.Kind != wire.Status {
		w.routes.note(m.Device, w.by)
	}
	w.acceptor.Accept(m, r, token)
}

// from is the handler of a broker.
func (h *house) from(w way) acceptor {
	if h.Config.Broker != coolant.BrokerBoth {
		return h.ingest
	}
	return wayfinder{h.ingest, &h.routes, w}
}

// down is ingest's way to the devices. While the outside broker is away nothing is
// lost by not saying it: sayAgain does.
func (h *house) down(topic string, payload []byte, qos byte, retain bool) error {
	_, err := h.publish(topic, payload, qos, retain)
	return err
}

// publish says something to a device by the broker where it was heard last, or by
// every one that there is. said is false if there was none to say it by.
func (h *house) publish(topic string, payload []byte, qos byte, retain bool) (said bool, err error) {
	id, _, _ := wire.ParseTopic(topic)
	where := h.routes.get(id)
	if h.broker != nil && where != thereWay {
		said, err = true, h.broker.Publish(topic, payload, qos, retain)
	}
	if h.remote != nil && where != hereWay && h.remote.Linked() {
		said = true
		if failed := h.remote.Publish(topic, payload, qos, retain); failed != nil {
			err = failed
		}
	}
	return said, err
}
