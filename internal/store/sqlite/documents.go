package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// PutDocument keeps the newest document of its kind of a device.
func (s *Store) PutDocument(ctx context.Context, d coolant.DeviceDocument) error {
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		return run(conn, `INSERT INTO documents (device, kind, body, received) VALUES (?, ?, ?, ?)
			ON CONFLICT (device, kind) DO UPDATE SET body = excluded.body, received = excluded.received`,
			string(d.Device), string(d.Kind), notNil(d.Body), int64(d.Received))
	})
	if err != nil {
		return fmt.Errorf("keep document %s of device %s: %w", d.Kind, d.Device, err)
	}
	return nil
}

// Documents returns all documents, ordered by device and kind.
func (s *Store) Documents(ctx context.Context) ([]coolant.DeviceDocument, error) {
	return s.documents(ctx, `SELECT device, kind, body, received FROM documents ORDER BY device, kind`)
}

// Document returns the newest document of a kind of a device; one with the zero Received
// if it has never sent one.
func (s *Store) Document(ctx context.Context, id coolant.DeviceID, kind coolant.Document) (coolant.DeviceDocument, error) {
	found, err := s.documents(ctx, `SELECT device, kind, body, received FROM documents WHERE device = ? AND kind = ?`, string(id), string(kind))
	if err != nil || len(found) == 0 {
		return coolant.DeviceDocument{Device: id, Kind: kind}, err
	}
	return found[0], nil
}

func (s *Store) documents(ctx context.Context, query string, args ...any) (documents []coolant.DeviceDocument, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, query, args,
			func(stmt *sqlite.Stmt) error {
				documents = append(documents, coolant.DeviceDocument{
					Device:   coolant.DeviceID(stmt.ColumnText(0)),
					Kind:     coolant.Document(stmt.ColumnText(1)),
					Body:     columnBytes(stmt, 2),
					Received: coolant.UnixMilli(stmt.ColumnInt64(3)),
				})
				return nil
			})
	})
	if err != nil {
		return nil, fmt.Errorf("read the documents: %w", err)
	}
	return documents, nil
}
