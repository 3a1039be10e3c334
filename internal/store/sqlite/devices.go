package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// AddDevice registers a device together with its credential, in one step. A
// device that is registered already is [coolant.CodeConflict]. A time of
// creation that is not set becomes now.
func (s *Store) AddDevice(ctx context.Context, d coolant.Device, c coolant.Credential) error {
	c.Device = d.ID
	err := s.device(ctx, d, func(conn *sqlite.Conn) error {
		if conn.Changes() == 0 {
			return coolant.Errorf(coolant.CodeConflict, "the device exists already")
		}
		return putCredential(conn, c)
	})
	if err != nil {
		return fmt.Errorf("add device %s: %w", d.ID, err)
	}
	return nil
}

// EnsureDevice registers a device that is not registered yet, without a
// credential. One that is stays as it is. A time of creation that is not set
// becomes now.
func (s *Store) EnsureDevice(ctx context.Context, d coolant.Device) error {
	err := s.device(ctx, d, func(*sqlite.Conn) error { return nil })
	if err != nil {
		return fmt.Errorf("ensure device %s: %w", d.ID, err)
	}
	return nil
}

// device registers a device and calls then right after.
func (s *Store) device(ctx context.Context, d coolant.Device, then func(*sqlite.Conn) error) error {
	if _, err := coolant.ParseDeviceID(string(d.ID)); err != nil {
		return err
	}
	if d.Created == 0 {
		d.Created = coolant.Milli(s.writer.now())
	}
	return s.writer.small(ctx, func(conn *sqlite.Conn) error {
		if err := ensureDevice(conn, d); err != nil {
			return err
		}
		return then(conn)
	})
}

func ensureDevice(conn *sqlite.Conn, d coolant.Device) error {
	err := run(conn, `INSERT INTO devices (id, name, created) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`,
		string(d.ID), d.Name, int64(d.Created))
	if err != nil {
		return fmt.Errorf("register device %s: %w", d.ID, err)
	}
	return nil
}

// Devices returns all devices, the oldest first, and by id where they are equally
// old.
func (s *Store) Devices(ctx context.Context) (devices []coolant.Device, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, `SELECT id, name, created FROM devices ORDER BY created, id`, nil, func(stmt *sqlite.Stmt) error {
			devices = append(devices, coolant.Device{
				ID:      coolant.DeviceID(stmt.ColumnText(0)),
				Name:    stmt.ColumnText(1),
				Created: coolant.UnixMilli(stmt.ColumnInt64(2)),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the devices: %w", err)
	}
	return devices, nil
}

// RemoveDevice forgets a device, its credential and its documents. Without
// withData its history, and what was desired of it, stay and are its again if it is added again; with it the
// history is out of reach at once, and upkeep gives its room back. A device that
// does not exist is [coolant.CodeNotFound].
func (s *Store) RemoveDevice(ctx context.Context, id coolant.DeviceID, withData bool) error {
	w := s.writer
	err := w.small(ctx, func(conn *sqlite.Conn) error {
		w.devices.forget(id)
		if err := run(conn, `DELETE FROM devices WHERE id = ?`, string(id)); err != nil {
			return err
		}
		if conn.Changes() == 0 {
			return coolant.Errorf(coolant.CodeNotFound, "there is no such device")
		}
		if err := run(conn, `DELETE FROM documents WHERE device = ?`, string(id)); err != nil {
			return err
		}
		if !withData {
			return nil
		}
		for _, query := range []string{
			`INSERT INTO removed (series) SELECT id FROM series WHERE device = ?`,
			`DELETE FROM dirty WHERE series IN (SELECT id FROM series WHERE device = ?)`,
			`DELETE FROM series WHERE device = ?`,
			`DELETE FROM boots WHERE device = ?`,
			`DELETE FROM desired WHERE device = ?`,
		} {
			if err := run(conn, query, string(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("remove device %s: %w", id, err)
	}
	return nil
}

// SetCredential replaces a device's credential. A device that does not exist is
// [coolant.CodeNotFound].
func (s *Store) SetCredential(ctx context.Context, c coolant.Credential) error {
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		if err := knownDevice(conn, c.Device); err != nil {
			return err
		}
		return putCredential(conn, c)
	})
	if err != nil {
		return fmt.Errorf("set the credential of device %s: %w", c.Device, err)
	}
	return nil
}

func putCredential(conn *sqlite.Conn, c coolant.Credential) error {
	return run(conn, `INSERT INTO credentials (device, salt, hash) VALUES (?, ?, ?)
		ON CONFLICT (device) DO UPDATE SET salt = excluded.salt, hash = excluded.hash`, string(c.Device), notNil(c.Salt), notNil(c.Hash))
}

// notNil makes an empty blob of nil, which would be NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// knownDevice is nil if the device is registered.
func knownDevice(conn *sqlite.Conn, id coolant.DeviceID) error {
	known := false
	err := each(conn, `SELECT 1 FROM devices WHERE id = ?`, []any{string(id)}, func(*sqlite.Stmt) error {
		known = true
		return nil
	})
	if err == nil && !known {
		err = coolant.Errorf(coolant.CodeNotFound, "there is no device %q", id)
	}
	return err
}

// Credentials returns the credentials of all devices that have one, in no order.
func (s *Store) Credentials(ctx context.Context) (credentials []coolant.Credential, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, `SELECT device, salt, hash FROM credentials`, nil, func(stmt *sqlite.Stmt) error {
			credentials = append(credentials, coolant.Credential{
				Device: coolant.DeviceID(stmt.ColumnText(0)),
				Salt:   columnBytes(stmt, 1),
				Hash:   columnBytes(stmt, 2),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the credentials: %w", err)
	}
	return credentials, nil
}
