package sqlite

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"zombiezen.com/go/sqlite"

	"coolant"
)

const (
	// defaultChanges is how many changes Since returns if it is not told.
	defaultChanges = 1000
	// maxTrim bounds how many commits one Advance takes out of the journal.
	maxTrim = 5000
)

// Cursor returns how far the durable reader with this name has come: the number
// of the last commit it has dealt with. A name that is new is registered at the
// last commit, so that its reader hears of everything that comes after. The
// journal is kept only while there is a cursor, and grows until the slowest
// advances.
func (s *Store) Cursor(ctx context.Context, name string) (no uint64, err error) {
	w := s.writer
	err = w.small(ctx, func(conn *sqlite.Conn) error {
		if !w.journaling {
			if err := run(conn, `UPDATE state SET journal_from = commit_no`); err != nil {
				return err
			}
		}
		err := run(conn, `INSERT INTO cursors (name, no) VALUES (?, ?) ON CONFLICT (name) DO NOTHING`, name, int64(w.commitNo))
		if err != nil {
			return err
		}
		w.journaling = true
		return each(conn, `SELECT no FROM cursors WHERE name = ?`, []any{name}, func(stmt *sqlite.Stmt) error {
			no = uint64(stmt.ColumnInt64(0))
			return nil
		})
	})
	if err != nil {
		return 0, fmt.Errorf("cursor %s: %w", name, err)
	}
	return no, nil
}

// Advance says that the reader with this name has dealt with every commit up to
// no. Going back changes nothing. An unknown name is [coolant.CodeNotFound], a
// number beyond the last commit [coolant.CodeInvalid].
func (s *Store) Advance(ctx context.Context, name string, no uint64) error {
	w := s.writer
	err := w.small(ctx, func(conn *sqlite.Conn) error {
		if no > w.commitNo {
			return coolant.Errorf(coolant.CodeInvalid, "commit %d does not exist yet; the last is %d", no, w.commitNo)
		}
		if err := run(conn, `UPDATE cursors SET no = max(no, ?2) WHERE name = ?1`, name, int64(no)); err != nil {
			return err
		}
		if conn.Changes() == 0 {
			return coolant.Errorf(coolant.CodeNotFound, "there is no cursor of this name")
		}
		if err := run(conn, `UPDATE state SET journal_from = (SELECT min(no) FROM cursors)`); err != nil {
			return err
		}
		return run(conn, `DELETE FROM journal WHERE no <= min((SELECT journal_from FROM state), (SELECT min(no) FROM journal) + ?)`, maxTrim)
	})
	if err != nil {
		return fmt.Errorf("advance cursor %s to %d: %w", name, no, err)
	}
	return nil
}

