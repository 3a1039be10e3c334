package embedded

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// The tests of this file are named after the traps that mochi sets, as numbered
// in the project's list of dependencies. Numbers 9 and 16, the memory of idle
// clients, are BenchmarkIdle's.

// mochi deletes retained messages a day after they were made.
func TestTrap01RetainedMessagesDoNotExpire(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			if err := h.Publish("coolant/a/desired", []byte("old"), 1, true); err != nil {
				t.Fatal(err)
			}
			pk, _ := h.server.Topics.Retained.Get("coolant/a/desired")
			pk.Created = time.Now().AddDate(-9, 0, 0).Unix()
			h.server.Topics.RetainMessage(pk)
			h.expireBy(time.Now())
			c := h.join(version, "a")
			c.subscribe(1, "coolant/a/desired", 1)
			if got := c.want(packets.Publish); string(got.Payload) != "old" || got.Properties.MessageExpiryInterval != 0 {
				t.Errorf("got %q, which expires in %d s", got.Payload, got.Properties.MessageExpiryInterval)
			}
		})
	}
}

// The acknowledgement goes out after the commit, and a message that is not stored
// is not acknowledged, in either version.
func TestTrap02And03NothingIsAcknowledgedThatIsNotStored(t *testing.T) {
	for name, version := range versions {
		for _, kind := range []wire.Kind{wire.Telemetry, wire.Status} {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
				c := dial(t, h.plain)
				c.connect(withWill(connecting(version, "a"), "coolant/a/status", "gone"))
				c.publish("coolant/a/"+kind.String(), "x", 1, 1)
				m := h.handler.next(t)
				if kind == wire.Telemetry {
					c.quiet() // the client is served meanwhile
				}
				m.settle(coolant.Errorf(coolant.CodeStorageFull, "full"))
				if version == 5 {
					c.want(packets.Disconnect)
				}
				c.wantClosed()
				// The way out without an acknowledgement is no way around the will.
				if will := h.handler.next(t); will.Kind != wire.Status || will.payload != "gone" || will.Live {
					t.Errorf("the handler got %+v %q, want the last will", will.Message, will.payload)
				}
			})
		}
	}
}

// A delayed and retained will of a session that ends is lost by mochi.
func TestTrap04WillsAreNotDelayed(t *testing.T) {
	h := open(t)
	c := dial(t, h.plain)
	pk := withWill(connecting(5, "a"), "coolant/a/status", "gone")
	pk.Connect.WillProperties.WillDelayInterval = 3600
	c.connect(pk)
	c.Close()
	if m := h.handler.next(t); m.Kind != wire.Status || m.payload != "gone" || m.Device != "a" || m.Live {
		t.Errorf("the handler got %+v %q", m.Message, m.payload)
	}
	eventually(t, "the will is retained", func() bool {
		pk, ok := h.server.Topics.Retained.Get("coolant/a/status")
		return ok && string(pk.Payload) == "gone"
	})
	if got := h.records.keys(bucketRetained); !slices.Equal(got, []string{"coolant/a/status"}) {
		t.Errorf("stored: %q", got)
	}
}

// Nothing persists by itself.
func TestTrap05RetainedMessagesAndSessionsSurviveARestart(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			records := newMemory()
			keep := func(o *Options) { o.Records = records }
			h := open(t, keep)
			c := dial(t, h.plain)
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			c.connect(pk)
			c.subscribe(1, "coolant/a/command", 1)
			c.publish("coolant/a/telemetry", "x", 1, 1)
			c.want(packets.Puback)
			c.Close()
			eventually(t, "the client is gone", func() bool { return h.Connected() == 0 })
			for _, m := range []struct {
				kind   wire.Kind
				retain bool
			}{{wire.Desired, true}, {wire.Committed, true}, {wire.Command, false}} {
				if err := h.Publish(wire.Topic("a", m.kind), []byte("for "+m.kind.String()), 1, m.retain); err != nil {
					t.Fatal(err)
				}
			}
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}

			h = open(t, keep)
			c = dial(t, h.plain)
			if ack := c.connect(pk); !ack.SessionPresent {
				t.Error("there is no session after the restart")
			}
			if got := c.want(packets.Publish); string(got.Payload) != "for command" || got.FixedHeader.Qos != 1 {
				t.Errorf("the session got %q with QoS %d, want the command", got.Payload, got.FixedHeader.Qos)
			} else {
				c.ack(packets.Puback, got.PacketID)
			}
			eventually(t, "the acknowledged command is forgotten", func() bool { return len(records.keys(bucketInflight)) == 0 })
			c.subscribe(2, "coolant/a/+", 1)
			if got := c.want(packets.Publish); string(got.Payload) != "for desired" || !got.FixedHeader.Retain {
				t.Errorf("retained is %q, want what is desired", got.Payload)
			}
			c.quiet() // `committed` is said again by whoever knows it
			if err := h.Publish("coolant/a/command", []byte("again"), 0, false); err != nil {
				t.Fatal(err)
			}
			if got := c.want(packets.Publish); string(got.Payload) != "again" {
				t.Errorf("the subscription brought %q", got.Payload)
			}
			c.disconnect()
			c.wantClosed()
			c = dial(t, h.plain)
			c.connect(connecting(version, "a")) // which wants the session no more
			eventually(t, "the session is forgotten", func() bool { return len(records.keys(bucketSession)) == 0 })
		})
	}
}

