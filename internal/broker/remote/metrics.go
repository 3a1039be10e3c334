package remote

import (
	"github.com/prometheus/client_golang/prometheus"

	"coolant"
)

// metrics are what an operator sees of the link.
type metrics struct {
	attempts       *prometheus.CounterVec
	received, sent prometheus.Counter
	in, out        prometheus.Counter
}

func newMetrics(b *Broker, r prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_remote_attempts_total", Help: "Attempts to connect to the outside broker, by result: ok or the code of the problem.",
		}, []string{"result"}),
		received: counter("coolant_remote_messages_received_total", "Messages that came through the outside broker."),
		sent:     counter("coolant_remote_messages_sent_total", "Messages that the outside broker took."),
		in:       counter("coolant_remote_bytes_received_total", "Bytes of MQTT from the outside broker, without TLS."),
		out:      counter("coolant_remote_bytes_sent_total", "Bytes of MQTT to the outside broker, without TLS."),
	}
	if r == nil {
		return m, nil
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	collectors := []prometheus.Collector{
		m.attempts, m.received, m.sent, m.in, m.out,
		gauge("coolant_remote_connected", "1 while the outside broker is connected and subscribed.", func() float64 {
			if b.Linked() {
				return 1
			}
			return 0
		}),
		gauge("coolant_remote_separation_proven", "1 if it is proven that the outside broker keeps devices apart, 0 if nobody tried, -1 if it does not.", func() float64 {
			switch b.Status().Separation.State {
			case coolant.SeparationProven:
				return 1
			case coolant.SeparationBroken:
				return -1
			default:
				return 0
			}
		}),
		gauge("coolant_remote_certificate_end_timestamp_seconds", "When the outside broker's chain of certificates ends; 0 without TLS.", func() float64 {
			if c := b.Status().Certificate; c != nil {
				return float64(c.Expires) / 1000
			}
			return 0
		}),
	}
	for _, c := range collectors {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) attempt(err error) {
	result := "ok"
	if p := asProblem(err); p != nil {
		result = p.Code
	} else if err != nil {
		result = "other"
	}
	m.attempts.WithLabelValues(result).Inc()
}

// counted counts the bytes of the connection.
func (b *Broker) counted(in, out int) {
	b.metrics.in.Add(float64(in))
	b.metrics.out.Add(float64(out))
	b.o.Traffic(in + out)
}
