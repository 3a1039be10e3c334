package embedded

import (
	"strings"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// mochi checks the topics of publishes, but not those of wills.
func TestTrap10WillsPassTheSameCheck(t *testing.T) {
	for name, version := range versions {
		for _, topic := range []string{"coolant/b/desired", "coolant/b/status", "coolant/a/desired", wire.ArticleTopic, "x", "$SYS/x"} {
			t.Run(name+"/"+topic, func(t *testing.T) {
				h := open(t)
				c := dial(t, h.plain)
				ack := c.connect(withWill(connecting(version, "a"), topic, "evil"))
				if want := map[byte]byte{4: 5, 5: 0x87}[version]; ack.ReasonCode != want {
					t.Errorf("CONNACK %#x, want %#x", ack.ReasonCode, want)
				}
				c.wantClosed()
				if r := h.rejected(coolant.RejectedTopic); r.Device != "a" || r.Topic != topic || r.Excerpt != "evil" {
					t.Errorf("reported as %+v", r)
				}
				h.handler.none(t)
			})
		}
	}
}

// mochi lets anybody take over anybody's session.
func TestTrap11NobodyTakesOverAnothersSession(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			records := newMemory()
			h := open(t, func(o *Options) { o.Records = records })
			steal := func(h *house) {
				t.Helper()
				thief := dial(t, h.plain)
				pk := connecting(version, "b")
				pk.Connect.ClientIdentifier, pk.Connect.Clean = "mine", false
				if ack := thief.connect(pk); ack.ReasonCode != map[byte]byte{4: 2, 5: 0x85}[version] {
					t.Errorf("CONNACK %#x", ack.ReasonCode)
				}
				thief.wantClosed()
				if r := h.rejected(coolant.RejectedSession); r.Device != "b" {
					t.Errorf("reported as %+v", r)
				}
			}
			owner := dial(t, h.plain)
			pk := connecting(version, "a")
			pk.Connect.ClientIdentifier, pk.Connect.Clean = "mine", false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			owner.connect(pk)
			owner.subscribe(1, "coolant/a/command", 1)
			steal(h)
			owner.quiet() // it has not noticed
			owner.Close()
			eventually(t, "the owner is gone", func() bool { return h.Connected() == 0 })
			steal(h)
			if err := h.stop(); err != nil {
				t.Fatal(err)
			}
			h = open(t, func(o *Options) { o.Records = records })
			steal(h)
			owner = dial(t, h.plain)
			if ack := owner.connect(pk); !ack.SessionPresent {
				t.Error("the owner lost the session")
			}
		})
	}
}

// mochi has a client of its own in the same map.
func TestTrap11TheServersOwnNameIsNoSession(t *testing.T) {
	h := open(t)
	c := dial(t, h.plain)
	pk := connecting(5, "a")
	pk.Connect.ClientIdentifier = "inline"
	c.connect(pk)
	c.subscribe(1, "coolant/a/input", 0)
	if err := h.Publish("coolant/a/input", []byte("x"), 0, false); err != nil {
		t.Fatal(err)
	}
	c.want(packets.Publish)
}

// mochi keeps the packet ids of both directions in one map: a message from the
// client deletes the one to the client with the same id, and a SUBSCRIBE with
// such an id is refused.
func TestTrap12PacketIdsOfBothDirectionsAreApart(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			c := dial(t, h.plain)
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			c.connect(pk)
			c.subscribe(1, "coolant/a/desired", 1)
			if err := h.Publish("coolant/a/desired", []byte("1"), 1, true); err != nil {
				t.Fatal(err)
			}
			id := c.want(packets.Publish).PacketID
			c.publish("coolant/a/telemetry", "x", 1, id)
			c.want(packets.Puback)
			c.publish("coolant/a/status", "x", 1, id)
			c.want(packets.Puback)
			c.publish("coolant/a/telemetry", "x", 2, id)
			c.want(packets.Pubrec)
			c.ack(packets.Pubrel, id)
			c.want(packets.Pubcomp)
			if code := c.subscribe(id, "coolant/a/command", 1); code != 1 {
				t.Errorf("SUBSCRIBE with the id of a message is answered %#x", code)
			}
			c.Close()
			c = dial(t, h.plain)
			c.connect(pk)
			if got := c.want(packets.Publish); got.PacketID != id || string(got.Payload) != "1" || !got.FixedHeader.Dup {
				t.Errorf("got %q with id %d again, want id %d", got.Payload, got.PacketID, id)
			}
		})
	}
}

