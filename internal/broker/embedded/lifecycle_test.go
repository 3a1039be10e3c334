package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// TestWills is when a last will is sent: exactly when the connection ends without
// a goodbye, whoever ends it.
func TestWills(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(*house, *client)
		sent bool
	}{
		{"goodbye", func(_ *house, c *client) { c.disconnect(); c.wantClosed() }, false},
		{"hung up", func(_ *house, c *client) { c.Close() }, true},
		{"reset", func(_ *house, c *client) { _ = c.Conn.(*net.TCPConn).SetLinger(0); c.Close() }, true},
		{"goodbye with will", func(_ *house, c *client) {
			if c.version == 5 {
				c.raw([]byte{packets.Disconnect << 4, 2, 4, 0})
			} else {
				c.Close()
			}
		}, true},
		{"removed", func(h *house, _ *client) { h.Disconnect("a") }, true},
		{"taken over", func(h *house, c *client) { h.join(c.version, "a") }, true},
		{"shut down", func(h *house, _ *client) { _ = h.stop() }, true},
		{"malformed", func(_ *house, c *client) { c.raw([]byte{0, 0}) }, true},
		{"killed by a verdict", func(h *house, c *client) { c.publish("coolant/a/telemetry", "kill", 1, 1); h.handler.next(h.t) }, true},
		{"killed while waiting", func(h *house, c *client) { c.publish("coolant/a/info", "kill", 1, 1); h.handler.next(h.t) }, true},
	} {
		for name, version := range versions {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				h := open(t, func(o *Options) {
					o.Handler.(*handler).verdict = func(m wire.Message) error {
						if string(m.Payload) == "kill" {
							return errors.New("broken")
						}
						return nil
					}
				})
				cl := dial(t, h.plain)
				cl.connect(withWill(connecting(version, "a"), "coolant/a/status", "gone"))
				c.end(h, cl)
				if c.sent {
					if m := h.handler.next(t); m.Kind != wire.Status || m.payload != "gone" || m.Topic != "coolant/a/status" {
						t.Errorf("the handler got %+v %q", m.Message, m.payload)
					}
				}
				_ = h.stop()
				if c.name != "taken over" {
					h.handler.none(t)
				}
			})
		}
	}
}

// TestShutdown acknowledges what is being committed, tells the clients and ends.
func TestShutdown(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			c := h.join(version, "a")
			idle := dialTLS(t, h.tls)
			idle.connect(connecting(version, "b"))
			half := dial(t, h.plain)
			c.publish("coolant/a/telemetry", "x", 1, 1)
			m := h.handler.next(t)
			stopped := make(chan error, 1)
			go func() { stopped <- h.stop() }()
			eventually(t, "the broker stops", h.draining.Load)
			if nc, err := net.Dial("tcp", h.plain); err == nil {
				nc.Close()
				t.Error("a connection is still accepted")
			}
			m.settle(nil)
			c.want(packets.Puback)
			for _, c := range []*client{c, idle} {
				if version == 5 {
					if bye := c.want(packets.Disconnect); bye.ReasonCode != packets.ErrServerShuttingDown.Code {
						t.Errorf("DISCONNECT %#x", bye.ReasonCode)
					}
				}
				c.wantClosed()
				c.Close()
			}
			half.wantClosed()
			if err := receive(t, stopped, "the end"); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestShutdownWithAStuckHandler ends in bounded time, and says so.
func TestShutdownWithAStuckHandler(t *testing.T) {
	release := make(chan struct{})
	h := open(t, patient(func(t *times) { t.settle, t.end = 50*time.Millisecond, 50*time.Millisecond }), func(o *Options) {
		o.Handler = stuck{release}
		o.MQTTS.Close()
		o.MQTTS = nil
	})
	h.join(5, "a").publish("coolant/a/telemetry", "x", 1, 1)
	eventually(t, "the handler has it", func() bool {
		for _, c := range h.all() {
			c.mu.Lock()
			n := c.acks.len()
			c.mu.Unlock()
			return n == 1
		}
		return false
	})
	err := h.stop()
	h.stop = func() error { return nil }
	if err == nil {
		t.Error("the connection that did not end is not mentioned")
	}
	close(release)
	eventually(t, "the connection ends", func() bool { return len(h.all()) == 0 })
}

type stuck struct{ release chan struct{} }

func (s stuck) Accept(wire.Message, wire.Receipt, uint64) { <-s.release }

// TestRetainedNotStored does not acknowledge a retained message that is not on
// disk.
func TestRetainedNotStored(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Log = slog.New(slog.DiscardHandler) })
			h.records.mu.Lock()
			h.records.fail = errors.New("the disk is full")
			h.records.mu.Unlock()
			c := h.join(version, "a")
			c.publish("coolant/a/info", "x", 1, 1)
			c.want(packets.Puback) // not retained
			c.send(retained(publishing("coolant/a/info", "x", 1, 2)))
			if version == 5 {
				c.want(packets.Disconnect)
			}
			c.wantClosed()
			if err := h.Publish("coolant/a/desired", []byte("x"), 1, true); err == nil {
				t.Error("a retained message that is not stored is published")
			}
			if _, ok := h.server.Topics.Retained.Get("coolant/a/desired"); ok {
				t.Error("it is retained")
			}
		})
	}
}

