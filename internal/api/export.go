package api

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"coolant"
	"coolant/internal/live"
)

const (
	csvTime   = "2006-01-02T15:04:05.000Z"
	fileTime  = "20060102T150405Z"
	csvBuffer = 32 << 10
	csvWait   = 30 * time.Second
)

func (s *server) exportSamples(ctx context.Context, in *exportInput) (*huma.StreamResponse, error) {
	var wrong problems
	id := wrong.device(string(in.ID))
	metrics := wrong.metrics(string(in.Metrics))
	from, to := wrong.span(string(in.From), string(in.To), s.now())
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if _, err := s.find(id); err != nil {
		return nil, err
	}
	metrics, err := s.columnsFor(ctx, id, metrics)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		r, w := humago.Unwrap(ctx)
		h := w.Header()
		h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="coolant-%s-%s-%s.csv"`,
			id, from.Time().Format(fileTime), to.Time().Format(fileTime)))
		if r.Method == http.MethodHead {
			return
		}
		e := newExport(w, metrics)
		defer func() { _ = e.rc.SetWriteDeadline(time.Time{}) }() // the connection may serve others
		var err error
		if len(metrics) > 0 { // none would mean all to the store, and there is none
			err = s.opts.Store.EachRow(r.Context(), id, metrics, from, to, e.row)
		}
		if err == nil {
			err = e.out.Flush()
		}
		s.endExport(w, r, e, err)
	}}, nil
}

// columnsFor returns the metrics that an answer has as columns: the asked ones,
// or all that the store has of the device, in alphabetical order.
func (s *server) columnsFor(ctx context.Context, id coolant.DeviceID, asked []coolant.Metric) ([]coolant.Metric, error) {
	stored, err := s.opts.Store.LastTimes(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read which metrics %s has: %w", id, err)
	}
	if asked == nil {
		return slices.Sorted(maps.Keys(stored)), nil
	}
	return asked, unknownMetrics(id, asked, stored)
}

// endExport deals with an export that failed: by a problem while nothing was
// sent, otherwise by breaking the connection, so that nobody takes the part for
// the whole.
func (s *server) endExport(w http.ResponseWriter, r *http.Request, e *export, err error) {
	switch {
	case err == nil:
		return
	case r.Context().Err() == nil && e.failed == nil:
		s.log.ErrorContext(r.Context(), "export failed", slog.String("path", r.URL.Path), slog.Any("error", err))
	}
	if !e.sent {
		problemOf(err).write(w, r)
		return
	}
	panic(http.ErrAbortHandler)
}

// export writes rows as RFC 4180 CSV in constant memory.
type export struct {
	w       http.ResponseWriter
	rc      *http.ResponseController
	out     *bufio.Writer
	metrics []coolant.Metric
	line    []byte
	sent    bool  // something went out
	failed  error // why the client could not be written to
}

func newExport(w http.ResponseWriter, metrics []coolant.Metric) *export {
	e := &export{w: w, rc: http.NewResponseController(w), metrics: metrics}
	e.out = bufio.NewWriterSize(writerFunc(e.send), csvBuffer)
	e.line = append(e.line, "time"...)
	for _, m := range metrics {
		e.line = append(e.line, ',')
		e.line = appendCSVText(e.line, string(m))
	}
	e.line = append(e.line, ",faults\r\n"...)
	_, _ = e.out.Write(e.line) // fits the buffer
	return e
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// send writes to the client, which gets csvWait for each part and as long as it
// needs for the whole.
func (e *export) send(p []byte) (int, error) {
	_ = e.rc.SetWriteDeadline(time.Now().Add(csvWait)) // without a connection, as in a test, none is needed
	e.sent = true
	n, err := e.w.Write(p)
	if err != nil {
		e.failed = err
	}
	return n, err
}

// row writes the samples of one moment.
func (e *export) row(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error {
	if len(values) != len(e.metrics) || len(faults) != len(e.metrics) {
		return fmt.Errorf("a row has %d values and %d faults for %d columns", len(values), len(faults), len(e.metrics))
	}
	line := t.Time().AppendFormat(e.line[:0], csvTime)
	for i := range e.metrics {
		line = append(line, ',')
		if faults[i] == coolant.Good && !math.IsNaN(values[i]) && !math.IsInf(values[i], 0) {
			line = live.AppendNumber(line, values[i])
		}
	}
	line = append(line, ',')
	some := false
	for i, q := range faults {
		if q == coolant.Good {
			continue
		}
		if some {
			line = append(line, ' ')
		}
		line = append(append(append(line, e.metrics[i]...), '='), q.String()...)
		some = true
	}
	line = append(line, '\r', '\n')
	e.line = line
	_, err := e.out.Write(line)
	return err
}

// appendCSVText appends a text cell. A spreadsheet takes one that begins with
// one of = + - @ for a formula; an apostrophe in front makes it text again.
func appendCSVText(dst []byte, s string) []byte {
	formula := s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0]))
	quoted := strings.ContainsAny(s, "\",\r\n")
	if quoted {
		dst = append(dst, '"')
	}
	if formula {
		dst = append(dst, '\'')
	}
	for i := range len(s) {
		if s[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, s[i])
	}
	if quoted {
		dst = append(dst, '"')
	}
	return dst
}