// Since returns commits after a number in their order, at most limit of them
// (0 means 1000). Commits that every cursor has passed are not kept any more: to
// ask for one is [coolant.CodeNotFound]. A number beyond the last commit is
// [coolant.CodeInvalid].
func (s *Store) Since(ctx context.Context, cursor uint64, limit int) (changes []coolant.Change, err error) {
	if limit <= 0 {
		limit = defaultChanges
	}
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		if err := checkCursor(conn, cursor); err != nil {
			return err
		}
		return each(conn, `SELECT no, body FROM journal WHERE no > ? ORDER BY no LIMIT ?`, []any{int64(cursor), limit},
			func(stmt *sqlite.Stmt) error {
				no := uint64(stmt.ColumnInt64(0))
				samples, err := decodeSamples(columnBytes(stmt, 1))
				if err != nil {
					return fmt.Errorf("commit %d: %w", no, err)
				}
				changes = append(changes, coolant.Change{No: no, Samples: samples})
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("read the commits since %d: %w", cursor, err)
	}
	return changes, nil
}

func checkCursor(conn *sqlite.Conn, cursor uint64) error {
	var last, from uint64
	err := each(conn, `SELECT commit_no, iif(EXISTS (SELECT 1 FROM cursors), journal_from, commit_no) FROM state`, nil,
		func(stmt *sqlite.Stmt) error {
			last, from = uint64(stmt.ColumnInt64(0)), uint64(stmt.ColumnInt64(1))
			return nil
		})
	switch {
	case err != nil:
		return err
	case cursor > last:
		return coolant.Errorf(coolant.CodeInvalid, "the last commit is %d", last)
	case cursor < from:
		return coolant.Errorf(coolant.CodeNotFound, "commits up to %d are not kept any more", from)
	}
	return nil
}

// The body of a journal row is a version and then, for each sample that was
// fresh: the device, its boot, seq, time and number of readings, and for each
// reading its metric, quality and value. Numbers are unsigned varints, a time is
// a signed one that counts from the sample before. Devices and metrics are
// numbered as they first appear: a number that is new is followed by the name.
const journalVersion = 1

type journalWriter struct {
	b     []byte
	names map[string]uint64
}

func (j *journalWriter) name(s string) {
	n, known := j.names[s]
	if !known {
		n = uint64(len(j.names))
		j.names[s] = n
	}
	j.b = binary.AppendUvarint(j.b, n)
	if !known {
		j.b = binary.AppendUvarint(j.b, uint64(len(s)))
		j.b = append(j.b, s...)
	}
}

func encodeSamples(b []byte, batch []coolant.Sample, fresh []bool) []byte {
	j := journalWriter{b: append(b, journalVersion), names: make(map[string]uint64)}
	var before coolant.UnixMilli
	for i := range batch {
		if !fresh[i] {
			continue
		}
		s := &batch[i]
		j.name(string(s.Device))
		j.b = binary.LittleEndian.AppendUint64(j.b, uint64(s.Boot))
		j.b = binary.AppendUvarint(j.b, s.Seq)
		j.b = binary.AppendVarint(j.b, int64(s.Time-before))
		j.b = binary.AppendUvarint(j.b, uint64(len(s.Readings)))
		for _, r := range s.Readings {
			j.name(string(r.Metric))
			j.b = append(j.b, byte(r.Quality))
			if r.Quality == coolant.Good {
				j.b = binary.LittleEndian.AppendUint64(j.b, math.Float64bits(r.Value))
			}
		}
		before = s.Time
	}
	return j.b
}

// byteReader reads numbers until one is not there; then bad stays true.
type byteReader struct {
	b   []byte
	bad bool
}

func (r *byteReader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, 8)[:min(max(n, 0), 8)]
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *byteReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *byteReader) varint() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *byteReader) uint64() uint64 { return binary.LittleEndian.Uint64(r.take(8)) }

func decodeSamples(b []byte) ([]coolant.Sample, error) {
	if len(b) == 0 || b[0] != journalVersion {
		return nil, errors.New("the journal has an unknown form")
	}
	r := byteReader{b: b[1:]}
	var names []string
	name := func() string {
		n := r.uvarint()
		if n == uint64(len(names)) {
			names = append(names, string(r.take(int(r.uvarint()))))
		}
		if n >= uint64(len(names)) {
			r.bad, r.b = true, nil
			return ""
		}
		return names[n]
	}
	var samples []coolant.Sample
	var before coolant.UnixMilli
	for len(r.b) > 0 {
		s := coolant.Sample{Device: coolant.DeviceID(name())}
		s.Boot = coolant.Boot(r.uint64())
		s.Seq = r.uvarint()
		s.Time = before + coolant.UnixMilli(r.varint())
		for n := r.uvarint(); n > 0 && !r.bad; n-- {
			reading := coolant.Reading{Metric: coolant.Metric(name())}
			reading.Quality = coolant.Quality(r.take(1)[0])
			if reading.Quality == coolant.Good {
				reading.Value = math.Float64frombits(r.uint64())
			}
			s.Readings = append(s.Readings, reading)
		}
		samples = append(samples, s)
		before = s.Time
	}
	if r.bad {
		return nil, errors.New("the journal is damaged")
	}
	return samples, nil
}
