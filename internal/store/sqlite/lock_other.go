//go:build !unix

package sqlite

// fileLock does nothing where there is no flock.
type fileLock struct{}

func acquireLock(string) (*fileLock, error) { return &fileLock{}, nil }

func (l *fileLock) release() error { return nil }
