package remote

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"coolant"
)

// The versions of MQTT, as they are configured and shown.
const (
	protocolAuto = "auto"
	protocol5    = "5"
	protocol3    = "3.1.1"
)

// session is one connection on which MQTT is spoken. Its methods are safe for
// concurrent use. Errors are of type [*coolant.BrokerProblem].
type session interface {
	// subscribe asks for all filters with QoS 1, and returns the broker's code for
	// each: the granted QoS, or 0x80 and more.
	subscribe(ctx context.Context, filters []string) (codes []byte, err error)
	// publish returns when the broker has acknowledged the message, with QoS 0 when
	// it was handed to the network.
	publish(ctx context.Context, topic string, payload []byte, qos byte, retain bool) error
	// ended is closed when the connection has ended; why then says why, and is nil
	// after a close of ours.
	ended() <-chan struct{}
	why() *coolant.BrokerProblem
	// close takes leave of the broker, which keeps the session, and waits until
	// nothing of the connection runs any more.
	close()
}

// arrival is a message from the broker.
type arrival struct {
	topic    string
	payload  []byte
	qos      byte
	retained bool
	// ack sends the acknowledgement; nil with QoS 0. It does nothing once the
	// connection has ended.
	ack func()
}

// opening is what a session is opened with.
type opening struct {
	clientID           string
	username, password string
	clean              bool          // forget what the broker kept, and keep nothing
	expiry             time.Duration // how long it is to be kept
	request            time.Duration // limit for SUBACK and PUBACK
	counted            func(in, out int)
	// arrived is called for each message, in the order of arrival, by one goroutine.
	arrived func(arrival)
}

// opened is a session and what the broker said of it.
type opened struct {
	session
	protocol string
	present  bool          // the broker had kept our session
	refused5 bool          // it said that it does not know MQTT 5
	expiry   time.Duration // how long it keeps the session; < 0: it did not say
}

// ending is how a connection ends: once, with a reason unless we left.
type ending struct {
	address string

	once  sync.Once
	end   chan struct{}
	mu    sync.Mutex
	cause *coolant.BrokerProblem
	left  bool
}

func newEnding(address string) ending { return ending{address: address, end: make(chan struct{})} }

// finish notes why the connection ended; the first reason counts.
func (e *ending) finish(p *coolant.BrokerProblem) {
	e.once.Do(func() {
		e.mu.Lock()
		if !e.left {
			e.cause = p
		}
		e.mu.Unlock()
		close(e.end)
	})
}

// leave says that the end to come is ours.
func (e *ending) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.left = true
}

func (e *ending) ended() <-chan struct{} { return e.end }

func (e *ending) why() *coolant.BrokerProblem {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.cause
}

// explain turns the error of a request into a problem: that of the connection, if
// it has ended.
func (e *ending) explain(step, what string, err error) error {
	select {
	case <-e.end:
		if p := e.why(); p != nil {
			return p
		}
	default:
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return problemf(step, "timeout", "%s does not acknowledge the %s", e.address, what)
	}
	return problemf(step, "connection_lost", "the %s failed: %s", what, last(err))
}

// errOld says that the broker does not understand MQTT 5.
var errOld = errors.New("the broker does not speak MQTT 5")

// converse opens a session on a new connection: with MQTT 5 and, if the broker
// turns out not to know it and that is allowed, with 3.1.1 on another connection.
func (t *target) converse(ctx context.Context, limit time.Duration, o opening, first string, did trace) (*opened, *dialled, error) {
	version := t.Protocol
	if version == protocolAuto {
		version = first
	}
	d, err := t.dial(ctx, limit, did)
	if err != nil {
		return nil, nil, err
	}
	d.counted = o.counted
	if version == protocol3 {
		s, err := open3(ctx, limit, d.transport, o)
		return s, d, t.explain(d, o, err)
	}
	s, err := open5(ctx, limit, d.transport, o)
	if err == nil || t.Protocol != protocolAuto || !errors.Is(err, errOld) {
		return s, d, t.explain(d, o, unold(err))
	}
	refused := asProblem(err).Code == "protocol_refused"
	if d, err = t.dial(ctx, limit, func(string, string) {}); err != nil {
		return nil, nil, err
	}
	d.counted = o.counted
	if s, err = open3(ctx, limit, d.transport, o); err != nil {
		return nil, d, t.explain(d, o, err)
	}
	s.refused5 = refused
	return s, d, nil
}

// explain adds what is known besides of why a CONNECT failed. A broker that has
// asked for a certificate looks at it after the handshake with TLS 1.3, and may
// leave without a word.
func (t *target) explain(d *dialled, o opening, err error) error {
	p := asProblem(err)
	switch {
	case p == nil:
	case p.Code == "connection_lost" && d.unproven:
		return problemf(stepTLS, "client_certificate", "the broker asks for a client's certificate, and hung up without one")
	case p.Code == "connection_lost" && t.tls == nil:
		p.Detail += "; if this is a port with TLS, use mqtts:// or wss://"
	case p.Code == "bad_credentials" && o.password == "":
		p.Detail += "; no password was given"
	}
	return err
}

// old is a problem that MQTT 3.1.1 may not have.
type old struct{ *coolant.BrokerProblem }

func (o old) Is(target error) bool { return target == errOld }
func (o old) Unwrap() error        { return o.BrokerProblem }

func unold(err error) error {
	if o, ok := errors.AsType[old](err); ok {
		return o.BrokerProblem
	}
	return err
}

// answeredOld reports whether the first bytes from the broker are a CONNACK of
// MQTT 3.1.1 that refuses the version. It is what a broker without MQTT 5 has to
// say (MQTT 3.1.1, section 3.1.2.2), and no packet of MQTT 5.
func answeredOld(head []byte) bool { return bytes.Equal(head, []byte{0x20, 2, 0, 1}) }
