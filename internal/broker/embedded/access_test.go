package embedded

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// TestPublishAccess tries every topic of the contract as a publisher, its own and
// another device's.
func TestPublishAccess(t *testing.T) {
	for name, version := range versions {
		h := open(t)
		type attempt struct {
			user, topic string
			allowed     bool
		}
		var attempts []attempt
		for k := wire.Telemetry; k < wire.Article; k++ {
			attempts = append(attempts,
				attempt{"a", wire.Topic("a", k), k.Up()},
				attempt{"a", wire.Topic("b", k), false},
			)
		}
		attempts = append(attempts,
			attempt{"esp32", wire.ArticleTopic, true},
			attempt{"a", wire.ArticleTopic, false},
			attempt{"a", "coolant/a", false},
			attempt{"a", "coolant/a/", false},
			attempt{"a", "coolant/a/telemetry/x", false},
			attempt{"a", "coolant/A/telemetry", false},
			attempt{"a", "/coolant/a/telemetry", false},
			attempt{"a", "coolant/a/none", false},
			attempt{"a", "coolant/a/article", false},
			attempt{"a", "$SYS/broker", false},
			attempt{"a", "$sys", false},
			attempt{"a", "$share/g/coolant/a/telemetry", false},
		)
		for _, at := range attempts {
			for qos := byte(0); qos <= 2; qos++ {
				t.Run(fmt.Sprintf("%s/%s as %s/%d", name, at.topic, at.user, qos), func(t *testing.T) {
					h.t = t
					c := h.join(version, at.user)
					id := uint16(9)
					if qos == 0 {
						id = 0
					}
					c.publish(at.topic, "payload", qos, id)
					kind := map[byte]byte{1: packets.Puback, 2: packets.Pubrec}[qos]
					switch {
					case at.allowed && qos > 0:
						if ack := c.want(kind); ack.ReasonCode != 0 {
							t.Errorf("acknowledged with %#x", ack.ReasonCode)
						}
					case qos == 0:
						c.quiet()
					case version == 5:
						if ack := c.want(kind); ack.ReasonCode != 0x87 || ack.PacketID != id {
							t.Errorf("acknowledged with %#x", ack.ReasonCode)
						}
						c.quiet()
					default:
						c.wantClosed()
					}
					if at.allowed {
						h.handler.next(t)
						h.noneRejected()
						return
					}
					h.handler.none(t)
					r := h.rejected(coolant.RejectedTopic)
					if r.Device != coolant.DeviceID(at.user) || r.Topic != at.topic || r.Excerpt != "payload" {
						t.Errorf("reported as %+v", r)
					}
				})
			}
		}
		h.t = t
	}
}

// TestSubscribeAccess tries every topic of the contract as a subscriber, and sees
// what comes.
func TestSubscribeAccess(t *testing.T) {
	type attempt struct {
		filter  string
		allowed bool
	}
	var attempts []attempt
	for k := wire.Telemetry; k < wire.Article; k++ {
		attempts = append(attempts, attempt{wire.Topic("a", k), k.Down()}, attempt{wire.Topic("b", k), false})
	}
	for _, f := range []string{"coolant/a/#", "coolant/a/+", "coolant/a/+/#", "coolant/a/desired/#"} {
		attempts = append(attempts, attempt{f, true})
	}
	for _, f := range []string{
		"#", "+/+/+", "coolant/#", "coolant/+/desired", "coolant/+/#", "coolant/b/#", "coolant/a", "+/a/desired", wire.ArticleTopic,
		"$SYS/#", "$share/g/coolant/a/desired", "$share/g/#", "$SHARE/g/coolant/a/#", "coolant/a#", "coolant/a/#/x", "coolant/aa/#",
		"coolant/a/+/x", "coolant/a/telemetry/#", "coolant/a//#", "coolant/a/" + strings.Repeat("+/", 10_000) + "#",
	} {
		attempts = append(attempts, attempt{f, false})
	}
	for name, version := range versions {
		h := open(t)
		b := h.join(version, "b")
		for k := wire.Telemetry; k < wire.Article; k++ {
			if err := h.Publish(wire.Topic("b", k), []byte("not for a"), 1, true); err != nil {
				t.Fatal(err)
			}
		}
		b.quiet()
		for _, at := range attempts {
			t.Run(name+"/"+at.filter, func(t *testing.T) {
				h.t = t
				a := h.join(version, "a")
				code := a.subscribe(3, at.filter, 1)
				if allowed := code <= 2; allowed != at.allowed {
					t.Fatalf("answered with %#x", code)
				}
				if !at.allowed {
					if r := h.rejected(coolant.RejectedTopic); r.Topic != at.filter || r.Device != "a" {
						t.Errorf("reported as %+v", r)
					}
				}
				for k := wire.Telemetry; k < wire.Article; k++ {
					for _, id := range []coolant.DeviceID{"a", "b"} {
						if err := h.Publish(wire.Topic(id, k), []byte(k.String()), 0, false); err != nil {
							t.Fatal(err)
						}
					}
					a.publish("coolant/a/status", "mine", 0, 0)
				}
				a.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
				for {
					pk, err := a.read()
					if err != nil {
						t.Fatal(err)
					}
					if pk.FixedHeader.Type == packets.Pingresp {
						break
					}
					id, k, ok := wire.ParseTopic(pk.TopicName)
					if !at.allowed || !ok || id != "a" || !k.Down() || string(pk.Payload) != k.String() {
						t.Errorf("got %q on %s", pk.Payload, pk.TopicName)
					}
				}
				a.disconnect()
				a.wantClosed()
				h.noneRejected()
			})
		}
		h.t = t
	}
}

