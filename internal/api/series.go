package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"coolant"
	"coolant/internal/live"
)

// leastGap is the least time without data that a chart shows as a gap: as long
// as a device may at least be silent before it counts as offline.
const leastGap = 90 * coolant.Second

func (s *server) getSeries(ctx context.Context, in *seriesInput) (*huma.StreamResponse, error) {
	var wrong problems
	w := wrong.window(in, s.now())
	if err := wrong.err(); err != nil {
		return nil, err
	}
	view, err := s.find(w.Device)
	if err != nil {
		return nil, err
	}
	if err := s.checkMetrics(ctx, view, w.Metrics); err != nil {
		return nil, err
	}
	cols, err := s.opts.Store.Columns(ctx, w)
	if err != nil {
		return nil, fmt.Errorf("read the series of %s: %w", w.Device, err)
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, rw := humago.Unwrap(ctx)
		buf := s.buffer()
		defer s.keep(buf)
		*buf = appendColumns(*buf, w, cols, gapOf(cols, coolant.UnixMilli(view.IntervalMS)))
		writeWhole(rw, http.StatusOK, "application/json", *buf)
	}}, nil
}

// checkMetrics refuses metrics that the device does not have. What the board
// shows exists, so that a chart's request costs the store nothing more.
func (s *server) checkMetrics(ctx context.Context, view *live.DeviceView, asked []coolant.Metric) error {
	shown := func(m coolant.Metric) bool {
		return slices.ContainsFunc(view.Newest, func(n live.Newest) bool { return n.Metric == m })
	}
	if !slices.ContainsFunc(asked, func(m coolant.Metric) bool { return !shown(m) }) {
		return nil
	}
	_, err := s.columnsFor(ctx, view.ID, asked)
	return err
}

// unknownMetrics is nil, or a not_found Problem that names the metrics that
// were asked for in vain and those that exist. A device that has no sample yet
// may come to have any metric, so nothing is wrong to ask.
func unknownMetrics(id coolant.DeviceID, asked []coolant.Metric, stored map[coolant.Metric]coolant.UnixMilli) error {
	if len(stored) == 0 {
		return nil
	}
	var missing []ProblemDetail
	var names []string
	known := joined(slices.Sorted(maps.Keys(stored)))
	for _, m := range asked {
		if _, ok := stored[m]; !ok {
			names = append(names, string(m))
			missing = append(missing, ProblemDetail{Location: "query.metrics", Value: string(m), Message: "must be among " + known})
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return newProblem(coolant.CodeNotFound,
		fmt.Sprintf("Device %s has no metric %s. It has %s.", id, strings.Join(names, ", "), known), missing...)
}

func joined(metrics []coolant.Metric) string {
	names := make([]string, len(metrics))
	for i, m := range metrics {
		names[i] = string(m)
	}
	return strings.Join(names, ", ")
}

func (p *problems) window(in *seriesInput, now coolant.UnixMilli) coolant.Window {
	w := coolant.Window{Device: p.device(string(in.ID)), Metrics: p.metrics(string(in.Metrics))}
	w.From, w.To = p.span(string(in.From), string(in.To), now)
	w.Width = p.whole("query.width", string(in.Width), 1, coolant.MaxWidth, defaultWidth)
	return w
}

// gapOf decides how far apart two neighbouring points may be and still be
// connected: 2.5 times what is usual, so that one missing reading leaves no hole
// (two spacings) and an outage of a few readings does. Usual is the median
// spacing of the points, the width of a bucket, or the interval that the device
// reports at now, whichever is longest; the last keeps the older, slower part of
// a series whole after its device began to report faster, and the other way
// round. It is never less than leastGap.
func gapOf(cols coolant.Columns, interval coolant.UnixMilli) coolant.UnixMilli {
	usual := max(cols.Step, interval, medianSpacing(cols.Times))
	return max(leastGap, usual*5/2)
}

// medianSpacing is 0 for less than two times.
func medianSpacing(times []coolant.UnixMilli) coolant.UnixMilli {
	if len(times) < 2 {
		return 0
	}
	spacings := make([]coolant.UnixMilli, len(times)-1)
	for i := range spacings {
		spacings[i] = times[i+1] - times[i]
	}
	slices.Sort(spacings)
	return spacings[len(spacings)/2]
}

// appendColumns writes the answer that seriesColumns documents. It is by hand
// because a year of eight series is 32,000 numbers, for which reflection takes
// longer than the store.
func appendColumns(dst []byte, w coolant.Window, cols coolant.Columns, gap coolant.UnixMilli) []byte {
	dst = append(dst, `{"device":"`...)
	dst = append(dst, w.Device...)
	dst = append(dst, `","from":`...)
	dst = strconv.AppendInt(dst, int64(w.From), 10)
	dst = append(dst, `,"to":`...)
	dst = strconv.AppendInt(dst, int64(w.To), 10)
	dst = append(dst, `,"resolution":"`...)
	dst = append(dst, cols.Resolution...)
	dst = append(dst, `","step":`...)
	dst = strconv.AppendInt(dst, int64(cols.Step), 10)
	dst = append(dst, `,"gap":`...)
	dst = strconv.AppendInt(dst, int64(gap), 10)
	dst = append(dst, `,"times":[`...)
	for i, t := range cols.Times {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(dst, int64(t), 10)
	}
	dst = append(dst, `],"series":[`...)
	for i := range cols.Series {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendColumn(dst, &cols.Series[i], cols.Step > 0)
	}
	return append(dst, "]}\n"...)
}

// appendColumn writes one metric. Metric names and units need no escapes.
func appendColumn(dst []byte, c *coolant.Column, buckets bool) []byte {
	dst = append(dst, `{"metric":"`...)
	dst = append(dst, c.Metric...)
	dst = append(dst, `","unit":"`...)
	dst = append(dst, c.Metric.Unit()...)
	dst = append(dst, `","mean":`...)
	dst = appendNumbers(dst, c.Mean)
	if buckets {
		dst = append(dst, `,"min":`...)
		dst = appendNumbers(dst, c.Min)
		dst = append(dst, `,"max":`...)
		dst = appendNumbers(dst, c.Max)
		dst = append(dst, `,"last":`...)
		dst = appendNumbers(dst, c.Last)
	}
	return append(dst, '}')
}

func appendNumbers(dst []byte, values []float64) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = live.AppendNumber(dst, v)
	}
	return append(dst, ']')
}

// writeWhole sends an answer whose length is known.
func writeWhole(w http.ResponseWriter, status int, contentType string, data []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data) // the client is gone, and nothing can be done about it
}
