package embedded

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"time"

	"coolant"
)

// accept hands each connection of l to a goroutine of its own until ctx ends.
// A shortage of file descriptors or memory is waited out, as the listener itself
// is still good then.
func (b *Broker) accept(ctx context.Context, l net.Listener, secure bool) error {
	for delay := time.Duration(0); ; {
		nc, err := l.Accept()
		switch {
		case err == nil:
			delay = 0
			b.take(nc, secure)
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		default:
			delay = min(max(5*time.Millisecond, 2*delay), time.Second)
			b.log.Warn("cannot accept a connection", "error", err, "again_in", delay)
			select {
			case <-time.After(delay):
			case <-ctx.Done():
			}
		}
	}
}

// take starts the life of a connection, unless there are too many.
func (b *Broker) take(nc net.Conn, secure bool) {
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetNoDelay(true)
	}
	b.mu.Lock()
	if len(b.conns) >= b.o.MaxConnections {
		b.mu.Unlock()
		b.metrics.dropped.WithLabelValues("too_many").Inc()
		nc.Close()
		return
	}
	c := newConn(b, nc)
	b.conns[c] = struct{}{}
	b.mu.Unlock()
	go b.run(c, secure)
}

// run is the life of a connection.
func (b *Broker) run(c *conn, secure bool) {
	err := c.handshake(secure)
	if err == nil {
		err = b.establish(c)
	}
	c.explain(err)
	b.leave(c)
	c.end()
	b.forget(c)
}

// handshake does the TLS handshake, in the connection's own goroutine so that a
// slow one holds nobody up, and starts the time that the client has to say who it
// is.
func (c *conn) handshake(secure bool) error {
	if secure {
		_ = c.tcp.SetDeadline(time.Now().Add(handshakeTime))
		t := tls.Server(c.tcp, c.b.o.TLS)
		if err := t.Handshake(); err != nil {
			return fmt.Errorf("TLS handshake: %w", err)
		}
		c.secure(t)
	}
	_ = c.tcp.SetDeadline(time.Time{})
	return c.tcp.SetReadDeadline(time.Now().Add(connectTime))
}

// establish lets mochi serve the connection until it ends. mochi's decoders can
// be made to panic (a SUBSCRIBE of MQTT 5 that ends after a filter), which must
// cost the sender its connection and nobody else anything.
func (b *Broker) establish(c *conn) (err error) {
	defer func() {
		if p := recover(); p != nil {
			b.metrics.panics.Inc()
			b.log.Debug("a packet made the decoder panic", "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: %v", errMalformed, p)
			c.abandon()
		}
	}()
	return b.server.EstablishConnection("mqtt", c)
}

// explain tells why a connection ended that never became a session. What ends a
// session is explained where it ends.
func (c *conn) explain(err error) {
	var (
		timeout net.Error
		detail  string
	)
	switch {
	case err == nil || c.established || c.refused:
		return
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		detail = fmt.Sprintf("no complete CONNECT within %s", connectTime)
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), isReset(err):
		return // someone who only looked whether the port is open
	default:
		detail = err.Error()
	}
	c.refused = true
	c.b.refuse(coolant.Rejection{Code: coolant.RejectedPacket, Detail: detail + ", from " + c.host()})
}

// host is the address of the client without its port, by which equal mistakes
// look equal.
func (c *conn) host() string {
	host, _, err := net.SplitHostPort(c.RemoteAddr().String())
	if err != nil {
		return c.RemoteAddr().String()
	}
	return host
}
