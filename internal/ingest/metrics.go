package ingest

import (
	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/wire"
)

// metrics are what an operator sees of ingest; messages and rejected are looked
// up once, because they are counted for every message.
type metrics struct {
	messages   [wire.Article + 1]prometheus.Counter
	rejected   *prometheus.CounterVec
	samples    prometheus.Counter
	duplicates prometheus.Counter
	failures   prometheus.Counter
	batch      prometheus.Histogram
	wait       prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, pending func() float64) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	messages := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "coolant_ingest_messages_total", Help: "Messages that the broker passed on, by kind of topic.",
	}, []string{"kind"})
	m := &metrics{
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_ingest_rejected_total", Help: "Messages, samples and metrics that were refused, by reason.",
		}, []string{"code"}),
		samples:    counter("coolant_ingest_samples_total", "Samples that were new and are stored."),
		duplicates: counter("coolant_ingest_duplicates_total", "Samples that were recognised as redelivered."),
		failures:   counter("coolant_ingest_commit_failures_total", "Commits that failed and were tried again."),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "coolant_ingest_batch_size", Help: "Samples in one commit.",
			Buckets: prometheus.ExponentialBuckets(1, 4, 8),
		}),
		wait: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "coolant_ingest_commit_wait_seconds", Help: "How long the oldest message of a group waited until its commit began.",
			Buckets: prometheus.ExponentialBuckets(0.0001, 4, 9),
		}),
	}
	for kind := range m.messages {
		m.messages[kind] = messages.WithLabelValues(wire.Kind(kind).String())
	}
	if r == nil {
		return m, nil
	}
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "coolant_ingest_pending", Help: "Messages that wait for their commit.",
	}, pending)
	for _, c := range []prometheus.Collector{messages, m.rejected, m.samples, m.duplicates, m.failures, m.batch, m.wait, waiting} {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) countRejected(code coolant.RejectionCode, n int) {
	m.rejected.WithLabelValues(string(code)).Add(float64(n))
}
