package app

import (
	"coolant"
	"coolant/internal/wire"
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

// tellBroker shows the page how the way to the devices is now.
func (h *house) tellBroker() { h.hub.Broker(h.brokerStatus()) }

// forget drops what brokers keep of a device that was removed.
func (h *house) forget(id coolant.DeviceID) {
	if h.broker != nil {
		h.broker.Forget(id)
	}
	if h.remote == nil || !h.remote.Linked() {
		return
	}
	// What an outside broker keeps of it would bring it back at the next start.
	for _, k := range []wire.Kind{wire.Committed, wire.Desired, wire.Status, wire.Info, wire.Reported} {
		if err := h.remote.Publish(wire.Topic(id, k), nil, 1, true); err != nil {
			h.Log.Warn("the outside broker still keeps messages of a device that was removed", "device", id, "error", err)
			return
		}
	}
}

// disconnect ends the connections of a device whose password changed. Those to an
// outside broker are not ours to end.
func (h *house) disconnect(id coolant.DeviceID) {
	if h.broker != nil {
		h.broker.Disconnect(id)
	}
}
