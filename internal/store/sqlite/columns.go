package sqlite

import (
	"context"
	"fmt"
	"math"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// Columns returns what a chart of the given width shows of a range.
//
// If every series has at most Width samples in the range, and all of them
// together at most Width times, the samples themselves are the answer. Otherwise
// it is made of at most Width buckets. Their width is the smallest that suits,
// counting only the part of the range that has data, out of 1, 2, 5, .. seconds,
// minutes, hours and days, aligned to 1970. They are whole: the first may begin
// before From and the last end after To. They come from the coarsest stored
// resolution that divides their width; where retention has taken it they are
// wider.
//
// Every metric that was asked for has a column, of NaN where there is no data.
// A device that is not registered is [coolant.CodeNotFound], a width outside 1 to
// [coolant.MaxWidth] is [coolant.CodeInvalid].
func (s *Store) Columns(ctx context.Context, win coolant.Window) (cols coolant.Columns, err error) {
	if win.Width < 1 || win.Width > coolant.MaxWidth {
		return coolant.Columns{}, coolant.Errorf(coolant.CodeInvalid, "width is %d; 1 to %d is possible", win.Width, coolant.MaxWidth)
	}
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		v, err := newView(conn)
		if err != nil {
			return err
		}
		list, err := findSeries(conn, win.Device, win.Metrics)
		if err != nil {
			return err
		}
		q := &query{view: v, series: list, width: win.Width, from: max(win.From, 0), to: min(win.To, maxTime)}
		cols, err = q.columns()
		return err
	})
	if err != nil {
		return coolant.Columns{}, fmt.Errorf("read the series of device %s: %w", win.Device, err)
	}
	return cols, nil
}

// maxTime is later than any sample; arithmetic with it does not overflow.
const maxTime = coolant.UnixMilli(1 << 60)

// namedSeries is a series that was asked for; its id is 0 if there is none.
type namedSeries struct {
	metric coolant.Metric
	id     int64
}

// findSeries returns the series of the given metrics, or all that the device has
// in alphabetical order.
func findSeries(conn *sqlite.Conn, device coolant.DeviceID, metrics []coolant.Metric) ([]namedSeries, error) {
	if err := knownDevice(conn, device); err != nil {
		return nil, err
	}
	var all []namedSeries
	err := each(conn, `SELECT id, metric FROM series WHERE device = ? ORDER BY metric`, []any{string(device)}, func(stmt *sqlite.Stmt) error {
		all = append(all, namedSeries{id: stmt.ColumnInt64(0), metric: coolant.Metric(stmt.ColumnText(1))})
		return nil
	})
	if err != nil || len(metrics) == 0 {
		return all, err
	}
	asked := make([]namedSeries, len(metrics))
	for i, m := range metrics {
		asked[i].metric = m
		for _, s := range all {
			if s.metric == m {
				asked[i].id = s.id
			}
		}
	}
	return asked, nil
}

// query is one call of Columns.
type query struct {
	*view
	series   []namedSeries
	from, to coolant.UnixMilli
	width    int
}

func (q *query) columns() (coolant.Columns, error) {
	data, err := q.dataRange()
	if err != nil || data.empty() {
		return q.empty(), err
	}
	if data.rawComplete {
		cols, ok, err := q.exact()
		if err != nil || ok {
			return cols, err
		}
	}
	step := niceStep(data.from, data.to, q.width, 1)
	switch {
	case step < coolant.Minute && data.rawComplete:
		return q.bucketed(data, step, coolant.Raw)
	case step < coolant.Minute && data.minutesComplete:
		return q.bucketed(data, coolant.Minute, coolant.PerMinute)
	case step < coolant.Hour && data.minutesComplete:
		return q.bucketed(data, step, coolant.PerMinute)
	case step < coolant.Hour && data.rawComplete:
		return q.bucketed(data, step, coolant.Raw)
	}
	return q.bucketed(data, niceStep(data.from, data.to, q.width, coolant.Hour), coolant.PerHour)
}

func (q *query) empty() coolant.Columns {
	cols := coolant.Columns{Resolution: coolant.Raw, Times: []coolant.UnixMilli{}, Series: make([]coolant.Column, len(q.series))}
	for i, s := range q.series {
		none := []float64{}
		cols.Series[i] = coolant.Column{Metric: s.metric, Min: none, Mean: none, Max: none, Last: none}
	}
	return cols
}

// dataRange is the part of the asked range that has data.
type dataRange struct {
	from, to                     coolant.UnixMilli
	rawComplete, minutesComplete bool
}

func (d dataRange) empty() bool { return d.from >= d.to }

