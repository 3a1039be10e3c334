package app

import (
	"context"
	"time"

	"coolant"
)

// ready says for each part whether it can do its work.
func (h *house) ready() map[string]error {
	parts := map[string]error{"store": h.store.Health()}
	if h.remote != nil {
		parts["outside broker"] = h.remote.Health()
	}
	return parts
}

// connected counts the devices that are connected. Behind an outside broker only
// their own word tells.
func (h *house) connected() int {
	if h.remote == nil {
		return h.broker.Connected()
	}
	return h.hub.Online()
}

// brokerStatus is what people see of the way to the devices.
func (h *house) brokerStatus() coolant.BrokerStatus {
	s := coolant.BrokerStatus{Mode: h.Config.Broker}
	if h.remote != nil {
		r := h.remote.Status()
		s.Remote = &r
	}
	if h.meter != nil {
		q := h.meter.Status()
		s.Quota = &q
	}
	return s
}

// tellBroker shows the page how the way to the devices is now. Who tells later
// looked later: one at a time.
func (h *house) tellBroker() {
	h.telling.Lock()
	defer h.telling.Unlock()
	h.hub.Broker(h.brokerStatus())
}

// tellOften tells what changes by time alone, such as a certificate that is about
// to end.
func (h *house) tellOften(ctx context.Context) error {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			h.tellBroker()
		}
	}
}

// forget drops what brokers keep of a device that was removed.
func (h *house) forget(id coolant.DeviceID) {
	h.routes.forget(id)
	if h.broker != nil {
		h.broker.Forget(id)
	}
	if h.remote != nil && h.remote.Linked() {
		h.clear(context.Background(), id)
	}
}

// disconnect ends the connections of a device whose password changed. Those to an
// outside broker are not ours to end.
func (h *house) disconnect(id coolant.DeviceID) {
	if h.broker != nil {
		h.broker.Disconnect(id)
	}
}