// TestRetainedIsStoredBeforeTheAck looks at the store at the moment of the PUBACK.
func TestRetainedIsStoredBeforeTheAck(t *testing.T) {
	h := open(t)
	c := h.join(4, "a")
	for i, kind := range []wire.Kind{wire.Status, wire.Info, wire.Reported} {
		c.send(retained(publishing(wire.Topic("a", kind), "x", 1, uint16(i+1))))
		c.want(packets.Puback)
		if keys := h.records.keys(bucketRetained); !slices.Contains(keys, wire.Topic("a", kind)) {
			t.Errorf("stored after the acknowledgement: %q", keys)
		}
	}
	c.send(retained(publishing("coolant/a/telemetry", "x", 1, 9)))
	c.want(packets.Puback)
	if _, ok := h.server.Topics.Retained.Get("coolant/a/telemetry"); ok {
		t.Error("telemetry is retained")
	}
	if err := h.Publish("coolant/a/desired", []byte("x"), 1, true); err != nil {
		t.Fatal(err)
	}
	if err := h.Publish("coolant/a/desired", nil, 1, true); err != nil {
		t.Fatal(err)
	}
	if keys := h.records.keys(bucketRetained); len(keys) != 3 {
		t.Errorf("stored: %q", keys)
	}
	c.subscribe(7, "coolant/a/#", 1)
	c.quiet()
}

// TestReceiveMaximumOfTheClient sends no more than the client takes at once, in
// order, also when the session is resumed.
func TestReceiveMaximumOfTheClient(t *testing.T) {
	h := open(t)
	pk := connecting(5, "a")
	pk.Connect.Clean = false
	pk.Properties.ReceiveMaximum = 3
	pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
	c := dial(t, h.plain)
	c.connect(pk)
	c.subscribe(1, "coolant/a/command", 2)
	const n = 30
	for i := range n {
		if err := h.Publish("coolant/a/command", []byte(fmt.Sprint(i)), 1+byte(i%2), false); err != nil {
			t.Fatal(err)
		}
	}
	next := 0
	get := func() packets.Packet {
		t.Helper()
		got := c.want(packets.Publish)
		if string(got.Payload) != fmt.Sprint(next) {
			t.Fatalf("got %q, want %d", got.Payload, next)
		}
		next++
		return got
	}
	finish := func(got packets.Packet) {
		t.Helper()
		if got.FixedHeader.Qos == 1 {
			c.ack(packets.Puback, got.PacketID)
			return
		}
		c.ack(packets.Pubrec, got.PacketID)
		c.want(packets.Pubrel)
		c.ack(packets.Pubcomp, got.PacketID)
	}
	var flight []packets.Packet
	for next < 3 {
		flight = append(flight, get())
	}
	c.quiet()
	for next < 12 {
		finish(flight[0])
		flight = append(flight[1:], get())
		c.quiet()
	}
	c.Close()
	next -= 3 // what was not acknowledged comes again
	c = dial(t, h.plain)
	if ack := c.connect(pk); !ack.SessionPresent {
		t.Fatal("the session is gone")
	}
	flight = flight[:0]
	for range 3 {
		flight = append(flight, get())
	}
	c.quiet()
	for len(flight) > 0 {
		finish(flight[0])
		flight = flight[1:]
		if next < n {
			flight = append(flight, get())
		}
	}
	c.quiet()
}

