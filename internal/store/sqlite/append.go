package sqlite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"coolant"
)

// Append stores a batch of samples and returns after it is on disk, or changes
// nothing and returns an error.
//
// A sample with an identity is fresh if its number has not been received before;
// one without, if none of its readings is there already. A reading for which
// there is one at the same series and time is not stored, and a sample of which
// no reading was stored is not fresh. A device that is not registered is, with
// the time of now.
//
// A number that is not finite, a sample without a time, and a malformed id or
// metric refuse the whole batch with [coolant.CodeInvalid]. A full disk is
// [coolant.CodeStorageFull].
func (s *Store) Append(ctx context.Context, batch []coolant.Sample) (coolant.Commit, error) {
	if err := checkBatch(batch); err != nil {
		return coolant.Commit{}, err
	}
	var commit coolant.Commit
	err := s.writer.do(ctx, s.writer.appends, func() (err error) {
		commit, err = s.writer.appendBatch(batch)
		return err
	})
	if err != nil {
		return coolant.Commit{}, fmt.Errorf("append %d samples: %w", len(batch), err)
	}
	return commit, nil
}

// checkBatch refuses what must never reach a row. The form of ids and metrics is
// checked when they are seen for the first time.
func checkBatch(batch []coolant.Sample) error {
	for i := range batch {
		s := &batch[i]
		if len(s.Readings) > 0 && s.Time <= 0 {
			return coolant.Errorf(coolant.CodeInvalid, "sample %d of the batch, from device %q, has no valid time: %d", i, s.Device, s.Time)
		}
		for _, r := range s.Readings {
			if r.Quality == coolant.Good && (math.IsNaN(r.Value) || math.IsInf(r.Value, 0)) {
				return coolant.Errorf(coolant.CodeInvalid, "sample %d of the batch, from device %q: %s is %v, not a finite number",
					i, s.Device, r.Metric, r.Value)
			}
		}
	}
	return nil
}

// appendScratch is memory that appends use one after the other.
type appendScratch struct {
	rows   []sampleRow
	faults []faultRow
	boots  []*boot
	owners []coolant.DeviceID // of boots
	body   []byte
}

type sampleRow struct {
	series *series
	id     int64 // of series
	ts     coolant.UnixMilli
	value  float64
}

type faultRow struct {
	series  *series
	ts      coolant.UnixMilli
	quality coolant.Quality
}

func (a *appendScratch) reset() {
	clear(a.rows)
	clear(a.faults)
	for _, b := range a.boots {
		b.named = false
	}
	clear(a.boots)
	clear(a.owners)
	a.rows, a.faults, a.boots, a.owners = a.rows[:0], a.faults[:0], a.boots[:0], a.owners[:0]
}

// appendBatch inserts the rows of a batch many at a time, and only if some of
// them turn out to exist already begins again, one at a time, to learn which.
func (w *writer) appendBatch(batch []coolant.Sample) (coolant.Commit, error) {
	commit, err := w.tryAppend(batch, w.insertAll)
	if errors.Is(err, errCollision) {
		commit, err = w.tryAppend(batch, nil)
	}
	return commit, err
}

// tryAppend appends in one transaction. insert stores all rows at once; if it is
// nil each sample's rows are stored by themselves.
func (w *writer) tryAppend(batch []coolant.Sample, insert func() error) (coolant.Commit, error) {
	commit := coolant.Commit{Fresh: make([]bool, len(batch))}
	defer w.append.reset()
	err := w.transact(func() error {
		fresh := 0
		for i := range batch {
			isNew, err := w.take(&batch[i], insert == nil)
			if err != nil {
				return err
			}
			if commit.Fresh[i] = isNew; isNew {
				fresh++
			}
		}
		if insert != nil {
			if err := insert(); err != nil {
				return err
			}
		}
		if err := w.markDirty(); err != nil {
			return err
		}
		if err := w.writeBoots(); err != nil {
			return err
		}
		if fresh == 0 {
			return nil
		}
		return w.number(batch, commit.Fresh)
	})
	if err != nil {
		return coolant.Commit{}, err
	}
	commit.No = w.commitNo
	for i, b := range w.append.boots {
		commit.Watermarks = append(commit.Watermarks,
			coolant.Watermark{Device: w.append.owners[i], Boot: b.boot, Through: b.received.through})
	}
	w.countAppend(commit.Fresh)
	return commit, nil
}

// take notes a sample as received and collects its rows, or stores them now.
func (w *writer) take(s *coolant.Sample, now bool) (fresh bool, err error) {
	d, err := w.device(s.Device)
	if err != nil {
		return false, err
	}
	fresh = len(s.Readings) > 0
	if s.Identified() {
		b, err := w.boot(d, s.Boot)
		if err != nil {
			return false, err
		}
		if !b.named {
			b.named = true
			w.append.boots = append(w.append.boots, b)
			w.append.owners = append(w.append.owners, d.id)
		}
		if !b.received.add(s.Seq) {
			return false, nil
		}
		b.changed = true
		b.newest = max(b.newest, s.Time)
		fresh = true
	}
	rows, faults := len(w.append.rows), len(w.append.faults)
	for i := range s.Readings {
		r := &s.Readings[i]
		sr, err := w.series(d, i, r.Metric)
		if err != nil {
			return false, err
		}
		if r.Quality == coolant.Good {
			w.append.rows = append(w.append.rows, sampleRow{sr, sr.id, s.Time, r.Value})
		} else {
			w.append.faults = append(w.append.faults, faultRow{sr, s.Time, r.Quality})
		}
	}
	if !now || len(s.Readings) == 0 {
		return fresh, nil
	}
	return w.insertEach(rows, faults)
}

// number gives the batch its number and, where somebody will want to read it,
// writes it to the journal.
func (w *writer) number(batch []coolant.Sample, fresh []bool) error {
	w.commitNo++
	stmt, err := w.conn.Prepare(`UPDATE state SET commit_no = ?`)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, int64(w.commitNo))
	if err := step(stmt); err != nil {
		return fmt.Errorf("write the commit's number: %w", err)
	}
	if !w.journaling {
		return nil
	}
	w.append.body = encodeSamples(w.append.body[:0], batch, fresh)
	stmt, err = w.conn.Prepare(`INSERT INTO journal (no, body) VALUES (?, ?)`)
	if err != nil {
		return err
	}
	stmt.BindInt64(1, int64(w.commitNo))
	stmt.BindBytes(2, w.append.body)
	if err := step(stmt); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

func (w *writer) countAppend(fresh []bool) {
	again := 0
	for _, f := range fresh {
		if !f {
			again++
		}
	}
	w.metrics.duplicates.Add(float64(again))
	w.metrics.rows.WithLabelValues("value").Add(float64(len(w.append.rows)))
	w.metrics.rows.WithLabelValues("fault").Add(float64(len(w.append.faults)))
}

// byPlace orders rows as the table has them, so that neighbours are written
// together.
func byPlace(a, b sampleRow) int {
	if c := cmp.Compare(a.id, b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.ts, b.ts)
}

func sortRows(rows []sampleRow) {
	if !slices.IsSortedFunc(rows, byPlace) {
		slices.SortFunc(rows, byPlace)
	}
}
