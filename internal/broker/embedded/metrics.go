package embedded

import (
	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/wire"
)

type metrics struct {
	received    [wire.Article + 1]prometheus.Counter
	refused     *prometheus.CounterVec
	dropped     *prometheus.CounterVec
	undelivered prometheus.Counter
}

func newMetrics(b *Broker, r prometheus.Registerer) (*metrics, error) {
	received := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "coolant_broker_messages_received_total",
		Help: "Messages that devices published and that were handed on, by kind of topic.",
	}, []string{"kind"})
	m := &metrics{
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_broker_refused_total",
			Help: "What the broker refused, by reason.",
		}, []string{"code"}),
		dropped: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_broker_dropped_connections_total",
			Help: "Connections that the broker ended by itself, by cause.",
		}, []string{"cause"}),
	}
	m.undelivered = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "coolant_broker_undelivered_total",
		Help: "Messages for which a client had no room, because it does not acknowledge.",
	})
	for k := wire.Telemetry; k <= wire.Article; k++ {
		if k.Up() {
			m.received[k] = received.WithLabelValues(k.String())
		}
	}
	connected := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "coolant_broker_connected_clients",
		Help: "Clients that are connected and authenticated.",
	}, func() float64 { return float64(b.Connected()) })
	if r == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{received, m.refused, m.dropped, m.undelivered, connected} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// refuse counts a refusal and passes it on.
func (b *Broker) refuse(r coolant.Rejection) {
	b.metrics.refused.WithLabelValues(string(r.Code)).Inc()
	r.Time, r.Count = coolant.Milli(b.o.Now()), 1
	b.o.Refuse(r)
}