// With a maximum QoS of 1 mochi answers a QoS 2 publish of 3.1.1 with a PUBACK.
func TestTrap13QoS2IsAnsweredAsQoS2(t *testing.T) {
	for name, version := range versions {
		for _, kind := range []wire.Kind{wire.Telemetry, wire.Status} {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
				c := h.join(version, "a")
				c.publish(wire.Topic("a", kind), "x", 2, 5)
				m := h.handler.next(t)
				if kind == wire.Telemetry {
					c.quiet()
				}
				m.settle(nil)
				c.want(packets.Pubrec)
				// The same packet again, once more before and once after the release.
				c.publish(wire.Topic("a", kind), "x", 2, 5)
				c.want(packets.Pubrec)
				h.handler.none(t)
				c.ack(packets.Pubrel, 5)
				c.want(packets.Pubcomp)
				c.publish(wire.Topic("a", kind), "y", 2, 5)
				m = h.handler.next(t)
				if m.payload != "y" {
					t.Errorf("the next message is %q", m.payload)
				}
				m.settle(nil)
				c.want(packets.Pubrec)
			})
		}
	}
}

// mochi checks a topic before it resolves the alias that replaces it.
func TestTrap14TopicAliasesAreRefused(t *testing.T) {
	h := open(t)
	c := dial(t, h.plain)
	if ack := c.connect(connecting(5, "a")); ack.Properties.TopicAliasMaximum != 0 {
		t.Errorf("the server offers %d aliases", ack.Properties.TopicAliasMaximum)
	}
	pk := publishing("coolant/a/telemetry", "x", 1, 1)
	pk.Properties.TopicAlias, pk.Properties.TopicAliasFlag = 1, true
	c.send(pk)
	if bye := c.want(packets.Disconnect); bye.ReasonCode != 0x94 {
		t.Errorf("DISCONNECT %#x", bye.ReasonCode)
	}
	c.wantClosed()
	h.rejected(coolant.RejectedPacket)
	h.handler.none(t)
}

// An acknowledgement goes to the connection by which the message came, not to the
// next one of the client, which may use the packet id for another message.
func TestTrap15AnOldReceiptAcknowledgesNothingNew(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			first := h.join(version, "a")
			first.publish("coolant/a/telemetry", "old", 1, 7)
			old := h.handler.next(t)
			second := h.join(version, "a") // takes over
			second.publish("coolant/a/telemetry", "new", 1, 7)
			recent := h.handler.next(t)
			old.settle(nil)
			second.quiet()
			recent.settle(nil)
			if ack := second.want(packets.Puback); ack.PacketID != 7 {
				t.Errorf("PUBACK for %d", ack.PacketID)
			}
			second.quiet()
			if version == 5 {
				if bye := first.want(packets.Disconnect); bye.ReasonCode != packets.ErrSessionTakenOver.Code {
					t.Errorf("the old connection hears %#x", bye.ReasonCode)
				}
			}
			first.wantClosed()
		})
	}
}

// The quota of 3.1.1 is ours to keep: such a client is held back, one of MQTT 5,
// which was told the limit, is refused.
func TestTrap15UnacknowledgedMessagesAreLimited(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			c := dial(t, h.plain)
			ack := c.connect(connecting(version, "a"))
			if version == 5 && ack.Properties.ReceiveMaximum != maxUnacknowledged {
				t.Errorf("the receive maximum is %d", ack.Properties.ReceiveMaximum)
			}
			for i := range maxUnacknowledged + 1 {
				c.publish("coolant/a/telemetry", "x", 1, uint16(i+1))
			}
			var got []accepted
			for range maxUnacknowledged {
				got = append(got, h.handler.next(t))
			}
			if version == 5 {
				if bye := c.want(packets.Disconnect); bye.ReasonCode != 0x93 {
					t.Errorf("DISCONNECT %#x", bye.ReasonCode)
				}
				c.wantClosed()
				h.rejected(coolant.RejectedRate)
				h.handler.none(t)
				return
			}
			other := h.join(4, "b")
			other.publish("coolant/b/telemetry", "x", 0, 0)
			if m := h.handler.next(t); m.Device != "b" {
				t.Fatalf("message %d of a client that is held back was taken", maxUnacknowledged+1)
			}
			got[0].settle(nil)
			c.want(packets.Puback)
			h.handler.next(t).settle(nil)
			for _, m := range got[1:] {
				m.settle(nil)
			}
			for range maxUnacknowledged {
				c.want(packets.Puback)
			}
			h.noneRejected()
		})
	}
}

// A session under another device's name would keep that device out.
func TestTrap11NobodyTakesAnothersName(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Known = func(id coolant.DeviceID) bool { return id == "a" || id == "b" } })
			thief := dial(t, h.plain)
			pk := connecting(version, "b")
			pk.Connect.ClientIdentifier, pk.Connect.Clean = "a", false
			if ack := thief.connect(pk); ack.ReasonCode != map[byte]byte{4: 2, 5: 0x85}[version] {
				t.Errorf("CONNACK %#x", ack.ReasonCode)
			}
			if r := h.rejected(coolant.RejectedSession); r.Device != "b" || !strings.Contains(r.Detail, "another device") {
				t.Errorf("reported as %+v", r)
			}
			h.join(version, "a").quiet()
			h.join(version, "b").quiet()
			pk.Connect.ClientIdentifier = "c" // which is nobody's name
			if ack := dial(t, h.plain).connect(pk); ack.ReasonCode != 0 {
				t.Errorf("CONNACK %#x", ack.ReasonCode)
			}
		})
	}
}
