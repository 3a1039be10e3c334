package sqlite

import (
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// maxBoots bounds how many starts of one device are remembered. A redelivery
// from an older one is still recognised by its rows.
const maxBoots = 256

// device returns what is known of a device, and registers one that is not.
func (w *writer) device(id coolant.DeviceID) (*device, error) {
	if d := w.devices.get(id); d != nil {
		return d, nil
	}
	if _, err := coolant.ParseDeviceID(string(id)); err != nil {
		return nil, err
	}
	if err := ensureDevice(w.conn, coolant.Device{ID: id, Created: coolant.Milli(w.now())}); err != nil {
		return nil, err
	}
	d := &device{id: id}
	err := each(w.conn, `SELECT id, metric FROM series WHERE device = ? ORDER BY id`, []any{string(id)}, func(stmt *sqlite.Stmt) error {
		d.series = append(d.series, &series{
			id: stmt.ColumnInt64(0), metric: coolant.Metric(stmt.ColumnText(1)), marked: noHour,
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the series of device %s: %w", id, err)
	}
	w.devices.add(d)
	return d, nil
}

// series returns the series of a metric and makes one that is not there. hint is
// where in d.series it may be, since devices keep their order.
func (w *writer) series(d *device, hint int, m coolant.Metric) (*series, error) {
	if hint < len(d.series) && d.series[hint].metric == m {
		return d.series[hint], nil
	}
	for _, s := range d.series {
		if s.metric == m {
			return s, nil
		}
	}
	if _, err := coolant.ParseMetric(string(m)); err != nil {
		return nil, err
	}
	if err := run(w.conn, `INSERT INTO series (device, metric) VALUES (?, ?)`, string(d.id), string(m)); err != nil {
		return nil, fmt.Errorf("make series %s of device %s: %w", m, d.id, err)
	}
	s := &series{id: w.conn.LastInsertRowID(), metric: m, marked: noHour}
	d.series = append(d.series, s)
	return s, nil
}

// boot returns what has been received of one start of a device.
func (w *writer) boot(d *device, id coolant.Boot) (*boot, error) {
	for _, b := range d.boots {
		if b.boot == id {
			return b, nil
		}
	}
	b := &boot{boot: id}
	err := each(w.conn, `SELECT id, through, ahead, newest FROM boots WHERE device = ? AND boot = ?`,
		[]any{string(d.id), int64(id)}, func(stmt *sqlite.Stmt) (err error) {
			b.row = stmt.ColumnInt64(0)
			b.newest = coolant.UnixMilli(stmt.ColumnInt64(3))
			b.received, err = decodeReceived(uint64(stmt.ColumnInt64(1)), columnBytes(stmt, 2))
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("read boot %s of device %s: %w", id, d.id, err)
	}
	if b.row == 0 {
		if err := w.addBoot(d, b); err != nil {
			return nil, fmt.Errorf("add boot %s of device %s: %w", id, d.id, err)
		}
	}
	d.boots = append(d.boots, b)
	if len(d.boots) > maxCachedBoots && !d.boots[0].named {
		d.boots = append(d.boots[:0], d.boots[1:]...)
	}
	return b, nil
}

func (w *writer) addBoot(d *device, b *boot) error {
	err := run(w.conn, `INSERT INTO boots (device, boot, through, newest) VALUES (?, ?, 0, 0)`, string(d.id), int64(b.boot))
	if err != nil {
		return err
	}
	b.row = w.conn.LastInsertRowID()
	err = run(w.conn, `DELETE FROM boots WHERE device = ?1 AND id <=
		(SELECT id FROM boots WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)`, string(d.id), maxBoots)
	if err != nil {
		return err
	}
	if w.conn.Changes() == 0 {
		return nil
	}
	// Those in use are among the newest; only the others may be gone.
	kept := d.boots[:0]
	for _, known := range d.boots {
		if known.named {
			kept = append(kept, known)
		}
	}
	clear(d.boots[len(kept):])
	d.boots = kept
	return nil
}

// writeBoots writes what has been received by the batch.
func (w *writer) writeBoots() error {
	for _, b := range w.append.boots {
		if !b.changed {
			continue
		}
		stmt, err := w.conn.Prepare(`UPDATE boots SET through = ?, ahead = ?, newest = ? WHERE id = ?`)
		if err != nil {
			return err
		}
		stmt.BindInt64(1, int64(b.received.through))
		if len(b.received.ahead) == 0 {
			stmt.BindNull(2)
		} else {
			w.append.body = b.received.encode(w.append.body[:0])
			stmt.BindBytes(2, w.append.body)
		}
		stmt.BindInt64(3, int64(b.newest))
		stmt.BindInt64(4, b.row)
		if err := step(stmt); err != nil {
			return fmt.Errorf("write what has been received: %w", err)
		}
		b.changed = false
	}
	return nil
}
