package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// view reads buckets and samples within one transaction. Buckets are always
// current: those of an hour in which samples arrived since the last rollup are
// computed from the samples.
type view struct {
	conn       *sqlite.Conn
	rawFrom    coolant.UnixMilli // samples before this time have expired
	minuteFrom coolant.UnixMilli // and minute buckets before this one
	body       []byte
}

func newView(conn *sqlite.Conn) (*view, error) {
	v := &view{conn: conn}
	err := each(conn, `SELECT raw_from, minute_from FROM state`, nil, func(stmt *sqlite.Stmt) error {
		v.rawFrom, v.minuteFrom = coolant.UnixMilli(stmt.ColumnInt64(0)), coolant.UnixMilli(stmt.ColumnInt64(1))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what has expired: %w", err)
	}
	return v, nil
}

// samples calls fn for the samples of a series with from <= time < to, in order,
// at most limit of them (-1: all).
func (v *view) samples(series int64, from, to coolant.UnixMilli, limit int, fn func(t coolant.UnixMilli, value float64)) error {
	stmt, err := v.conn.Prepare(`SELECT ts, value FROM samples WHERE series = ? AND ts >= ? AND ts < ? ORDER BY ts LIMIT ?`)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, series)
	stmt.BindInt64(2, int64(from))
	stmt.BindInt64(3, int64(to))
	stmt.BindInt64(4, int64(limit))
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return finish(stmt, err)
		}
		fn(coolant.UnixMilli(stmt.ColumnInt64(0)), stmt.ColumnFloat(1))
	}
}

// hour computes the minute buckets of an hour from its samples.
func (v *view) hour(series int64, hour coolant.UnixMilli, minutes []bucket) error {
	clear(minutes)
	return v.samples(series, hour, hour+coolant.Hour, -1, func(t coolant.UnixMilli, value float64) {
		minutes[(t-hour)/coolant.Minute].add(value)
	})
}

// chunks calls fn with the stored chunks of a series whose beginnings are in
// [from, to), in order. buckets is fn's scratch, overwritten by the next chunk.
func (v *view) chunks(series int64, g grain, from, to coolant.UnixMilli, fn func(start coolant.UnixMilli, buckets []bucket) error) error {
	buckets := make([]bucket, g.slots())
	stmt, err := v.conn.Prepare(g.read)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, series)
	stmt.BindInt64(2, int64(from))
	stmt.BindInt64(3, int64(to))
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return finish(stmt, err)
		}
		start := coolant.UnixMilli(stmt.ColumnInt64(0))
		v.body = append(v.body[:0], make([]byte, stmt.ColumnLen(1))...)
		stmt.ColumnBytes(1, v.body)
		if err := decodeChunk(v.body, buckets); err != nil {
			return finish(stmt, fmt.Errorf("series %d at %d: %w", series, start, err))
		}
		if err := fn(start, buckets); err != nil {
			return finish(stmt, err)
		}
	}
}

// buckets calls fn for the buckets of a series that begin in [from, to) and have
// values, in order. from and to are multiples of the grain's width.
func (v *view) buckets(series int64, g grain, from, to coolant.UnixMilli, fn func(t coolant.UnixMilli, b *bucket)) error {
	dirty, err := v.dirtyHours(series, from.Truncate(coolant.Hour), to)
	if err != nil {
		return err
	}
	emit := func(start coolant.UnixMilli, buckets []bucket) error {
		for ; len(dirty) > 0 && dirty[0] < start+g.span; dirty = dirty[1:] {
			if err := v.overlay(series, g, start, buckets, dirty[0]); err != nil {
				return err
			}
		}
		for i := range buckets {
			if t := start + coolant.UnixMilli(i)*g.width; buckets[i].n > 0 && t >= from && t < to {
				fn(t, &buckets[i])
			}
		}
		return nil
	}
	// emitDirty emits the chunks before a time that exist only as samples so far.
	emitDirty := func(before coolant.UnixMilli) error {
		for len(dirty) > 0 && dirty[0] < before {
			if err := emit(dirty[0].Truncate(g.span), make([]bucket, g.slots())); err != nil {
				return err
			}
		}
		return nil
	}
	err = v.chunks(series, g, from.Truncate(g.span), to, func(start coolant.UnixMilli, buckets []bucket) error {
		if err := emitDirty(start); err != nil {
			return err
		}
		return emit(start, buckets)
	})
	if err != nil {
		return err
	}
	return emitDirty(to)
}

// overlay brings the buckets of a chunk up to date with the samples of an hour.
func (v *view) overlay(series int64, g grain, start coolant.UnixMilli, buckets []bucket, hour coolant.UnixMilli) error {
	var minutes [60]bucket
	if err := v.hour(series, hour, minutes[:]); err != nil {
		return err
	}
	fresh := minutes[:]
	if g.width == coolant.Hour {
		fresh = []bucket{summary(minutes[:])}
	}
	v.update(buckets[(hour-start)/g.width:], fresh, hour)
	return nil
}

// update replaces stored buckets of an hour by those that its samples make. Where
// the samples of the hour have expired, those that are there came late and are
// not in the stored buckets: they are added.
func (v *view) update(stored, fresh []bucket, hour coolant.UnixMilli) {
	if hour >= v.rawFrom {
		copy(stored, fresh)
		return
	}
	for i := range fresh {
		stored[i].absorb(&fresh[i])
	}
}

func (v *view) dirtyHours(series int64, from, to coolant.UnixMilli) (hours []coolant.UnixMilli, err error) {
	stmt, err := v.conn.Prepare(`SELECT hour FROM dirty WHERE series = ? AND hour >= ? AND hour < ? ORDER BY hour`)
	if err != nil {
		return nil, err
	}
	stmt.BindInt64(1, series)
	stmt.BindInt64(2, int64(from))
	stmt.BindInt64(3, int64(to))
	for {
		found, err := stmt.Step()
		if err != nil || !found {
			return hours, finish(stmt, err)
		}
		hours = append(hours, coolant.UnixMilli(stmt.ColumnInt64(0)))
	}
}
