package mqtt

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"
)

// Options says how to connect.
type Options struct {
	Addr    string
	TLS     *tls.Config // nil means plain
	Connect Connect
	// ReadBuffer is the size of the buffer for what comes in; 2 KiB when 0.
	ReadBuffer int
}

// Conn is a connection whose CONNECT the server has accepted. One goroutine may
// read while another writes.
type Conn struct {
	net.Conn
	*Reader
	Version Version
	// SessionPresent is what CONNACK said.
	SessionPresent bool
}

// RefusedError says that the server answered CONNECT with a refusal.
type RefusedError struct{ Reason byte }

func (e *RefusedError) Error() string { return fmt.Sprintf("refused with reason 0x%02x", e.Reason) }

// Dial connects, sends CONNECT and waits for CONNACK, all until ctx ends. A
// refusal is a *RefusedError.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	raw, err := dialRaw(ctx, o)
	if err != nil {
		return nil, err
	}
	c := &Conn{Conn: raw, Reader: NewReader(raw, max(o.ReadBuffer, 2048)), Version: o.Connect.version()}
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	err = c.handshake(o.Connect)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	return c, nil
}

func dialRaw(ctx context.Context, o Options) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{Enable: false}}
	raw, err := d.DialContext(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	if o.TLS == nil {
		return raw, nil
	}
	secure := tls.Client(raw, o.TLS)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secure, nil
}

func (c *Conn) handshake(connect Connect) error {
	if _, err := c.Write(AppendConnect(nil, connect)); err != nil {
		return fmt.Errorf("send CONNECT: %w", err)
	}
	p, err := c.Next()
	if err != nil {
		return fmt.Errorf("wait for CONNACK: %w", err)
	}
	if p.Type != TypeConnAck || len(p.Body) < 2 {
		return fmt.Errorf("packet of type %d in place of CONNACK: %w", p.Type, errMalformed)
	}
	if p.Body[1] != 0 {
		return &RefusedError{Reason: p.Body[1]}
	}
	c.SessionPresent = p.Body[0]&1 != 0
	return nil
}

// Subscribe subscribes to the filters and waits for SUBACK. Messages that come
// before it are dropped, so it is for the beginning of a connection.
func (c *Conn) Subscribe(qos byte, filters ...string) error {
	if _, err := c.Write(AppendSubscribe(nil, c.Version, 1, qos, filters...)); err != nil {
		return fmt.Errorf("send SUBSCRIBE: %w", err)
	}
	for {
		p, err := c.Next()
		if err != nil {
			return fmt.Errorf("wait for SUBACK: %w", err)
		}
		if p.Type != TypeSubAck {
			continue
		}
		_, reason, err := ParseAck(c.Version, p)
		if err == nil && reason >= 0x80 {
			err = &RefusedError{Reason: reason}
		}
		return err
	}
}

// IsRefused reports whether err is the server's answer to CONNECT or SUBSCRIBE
// rather than a broken connection.
func IsRefused(err error) bool {
	_, ok := errors.AsType[*RefusedError](err)
	return ok
}
