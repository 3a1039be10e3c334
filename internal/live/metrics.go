package live

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	events  map[string]prometheus.Counter
	dropped prometheus.Counter
}

// newMetrics makes the hub's metrics; with a nil registerer they are counted
// and never shown.
func newMetrics(reg prometheus.Registerer, h *Hub) *metrics {
	events := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "coolant_live_events_total", Help: "Events that were published while anyone could read them, by name.",
	}, []string{"event"})
	m := &metrics{
		events: map[string]prometheus.Counter{},
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coolant_live_dropped_total", Help: "Subscribers that were disconnected because they read too slowly.",
		}),
	}
	for _, e := range []Event{&Samples{}, &Backfill{}, &Changed{}, &Removed{}, &Rejected{}, &Broker{}, &Twin{}, &Tick{}} {
		m.events[e.name()] = events.WithLabelValues(e.name())
	}
	if reg == nil {
		return m
	}
	gauge := func(name, help string, value func() int) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			h.mu.Lock()
			defer h.mu.Unlock()
			return float64(value())
		})
	}
	reg.MustRegister(events, m.dropped,
		gauge("coolant_live_subscribers", "Subscribers that are connected now.", func() int { return len(h.subs) }),
		gauge("coolant_live_devices", "Devices on the board.", func() int { return len(h.ordered) }),
		gauge("coolant_live_ring_events", "Events that are kept for subscribers that come back.", func() int { return h.ring.count }),
		gauge("coolant_live_ring_bytes", "Memory that those events hold, as estimated.", func() int { return h.ring.bytes }),
	)
	return m
}

func (m *metrics) published(e Event) { m.events[e.name()].Inc() }
