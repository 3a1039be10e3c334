package embedded

import (
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

var versions = map[string]byte{"3.1.1": 4, "5": 5}

// TestPublish sends one message of each QoS on each way up and looks at what the
// handler gets and the client is answered.
func TestPublish(t *testing.T) {
	for name, version := range versions {
		for _, secure := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				h := open(t)
				c := dial(t, h.plain)
				if secure {
					c = dialTLS(t, h.tls)
				}
				if ack := c.connect(connecting(version, "esp32")); ack.ReasonCode != 0 {
					t.Fatalf("refused: %#x", ack.ReasonCode)
				}
				eventually(t, "the client is counted", func() bool { return h.Connected() == 1 })
				id := uint16(0)
				for _, k := range []wire.Kind{wire.Telemetry, wire.Article, wire.Status, wire.Info, wire.Reported, wire.Reply} {
					topic := wire.Topic("esp32", k)
					if k == wire.Article {
						topic = wire.ArticleTopic
					}
					for qos := byte(0); qos <= 2; qos++ {
						id++
						if qos == 0 {
							c.publish(topic, `{"x":1}`, 0, 0)
						} else {
							c.publish(topic, `{"x":1}`, qos, id)
						}
						switch qos {
						case 1:
							if ack := c.want(packets.Puback); ack.PacketID != id || ack.ReasonCode != 0 {
								t.Fatalf("PUBACK %d %#x, want %d", ack.PacketID, ack.ReasonCode, id)
							}
						case 2:
							if ack := c.want(packets.Pubrec); ack.PacketID != id || ack.ReasonCode != 0 {
								t.Fatalf("PUBREC %d %#x, want %d", ack.PacketID, ack.ReasonCode, id)
							}
							c.ack(packets.Pubrel, id)
							if ack := c.want(packets.Pubcomp); ack.PacketID != id || ack.ReasonCode != 0 {
								t.Fatalf("PUBCOMP %d %#x, want %d", ack.PacketID, ack.ReasonCode, id)
							}
						}
						m := h.handler.next(t)
						if m.Device != "esp32" || m.Kind != k || m.Topic != topic || m.payload != `{"x":1}` || !m.Live || m.Received == 0 {
							t.Fatalf("the handler got %+v %q", m.Message, m.payload)
						}
					}
				}
				c.quiet()
				h.handler.none(t)
				h.noneRejected()
				c.disconnect()
				c.wantClosed()
				eventually(t, "the client is gone", func() bool { return h.Connected() == 0 })
			})
		}
	}
}

// TestAcksInOrderOfReceipt holds the commit back and sees that no acknowledgement
// comes, then settles out of order and sees that they come in order.
func TestAcksInOrderOfReceipt(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			c := h.join(version, "a")
			const n = 40
			for i := range n {
				c.publish("coolant/a/telemetry", "x", 1+byte(i%3/2), uint16(100+i))
			}
			var got []accepted
			for range n {
				got = append(got, h.handler.next(t))
			}
			c.quiet()
			for i := n - 1; i > 0; i-- {
				got[i].settle(nil)
			}
			c.quiet()
			got[0].settle(nil)
			for i := range n {
				kind := packets.Puback
				if i%3 == 2 {
					kind = packets.Pubrec
				}
				if ack := c.want(kind); ack.PacketID != uint16(100+i) {
					t.Fatalf("acknowledgement %d is for packet %d", i, ack.PacketID)
				}
			}
		})
	}
}

// TestVerdicts is what a client hears of each way in which a message can be
// settled.
func TestVerdicts(t *testing.T) {
	invalid := coolant.Errorf(coolant.CodeInvalid, "field\n%q is missing", "ts")
	full := coolant.Errorf(coolant.CodeStorageFull, "the disk is full")
	for name, version := range versions {
		for _, kind := range []wire.Kind{wire.Telemetry, wire.Status} {
			t.Run(name+"/"+kind.String(), func(t *testing.T) {
				var verdict error
				h := open(t, func(o *Options) {
					o.Handler.(*handler).verdict = func(m wire.Message) error {
						if string(m.Payload) == "full" {
							return full
						}
						return verdict
					}
				})
				verdict = invalid
				c := h.join(version, "a")
				topic := wire.Topic("a", kind)
				c.publish(topic, "x", 1, 7)
				ack := c.want(packets.Puback)
				if ack.PacketID != 7 {
					t.Fatalf("PUBACK for %d", ack.PacketID)
				}
				if version == 5 && (ack.ReasonCode != 0x99 || ack.Properties.ReasonString != `field "ts" is missing`) {
					t.Errorf("PUBACK says %#x %q", ack.ReasonCode, ack.Properties.ReasonString)
				}
				c.publish(topic, "x", 2, 8)
				if ack := c.want(packets.Pubrec); ack.PacketID != 8 || version == 5 && ack.ReasonCode != 0x99 {
					t.Errorf("PUBREC %d says %#x", ack.PacketID, ack.ReasonCode)
				}
				c.publish(topic, "full", 1, 9)
				if version == 5 {
					if bye := c.want(packets.Disconnect); bye.ReasonCode != packets.ErrServerBusy.Code {
						t.Errorf("DISCONNECT says %#x", bye.ReasonCode)
					}
				}
				c.wantClosed()
			})
		}
	}
}
