package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// maxDesired is how many versions of a device's desired state are kept.
const maxDesired = 1000

// AddDesired writes the next version of what is wanted of a device. d.Version must be
// one more than the newest version; otherwise somebody else was faster, or the
// device's history is another one, and the error is [coolant.CodeConflict]. A device
// that does not exist is [coolant.CodeNotFound]. The newest 1000 versions of a device
// are kept.
func (s *Store) AddDesired(ctx context.Context, d coolant.Desired) error {
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		if err := knownDevice(conn, d.Device); err != nil {
			return err
		}
		newest, err := newestDesired(conn, d.Device)
		if err != nil {
			return err
		}
		if d.Version != newest+1 {
			return coolant.Errorf(coolant.CodeConflict, "the newest version is %d by now", newest)
		}
		err = run(conn, `INSERT INTO desired (device, version, epoch, body, at, by, note, source, refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')`,
			string(d.Device), int64(d.Version), d.Epoch, notNil(d.Body), int64(d.Edit.At), d.Edit.By, d.Edit.Note, int64(d.Edit.From))
		if err != nil {
			return err
		}
		return run(conn, `DELETE FROM desired WHERE device = ? AND version <= ?`, string(d.Device), int64(d.Version)-maxDesired)
	})
	if err != nil {
		return fmt.Errorf("write version %d of what is desired of device %s: %w", d.Version, d.Device, err)
	}
	return nil
}

// RefuseDesired notes why a device did not apply a version. A version that is not kept any
// more, or has another epoch, is left alone.
func (s *Store) RefuseDesired(ctx context.Context, device coolant.DeviceID, epoch string, version uint64, reason string) error {
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		return run(conn, `UPDATE desired SET refused = ? WHERE device = ? AND version = ? AND epoch = ?`, reason, string(device), int64(version), epoch)
	})
	if err != nil {
		return fmt.Errorf("note that device %s refuses version %d: %w", device, version, err)
	}
	return nil
}

func newestDesired(conn *sqlite.Conn, device coolant.DeviceID) (version uint64, err error) {
	err = each(conn, `SELECT ifnull(max(version), 0) FROM desired WHERE device = ?`, []any{string(device)}, func(stmt *sqlite.Stmt) error {
		version = uint64(stmt.ColumnInt64(0))
		return nil
	})
	return version, err
}

// Desired returns the newest version of what is wanted of each device, ordered by
// device. Devices of which nothing was ever wanted are missing.
func (s *Store) Desired(ctx context.Context) ([]coolant.Desired, error) {
	found, err := s.desired(ctx, `SELECT device, max(version), epoch, body, at, by, note, source, refused FROM desired GROUP BY device ORDER BY device`)
	if err != nil {
		return nil, fmt.Errorf("read what is desired: %w", err)
	}
	return found, nil
}

// DesiredHistory returns the versions of a device below before (0: all), the newest
// first, at most limit (0 or less: all that are kept).
func (s *Store) DesiredHistory(ctx context.Context, device coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error) {
	if limit <= 0 {
		limit = maxDesired
	}
	found, err := s.desired(ctx, `SELECT device, version, epoch, body, at, by, note, source, refused FROM desired
		WHERE device = ?1 AND (?2 = 0 OR version < ?2) ORDER BY version DESC LIMIT ?3`, string(device), int64(before), limit)
	if err != nil {
		return nil, fmt.Errorf("read what was desired of device %s: %w", device, err)
	}
	return found, nil
}

func (s *Store) desired(ctx context.Context, query string, args ...any) (found []coolant.Desired, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, query, args, func(stmt *sqlite.Stmt) error {
			found = append(found, coolant.Desired{
				Device:  coolant.DeviceID(stmt.ColumnText(0)),
				Version: uint64(stmt.ColumnInt64(1)),
				Epoch:   stmt.ColumnText(2),
				Body:    columnBytes(stmt, 3),
				Edit: coolant.Edit{
					At: coolant.UnixMilli(stmt.ColumnInt64(4)), By: stmt.ColumnText(5), Note: stmt.ColumnText(6),
					From: uint64(stmt.ColumnInt64(7)),
				},
				Refused: stmt.ColumnText(8),
			})
			return nil
		})
	})
	return found, err
}
