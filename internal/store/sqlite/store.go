package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"zombiezen.com/go/sqlite/sqlitex"

	"coolant"
)

// Options says where the store is and what it works with.
type Options struct {
	// Path is the database file; it is created, with mode 0600, if it does not
	// exist. Its folder must exist.
	Path string
	// Now is the clock; nil means time.Now. It dates devices that register
	// themselves and tells which hours are over.
	Now func() time.Time
	// Log is where the store reports what nobody asked for; nil means nowhere.
	Log *slog.Logger
	// Registerer gets the store's metrics; nil means none.
	Registerer prometheus.Registerer
}

// Store is an open database. Close it.
type Store struct {
	path    string
	lock    *fileLock
	writer  *writer
	readers *sqlitex.Pool
	metrics *metrics
}

// Open opens the database, creates it if there is none, and brings an older
// schema up to date. It fails with [coolant.CodeConflict] if another process has
// it open and with [coolant.CodeInvalid] if a newer version of the program wrote
// it.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open store %s: %w", o.Path, coded(err))
		}
	}()
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	lock, err := acquireLock(o.Path + ".lock")
	if err != nil {
		return nil, err
	}
	s := &Store{path: o.Path, lock: lock}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.lock.release())
		}
	}()
	if err := createFile(o.Path); err != nil {
		return nil, err
	}
	if s.metrics, err = newMetrics(o.Registerer); err != nil {
		return nil, err
	}
	conn, err := openWriteConn(ctx, o.Path)
	if err != nil {
		return nil, err
	}
	s.readers, err = openReaders(o.Path)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	s.writer, err = startWriter(conn, o.Now, o.Log, s.metrics)
	if err != nil {
		return nil, errors.Join(err, s.readers.Close(), conn.Close())
	}
	return s, nil
}

// createFile makes the database file, if there is none, so that only its owner
// can read it. SQLite gives its side files the same mode.
func createFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Close waits for writes that have begun, refuses those that have not, and
// closes the database.
func (s *Store) Close() error {
	err := errors.Join(s.readers.Close(), s.writer.stop(), s.lock.release())
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// Health is nil, or why the last write could not reach the disk: an error with
// the code [coolant.CodeStorageFull] or [coolant.CodeUnavailable]. The next write
// that succeeds clears it.
func (s *Store) Health() error { return s.writer.health() }

// Responds returns nil as soon as the writer takes its turn, whatever its last
// write came to: a disk that is full answers, one that hangs does not. Otherwise
// it returns why ctx ended.
func (s *Store) Responds(ctx context.Context) error {
	if err := s.writer.do(ctx, s.writer.appends, func() error { return nil }); err != nil {
		return fmt.Errorf("the store's writer: %w", err)
	}
	return nil
}

// Size returns how many bytes the database takes on disk, its write-ahead log
// included.
func (s *Store) Size(context.Context) (bytes int64, err error) {
	for _, name := range []string{s.path, s.path + "-wal"} {
		info, err := os.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, coolant.Errorf(coolant.CodeUnavailable, "size of the store: %w", err)
		}
		bytes += info.Size()
	}
	return bytes, nil
}