// mochi drops what does not fit into the queue of packets for a client.
func TestTrap06NoMessageToAReadingClientIsDropped(t *testing.T) {
	h := open(t)
	c := h.join(4, "a")
	c.subscribe(1, "coolant/a/#", 1)
	const n = 20_000
	go func() {
		for i := range n {
			_ = h.Publish("coolant/a/input", []byte(fmt.Sprint(i)), 0, false)
		}
	}()
	for i := range n {
		if got := c.want(packets.Publish); string(got.Payload) != fmt.Sprint(i) {
			t.Fatalf("message %d is %q", i, got.Payload)
		}
	}
}

// A client that does not read is dropped, and costs the publisher no time.
func TestTrap06AClientThatDoesNotReadIsDropped(t *testing.T) {
	h := open(t)
	h.join(4, "a").subscribe(1, "coolant/a/#", 1)
	other := h.join(5, "b")
	other.subscribe(1, "coolant/b/#", 1)
	payload := make([]byte, 10_000)
	start := time.Now()
	for h.Connected() == 2 {
		if err := h.Publish("coolant/a/command", payload, 1, false); err != nil {
			t.Fatal(err)
		}
		if err := h.Publish("coolant/a/input", payload, 0, false); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > patience {
			t.Fatal("the client that does not read is still connected")
		}
	}
	if err := h.Publish("coolant/b/input", []byte("x"), 0, false); err != nil {
		t.Fatal(err)
	}
	other.want(packets.Publish)
}

// A commit that waits must not keep the same client's next messages from joining
// the next one.
func TestTrap07MessagesInFlightAreCommittedTogether(t *testing.T) {
	h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
	for _, version := range versions {
		c := h.join(version, "a")
		for i := range 20 {
			c.publish("coolant/a/telemetry", "x", 1, uint16(i+1))
		}
		var got []accepted
		for range 20 {
			got = append(got, h.handler.next(t)) // before any was settled
		}
		for i, m := range got {
			m.settle(nil)
			if ack := c.want(packets.Puback); ack.PacketID != uint16(i+1) {
				t.Fatalf("PUBACK for %d, want %d", ack.PacketID, i+1)
			}
		}
	}
}

// A client that does not read its acknowledgements stalls neither the committer
// nor others, and is dropped.
func TestTrap07AStuckReaderStallsNobody(t *testing.T) {
	h := open(t, func(o *Options) { o.MQTT = narrow{o.MQTT} }, patient(func(t *times) { t.write = 200 * time.Millisecond }))
	stuck := h.join(4, "a")
	flood := make(chan error, 1)
	one := encode(t, 4, publishing("coolant/a/telemetry", "x", 2, 1))
	var many []byte
	for range 1000 {
		many = append(many, one...)
	}
	go func() {
		for {
			if _, err := stuck.Write(many); err != nil {
				flood <- err
				return
			}
		}
	}()
	other := h.join(5, "b")
	for i := range 200 {
		other.publish("coolant/b/telemetry", "y", 1, uint16(i+1))
		other.want(packets.Puback)
	}
	receive(t, flood, "the stuck client to be dropped")
}

// mochi echoes a publisher's properties in the acknowledgement.
func TestTrap08AcknowledgementsEchoNothing(t *testing.T) {
	h := open(t)
	c := h.join(5, "a")
	for _, kind := range []wire.Kind{wire.Telemetry, wire.Status, wire.Desired} {
		pk := publishing(wire.Topic("a", kind), "x", 1, 1)
		pk.Properties.User = []packets.UserProperty{{Key: "k", Val: "v"}}
		c.send(pk)
		if ack := c.want(packets.Puback); len(ack.Properties.User) != 0 {
			t.Errorf("%s: the acknowledgement has the properties %v", kind, ack.Properties.User)
		}
	}
}
