package embedded

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
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

// take starts the life of a connection. If there are too many, it takes the place
// of the one that has been silent about itself for longest, so that nobody can keep
// devices out by connecting and saying nothing; without one it is turned away.
func (b *Broker) take(nc net.Conn, secure bool) {
	if t, ok := nc.(*net.TCPConn); ok {
		_ = t.SetNoDelay(true)
	}
	b.mu.Lock()
	var oldest *conn
	if len(b.conns) >= b.o.MaxConnections {
		b.metrics.dropped.WithLabelValues("too_many").Inc()
		front := b.strangers.Front()
		if front == nil {
			b.mu.Unlock()
			nc.Close()
			return
		}
		oldest = front.Value.(*conn)
		b.known(oldest)
		delete(b.conns, oldest)
	}
	c := newConn(b, nc)
	b.conns[c] = struct{}{}
	c.stranger = b.strangers.PushBack(c)
	b.mu.Unlock()
	if oldest != nil {
		oldest.abandon()
	}
	go b.run(c, secure)
}

// run is the life of a connection.
func (b *Broker) run(c *conn, secure bool) {
	err := c.handshake(secure)
	if err == nil {
		err = c.talk()
	}
	c.explain(err)
	b.log.Debug("an MQTT connection ended", "device", c.device, "remote", c.RemoteAddr(), "why", err)
	_ = c.Close()
	b.leave(c, err)
	c.end()
	b.forget(c)
}

// handshake does the TLS handshake, in the connection's own goroutine so that a
// slow one holds nobody up, and starts the time that the client has to say who it
// is.
func (c *conn) handshake(secure bool) error {
	if secure {
		c.setDeadline(time.Now().Add(c.b.o.times.handshake))
		t := tls.Server(c.tcp, c.b.o.TLS)
		if err := t.Handshake(); err != nil {
			return handshakeFailure(err)
		}
		c.secure(t)
	}
	c.setDeadline(time.Time{})
	c.setReadDeadline(time.Now().Add(c.b.o.times.connect))
	return nil
}

// handshakeFailure says why a handshake failed. In TLS 1.3 a client that does not trust the
// certificate may say so before it has changed its keys (OpenSSL does), which looks like nonsense
// to us.
func handshakeFailure(err error) error {
	if strings.Contains(err.Error(), "bad record MAC") {
		return fmt.Errorf("TLS handshake: %w; a client that does not trust this server's certificate often ends like this: give it tls/ca.crt of the data directory", err)
	}
	return fmt.Errorf("TLS handshake: %w", err)
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
