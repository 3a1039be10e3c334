package app

import (
	"context"
	"net"
)

// listenPrivate opens a socket; on Windows it inherits the access rules of the
// data directory.
func listenPrivate(ctx context.Context, path string) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "unix", path)
}
