package sqlite

import (
	"context"
	"fmt"
	"math"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// rowsAtATime is how many readings of a series EachRow holds in memory.
const rowsAtATime = 1000

// EachRow calls fn for every time in [from, to) at which one of the metrics has a
// reading, in order, with the value of each metric (NaN for none) and its fault
// ([coolant.Good] for none). No metrics means all that the device has, in
// alphabetical order. Only stored readings count: what retention has taken is
// not there, whatever the rollups say.
//
// The slices are overwritten by the next call of fn. An error of fn ends the walk
// and is passed on. Samples that arrive meanwhile may or may not be seen; a slow
// fn holds nothing up. A device that is not registered is [coolant.CodeNotFound].
func (s *Store) EachRow(ctx context.Context, device coolant.DeviceID, metrics []coolant.Metric, from, to coolant.UnixMilli,
	fn func(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error,
) error {
	var list []namedSeries
	err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
		list, err = findSeries(conn, device, metrics)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the rows of device %s: %w", device, err)
	}
	values, faults := make([]float64, len(list)), make([]coolant.Quality, len(list))
	for next := from; next < to; {
		var page rowPage
		err := s.read(ctx, func(conn *sqlite.Conn) (err error) {
			page, err = readPage(conn, list, next, to)
			return err
		})
		if err != nil {
			return fmt.Errorf("read the rows of device %s: %w", device, err)
		}
		if err := page.each(values, faults, fn); err != nil {
			return err
		}
		next = page.end
	}
	return nil
}

// rowPage has the readings of some series before a time that is called its end.
type rowPage struct {
	series [][]stored
	end    coolant.UnixMilli
}

// stored is a reading as it is in samples or faults.
type stored struct {
	time    coolant.UnixMilli
	value   float64 // NaN for a fault
	quality coolant.Quality
}

// readPage reads the readings from a time on. Where a series has more than fit,
// the page ends after the last that did.
func readPage(conn *sqlite.Conn, list []namedSeries, from, to coolant.UnixMilli) (rowPage, error) {
	page := rowPage{series: make([][]stored, len(list)), end: to}
	for i, s := range list {
		if s.id == 0 {
			continue
		}
		// A value and a fault of the same time come one after the other.
		count := 0
		err := each(conn, `SELECT * FROM (SELECT ts, value, 0 FROM samples WHERE series = ?1 AND ts >= ?2 AND ts < ?3 ORDER BY ts LIMIT ?4)
			UNION ALL SELECT * FROM (SELECT ts, NULL, quality FROM faults WHERE series = ?1 AND ts >= ?2 AND ts < ?3 ORDER BY ts LIMIT ?4)
			ORDER BY 1 LIMIT ?4`,
			[]any{s.id, int64(from), int64(page.end), rowsAtATime}, func(stmt *sqlite.Stmt) error {
				r := stored{time: coolant.UnixMilli(stmt.ColumnInt64(0)), value: math.NaN(), quality: coolant.Quality(stmt.ColumnInt64(2))}
				if r.quality == coolant.Good {
					r.value = stmt.ColumnFloat(1)
				}
				page.series[i] = append(page.series[i], r)
				count++
				return nil
			})
		if err != nil {
			return page, err
		}
		if count == rowsAtATime {
			// The last time may not be complete, unless it is the only one.
			last := page.series[i][count-1].time
			page.end = max(last, from+1)
		}
	}
	return page, nil
}

// each calls fn for the times of the page, in order.
func (p *rowPage) each(values []float64, faults []coolant.Quality,
	fn func(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error,
) error {
	for {
		t := p.end
		for _, rows := range p.series {
			if len(rows) > 0 {
				t = min(t, rows[0].time)
			}
		}
		if t >= p.end {
			return nil
		}
		for i := range p.series {
			values[i], faults[i] = math.NaN(), coolant.Good
			for len(p.series[i]) > 0 && p.series[i][0].time == t {
				r := p.series[i][0]
				if r.quality == coolant.Good {
					values[i] = r.value
				} else {
					faults[i] = r.quality
				}
				p.series[i] = p.series[i][1:]
			}
		}
		if err := fn(t, values, faults); err != nil {
			return err
		}
	}
}
