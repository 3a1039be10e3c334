package embedded

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant/internal/wire"
)

// FuzzBytes throws bytes at a broker that listens, after a CONNECT that is right
// and before any, and sees that it goes on serving.
func FuzzBytes(f *testing.F) {
	f.Add([]byte("\x82\x07\x00\x01\x00\x00\x02ab"), byte(5))
	f.Add([]byte("\x10\xff\xff\xff\x7f"), byte(0))
	f.Add([]byte("\xe0\x02\x04\x00"), byte(5))
	f.Add([]byte("\xa2\x05\x00\x01\x00\x00\x00"), byte(5))
	f.Add([]byte("\x62\x03\x00\x01\x92\x32\x18\x00\x13coolant/a/telemetry\x00\x01x"), byte(4))
	random := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		b := make([]byte, 2+random.IntN(60))
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		b[1] %= 64
		f.Add(b, []byte{0, 4, 5}[random.IntN(3)])
	}
	h := open(f)
	go func() {
		for range h.handler.got {
			continue // empties it
		}
	}()
	go func() {
		for range h.rejections {
			continue
		}
	}()
	f.Cleanup(func() {
		_ = h.stop()
		close(h.handler.got)
		close(h.rejections)
	})
	f.Fuzz(func(t *testing.T, b []byte, version byte) {
		c := dial(t, h.plain)
		if version == 4 || version == 5 {
			c.connect(connecting(version, "a"))
		}
		_, _ = c.Write(b)
		_ = c.Conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, c.Conn)
		c.Close()
		good := dial(t, h.plain)
		good.connect(connecting(5, "b"))
		good.publish("coolant/b/telemetry", "x", 1, 1)
		good.want(packets.Puback)
		good.Close()
	})
}

// FuzzShortcut compares what the short way makes of a PUBLISH with what mochi's
// decoder makes of it: whatever it takes must be the same.
func FuzzShortcut(f *testing.F) {
	for _, version := range []byte{4, 5} {
		for qos := byte(0); qos <= 2; qos++ {
			f.Add(encode(f, version, publishing("coolant/a/telemetry", "x", qos, uint16(qos))), version)
			f.Add(encode(f, version, publishing(wire.ArticleTopic, "", qos, uint16(qos)*300)), version)
			pk := publishing("coolant/a/telemetry", "x", qos, uint16(qos))
			pk.Properties.User = []packets.UserProperty{{Key: "a", Val: "b"}}
			f.Add(encode(f, version, pk), version)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, version byte) {
		h, ok := parseHeader(b)
		pk := packets.Packet{ProtocolVersion: version, FixedHeader: packets.FixedHeader{Remaining: h.rest}}
		switch {
		case !ok, h.bytes == 0, h.size() != len(b), h.kind() != packets.Publish, version != 4 && version != 5:
			return
		case pk.FixedHeader.Decode(b[0]) != nil:
			return // before it comes to that
		}
		got := make(chan accepted, 1)
		br := &Broker{shortcut: true, o: Options{
			ArticleTopic: wire.ArticleTopic, ArticleDevice: "a", Handler: &handler{got: got}, MaxPacket: 1 << 20,
		}}
		br.metrics, _ = newMetrics(br, nil)
		c := &conn{
			b: br, buf: bytes.Clone(b), w: len(b), established: true, version: version,
			device: "a", telemetry: "coolant/a/telemetry", session: &session{},
		}
		c.changed.L = &c.mu
		if taken, err := c.shortcut(h); err != nil || !taken {
			return
		}
		m := <-got
		if err := decode(&pk, b[h.bytes:]); err != nil {
			t.Fatalf("taken, but malformed: %v", err)
		}
		if code := pk.PublishValidate(0); code != packets.CodeSuccess {
			t.Fatalf("taken, but invalid: %v", code)
		}
		if pk.TopicName != m.Topic || string(pk.Payload) != m.payload {
			t.Fatalf("taken as %q on %s, is %q on %s", m.payload, m.Topic, pk.Payload, pk.TopicName)
		}
		if pk.FixedHeader.Qos > 0 {
			if e := c.acks.at(0); e == nil || e.id != pk.PacketID || e.qos != pk.FixedHeader.Qos {
				t.Fatalf("queued as %+v, is %d with QoS %d", e, pk.PacketID, pk.FixedHeader.Qos)
			}
		}
		if binary.Size(pk.PacketID) != 2 || c.r != len(b) {
			t.Fatal("the packet was not consumed")
		}
	})
}
