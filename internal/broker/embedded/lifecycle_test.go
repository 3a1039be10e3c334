package embedded

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"slices"
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

// TestForget removes a device: nothing of it is said or kept any more, and a new one
// of the same name begins with nothing.
func TestForget(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			pk := withWill(connecting(version, "a"), "coolant/a/status", "offline")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			connect := func(client string) *client {
				pk.Connect.ClientIdentifier = client
				c := dial(t, h.plain)
				c.connect(pk)
				c.subscribe(1, "coolant/a/desired", 1)
				return c
			}
			idle := connect("idle")
			idle.disconnect()
			idle.wantClosed()
			eventually(t, "one is gone", func() bool { return h.Connected() == 0 })
			busy := connect("busy")
			for _, topic := range []string{"coolant/a/desired", "coolant/b/desired"} {
				if err := h.Publish(topic, []byte("x"), 1, true); err != nil {
					t.Fatal(err)
				}
			}
			h.Forget("a")
			_, _ = io.Copy(io.Discard, busy)
			eventually(t, "all is gone", func() bool {
				return h.Connected() == 0 && h.server.Clients.Len() == 0 && len(h.records.keys(bucketSession)) == 0 &&
					len(h.records.keys(bucketInflight)) == 0
			})
			if keys := h.records.keys(bucketRetained); len(keys) != 1 || keys[0] != "coolant/b/desired" {
				t.Errorf("retained: %q", keys)
			}
			h.handler.none(t)
			c := connect("busy")
			c.quiet()
		})
	}
}
