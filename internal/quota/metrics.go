package quota

import "github.com/prometheus/client_golang/prometheus"

// collector shows the month's use. All figures of one scrape are of one moment.
type collector struct {
	meter *Meter
	// For session minutes and for bytes: used, limit, projected.
	sessions, bytes [3]*prometheus.Desc
	level           *prometheus.Desc
}

func newCollector(m *Meter) *collector {
	three := func(unit, what string) [3]*prometheus.Desc {
		return [3]*prometheus.Desc{
			prometheus.NewDesc("coolant_quota_used_"+unit, what+" used of the broker's allowance since the month began (UTC), as estimated.", nil, nil),
			prometheus.NewDesc("coolant_quota_limit_"+unit, what+" that the broker's allowance has for a month; missing without a limit.", nil, nil),
			prometheus.NewDesc("coolant_quota_projected_"+unit, what+" that will be used at the end of the month, at the rate of the last day.", nil, nil),
		}
	}
	return &collector{
		meter: m, sessions: three("session_minutes", "Session minutes"), bytes: three("bytes", "Bytes of traffic"),
		level: prometheus.NewDesc("coolant_quota_level", "How near the broker's allowance is to its end: 0 ok, 1 warning, 2 over.", nil, nil),
	}
}

// Describe sends every description.
func (c *collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range append(append(c.sessions[:], c.bytes[:]...), c.level) {
		out <- d
	}
}

// Collect sends the figures of now.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	q := c.meter.Status()
	gauge := func(d *prometheus.Desc, v float64) { out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	gauge(c.sessions[0], q.SessionMinutes.Used)
	gauge(c.sessions[2], q.SessionMinutes.Projected)
	gauge(c.bytes[0], q.Bytes.Used)
	gauge(c.bytes[2], q.Bytes.Projected)
	if q.SessionMinutes.Limit > 0 {
		gauge(c.sessions[1], q.SessionMinutes.Limit)
	}
	if q.Bytes.Limit > 0 {
		gauge(c.bytes[1], q.Bytes.Limit)
	}
	gauge(c.level, float64(rank(q.Level)))
}
