package embedded

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

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
	n := 250
	if testing.Short() {
		n = 60
	}
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

// TestGoodbyeEndsTheSession takes back, with the DISCONNECT, what the CONNECT asked
// for.
func TestGoodbyeEndsTheSession(t *testing.T) {
	h := open(t)
	pk := connecting(5, "a")
	pk.Connect.Clean = false
	pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 1<<32-1, true
	c := dial(t, h.plain)
	if ack := c.connect(pk); ack.Properties.SessionExpiryInterval != sessionExpiry {
		t.Errorf("the session is kept for %d s", ack.Properties.SessionExpiryInterval)
	}
	c.subscribe(1, "coolant/a/command", 1)
	if err := h.Publish("coolant/a/command", []byte("x"), 1, false); err != nil {
		t.Fatal(err)
	}
	c.want(packets.Publish)
	c.raw([]byte{packets.Disconnect << 4, 7, 0, 5, 17, 0, 0, 0, 0})
	c.wantClosed()
	eventually(t, "nothing is left", func() bool {
		return len(h.records.keys(bucketSession)) == 0 && len(h.records.keys(bucketInflight)) == 0 && h.server.Clients.Len() == 0
	})
	if ack := dial(t, h.plain).connect(pk); ack.SessionPresent {
		t.Error("the session is still there")
	}
}

// TestQoS2OfAnEarlierSession settles a message of a session that is no more while
// another message has its packet id: that one is acknowledged with its own receipt.
func TestQoS2OfAnEarlierSession(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			publish := func(clean bool) (*client, accepted) {
				t.Helper()
				pk := connecting(version, "a")
				if pk.Connect.Clean = clean; !clean {
					pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
				}
				c := dial(t, h.plain)
				c.connect(pk)
				c.publish("coolant/a/telemetry", "x", 2, 5)
				return c, h.handler.next(t)
			}
			_, earlier := publish(true)
			c, own := publish(false) // nothing of the first is resumed
			earlier.settle(nil)
			c.quiet()
			c.Close()
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			c = dial(t, h.plain)
			if ack := c.connect(pk); !ack.SessionPresent {
				t.Fatal("the session is gone")
			}
			c.publish("coolant/a/telemetry", "x", 2, 5)
			c.quiet()
			own.settle(nil)
			c.want(packets.Pubrec)
			h.handler.none(t)
		})
	}
}
