package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// LatestWatermarks returns, of every registered device that has ever named its
// start, the watermark of the start that appeared last.
func (s *Store) LatestWatermarks(ctx context.Context) (marks []coolant.Watermark, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, `SELECT device, boot, through FROM boots
			WHERE id IN (SELECT max(id) FROM boots GROUP BY device) AND device IN (SELECT id FROM devices)
			ORDER BY device`, nil, func(stmt *sqlite.Stmt) error {
			marks = append(marks, coolant.Watermark{
				Device:  coolant.DeviceID(stmt.ColumnText(0)),
				Boot:    coolant.Boot(stmt.ColumnInt64(1)),
				Through: uint64(stmt.ColumnInt64(2)),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the watermarks: %w", err)
	}
	return marks, nil
}

// Newest returns the last reading, good or not, of every series of every
// registered device, ordered by metric. A fault wins over a value of the same
// time. The value of a fault is 0.
func (s *Store) Newest(ctx context.Context) (map[coolant.DeviceID][]coolant.Newest, error) {
	newest := make(map[coolant.DeviceID][]coolant.Newest)
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		return eachNewest(conn, `WHERE device IN (SELECT id FROM devices) ORDER BY device, metric`, nil,
			func(id coolant.DeviceID, n coolant.Newest) { newest[id] = append(newest[id], n) })
	})
	if err != nil {
		return nil, fmt.Errorf("read the newest readings: %w", err)
	}
	return newest, nil
}

// LastTimes returns the time of the last reading, good or not, of every series
// of a device; nothing for a device that does not exist.
func (s *Store) LastTimes(ctx context.Context, device coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error) {
	times := make(map[coolant.Metric]coolant.UnixMilli)
	err := s.read(ctx, func(conn *sqlite.Conn) error {
		return eachNewest(conn, `WHERE device = ?`, []any{string(device)},
			func(_ coolant.DeviceID, n coolant.Newest) { times[n.Metric] = n.Time })
	})
	if err != nil {
		return nil, fmt.Errorf("read the last times of device %s: %w", device, err)
	}
	return times, nil
}

// eachNewest calls fn with the last reading of each series that the clause
// selects. It costs two seeks a series, whatever the series' length.
func eachNewest(conn *sqlite.Conn, clause string, args []any, fn func(coolant.DeviceID, coolant.Newest)) error {
	return each(conn, `SELECT id, device, metric, last_ts, last_value, last_quality FROM series `+clause, args,
		func(stmt *sqlite.Stmt) error {
			id := stmt.ColumnInt64(0)
			n, err := newestOf(conn, id)
			if err != nil {
				return err
			}
			if last := coolant.UnixMilli(stmt.ColumnInt64(3)); last > n.Time {
				n = coolant.Newest{Value: stmt.ColumnFloat(4), Quality: coolant.Quality(stmt.ColumnInt64(5)), Time: last}
			}
			if n.Time == 0 {
				return nil
			}
			n.Metric = coolant.Metric(stmt.ColumnText(2))
			fn(coolant.DeviceID(stmt.ColumnText(1)), n)
			return nil
		})
}

// newestOf returns the last reading that samples and faults have of a series; its
// time is 0 if there is none.
func newestOf(conn *sqlite.Conn, series int64) (n coolant.Newest, err error) {
	stmt, err := conn.Prepare(`SELECT ts, value FROM samples WHERE series = ? ORDER BY ts DESC LIMIT 1`)
	if err != nil {
		return n, err
	}
	stmt.BindInt64(1, series)
	found, err := stmt.Step()
	if found {
		n.Time, n.Value = coolant.UnixMilli(stmt.ColumnInt64(0)), stmt.ColumnFloat(1)
	}
	if err := finish(stmt, err); err != nil {
		return n, err
	}
	stmt, err = conn.Prepare(`SELECT ts, quality FROM faults WHERE series = ? ORDER BY ts DESC LIMIT 1`)
	if err != nil {
		return n, err
	}
	stmt.BindInt64(1, series)
	found, err = stmt.Step()
	if found && coolant.UnixMilli(stmt.ColumnInt64(0)) >= n.Time {
		n = coolant.Newest{Time: coolant.UnixMilli(stmt.ColumnInt64(0)), Quality: coolant.Quality(stmt.ColumnInt64(1))}
	}
	return n, finish(stmt, err)
}

// finish ends a query and returns the first error of it.
func finish(stmt *sqlite.Stmt, err error) error {
	if reset := stmt.Reset(); err == nil {
		err = reset
	}
	return err
}
