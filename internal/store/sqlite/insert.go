package sqlite

import (
	"fmt"
	"strings"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// rowsAtOnce are the numbers of rows that one statement inserts, largest first.
// A statement costs more than a row; from 64 rows on it makes no difference.
var rowsAtOnce = [...]int{64, 16, 4, 1}

// insertSamples inserts n rows. OR ROLLBACK says what no row can cause, since none
// is NULL; without it SQLite prepares for the failure of a single statement by
// copying the pages that it changes.
func insertSamples(n int) string {
	return "INSERT OR ROLLBACK INTO samples (series, ts, value) VALUES " + strings.Repeat("(?, ?, ?), ", n-1) +
		"(?, ?, ?) ON CONFLICT (series, ts) DO NOTHING"
}

// insertAll stores the rows that were collected. It fails with errCollision if
// one of them exists already.
func (w *writer) insertAll() error {
	if err := w.dropExpired(w.append.rows); err != nil {
		return err
	}
	sortRows(w.append.rows)
	rows := w.append.rows
	for _, n := range rowsAtOnce {
		if len(rows) < n {
			continue
		}
		stmt, err := w.insertStatement(n)
		if err != nil {
			return err
		}
		for ; len(rows) >= n; rows = rows[n:] {
			bindRows(stmt, rows[:n])
			if err := step(stmt); err != nil {
				return fmt.Errorf("insert samples: %w", err)
			}
			if w.conn.Changes() != n {
				return errCollision
			}
		}
	}
	for _, f := range w.append.faults {
		inserted, err := w.insertFault(f)
		if err != nil {
			return err
		}
		if !inserted {
			return errCollision
		}
	}
	return nil
}

func bindRows(stmt *sqlite.Stmt, rows []sampleRow) {
	for i := range rows {
		stmt.BindInt64(3*i+1, rows[i].id)
		stmt.BindInt64(3*i+2, int64(rows[i].ts))
		stmt.BindFloat(3*i+3, rows[i].value)
	}
}

func (w *writer) insertStatement(n int) (*sqlite.Stmt, error) {
	stmt := w.inserts[n]
	if stmt != nil {
		return stmt, nil
	}
	stmt, err := w.conn.Prepare(insertSamples(n))
	if err != nil {
		return nil, err
	}
	w.inserts[n] = stmt
	return stmt, nil
}

// insertEach stores the rows and faults of one sample, which begin at the given
// places, and keeps only those that did not exist. It reports whether there was
// any.
func (w *writer) insertEach(rowsFrom, faultsFrom int) (any bool, err error) {
	rows := w.append.rows[rowsFrom:]
	if err := w.dropExpired(rows); err != nil {
		return false, err
	}
	stmt, err := w.insertStatement(1)
	if err != nil {
		return false, err
	}
	kept := w.append.rows[:rowsFrom]
	for i := range rows {
		bindRows(stmt, rows[i:i+1])
		if err := step(stmt); err != nil {
			return false, fmt.Errorf("insert a sample: %w", err)
		}
		if w.conn.Changes() == 1 {
			kept = append(kept, rows[i])
		}
	}
	keptFaults := w.append.faults[:faultsFrom]
	for _, f := range w.append.faults[faultsFrom:] {
		inserted, err := w.insertFault(f)
		if err != nil {
			return false, err
		}
		if inserted {
			keptFaults = append(keptFaults, f)
		}
	}
	w.append.rows, w.append.faults = kept, keptFaults
	return len(kept) > rowsFrom || len(keptFaults) > faultsFrom, nil
}

func (w *writer) insertFault(f faultRow) (inserted bool, err error) {
	stmt, err := w.conn.Prepare(`INSERT INTO faults (series, ts, quality) VALUES (?, ?, ?) ON CONFLICT (series, ts) DO NOTHING`)
	if err != nil {
		return false, err
	}
	stmt.BindInt64(1, f.series.id)
	stmt.BindInt64(2, int64(f.ts))
	stmt.BindInt64(3, int64(f.quality))
	if err := step(stmt); err != nil {
		return false, fmt.Errorf("insert a fault: %w", err)
	}
	return w.conn.Changes() == 1, nil
}

// markDirty marks the hours of the rows that were stored.
func (w *writer) markDirty() error {
	sortRows(w.append.rows)
	for i := range w.append.rows {
		row := &w.append.rows[i]
		hour := int64(row.ts.Truncate(coolant.Hour))
		if row.series.epoch != w.rollup.epoch {
			row.series.epoch, row.series.marked = w.rollup.epoch, noHour
		}
		if row.series.marked == hour {
			continue
		}
		stmt, err := w.conn.Prepare(`INSERT INTO dirty (series, hour) VALUES (?, ?) ON CONFLICT (series, hour) DO NOTHING`)
		if err != nil {
			return err
		}
		stmt.BindInt64(1, row.id)
		stmt.BindInt64(2, hour)
		if err := step(stmt); err != nil {
			return fmt.Errorf("mark a dirty bucket: %w", err)
		}
		row.series.marked = hour
		w.rollup.oldest = min(w.rollup.oldest, hour)
	}
	return nil
}
