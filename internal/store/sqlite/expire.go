package sqlite

import (
	"context"
	"fmt"
	"time"

	"zombiezen.com/go/sqlite"

	"coolant"
)

const (
	// expireSpan is how much of the samples of a series is deleted at once.
	expireSpan = coolant.Hour
	// expireChunks is the same for minute buckets, in hours.
	expireChunks = 500 * coolant.Hour
)

// expiryPass is one way through all series.
type expiryPass struct {
	running             bool
	askedRaw, askedMins coolant.UnixMilli
	raw, minute         coolant.UnixMilli // the cuts
	series              int64             // the last one that is done
}

// Expire deletes samples and faults before rawBefore and minute buckets before
// minuteBefore, in one transaction of about the given length, and reports whether
// there is more to do. It cuts on whole hours and never past an hour whose
// buckets are still to be recomputed, so that every sample is in the hour buckets,
// which stay for ever. A cut of 0 deletes nothing. The last reading of a series
// stays known. Like RollUp it runs when no other write waits.
func (s *Store) Expire(ctx context.Context, rawBefore, minuteBefore coolant.UnixMilli, budget time.Duration) (more bool, err error) {
	w := s.writer
	err = w.do(ctx, w.upkeep, func() (err error) {
		more, err = w.expire(rawBefore, minuteBefore, time.Now().Add(budget))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("expire: %w", err)
	}
	return more, nil
}

func (w *writer) expire(rawBefore, minuteBefore coolant.UnixMilli, deadline time.Time) (more bool, err error) {
	err = w.relaxed(func() error {
		p := &w.expiry
		if !p.running || p.askedRaw != rawBefore || p.askedMins != minuteBefore {
			if err := w.startExpiry(rawBefore, minuteBefore); err != nil {
				return err
			}
		}
		return w.continueExpiry(deadline)
	})
	return w.expiry.running, err
}

// startExpiry decides on the cuts and writes them down, so that from this
// transaction on nobody takes the samples before them for complete.
func (w *writer) startExpiry(rawBefore, minuteBefore coolant.UnixMilli) error {
	p := expiryPass{
		running: true, askedRaw: rawBefore, askedMins: minuteBefore,
		raw: rawBefore.Truncate(coolant.Hour), minute: minuteBefore.Truncate(coolant.Hour),
	}
	err := each(w.conn, `SELECT min(hour) FROM dirty HAVING count(*) > 0`, nil, func(stmt *sqlite.Stmt) error {
		oldest := coolant.UnixMilli(stmt.ColumnInt64(0))
		p.raw, p.minute = min(p.raw, oldest), min(p.minute, oldest)
		return nil
	})
	if err != nil {
		return fmt.Errorf("find the oldest dirty hour: %w", err)
	}
	err = run(w.conn, `UPDATE state SET raw_from = max(raw_from, ?), minute_from = max(minute_from, ?)
		WHERE raw_from < ?1 OR minute_from < ?2`, int64(p.raw), int64(p.minute))
	if err != nil {
		return fmt.Errorf("write the cuts: %w", err)
	}
	w.rawFrom, w.minuteFrom = max(w.rawFrom, p.raw), max(w.minuteFrom, p.minute)
	w.expiry = p
	return w.expireBoots(p.raw)
}

// expireBoots forgets starts of devices whose samples would all be too old by
// now. The last start of each device stays.
func (w *writer) expireBoots(before coolant.UnixMilli) error {
	err := run(w.conn, `DELETE FROM boots WHERE newest < ? AND id NOT IN (SELECT max(id) FROM boots GROUP BY device)`, int64(before))
	if err != nil {
		return fmt.Errorf("forget old starts of devices: %w", err)
	}
	if w.conn.Changes() > 0 {
		w.devices = newDeviceCache(maxCachedDevices)
	}
	return nil
}

func (w *writer) continueExpiry(deadline time.Time) error {
	p := &w.expiry
	for {
		next := int64(0)
		err := each(w.conn, `SELECT id FROM series WHERE id > ? ORDER BY id LIMIT 1`, []any{p.series}, func(stmt *sqlite.Stmt) error {
			next = stmt.ColumnInt64(0)
			return nil
		})
		if err != nil {
			return err
		}
		if next == 0 {
			p.running = false
			return nil
		}
		done, err := w.expireSeries(next, deadline)
		if err != nil {
			return fmt.Errorf("series %d: %w", next, err)
		}
		if done {
			p.series = next
		}
		if time.Now().After(deadline) {
			return nil
		}
	}
}

// expireSeries deletes what is before the cuts. Samples that came late for an
// hour that had been cut already stay until they are in its buckets.
func (w *writer) expireSeries(series int64, deadline time.Time) (done bool, err error) {
	raw, minute := w.expiry.raw, w.expiry.minute
	err = each(w.conn, `SELECT hour FROM dirty WHERE series = ? ORDER BY hour LIMIT 1`, []any{series}, func(stmt *sqlite.Stmt) error {
		oldest := coolant.UnixMilli(stmt.ColumnInt64(0))
		raw, minute = min(raw, oldest), min(minute, oldest)
		return nil
	})
	if err != nil {
		return false, err
	}
	if err := w.keepLast(series, raw); err != nil {
		return false, err
	}
	for _, part := range []struct {
		oldest, remove string
		before, span   coolant.UnixMilli
	}{
		{`SELECT min(ts) FROM samples WHERE series = ?`, `DELETE FROM samples WHERE series = ? AND ts < ?`, raw, expireSpan},
		{`SELECT min(ts) FROM faults WHERE series = ?`, `DELETE FROM faults WHERE series = ? AND ts < ?`, raw, expireSpan},
		{`SELECT min(hour) FROM minutes WHERE series = ?`, `DELETE FROM minutes WHERE series = ? AND hour < ?`, minute, expireChunks},
	} {
		done, err := w.deletePieces(series, part.oldest, part.remove, part.before, part.span, deadline)
		if err != nil || !done {
			return false, err
		}
	}
	return true, nil
}

// deletePieces deletes the rows of a series before a time, a span of time at once.
func (w *writer) deletePieces(series int64, oldest, remove string, before, span coolant.UnixMilli, deadline time.Time) (done bool, err error) {
	for {
		first := before
		err := each(w.conn, oldest, []any{series}, func(stmt *sqlite.Stmt) error {
			if !stmt.ColumnIsNull(0) {
				first = coolant.UnixMilli(stmt.ColumnInt64(0))
			}
			return nil
		})
		if err != nil || first >= before {
			return err == nil, err
		}
		if err := run(w.conn, remove, series, int64(min(before, first.Truncate(span)+span))); err != nil {
			return false, err
		}
		if time.Now().After(deadline) {
			return false, nil
		}
	}
}

// keepLast writes down the last reading of a series, if everything before a time
// is about to go and it is among that.
func (w *writer) keepLast(series int64, before coolant.UnixMilli) error {
	n, err := newestOf(w.conn, series)
	if err != nil || n.Time == 0 || n.Time >= before {
		return err
	}
	return run(w.conn, `UPDATE series SET last_ts = ?2, last_value = ?3, last_quality = ?4
		WHERE id = ?1 AND (last_ts IS NULL OR last_ts < ?2)`, series, int64(n.Time), n.Value, int(n.Quality))
}

// deleteHour deletes the samples of an hour that has expired.
func (w *writer) deleteHour(series int64, hour coolant.UnixMilli) error {
	if err := w.keepLast(series, w.rawFrom); err != nil {
		return err
	}
	return run(w.conn, `DELETE FROM samples WHERE series = ? AND ts >= ? AND ts < ?`, series, int64(hour), int64(hour+coolant.Hour))
}

// dropExpired prepares for rows that come late for hours that have expired: what
// Expire has not got to yet goes now, because from here on the samples of such an
// hour are those that its buckets do not have.
func (w *writer) dropExpired(rows []sampleRow) error {
	for i := range rows {
		if rows[i].ts >= w.rawFrom {
			continue
		}
		hour := rows[i].ts.Truncate(coolant.Hour)
		if err := run(w.conn, `INSERT INTO dirty (series, hour) VALUES (?, ?) ON CONFLICT (series, hour) DO NOTHING`, rows[i].id, int64(hour)); err != nil {
			return err
		}
		if w.conn.Changes() == 0 {
			continue
		}
		if err := w.deleteHour(rows[i].id, hour); err != nil {
			return fmt.Errorf("delete the rest of an expired hour: %w", err)
		}
	}
	return nil
}

// purge deletes what is left of series that were removed, and reports whether
// nothing is.
func (w *writer) purge(deadline time.Time) (done bool, err error) {
	for {
		series := int64(0)
		err := each(w.conn, `SELECT series FROM removed LIMIT 1`, nil, func(stmt *sqlite.Stmt) error {
			series = stmt.ColumnInt64(0)
			return nil
		})
		if err != nil || series == 0 {
			return err == nil, err
		}
		for _, part := range []struct {
			oldest, remove string
			span           coolant.UnixMilli
		}{
			{`SELECT min(hour) FROM dirty WHERE series = ?`, `DELETE FROM dirty WHERE series = ? AND hour < ?`, expireChunks},
			{`SELECT min(ts) FROM samples WHERE series = ?`, `DELETE FROM samples WHERE series = ? AND ts < ?`, expireSpan},
			{`SELECT min(ts) FROM faults WHERE series = ?`, `DELETE FROM faults WHERE series = ? AND ts < ?`, expireSpan},
			{`SELECT min(hour) FROM minutes WHERE series = ?`, `DELETE FROM minutes WHERE series = ? AND hour < ?`, expireChunks},
			{`SELECT min(day) FROM hours WHERE series = ?`, `DELETE FROM hours WHERE series = ? AND day < ?`, expireChunks},
		} {
			const end = 1 << 62
			done, err := w.deletePieces(series, part.oldest, part.remove, end, part.span, deadline)
			if err != nil || !done {
				return false, err
			}
		}
		if err := run(w.conn, `DELETE FROM removed WHERE series = ?`, series); err != nil {
			return false, err
		}
	}
}
