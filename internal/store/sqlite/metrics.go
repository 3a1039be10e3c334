package sqlite

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
)

type metrics struct {
	commits    prometheus.Counter
	grouped    prometheus.Counter
	seconds    prometheus.Histogram
	rows       *prometheus.CounterVec
	duplicates prometheus.Counter
	failures   *prometheus.CounterVec
	rolledUp   prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		commits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coolant_store_commits_total", Help: "Transactions that reached the disk.",
		}),
		grouped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coolant_store_small_writes_total", Help: "Small writes, many of which may share a commit.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "coolant_store_commit_seconds", Help: "Duration of write transactions, until they are on disk.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 14),
		}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_store_rows_total", Help: "Readings stored, by kind.",
		}, []string{"kind"}),
		duplicates: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coolant_store_redelivered_samples_total", Help: "Samples that had been stored before.",
		}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_store_write_errors_total", Help: "Write transactions that failed, by reason.",
		}, []string{"reason"}),
		rolledUp: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coolant_store_rolled_up_hours_total", Help: "Hours of a series whose rollup buckets were recomputed.",
		}),
	}
	for _, kind := range []string{"value", "fault"} {
		m.rows.WithLabelValues(kind)
	}
	for _, code := range []coolant.Code{coolant.CodeStorageFull, coolant.CodeUnavailable, coolant.CodeInternal} {
		m.failures.WithLabelValues(string(code))
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.commits, m.grouped, m.seconds, m.rows, m.duplicates, m.failures, m.rolledUp} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics: %w", err)
		}
	}
	return m, nil
}
