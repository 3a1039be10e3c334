package sqlite

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// Faults returns the runs of faulty readings of a device in [from, to), ordered
// by their beginning and then by metric. A run ends with a good reading or with
// one of another fault; one that reaches out of the range is cut off there. A
// device that is not registered is [coolant.CodeNotFound].
func (s *Store) Faults(ctx context.Context, device coolant.DeviceID, from, to coolant.UnixMilli) (spans []coolant.FaultSpan, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		list, err := findSeries(conn, device, nil)
		if err != nil {
			return err
		}
		for _, series := range list {
			if spans, err = appendSpans(spans, conn, device, series, from, to); err != nil {
				return fmt.Errorf("%s: %w", series.metric, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the faults of device %s: %w", device, err)
	}
	slices.SortStableFunc(spans, func(a, b coolant.FaultSpan) int { return cmp.Compare(a.From, b.From) })
	return spans, nil
}

func appendSpans(spans []coolant.FaultSpan, conn *sqlite.Conn, device coolant.DeviceID, series namedSeries,
	from, to coolant.UnixMilli,
) ([]coolant.FaultSpan, error) {
	first := len(spans)
	good := from // the first good reading after the last fault, or from before there was one
	err := each(conn, `SELECT ts, quality FROM faults WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts`,
		[]any{series.id, int64(from), int64(to)}, func(stmt *sqlite.Stmt) (err error) {
			t, quality := coolant.UnixMilli(stmt.ColumnInt64(0)), coolant.Quality(stmt.ColumnInt64(1))
			if len(spans) > first {
				if run := &spans[len(spans)-1]; run.Quality == quality && t <= good {
					run.To = t
					run.Count++
					return nil
				}
			}
			spans = append(spans, coolant.FaultSpan{Device: device, Metric: series.metric, Quality: quality, From: t, To: t, Count: 1})
			good, err = nextGood(conn, series.id, t)
			return err
		})
	return spans, err
}

// nextGood returns the time of the first good reading after t.
func nextGood(conn *sqlite.Conn, series int64, t coolant.UnixMilli) (good coolant.UnixMilli, err error) {
	good = maxTime
	err = each(conn, `SELECT ts FROM samples WHERE series = ? AND ts > ? ORDER BY ts LIMIT 1`, []any{series, int64(t)},
		func(stmt *sqlite.Stmt) error {
			good = coolant.UnixMilli(stmt.ColumnInt64(0))
			return nil
		})
	return good, err
}
