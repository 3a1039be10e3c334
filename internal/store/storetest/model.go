package storetest

import (
	"cmp"
	"math"
	"slices"

	"coolant"
)

// model is the simplest thing that knows what a store should know.
type model struct {
	values map[place]float64
	faults map[place]coolant.Quality
	boots  map[bootKey]map[uint64]bool // the numbers that were received
	order  []bootKey                   // in which starts appeared
	no     uint64
	lost   coolant.UnixMilli // samples before it have expired and are only in buckets
}

// place is where a reading is stored.
type place struct {
	device coolant.DeviceID
	metric coolant.Metric
	time   coolant.UnixMilli
}

type bootKey struct {
	device coolant.DeviceID
	boot   coolant.Boot
}

func newModel() *model {
	return &model{
		values: make(map[place]float64),
		faults: make(map[place]coolant.Quality),
		boots:  make(map[bootKey]map[uint64]bool),
	}
}

func (m *model) put(d coolant.DeviceID, metric coolant.Metric, t coolant.UnixMilli, v float64) {
	m.values[place{d, metric, t}] = v
}

// append does what Append should and says what it should answer.
func (m *model) append(batch []coolant.Sample) coolant.Commit {
	c := coolant.Commit{Fresh: make([]bool, len(batch))}
	named := map[bootKey]bool{}
	for i, s := range batch {
		c.Fresh[i] = m.take(s)
		if s.Identified() {
			named[bootKey{s.Device, s.Boot}] = true
		}
	}
	if slices.Contains(c.Fresh, true) {
		m.no++
	}
	c.No = m.no
	for k := range named {
		c.Watermarks = append(c.Watermarks, coolant.Watermark{Device: k.device, Boot: k.boot, Through: m.through(k)})
	}
	return c
}

func (m *model) take(s coolant.Sample) (fresh bool) {
	if s.Identified() {
		key := bootKey{s.Device, s.Boot}
		if m.boots[key] == nil {
			m.boots[key] = make(map[uint64]bool)
			m.order = append(m.order, key)
		}
		if m.boots[key][s.Seq] {
			return false
		}
		m.boots[key][s.Seq] = true
		fresh = len(s.Readings) == 0
	}
	for _, r := range s.Readings {
		p := place{s.Device, r.Metric, s.Time}
		if r.Quality == coolant.Good {
			if _, exists := m.values[p]; !exists {
				m.values[p], fresh = r.Value, true
			}
		} else if _, exists := m.faults[p]; !exists {
			m.faults[p], fresh = r.Quality, true
		}
	}
	return fresh
}

func (m *model) through(k bootKey) (n uint64) {
	for m.boots[k][n+1] {
		n++
	}
	return n
}

func (m *model) latestWatermarks() map[coolant.DeviceID]coolant.Watermark {
	latest := make(map[coolant.DeviceID]coolant.Watermark)
	for _, k := range m.order {
		latest[k.device] = coolant.Watermark{Device: k.device, Boot: k.boot, Through: m.through(k)}
	}
	return latest
}

func (m *model) newest() map[coolant.DeviceID]map[coolant.Metric]coolant.Newest {
	newest := make(map[coolant.DeviceID]map[coolant.Metric]coolant.Newest)
	put := func(p place, n coolant.Newest) {
		if newest[p.device] == nil {
			newest[p.device] = make(map[coolant.Metric]coolant.Newest)
		}
		if old, exists := newest[p.device][p.metric]; !exists || old.Time < n.Time || old.Time == n.Time && n.Quality != coolant.Good {
			newest[p.device][p.metric] = n
		}
	}
	for p, v := range m.values {
		put(p, coolant.Newest{Metric: p.metric, Value: v, Time: p.time})
	}
	for p, q := range m.faults {
		put(p, coolant.Newest{Metric: p.metric, Quality: q, Time: p.time})
	}
	return newest
}

// timed is a value with its time.
type timed struct {
	t coolant.UnixMilli
	v float64
}

// series returns the values of a series in [from, to), in order.
func (m *model) series(d coolant.DeviceID, metric coolant.Metric, from, to coolant.UnixMilli) (s []timed) {
	for p, v := range m.values {
		if p.device == d && p.metric == metric && p.time >= from && p.time < to {
			s = append(s, timed{p.time, v})
		}
	}
	slices.SortFunc(s, func(a, b timed) int { return cmp.Compare(a.t, b.t) })
	return s
}

// failer is the part of a test that the model needs.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// check compares an answer with the model, sample by sample.
func (m *model) check(t failer, w coolant.Window, cols coolant.Columns) {
	t.Helper()
	checkShape(t, w, cols)
	union := make(map[coolant.UnixMilli]bool)
	fits := w.From >= m.lost
	for _, c := range cols.Series {
		step := max(cols.Step, 1)
		from, to := w.From.Truncate(step), (w.To + step - 1).Truncate(step)
		data := m.series(w.Device, c.Metric, from, to)
		inside := 0
		for _, d := range data {
			if d.t >= w.From && d.t < w.To {
				inside++
				union[d.t] = true
				if _, found := slices.BinarySearch(cols.Times, d.t.Truncate(cols.Step)); !found {
					t.Fatalf("%s: no bucket of width %d has the sample at %d", c.Metric, cols.Step, d.t)
				}
			}
		}
		fits = fits && inside <= w.Width
		m.checkColumn(t, cols, c, data)
	}
	if fits = fits && len(union) <= w.Width; fits && cols.Step != 0 {
		t.Fatalf("%d samples fit into a width of %d, but the answer has buckets of %d", len(union), w.Width, cols.Step)
	}
}

func (m *model) checkColumn(t failer, cols coolant.Columns, c coolant.Column, data []timed) {
	t.Helper()
	next := 0
	for i, at := range cols.Times {
		for next < len(data) && data[next].t < at {
			next++
		}
		lowest, highest, sum, n, last := math.NaN(), math.NaN(), 0.0, 0, math.NaN()
		for ; next < len(data) && data[next].t < at+max(cols.Step, 1); next++ {
			v := data[next].v
			if n == 0 {
				lowest, highest = v, v
			}
			lowest, highest, last = min(lowest, v), max(highest, v), v
			sum += v
			n++
		}
		if !same(c.Min[i], lowest) || !same(c.Max[i], highest) {
			t.Fatalf("%s at %d (+%d, %s): min %v and max %v, want %v and %v", c.Metric, at, cols.Step, cols.Resolution, c.Min[i], c.Max[i], lowest, highest)
		}
		if mean := sum / float64(n); n > 0 && !(math.Abs(c.Mean[i]-mean) <= 1e-9*max(1, math.Abs(mean))) {
			t.Fatalf("%s at %d (+%d, %s): mean %v, want %v", c.Metric, at, cols.Step, cols.Resolution, c.Mean[i], mean)
		}
		if at >= m.lost && !same(c.Last[i], last) {
			t.Fatalf("%s at %d (+%d, %s): last %v, want %v", c.Metric, at, cols.Step, cols.Resolution, c.Last[i], last)
		}
	}
}