func (q *query) dataRange() (dataRange, error) {
	d := dataRange{from: math.MaxInt64, rawComplete: true, minutesComplete: true}
	if q.from >= q.to {
		return d, nil
	}
	for _, s := range q.series {
		if s.id == 0 {
			continue
		}
		if err := q.widen(&d, s.id); err != nil {
			return d, err
		}
	}
	d.from, d.to = max(d.from, q.from), min(d.to, q.to)
	return d, nil
}

// widen extends d to the data that a series has in the asked range.
func (q *query) widen(d *dataRange, series int64) error {
	for _, end := range []string{
		`SELECT ts FROM samples WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT 1`,
		`SELECT ts FROM samples WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts DESC LIMIT 1`,
	} {
		stmt, err := q.conn.Prepare(end)
		if err != nil {
			return err
		}
		stmt.BindInt64(1, series)
		stmt.BindInt64(2, int64(q.from))
		stmt.BindInt64(3, int64(q.to))
		found, err := stmt.Step()
		if found {
			t := coolant.UnixMilli(stmt.ColumnInt64(0))
			d.from, d.to = min(d.from, t), max(d.to, t+1)
		}
		if err := finish(stmt, err); err != nil {
			return err
		}
	}
	expired := min(q.to, max(q.rawFrom, q.minuteFrom))
	if q.from >= expired {
		return nil
	}
	return q.chunkedHours(series, q.from.Truncate(coolant.Hour), expired, func(hour coolant.UnixMilli) {
		if hour < q.rawFrom {
			d.rawComplete = false
		}
		if hour < q.minuteFrom {
			d.minutesComplete = false
		}
		d.from, d.to = min(d.from, hour), max(d.to, hour+coolant.Hour)
	})
}

// chunkedHours calls fn with the hours in [from, to) that have a stored bucket.
func (v *view) chunkedHours(series int64, from, to coolant.UnixMilli, fn func(hour coolant.UnixMilli)) error {
	return v.chunks(series, hourGrain(), from.Truncate(coolant.Day), to, func(start coolant.UnixMilli, buckets []bucket) error {
		for i := range buckets {
			if t := start + coolant.UnixMilli(i)*coolant.Hour; buckets[i].n > 0 && t >= from && t < to {
				fn(t)
			}
		}
		return nil
	})
}

// bucketed answers with buckets out of one stored resolution, which divides step.
func (q *query) bucketed(d dataRange, step coolant.UnixMilli, from coolant.Resolution) (coolant.Columns, error) {
	start := d.from.Truncate(step)
	count := int(bucketCount(d.from, d.to, step))
	end := start + coolant.UnixMilli(count)*step
	filled := make([]bool, count)
	sums := make([][]bucket, len(q.series))
	for i, s := range q.series {
		if s.id == 0 {
			continue
		}
		sum := make([]bucket, count)
		sums[i] = sum
		var err error
		switch from {
		case coolant.PerHour:
			err = q.buckets(s.id, hourGrain(), start, end, func(t coolant.UnixMilli, b *bucket) { sum[(t-start)/step].merge(b) })
		case coolant.PerMinute:
			err = q.buckets(s.id, minuteGrain(), start, end, func(t coolant.UnixMilli, b *bucket) { sum[(t-start)/step].merge(b) })
		default:
			err = q.samples(s.id, start, end, -1, func(t coolant.UnixMilli, v float64) { sum[(t-start)/step].add(v) })
		}
		if err != nil {
			return coolant.Columns{}, fmt.Errorf("%s: %w", s.metric, err)
		}
		for k := range sum {
			filled[k] = filled[k] || sum[k].n > 0
		}
	}
	cols := coolant.Columns{Resolution: from, Step: step, Series: make([]coolant.Column, len(q.series))}
	for k, f := range filled {
		if f {
			cols.Times = append(cols.Times, start+coolant.UnixMilli(k)*step)
		}
	}
	for i, s := range q.series {
		cols.Series[i] = column(s.metric, sums[i], filled, len(cols.Times))
	}
	return cols, nil
}

// column lays out the buckets of a series at the n places that are filled.
func column(m coolant.Metric, sums []bucket, filled []bool, n int) coolant.Column {
	all := make([]float64, 4*n)
	c := coolant.Column{Metric: m, Min: all[0:n:n], Mean: all[n : 2*n : 2*n], Max: all[2*n : 3*n : 3*n], Last: all[3*n:]}
	at := 0
	for k, f := range filled {
		if !f {
			continue
		}
		if sums == nil || sums[k].n == 0 {
			nan := math.NaN()
			c.Min[at], c.Mean[at], c.Max[at], c.Last[at] = nan, nan, nan, nan
		} else {
			b := &sums[k]
			c.Min[at], c.Mean[at], c.Max[at], c.Last[at] = b.min, b.mean(), b.max, b.last
		}
		at++
	}
	return c
}
