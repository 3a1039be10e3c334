package embedded

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// TestOversized sends a little more than a packet may have, and the most it may.
func TestOversized(t *testing.T) {
	for name, version := range versions {
		for _, secure := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				h := open(t)
				c := dial(t, h.plain)
				if secure {
					c = dialTLS(t, h.tls)
				}
				ack := c.connect(connecting(version, "a"))
				if version == 5 && ack.Properties.MaximumPacketSize != DefaultMaxPacket {
					t.Errorf("the maximum is %d", ack.Properties.MaximumPacketSize)
				}
				nonsense := strings.Repeat("x", 1<<20)
				for _, kind := range []wire.Kind{wire.Telemetry, wire.Info} {
					c.publish(wire.Topic("a", kind), nonsense, 1, 1)
					c.want(packets.Puback)
					if m := h.handler.next(t); len(m.payload) != 1<<20 {
						t.Errorf("the handler got %d bytes", len(m.payload))
					}
				}
				_, err := c.Write(encode(t, version, publishing("coolant/a/telemetry", nonsense+nonsense[:4096], 1, 2)))
				if err != nil {
					t.Errorf("the client could not write all of it: %v", err)
				}
				if version == 5 {
					if bye := c.want(packets.Disconnect); bye.ReasonCode != 0x95 {
						t.Errorf("DISCONNECT %#x", bye.ReasonCode)
					}
				}
				c.wantClosed()
				if r := h.rejected(coolant.RejectedPacket); r.Device != "a" || !strings.Contains(r.Detail, "at most") {
					t.Errorf("reported as %+v", r)
				}
				h.handler.none(t)
			})
		}
	}
}

// TestMalformed sends what is not MQTT, before and after the CONNECT.
func TestMalformed(t *testing.T) {
	for _, c := range []struct {
		name  string
		bytes string
		codes map[byte]byte // of the DISCONNECT for MQTT 5, by default 0x81
	}{
		{"a length without end", "\x30\xff\xff\xff\xff\xff", nil},
		{"QoS 3", "\x36\x02\x00\x00", nil},
		{"reserved type", "\x00\x00", nil},
		{"PUBLISH shorter than its topic", "\x32\x03\x00\x09a", nil},
		{"PUBLISH without a packet id", "\x32\x15\x00\x13coolant/a/telemetry", nil},
		{"PUBLISH with the packet id 0", "\x32\x18\x00\x13coolant/a/telemetry\x00\x00\x00", map[byte]byte{5: 0x82}},
		{"duplicate without QoS", "\x38\x15\x00\x13coolant/a/telemetry", nil},
		{"PUBLISH to a wildcard", "\x30\x05\x00\x01#\x00x", map[byte]byte{5: 0x82}},
		{"not UTF-8", "\x30\x05\x00\x02\xff\xfe\x00", nil},
		{"SUBSCRIBE that panics the decoder", "\x82\x07\x00\x01\x00\x00\x02ab", nil},
		{"SUBSCRIBE with wrong flags", "\x80\x05\x00\x01\x00\x00\x00", nil},
		{"SUBSCRIBE to nothing", "\x82\x03\x00\x01\x00", nil},
		{"PUBREL without an id", "\x62\x00", nil},
		{"second CONNECT", "\x10\x0d\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x00", map[byte]byte{5: 0x82}},
		{"CONNACK from a client", "\x20\x02\x00\x00", map[byte]byte{5: 0x82}},
		{"HTTP", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", nil},
	} {
		for name, version := range versions {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				h := open(t)
				other := h.join(4, "b")
				cl := dial(t, h.plain)
				cl.connect(withWill(connecting(version, "a"), "coolant/a/status", "gone"))
				cl.raw([]byte(c.bytes))
				for {
					pk, err := cl.read()
					if err != nil {
						if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
							t.Fatal("the connection was not ended")
						}
						break
					}
					if pk.FixedHeader.Type != packets.Disconnect || version != 5 {
						t.Fatalf("answered with %s", packets.PacketNames[pk.FixedHeader.Type])
					}
					want := byte(0x81)
					if code, ok := c.codes[5]; ok {
						want = code
					}
					if pk.ReasonCode != want && pk.ReasonCode != 0x82 {
						t.Errorf("DISCONNECT %#x, want %#x", pk.ReasonCode, want)
					}
				}
				if r := h.rejected(coolant.RejectedPacket); r.Device != "a" || r.Detail == "" {
					t.Errorf("reported as %+v", r)
				}
				if m := h.handler.next(t); m.payload != "gone" {
					t.Errorf("the handler got %q", m.payload)
				}
				other.quiet()

				stranger := dial(t, h.plain)
				stranger.raw([]byte(c.bytes))
				_, _ = io.Copy(io.Discard, stranger.Conn)
				if c.name == "second CONNECT" {
					h.rejected(coolant.RejectedCredential)
				} else if r := h.rejected(coolant.RejectedPacket); r.Device != "" || !strings.Contains(r.Detail, "127.0.0.1") {
					t.Errorf("reported as %+v", r)
				}
			})
		}
	}
}

// TestLargeConnect refuses a large CONNECT before it is read.
func TestLargeConnect(t *testing.T) {
	h := open(t)
	c := dial(t, h.plain)
	c.raw(append([]byte{packets.Connect << 4}, 0xff, 0xff, 0x3f)) // 1 MiB - 1
	c.wantClosed()
	h.rejected(coolant.RejectedPacket)
}

