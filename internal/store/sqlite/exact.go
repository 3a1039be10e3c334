package sqlite

import (
	"fmt"
	"math"
	"slices"

	"coolant"
)

// points are the samples of one series, in order.
type points struct {
	times  []coolant.UnixMilli
	values []float64
}

// exact answers with the samples themselves; ok is false if they are too many.
func (q *query) exact() (cols coolant.Columns, ok bool, err error) {
	all := make([]points, len(q.series))
	for i, s := range q.series {
		if s.id == 0 {
			continue
		}
		p := &all[i]
		if i > 0 { // series of a device mostly have the same length
			p.times = make([]coolant.UnixMilli, 0, len(all[i-1].times))
			p.values = make([]float64, 0, len(all[i-1].times))
		}
		err := q.samples(s.id, q.from, q.to, q.width+1, func(t coolant.UnixMilli, v float64) {
			p.times = append(p.times, t)
			p.values = append(p.values, v)
		})
		if err != nil {
			return cols, false, fmt.Errorf("%s: %w", s.metric, err)
		}
		if len(p.times) > q.width {
			return cols, false, nil
		}
	}
	times := union(all)
	if len(times) > q.width {
		return cols, false, nil
	}
	if len(times) == 0 {
		return q.empty(), true, nil
	}
	cols = coolant.Columns{Resolution: coolant.Raw, Times: times, Series: make([]coolant.Column, len(q.series))}
	for i, s := range q.series {
		values := all[i].spread(times)
		cols.Series[i] = coolant.Column{Metric: s.metric, Min: values, Mean: values, Max: values, Last: values}
	}
	return cols, true, nil
}

// union returns the times that any of the series has, in order.
func union(all []points) []coolant.UnixMilli {
	var times []coolant.UnixMilli
	for _, p := range all {
		switch {
		case len(times) == 0:
			times = p.times
		case len(p.times) == 0 || slices.Equal(times, p.times):
		default:
			times = slices.Concat(times, p.times)
			slices.Sort(times)
			times = slices.Compact(times)
		}
	}
	return times
}

// spread returns the values at the given times, which include those of p, and NaN
// at the others.
func (p points) spread(times []coolant.UnixMilli) []float64 {
	if len(p.times) == len(times) {
		return p.values
	}
	values := make([]float64, len(times))
	next := 0
	for i, t := range times {
		if next < len(p.times) && p.times[next] == t {
			values[i] = p.values[next]
			next++
		} else {
			values[i] = math.NaN()
		}
	}
	return values
}
