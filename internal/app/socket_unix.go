//go:build unix

package app

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
)

// listenPrivate opens a socket that only its owner can use from its first moment
// on: it is bound inside a private directory and then moved into place.
func listenPrivate(ctx context.Context, path string) (net.Listener, error) {
	private, err := os.MkdirTemp(filepath.Dir(path), ".s")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(private)
	bound := filepath.Join(private, "s")
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", bound)
	if err != nil {
		return nil, err
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false) // it will have moved
	if err := errors.Join(os.Chmod(bound, 0o600), os.Rename(bound, path)); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}
