package load

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"

	"coolant/e2e/mqtt"
)

// Client is who a connection is.
type Client struct {
	ID             string
	User, Password string // empty for a broker without users
}

// Target is the broker and the clients that use it.
type Target struct {
	Addr    string
	TLS     *tls.Config // nil means plain
	Version mqtt.Version
	Clients []Client
}

// parallelDials bounds the connections that are being made at a time, so that
// setting up a fleet is no storm.
const parallelDials = 64

func (t Target) dial(ctx context.Context, c Client, keepAlive uint16, buffer int) (*mqtt.Conn, error) {
	conn, err := mqtt.Dial(ctx, mqtt.Options{
		Addr: t.Addr, TLS: t.TLS, ReadBuffer: buffer,
		Connect: mqtt.Connect{Version: t.Version, ID: c.ID, User: c.User, Password: c.Password, KeepAlive: keepAlive},
	})
	if err != nil {
		return nil, fmt.Errorf("connect %s: %w", c.ID, err)
	}
	return conn, nil
}

// dialAll connects every client, in an order and a number at a time that no
// server minds.
func (t Target) dialAll(ctx context.Context, keepAlive uint16, buffer int) ([]*mqtt.Conn, error) {
	conns := make([]*mqtt.Conn, len(t.Clients))
	g, dialCtx := errgroup.WithContext(ctx)
	g.SetLimit(parallelDials)
	for i, c := range t.Clients {
		g.Go(func() (err error) {
			conns[i], err = t.dial(dialCtx, c, keepAlive, buffer)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		closeAll(conns)
		return nil, err
	}
	return conns, nil
}

// dialUntil tries again and again, as a device does, until it is connected, the
// server refuses it, or ctx ends. It returns the number of attempts.
func (t Target) dialUntil(ctx context.Context, c Client) (*mqtt.Conn, int, error) {
	pause := 100 * time.Millisecond
	for attempt := 1; ; attempt++ {
		conn, err := t.dial(ctx, c, 60, 0)
		if err == nil || mqtt.IsRefused(err) {
			return conn, attempt, err
		}
		wait := time.NewTimer(pause/2 + rand.N(pause))
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil, attempt, errors.Join(err, ctx.Err())
		case <-wait.C:
		}
		pause = min(2*pause, time.Second)
	}
}

func closeAll(conns []*mqtt.Conn) {
	for _, c := range conns {
		if c != nil {
			_ = c.Close()
		}
	}
}

// interruptAll ends every blocked read and write when ctx ends.
func interruptAll(ctx context.Context, conns []*mqtt.Conn) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		for _, c := range conns {
			_ = c.SetDeadline(time.Unix(1, 0))
		}
	})
}
