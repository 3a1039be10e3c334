package sqlite

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"zombiezen.com/go/sqlite"

	"coolant"
)

// errCollision says that a batch holds a row that exists already although its
// sample is not known, so that it has to be inserted row by row.
var errCollision = errors.New("a row exists already")

func errClosed() error { return coolant.Errorf(coolant.CodeUnavailable, "the store is closed") }

// coded gives an error of SQLite or of the file system the code that callers go
// by, unless it has one.
func coded(err error) error {
	if err == nil {
		return nil
	}
	if _, has := errors.AsType[*coolant.Error](err); has {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return coolant.Errorf(coolant.CodeStorageFull, "no room on the disk: %w", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return coolant.Errorf(coolant.CodeUnavailable, "%w", err)
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull:
		return coolant.Errorf(coolant.CodeStorageFull, "no room on the disk: %w", err)
	case sqlite.ResultIOErr, sqlite.ResultCantOpen, sqlite.ResultReadOnly, sqlite.ResultBusy,
		sqlite.ResultLocked, sqlite.ResultNoMem, sqlite.ResultPerm, sqlite.ResultAuth:
		return coolant.Errorf(coolant.CodeUnavailable, "the database cannot be used: %w", err)
	case sqlite.ResultInterrupt:
		return coolant.Errorf(coolant.CodeUnavailable, "interrupted: %w", err)
	default:
		return coolant.Errorf(coolant.CodeInternal, "%w", err)
	}
}
