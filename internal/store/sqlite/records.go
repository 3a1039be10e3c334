package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"
)

// recordsAtOnce is how many records EachRecord holds in memory.
const recordsAtOnce = 500

// PutRecord keeps a value under a bucket and a key, in place of one that was
// there.
func (s *Store) PutRecord(ctx context.Context, bucket, key string, value []byte) error {
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		return run(conn, `INSERT INTO records (bucket, key, value) VALUES (?, ?, ?)
			ON CONFLICT (bucket, key) DO UPDATE SET value = excluded.value`, bucket, key, notNil(value))
	})
	if err != nil {
		return fmt.Errorf("put record %s/%s: %w", bucket, key, err)
	}
	return nil
}

// DeleteRecord removes a record; one that is not there is no error.
func (s *Store) DeleteRecord(ctx context.Context, bucket, key string) error {
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		return run(conn, `DELETE FROM records WHERE bucket = ? AND key = ?`, bucket, key)
	})
	if err != nil {
		return fmt.Errorf("delete record %s/%s: %w", bucket, key, err)
	}
	return nil
}

// EachRecord calls fn for every record of a bucket in the order of their keys,
// until fn returns an error, which it passes on. fn may use the store; records
// that change meanwhile may or may not be seen. The value is fn's to keep.
func (s *Store) EachRecord(ctx context.Context, bucket string, fn func(key string, value []byte) error) error {
	type record struct {
		key   string
		value []byte
	}
	last := ""
	for first := true; ; first = false {
		var page []record
		err := s.read(ctx, func(conn *sqlite.Conn) error {
			return each(conn, `SELECT key, value FROM records WHERE bucket = ?1 AND (key > ?2 OR ?3) ORDER BY key LIMIT ?4`,
				[]any{bucket, last, first, recordsAtOnce}, func(stmt *sqlite.Stmt) error {
					page = append(page, record{stmt.ColumnText(0), columnBytes(stmt, 1)})
					return nil
				})
		})
		if err != nil {
			return fmt.Errorf("read the records of %s: %w", bucket, err)
		}
		for _, r := range page {
			if err := fn(r.key, r.value); err != nil {
				return err
			}
			last = r.key
		}
		if len(page) < recordsAtOnce {
			return nil
		}
	}
}
