package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// Backup writes the whole store as it is now into one new file, while writes go
// on. The file is a database like any other and is on disk when Backup returns.
// It appears under its name only when it is complete. A file that exists already
// is never touched: [coolant.CodeConflict].
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.backup(ctx, path); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("back up to %s: %w", path, coded(err))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return errExists()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	partial, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial")
	if err != nil {
		return err
	}
	name := partial.Name()
	defer func() {
		if gone := os.Remove(name); gone != nil && !errors.Is(gone, fs.ErrNotExist) && err == nil {
			err = gone
		}
	}()
	if err := errors.Join(s.copyInto(ctx, name), partial.Sync(), partial.Close()); err != nil {
		return err
	}
	if err := publish(name, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func errExists() error {
	return coolant.Errorf(coolant.CodeConflict, "the file exists already and is not overwritten")
}

// copyInto writes a compact copy of the database into an empty file. It reads
// with a connection of its own: those of the pool may not write anywhere.
func (s *Store) copyInto(ctx context.Context, name string) (err error) {
	conn, err := sqlite.OpenConn(s.path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	conn.SetBusyTimeout(busyTimeout)
	conn.SetInterrupt(ctx.Done())
	return run(conn, `VACUUM INTO ?`, name)
}

// publish gives a file its final name, which nothing must have.
func publish(name, path string) error {
	err := os.Link(name, path)
	if err == nil {
		return os.Remove(name)
	}
	if errors.Is(err, fs.ErrExist) {
		return errExists()
	}
	// The file system has no links. Between this look and the renaming somebody
	// else could make the file, but nobody who does backups through us.
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return errExists()
	}
	return os.Rename(name, path)
}

// syncFolder brings a new name in a folder to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
