package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	// busyTimeout is how long a connection waits for a lock. Only a checkpoint
	// and another program that looks into the file can hold one.
	busyTimeout = 5 * time.Second
	// checkpointPages is how many pages of 4 KiB the log collects before a commit
	// copies them into the database and takes the longer for it. Mostly the same
	// pages are written again and again and copied once, so a longer log has fewer
	// of those commits and they are not much slower; it costs disk.
	checkpointPages = 8000
	// Page caches in KiB, filled only as pages are used.
	writeCache = 4096
	readCache  = 1024
)

func openWriteConn(ctx context.Context, path string) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	if err := prepareWriteConn(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func prepareWriteConn(ctx context.Context, conn *sqlite.Conn) error {
	conn.SetBusyTimeout(busyTimeout)
	current, err := checkOurs(conn)
	if err != nil {
		return err
	}
	mode := ""
	err = sqlitex.ExecuteTransient(conn, "PRAGMA journal_mode = wal", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			mode = stmt.ColumnText(0)
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("turn the write-ahead log on: %w", err)
	}
	if mode != "wal" {
		return fmt.Errorf("turn the write-ahead log on: the file system allows only journal mode %q", mode)
	}
	err = pragmas(conn,
		"synchronous = FULL",
		"foreign_keys = ON",
		"temp_store = MEMORY",
		fmt.Sprintf("wal_autocheckpoint = %d", checkpointPages),
		fmt.Sprintf("journal_size_limit = %d", 2*checkpointPages*4096),
		fmt.Sprintf("cache_size = -%d", writeCache),
	)
	if err != nil {
		return err
	}
	if current {
		return nil
	}
	return migrate(ctx, conn)
}

func openReaders(path string) (*sqlitex.Pool, error) {
	return sqlitex.NewPool(path, sqlitex.PoolOptions{
		Flags:    sqlite.OpenReadWrite, // a reader of a write-ahead log writes its locks
		PoolSize: max(4, runtime.GOMAXPROCS(0)),
		PrepareConn: func(conn *sqlite.Conn) error {
			conn.SetBusyTimeout(busyTimeout)
			return pragmas(conn, "query_only = ON", "temp_store = MEMORY", fmt.Sprintf("cache_size = -%d", readCache))
		},
	})
}

func pragmas(conn *sqlite.Conn, settings ...string) error {
	for _, set := range settings {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+set, nil); err != nil {
			return fmt.Errorf("set %s: %w", set, err)
		}
	}
	return nil
}

// read calls fn with a connection on which every query sees the same state of
// the database.
func (s *Store) read(ctx context.Context, fn func(conn *sqlite.Conn) error) (err error) {
	conn, err := s.readers.Take(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return coded(err)
	}
	defer s.readers.Put(conn)
	if err := sqlitex.Execute(conn, "BEGIN", nil); err != nil {
		return coded(err)
	}
	err = fn(conn)
	conn.SetInterrupt(nil) // or a cancelled read could not end its transaction
	if end := sqlitex.Execute(conn, "ROLLBACK", nil); err == nil {
		err = end
	}
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return coded(err)
}

// each runs a query and calls fn for each of its rows.
func each(conn *sqlite.Conn, query string, args []any, fn func(stmt *sqlite.Stmt) error) error {
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args, ResultFunc: fn})
}

// run executes a statement that has no result.
func run(conn *sqlite.Conn, query string, args ...any) error {
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args})
}

// columnBytes returns a copy of a blob.
func columnBytes(stmt *sqlite.Stmt, col int) []byte {
	b := make([]byte, stmt.ColumnLen(col))
	stmt.ColumnBytes(col, b)
	return b
}
