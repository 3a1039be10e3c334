package sqlite

import (
	"context"
	"fmt"
	"math"
	"time"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// dirtyAtOnce is how many dirty hours are read in advance.
const dirtyAtOnce = 256

// rollupPass is one way through the dirty hours of all series.
type rollupPass struct {
	// epoch changes when hours may have ceased to be dirty.
	epoch uint64
	// oldest is not after any dirty hour that the running pass has yet to see, so
	// that a call can often tell without looking that there is nothing to do.
	oldest      int64
	running     bool
	series      int64 // the last one that this pass has dealt with
	hour        int64
	oldestYoung int64 // the oldest dirty hour that this pass left, because it is not over
}

// RollUp recomputes the buckets in which samples arrived, in one transaction of
// about the given length, and reports whether there is more to do. It leaves
// hours that are not over: readers compute them from the samples anyhow. It also
// deletes what is left of devices that were removed with their data.
//
// RollUp runs when no other write waits. What it did is atomic, and on disk at
// the latest with the next other write; were it lost, it would be done again.
func (s *Store) RollUp(ctx context.Context, budget time.Duration) (more bool, err error) {
	w := s.writer
	err = w.do(ctx, w.upkeep, func() (err error) {
		more, err = w.rollUp(time.Now().Add(budget))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("roll up: %w", err)
	}
	return more, nil
}

func (w *writer) rollUp(deadline time.Time) (more bool, err error) {
	young := int64(coolant.Milli(w.now()).Truncate(coolant.Hour))
	purged := false
	err = w.relaxed(func() (err error) {
		if purged, err = w.purge(deadline); err != nil || !purged {
			return err
		}
		p := &w.rollup
		if !p.running && p.oldest >= young {
			return nil
		}
		if !p.running {
			*p = rollupPass{epoch: p.epoch, running: true, oldest: math.MaxInt64, series: noHour, hour: noHour, oldestYoung: math.MaxInt64}
		}
		return w.continueRollup(young, deadline)
	})
	return !purged || w.rollup.running || w.rollup.oldest < young, err
}

func (w *writer) continueRollup(young int64, deadline time.Time) error {
	p := &w.rollup
	v := &view{conn: w.conn, rawFrom: w.rawFrom, minuteFrom: w.minuteFrom}
	p.epoch++
	for {
		type mark struct{ series, hour int64 }
		var marks []mark
		err := each(w.conn, `SELECT series, hour FROM dirty WHERE (series, hour) > (?, ?) ORDER BY series, hour LIMIT ?`,
			[]any{p.series, p.hour, dirtyAtOnce}, func(stmt *sqlite.Stmt) error {
				marks = append(marks, mark{stmt.ColumnInt64(0), stmt.ColumnInt64(1)})
				return nil
			})
		if err != nil {
			return fmt.Errorf("find dirty hours: %w", err)
		}
		for _, m := range marks {
			p.series, p.hour = m.series, m.hour
			if m.hour >= young {
				p.oldestYoung = min(p.oldestYoung, m.hour)
				continue
			}
			if err := w.recompute(v, m.series, coolant.UnixMilli(m.hour)); err != nil {
				return fmt.Errorf("recompute hour %d of series %d: %w", m.hour, m.series, err)
			}
			w.metrics.rolledUp.Inc()
			if time.Now().After(deadline) {
				return nil
			}
		}
		if len(marks) < dirtyAtOnce {
			p.running = false
			p.oldest = min(p.oldest, p.oldestYoung)
			return nil
		}
	}
}

// recompute brings the stored buckets of an hour up to date.
func (w *writer) recompute(v *view, series int64, hour coolant.UnixMilli) error {
	var minutes [60]bucket
	if err := v.hour(series, hour, minutes[:]); err != nil {
		return err
	}
	if hour >= v.minuteFrom {
		if err := w.updateChunk(v, minuteGrain(), series, hour, minutes[:]); err != nil {
			return err
		}
	}
	if err := w.updateChunk(v, hourGrain(), series, hour, []bucket{summary(minutes[:])}); err != nil {
		return err
	}
	if hour < v.rawFrom {
		if err := w.deleteHour(series, hour); err != nil {
			return err
		}
	}
	return run(w.conn, `DELETE FROM dirty WHERE series = ? AND hour = ?`, series, int64(hour))
}

// updateChunk stores the buckets that the samples of an hour make.
func (w *writer) updateChunk(v *view, g grain, series int64, hour coolant.UnixMilli, fresh []bucket) error {
	start := hour.Truncate(g.span)
	buckets := make([]bucket, g.slots())
	err := v.chunks(series, g, start, start+1, func(_ coolant.UnixMilli, stored []bucket) error {
		copy(buckets, stored)
		return nil
	})
	if err != nil {
		return err
	}
	v.update(buckets[(hour-start)/g.width:], fresh, hour)
	if all := summary(buckets); all.n == 0 {
		return run(w.conn, g.remove, series, int64(start))
	}
	v.body = encodeChunk(v.body[:0], buckets)
	return run(w.conn, g.write, series, int64(start), v.body)
}

// relaxed runs a transaction that need not be on disk when it returns, because
// losing it loses nothing. The next commit, which is synchronous, brings it there.
func (w *writer) relaxed(fn func() error) (err error) {
	if err := pragmas(w.conn, "synchronous = NORMAL"); err != nil {
		return coded(err)
	}
	defer func() {
		if again := pragmas(w.conn, "synchronous = FULL"); again != nil {
			w.stale = true // refresh tries again before the next transaction
			if err == nil {
				err = coded(again)
			}
		}
	}()
	return w.transact(fn)
}