// TestTakeover resumes a session while its old connection is there, and drops it
// for a clean start.
func TestTakeover(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			old := dial(t, h.plain)
			old.connect(pk)
			old.subscribe(1, "coolant/a/command", 1)
			c := dial(t, h.plain)
			if ack := c.connect(pk); !ack.SessionPresent {
				t.Error("the session is not resumed")
			}
			if version == 5 {
				old.want(packets.Disconnect)
			}
			old.wantClosed()
			eventually(t, "one is left", func() bool { return h.Connected() == 1 })
			if err := h.Publish("coolant/a/command", []byte("x"), 1, false); err != nil {
				t.Fatal(err)
			}
			c.ack(packets.Puback, c.want(packets.Publish).PacketID)
			clean := dial(t, h.plain)
			if ack := clean.connect(connecting(version, "a")); ack.SessionPresent {
				t.Error("a clean start has a session")
			}
			if err := h.Publish("coolant/a/command", []byte("y"), 1, false); err != nil {
				t.Fatal(err)
			}
			clean.quiet()
		})
	}
}

// TestExpiry forgets a session after its time.
func TestExpiry(t *testing.T) {
	h := open(t)
	pk := connecting(5, "a")
	pk.Connect.Clean = false
	pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 60, true
	c := dial(t, h.plain)
	c.connect(pk)
	c.subscribe(1, "coolant/a/command", 1)
	h.expireBy(time.Now().Add(time.Hour))
	c.quiet()
	c.Close()
	eventually(t, "it is gone", func() bool { return h.Connected() == 0 })
	if err := h.Publish("coolant/a/command", []byte("x"), 1, false); err != nil {
		t.Fatal(err)
	}
	h.expireBy(time.Now())
	if len(h.records.keys(bucketSession)) != 1 || len(h.records.keys(bucketInflight)) != 1 {
		t.Error("the session is forgotten too early")
	}
	h.expireBy(time.Now().Add(time.Hour))
	if len(h.records.keys(bucketSession)) != 0 || len(h.records.keys(bucketInflight)) != 0 {
		t.Error("the session is not forgotten")
	}
	if ack := dial(t, h.plain).connect(pk); ack.SessionPresent {
		t.Error("the session is still there")
	}
}

// TestQoS2OverConnections delivers a message once to the handler though the client
// sends it again over another connection, before and after it is settled.
func TestQoS2OverConnections(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			first := dial(t, h.plain)
			first.connect(pk)
			first.publish("coolant/a/telemetry", "x", 2, 3)
			m := h.handler.next(t)
			second := dial(t, h.plain)
			second.connect(pk)
			second.publish("coolant/a/telemetry", "x", 2, 3)
			second.quiet()
			m.settle(nil)
			second.want(packets.Pubrec)
			third := dial(t, h.plain)
			third.connect(pk)
			third.publish("coolant/a/telemetry", "x", 2, 3)
			third.want(packets.Pubrec)
			third.ack(packets.Pubrel, 3)
			if ack := third.want(packets.Pubcomp); ack.ReasonCode != 0 {
				t.Errorf("PUBCOMP %#x", ack.ReasonCode)
			}
			third.ack(packets.Pubrel, 3)
			if ack := third.want(packets.Pubcomp); version == 5 && ack.ReasonCode != 0x92 {
				t.Errorf("PUBCOMP %#x for nothing", ack.ReasonCode)
			}
			h.handler.none(t)
		})
	}
}

