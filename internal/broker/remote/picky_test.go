package remote

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/broker/brokertest"
	"coolant/internal/wire"
)

// picky starts a broker in this process that refuses what Mosquitto cannot be made
// to refuse. Deny says what a client may not do.
func picky(t *testing.T, change func(*mochi.Options), deny func(topic string, write bool) bool) Endpoint {
	t.Helper()
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &counted{Listener: raw}
	o := &mochi.Options{Logger: slog.New(slog.DiscardHandler)}
	o.Capabilities = mochi.NewDefaultServerCapabilities()
	if change != nil {
		change(o)
	}
	s := mochi.New(o)
	if err := s.AddHook(&rules{deny: deny}, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.AddListener(listeners.NewNet("test", l)); err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// mochi must not be closed while it begins with a connection.
		l.Close()
		eventually(t, "the connections to end", func() error {
			if n := l.open.Load(); n > 0 {
				return fmt.Errorf("%d are open", n)
			}
			return nil
		})
		_ = s.Close()
	})
	return Endpoint{URL: "mqtt://" + l.Addr().String()}
}

// counted is a listener that knows how many of its connections are open.
type counted struct {
	net.Listener
	open atomic.Int64
}

// Accept implements net.Listener.
func (l *counted) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &countedConn{Conn: c, closed: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
}

// countedConn is a connection that is counted until it is closed.
type countedConn struct {
	net.Conn
	closed func()
}

// Close implements net.Conn.
func (c *countedConn) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// rules is the access list of a picky broker.
type rules struct {
	mochi.HookBase
	deny func(topic string, write bool) bool
}

func (*rules) ID() string                                               { return "rules" }
func (*rules) Provides(b byte) bool                                     { return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck }
func (*rules) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (r *rules) OnACLCheck(_ *mochi.Client, topic string, write bool) bool {
	return r.deny == nil || !r.deny(topic, write)
}

// TestTakenOver checks what is said where two services share a client id, and that
// the one which comes back still says why it was away.
func TestTakenOver(t *testing.T) {
	e := picky(t, nil, nil)
	h := begin(t, e, newInbox(stored)).linked(t)
	peer(t, e, "coolant-server")
	if p := h.problem(t); p.Code != "taken_over" {
		t.Errorf("the problem is %v", p)
	}
	h.linked(t)
	if w := fmt.Sprint(codes(h)); !strings.Contains(w, "taken_over") {
		t.Errorf("once it is back the warnings are %s", w)
	}
}

func codes(h *harness) (out []string) {
	for _, w := range h.Status().Warnings {
		out = append(out, w.Code)
	}
	return out
}

// TestSubscriptionRefused checks that a broker which does not let the service
// listen is an error, except for the article's topic.
func TestSubscriptionRefused(t *testing.T) {
	for _, topic := range []string{"coolant/+/status", wire.ArticleTopic} {
		versions(t, func(t *testing.T, protocol string) {
			e := picky(t, nil, func(asked string, write bool) bool { return !write && asked == topic })
			e.Protocol = protocol
			h := begin(t, e, newInbox(stored))
			if topic != wire.ArticleTopic {
				if p := h.problem(t); p.Code != "subscription_refused" || p.Step != "subscribe" || !strings.Contains(p.Detail, topic) {
					t.Errorf("the problem is %v", p)
				}
				return
			}
			h.linked(t)
			if w := h.Status().Warnings; len(w) != 1 || w[0].Code != "subscription_refused" || !strings.Contains(w[0].Detail, topic) {
				t.Errorf("the warnings are %v", w)
			}
		})
	}
}

// TestShortSession checks that a broker which keeps the session for a short time
// only is worth a word.
func TestShortSession(t *testing.T) {
	e := picky(t, func(o *mochi.Options) { o.Capabilities.MaximumSessionExpiryInterval = 120 }, nil)
	h := begin(t, e, newInbox(stored)).linked(t)
	if w := codes(h); len(w) != 1 || w[0] != "short_session" {
		t.Errorf("the warnings are %v", h.Status().Warnings)
	}
}

// TestStop checks that a link which stops acknowledges what is being committed,
// and waits no longer than it may for what is not.
func TestStop(t *testing.T) {
	versions(t, func(t *testing.T, protocol string) {
		e := picky(t, nil, nil)
		e.Protocol = protocol
		in := newInbox(nil)
		h := begin(t, e, in).linked(t)
		device := peer(t, e, "loop")
		say(t, device, "coolant/loop/telemetry", "a", false)
		say(t, device, "coolant/loop/telemetry", "b", false)
		got := in.wait(t, 2)
		stopped := make(chan struct{})
		go func() {
			h.stop()
			close(stopped)
		}()
		eventually(t, "the link to drain", func() error {
			if !h.draining.Load() {
				return fmt.Errorf("not yet")
			}
			return nil
		})
		stored(got[0])
		select {
		case <-stopped:
		case <-time.After(patience):
			t.Fatal("the link does not stop")
		}
		again := newInbox(stored)
		begin(t, e, again).linked(t)
		if m := again.wait(t, 1); string(m[0].Payload) != "b" {
			t.Errorf("%s came again, want b", m[0].Payload)
		}
	})
}

// TestWebSocket checks MQTT over a web socket, plain and with TLS.
func TestWebSocket(t *testing.T) {
	ca := brokertest.NewAuthority(t, "Test CA")
	leaf := ca.Issue(t, "broker", time.Now().Add(90*24*time.Hour), "localhost")
	pair, err := tls.LoadX509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	for scheme, config := range map[string]*tls.Config{"ws": nil, "wss": {Certificates: []tls.Certificate{pair}}} {
		versions(t, func(t *testing.T, protocol string) {
			t.Run(scheme, func(t *testing.T) {
				port := closedPort(t) // it opens its port itself
				s := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
				if err := errors.Join(s.AddHook(&rules{}, nil),
					s.AddListener(listeners.NewWebsocket(listeners.Config{ID: "test", Address: "127.0.0.1:" + port, TLSConfig: config})), s.Serve()); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = s.Close() })
				e := Endpoint{URL: scheme + "://localhost:" + port + "/mqtt", CAFile: ca.File, Protocol: protocol}
				in := newInbox(stored)
				h := begin(t, e, in).linked(t)
				// Through the link itself, to a topic that it hears too.
				large := strings.Repeat("x", 100<<10)
				if err := h.Publish("coolant/loop/telemetry", []byte(large), 1, false); err != nil {
					t.Fatal(err)
				}
				if got := in.wait(t, 1); string(got[0].Payload) != large {
					t.Errorf("%d bytes came", len(got[0].Payload))
				}
				h.stop()
			})
		})
	}
}

// TestPublishRefused checks what a broker's refusal of a topic becomes.
func TestPublishRefused(t *testing.T) {
	e := picky(t, nil, func(topic string, write bool) bool { return write && topic == "coolant/loop/desired" })
	h := begin(t, e, newInbox(stored)).linked(t)
	err := h.Publish("coolant/loop/desired", []byte("x"), 1, true)
	if w := codes(h); coolant.CodeOf(err) != coolant.CodeForbidden || len(w) != 1 || w[0] != "publish_refused" {
		t.Errorf("%v, warnings %v", err, w)
	}
	if err := h.Publish("coolant/loop/command", []byte("x"), 1, false); err != nil {
		t.Errorf("another topic: %v", err)
	}
}
