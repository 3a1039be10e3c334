package sqlite

import (
	"context"
	"fmt"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// maxRejections is how many rejections are kept.
const maxRejections = 1000

// RecordRejections keeps rejections. Those of the same device, topic, code and
// [coolant.Rejection.Mistake] within a minute are one, with the sum of their counts and the words of the
// newest; a count of less than 1 is 1. The newest 1000 are kept. Their ids are
// the store's.
func (s *Store) RecordRejections(ctx context.Context, rejections []coolant.Rejection) error {
	if len(rejections) == 0 {
		return nil
	}
	err := s.writer.small(ctx, func(conn *sqlite.Conn) error {
		for i := range rejections {
			if err := recordRejection(conn, &rejections[i]); err != nil {
				return err
			}
		}
		return run(conn, `DELETE FROM rejections WHERE id IN
			(SELECT id FROM rejections ORDER BY time DESC, id DESC LIMIT -1 OFFSET ?)`, maxRejections)
	})
	if err != nil {
		return fmt.Errorf("record %d rejections: %w", len(rejections), err)
	}
	return nil
}

func recordRejection(conn *sqlite.Conn, r *coolant.Rejection) error {
	return run(conn, `INSERT INTO rejections (minute, time, device, topic, code, mistake, detail, excerpt, count)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (device, topic, code, mistake, minute) DO UPDATE SET
			count = count + excluded.count,
			detail = iif(excluded.time >= time, excluded.detail, detail),
			excerpt = iif(excluded.time >= time, excluded.excerpt, excerpt),
			time = max(time, excluded.time)`,
		int64(r.Time.Truncate(coolant.Minute)), int64(r.Time), string(r.Device), r.Topic, string(r.Code), r.Mistake(),
		r.Detail, r.Excerpt, max(1, r.Count))
}

// Rejections returns the newest rejections, the newest first. A limit of 0 or
// less means all.
func (s *Store) Rejections(ctx context.Context, limit int) (rejections []coolant.Rejection, err error) {
	if limit <= 0 {
		limit = maxRejections
	}
	err = s.read(ctx, func(conn *sqlite.Conn) error {
		return each(conn, `SELECT id, time, device, topic, code, detail, excerpt, count FROM rejections
			ORDER BY time DESC, id DESC LIMIT ?`, []any{limit}, func(stmt *sqlite.Stmt) error {
			rejections = append(rejections, coolant.Rejection{
				ID:      stmt.ColumnInt64(0),
				Time:    coolant.UnixMilli(stmt.ColumnInt64(1)),
				Device:  coolant.DeviceID(stmt.ColumnText(2)),
				Topic:   stmt.ColumnText(3),
				Code:    coolant.RejectionCode(stmt.ColumnText(4)),
				Detail:  stmt.ColumnText(5),
				Excerpt: stmt.ColumnText(6),
				Count:   stmt.ColumnInt(7),
			})
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the rejections: %w", err)
	}
	return rejections, nil
}