// TestHalfOpen ends connections that never become one.
func TestHalfOpen(t *testing.T) {
	for _, c := range []struct {
		name   string
		secure bool
		bytes  string
	}{
		{"silent", false, ""},
		{"half a CONNECT", false, "\x10\x20\x00\x04MQTT"},
		{"silent at the TLS port", true, ""},
		{"half a ClientHello", true, "\x16\x03\x01\x02\x00\x01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t, patient(func(t *times) { t.connect, t.handshake = 50*time.Millisecond, 50*time.Millisecond }))
			address := h.plain
			if c.secure {
				address = h.tls
			}
			cl := dial(t, address)
			cl.raw([]byte(c.bytes))
			_, err := io.Copy(io.Discard, cl.Conn)
			if ne, ok := errors.AsType[net.Error](err); ok && ne.Timeout() {
				t.Fatal("the connection was not ended")
			}
			h.rejected(coolant.RejectedPacket)
		})
	}
}

// TestLooking reports nothing for a port scan.
func TestLooking(t *testing.T) {
	h := open(t)
	for _, address := range []string{h.plain, h.tls} {
		dial(t, address).Close()
	}
	eventually(t, "they are gone", func() bool { return len(h.all()) == 0 })
	h.noneRejected()
}

// TestGarbageAtTheTLSPort is a client that speaks plainly where TLS is spoken.
func TestGarbageAtTheTLSPort(t *testing.T) {
	h := open(t)
	c := dial(t, h.tls)
	c.send(connecting(4, "a"))
	_, _ = io.Copy(io.Discard, c.Conn)
	if r := h.rejected(coolant.RejectedPacket); !strings.Contains(r.Detail, "TLS") {
		t.Errorf("reported as %+v", r)
	}
	old, err := tls.Dial("tcp", h.tls, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10})
	if err == nil {
		old.Close()
		t.Error("TLS 1.1 is spoken")
	}
	h.rejected(coolant.RejectedPacket)
	if ack := dialTLS(t, h.tls).connect(connecting(5, "a")); ack.ReasonCode != 0 {
		t.Errorf("CONNACK %#x", ack.ReasonCode)
	}
}

// TestTooManyConnections turns away what is above the limit.
func TestTooManyConnections(t *testing.T) {
	h := open(t, func(o *Options) { o.MaxConnections = 2 })
	a, b := h.join(4, "a"), h.join(4, "b")
	third := dial(t, h.plain)
	third.wantClosed()
	h.noneRejected()
	a.quiet()
	b.disconnect()
	b.wantClosed()
	eventually(t, "there is room", func() bool { return len(h.all()) == 1 })
	h.join(4, "c")
}

// TestSilentConnections fills every place with connections that say nothing, and
// sees that devices get in nevertheless, and stay.
func TestSilentConnections(t *testing.T) {
	h := open(t, func(o *Options) { o.MaxConnections = 4 })
	a := h.join(4, "a")
	for _, user := range []string{"b", "c"} {
		for range 20 {
			dial(t, h.plain) // connections of one port are taken in order
		}
		h.join(5, user).quiet()
	}
	a.quiet()
	eventually(t, "no more than the limit are left", func() bool { return len(h.all()) <= 4 })
}

// TestFragments reads packets cut and joined at every place.
func TestFragments(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			var stream []byte
			add := func(pk packets.Packet) { stream = append(stream, encode(t, version, pk)...) }
			add(connecting(version, "a"))
			for i := range uint16(200) {
				add(publishing("coolant/a/telemetry", strings.Repeat("x", int(i)*7), 1, i+1))
				if i%10 == 0 {
					add(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
					add(publishing("coolant/a/status", "y", 1, 1000+i))
				}
			}
			for _, size := range []int{1, 2, 7, 100, 4096, 1 << 20} {
				c := dial(t, h.plain)
				c.version = version
				go func() {
					for rest := stream; len(rest) > 0; {
						n := min(size, len(rest))
						if _, err := c.Write(rest[:n]); err != nil {
							return
						}
						rest = rest[n:]
					}
				}()
				c.want(packets.Connack)
				for i := range uint16(200) {
					ack, err := c.read()
					for err == nil && ack.FixedHeader.Type == packets.Pingresp {
						ack, err = c.read()
					}
					if err != nil || ack.PacketID != i+1 {
						t.Fatalf("size %d: acknowledgement %d is for %d: %v", size, i, ack.PacketID, err)
					}
					if m := h.handler.next(t); len(m.payload) != int(i)*7 {
						t.Fatalf("message %d has %d bytes", i, len(m.payload))
					}
					if i%10 == 0 {
						for ack, err = c.read(); err == nil && ack.FixedHeader.Type == packets.Pingresp; {
							ack, err = c.read()
						}
						if err != nil || ack.PacketID != 1000+i {
							t.Fatalf("size %d: acknowledgement for %d: %v", size, ack.PacketID, err)
						}
						h.handler.next(t)
					}
				}
				c.Close()
			}
			h.noneRejected()
		})
	}
}

// TestShareOfWhatWaits holds a client back that publishes faster than its messages
// are settled, also without a QoS, where no protocol limits it.
func TestShareOfWhatWaits(t *testing.T) {
	for _, c := range []struct {
		name     string
		messages int
		size     int
		taken    int
	}{
		{"many", maxUnacknowledged + 10, 1, maxUnacknowledged},
		{"large", 10, 1 << 20, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := open(t, func(o *Options) { o.Handler.(*handler).verdict = nil })
			cl := h.join(5, "a")
			go func() {
				for range c.messages {
					_, _ = cl.Write(encode(t, 5, publishing("coolant/a/telemetry", strings.Repeat("x", c.size), 0, 0)))
				}
			}()
			var waiting []accepted
			for range c.taken {
				waiting = append(waiting, h.handler.next(t))
			}
			for i := range c.messages {
				h.handler.none(t)
				waiting[i].settle(nil)
				if len(waiting) < c.messages {
					waiting = append(waiting, h.handler.next(t))
				}
			}
			cl.quiet()
			h.noneRejected()
		})
	}
}
