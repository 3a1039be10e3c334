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
func (s *Store) Documents(ctx context.Context) (documents []coolant.DeviceDocument, err error) {
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, `SELECT device, kind, body, received FROM documents ORDER BY device, kind`, nil,
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
