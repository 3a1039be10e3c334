//go:build unix

package sqlite

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"coolant"
)

// fileLock keeps a second process away from the database. The operating system
// lets go of it when the process ends, however it ends. The file stays: removing
// it could take it from under somebody who has just opened it.
type fileLock struct{ f *os.File }

func acquireLock(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == nil {
		return &fileLock{f}, nil
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = coolant.Errorf(coolant.CodeConflict, "another process has the database open (it holds %s)", path)
	}
	return nil, errors.Join(fmt.Errorf("lock the database: %w", err), f.Close())
}

func (l *fileLock) release() error { return l.f.Close() }