// TestStorm lets 250 clients connect over TLS at once, and come back, each taking
// over its old connection.
func TestStorm(t *testing.T) {
	h := open(t, func(o *Options) { o.Auth = everyone{} })
	const n = 250
	config := trust(t)
	clients := make([]*client, n)
	for range 2 {
		var all sync.WaitGroup
		limit := make(chan struct{}, 64)
		for i := range n {
			all.Go(func() {
				limit <- struct{}{}
				defer func() { <-limit }()
				user := fmt.Sprintf("d%d", i)
				d := tlsDialer(config)
				nc, err := d.Dial("tcp", h.tls)
				if err != nil {
					t.Error(err)
					return
				}
				c := wrap(t, nc)
				_ = c.SetDeadline(time.Now().Add(6 * patience))
				if ack := c.connect(connecting(5, user)); ack.ReasonCode != 0 {
					t.Errorf("CONNACK %#x", ack.ReasonCode)
				}
				c.publish("coolant/"+user+"/telemetry", "x", 1, 1)
				c.want(packets.Puback)
				clients[i] = c
			})
		}
		all.Wait()
		eventually(t, "all are connected once", func() bool { return h.Connected() == n })
	}
	for _, c := range clients {
		c.quiet()
	}
	for _, c := range clients {
		c.Close()
	}
	eventually(t, "nothing is left", func() bool {
		h.sessions.mu.Lock()
		defer h.sessions.mu.Unlock()
		return len(h.all()) == 0 && len(h.sessions.byClient) == 0 && h.server.Clients.Len() == 0
	})
	h.noneRejected()
}

// TestReconnectsOfOneClient lets many connections fight for one client id and
// sees that exactly one is left, with its subscription.
func TestReconnectsOfOneClient(t *testing.T) {
	h := open(t)
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			nc, err := net.Dial("tcp", h.plain)
			if err != nil {
				t.Error(err)
				return
			}
			c := wrap(t, nc)
			c.version = 5
			_, _ = c.Write(encode(t, 5, connecting(5, "a")))
			_, _ = c.read()
		})
	}
	all.Wait()
	eventually(t, "one is left", func() bool { return h.Connected() == 1 && len(h.all()) == 1 })
	last := h.join(5, "a")
	last.subscribe(1, "coolant/a/input", 0)
	eventually(t, "only the last is left", func() bool { return len(h.all()) == 1 })
	if err := h.Publish("coolant/a/input", []byte("x"), 0, false); err != nil {
		t.Fatal(err)
	}
	last.want(packets.Publish)
}

// TestPaho speaks with a client that is not ours, over TLS.
func TestPaho(t *testing.T) {
	h := open(t)
	address, err := url.Parse("mqtts://" + h.tls)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	got := make(chan *paho.Publish, 10)
	cm, err := autopaho.NewConnection(ctx, autopaho.ClientConfig{
		ServerUrls: []*url.URL{address}, TlsCfg: trust(t), KeepAlive: 20,
		CleanStartOnInitialConnection: true,
		ConnectUsername:               "a", ConnectPassword: []byte("aa"),
		WillMessage: &paho.WillMessage{Topic: "coolant/a/status", Payload: []byte("offline"), QoS: 1, Retain: true},
		ClientConfig: paho.ClientConfig{
			ClientID: "a",
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				got <- p.Packet
				return true, nil
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := cm.AwaitConnection(ctx); err != nil {
		t.Fatal(err)
	}
	if err := h.Publish("coolant/a/desired", []byte("new"), 1, true); err != nil {
		t.Fatal(err)
	}
	if _, err := cm.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "coolant/a/#", QoS: 1}}}); err != nil {
		t.Fatal(err)
	}
	if p := receive(t, got, "what is retained"); p.Topic != "coolant/a/desired" || !p.Retain || p.QoS != 1 {
		t.Errorf("got %+v", p)
	}
	for qos := byte(0); qos <= 2; qos++ {
		if _, err := cm.Publish(ctx, &paho.Publish{Topic: "coolant/a/telemetry", QoS: qos, Payload: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		if m := h.handler.next(t); m.Device != "a" || m.Kind != wire.Telemetry {
			t.Errorf("the handler got %+v", m.Message)
		}
	}
	if r, err := cm.Publish(ctx, &paho.Publish{Topic: "coolant/b/telemetry", QoS: 1, Payload: []byte("x")}); err == nil {
		t.Errorf("a foreign topic is taken: %+v", r)
	}
	if r := h.rejected(coolant.RejectedTopic); r.Device != "a" {
		t.Errorf("reported as %+v", r)
	}
	if err := cm.Disconnect(ctx); err != nil {
		t.Error(err)
	}
	eventually(t, "it is gone", func() bool { return h.Connected() == 0 })
	h.handler.none(t)
}