// TestCredentials is who may come in.
func TestCredentials(t *testing.T) {
	anonymous := func(pk *packets.Packet) {
		pk.Connect.UsernameFlag, pk.Connect.PasswordFlag, pk.Connect.Username, pk.Connect.Password = false, false, nil, nil
	}
	for _, c := range []struct {
		name   string
		change func(*packets.Packet)
		v4, v5 byte
		code   coolant.RejectionCode
	}{
		{"right", func(*packets.Packet) {}, 0, 0, ""},
		{"anonymous", anonymous, 5, 0x86, coolant.RejectedCredential},
		{"a device's wrong password", func(pk *packets.Packet) {
			pk.Connect.Username, pk.Connect.Password = []byte("b"), []byte("x")
		}, 5, 0x86, coolant.RejectedCredential},
		{"wrong password", func(pk *packets.Packet) { pk.Connect.Password = []byte("x") }, 5, 0x86, coolant.RejectedCredential},
		{"another's password", func(pk *packets.Packet) { pk.Connect.Password = []byte("bb") }, 5, 0x86, coolant.RejectedCredential},
		{"no password", func(pk *packets.Packet) { pk.Connect.PasswordFlag, pk.Connect.Password = false, nil }, 5, 0x86, coolant.RejectedCredential},
		{"unknown user", func(pk *packets.Packet) { pk.Connect.Username = []byte("nobody") }, 5, 0x86, coolant.RejectedCredential},
		{"not a device id", func(pk *packets.Packet) { pk.Connect.Username = []byte("../a") }, 5, 0x86, coolant.RejectedCredential},
		{"empty client id", func(pk *packets.Packet) { pk.Connect.ClientIdentifier = "" }, 0, 0, ""},
		{"persistent without a client id", func(pk *packets.Packet) { pk.Connect.ClientIdentifier, pk.Connect.Clean = "", false }, 2, 0, coolant.RejectedPacket},
	} {
		for name, version := range versions {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				h := open(t, func(o *Options) { o.Known = func(id coolant.DeviceID) bool { return id == "b" } })
				pk := connecting(version, "a")
				c.change(&pk)
				cl := dial(t, h.plain)
				want := c.v4
				if version == 5 {
					want = c.v5
				}
				ack := cl.connect(pk)
				if ack.ReasonCode != want {
					t.Errorf("CONNACK %#x, want %#x", ack.ReasonCode, want)
				}
				if want == 0 {
					cl.quiet()
					h.noneRejected()
					return
				}
				cl.wantClosed()
				r := h.rejected(c.code)
				wrong := strings.Contains(r.Detail, "wrong password for user b")
				if known := string(pk.Connect.Username) == "b"; known != (r.Device == "b") || known != wrong || !known && r.Device != "" {
					t.Errorf("reported as %+v", r)
				}
				if !strings.Contains(r.Detail, "127.0.0.1") {
					t.Errorf("it does not say from where: %q", r.Detail)
				}
				if said := ack.Properties.ReasonString; strings.Contains(said, "wrong") || strings.Contains(said, "unknown") {
					t.Errorf("the client is told %q, which says who exists", said)
				}
			})
		}
	}
}

// TestDisconnect ends a device's connections, and nobody else's.
func TestDisconnect(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			other := h.join(version, "b")
			pk := withWill(connecting(version, "a"), "coolant/a/status", "gone")
			one := dial(t, h.plain)
			one.connect(pk)
			pk.Connect.ClientIdentifier = "second"
			two := dial(t, h.plain)
			two.connect(pk)
			h.Disconnect("a")
			for _, c := range []*client{one, two} {
				if version == 5 {
					if bye := c.want(packets.Disconnect); bye.ReasonCode != packets.ErrAdministrativeAction.Code {
						t.Errorf("DISCONNECT %#x", bye.ReasonCode)
					}
				}
				c.wantClosed()
				if m := h.handler.next(t); m.Kind != wire.Status || m.payload != "gone" {
					t.Errorf("the handler got %+v", m.Message)
				}
			}
			other.quiet()
			eventually(t, "only the other is left", func() bool { return h.Connected() == 1 })
		})
	}
}

// TestKeepalive drops a client that says nothing for one and a half times its
// keepalive, and keeps one that pings.
func TestKeepalive(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			pk := withWill(connecting(version, "a"), "coolant/a/status", "gone")
			pk.Connect.Keepalive = 1
			c := dial(t, h.plain)
			c.connect(pk)
			start := time.Now()
			tick := time.NewTicker(500 * time.Millisecond)
			defer tick.Stop()
			for range 4 {
				<-tick.C
				c.quiet()
			}
			if time.Since(start) < 1500*time.Millisecond {
				t.Fatal("the clock is broken")
			}
			start = time.Now()
			if version == 5 {
				if bye := c.want(packets.Disconnect); bye.ReasonCode != packets.ErrKeepAliveTimeout.Code {
					t.Errorf("DISCONNECT %#x", bye.ReasonCode)
				}
			}
			c.wantClosed()
			if after := time.Since(start); after < 1400*time.Millisecond || after > 3*time.Second {
				t.Errorf("dropped after %s", after)
			}
			if m := h.handler.next(t); m.payload != "gone" {
				t.Errorf("the handler got %q", m.payload)
			}
		})
	}
}

// TestServerKeepAlive gives a client of MQTT 5 that wants no keepalive one.
func TestServerKeepAlive(t *testing.T) {
	h := open(t)
	pk := connecting(5, "a")
	pk.Connect.Keepalive = 0
	if ack := dial(t, h.plain).connect(pk); ack.Properties.ServerKeepAlive != serverKeepAlive {
		t.Errorf("the server's keepalive is %d s", ack.Properties.ServerKeepAlive)
	}
}
