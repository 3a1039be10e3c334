package embedded

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// client is a bare MQTT client: it writes and reads packets one at a time.
type client struct {
	net.Conn
	t       testing.TB
	r       *bufio.Reader
	version byte
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return wrap(t, c)
}

func dialTLS(t testing.TB, address string) *client {
	t.Helper()
	c, err := tls.Dial("tcp", address, trust(t))
	if err != nil {
		t.Fatal(err)
	}
	return wrap(t, c)
}

func wrap(t testing.TB, c net.Conn) *client {
	_ = c.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { c.Close() })
	return &client{Conn: c, t: t, r: bufio.NewReader(c), version: 5}
}

// connecting is a CONNECT of a user with a clean session.
func connecting(version byte, user string) packets.Packet {
	return packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect}, ProtocolVersion: version,
		Connect: packets.ConnectParams{
			ProtocolName: []byte("MQTT"), Clean: true, Keepalive: 60, ClientIdentifier: user,
			UsernameFlag: true, Username: []byte(user), PasswordFlag: true, Password: []byte(user + user),
		},
	}
}

func withWill(pk packets.Packet, topic, payload string) packets.Packet {
	pk.Connect.WillFlag, pk.Connect.WillTopic, pk.Connect.WillPayload = true, topic, []byte(payload)
	pk.Connect.WillQos, pk.Connect.WillRetain = 1, true
	return pk
}

func (c *client) connect(pk packets.Packet) packets.Packet {
	c.t.Helper()
	c.version = pk.ProtocolVersion
	c.send(pk)
	return c.want(packets.Connack)
}

func encode(t testing.TB, version byte, pk packets.Packet) []byte {
	t.Helper()
	pk.ProtocolVersion = version
	buf := new(bytes.Buffer)
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(buf)
	case packets.Publish:
		err = pk.PublishEncode(buf)
	case packets.Puback:
		err = pk.PubackEncode(buf)
	case packets.Pubrec:
		err = pk.PubrecEncode(buf)
	case packets.Pubrel:
		err = pk.PubrelEncode(buf)
	case packets.Pubcomp:
		err = pk.PubcompEncode(buf)
	case packets.Subscribe:
		err = pk.SubscribeEncode(buf)
	case packets.Unsubscribe:
		err = pk.UnsubscribeEncode(buf)
	case packets.Pingreq:
		err = pk.PingreqEncode(buf)
	case packets.Disconnect:
		err = pk.DisconnectEncode(buf)
	default:
		t.Fatalf("the test cannot encode packets of type %d", pk.FixedHeader.Type)
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func (c *client) send(pk packets.Packet) {
	c.t.Helper()
	c.raw(encode(c.t, c.version, pk))
}

func (c *client) raw(b []byte) {
	c.t.Helper()
	if _, err := c.Write(b); err != nil {
		c.t.Fatalf("write %d bytes: %v", len(b), err)
	}
}

// read reads a packet.
func (c *client) read() (pk packets.Packet, err error) {
	first, err := c.r.ReadByte()
	if err != nil {
		return pk, err
	}
	pk.ProtocolVersion = c.version
	if err := pk.FixedHeader.Decode(first); err != nil {
		return pk, err
	}
	if pk.FixedHeader.Remaining, _, err = packets.DecodeLength(c.r); err != nil {
		return pk, err
	}
	b := make([]byte, pk.FixedHeader.Remaining)
	if _, err := io.ReadFull(c.r, b); err != nil {
		return pk, err
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(b)
	case packets.Publish:
		err = pk.PublishDecode(b)
	case packets.Puback:
		err = pk.PubackDecode(b)
	case packets.Pubrec:
		err = pk.PubrecDecode(b)
	case packets.Pubrel:
		err = pk.PubrelDecode(b)
	case packets.Pubcomp:
		err = pk.PubcompDecode(b)
	case packets.Suback:
		err = pk.SubackDecode(b)
	case packets.Unsuback:
		err = pk.UnsubackDecode(b)
	case packets.Disconnect:
		err = pk.DisconnectDecode(b)
	case packets.Pingresp:
	default:
		err = errors.New("a packet that no server sends")
	}
	return pk, err
}

func (c *client) want(kind byte) packets.Packet {
	c.t.Helper()
	pk, err := c.read()
	if err != nil {
		c.t.Fatalf("expected %s: %v", packets.PacketNames[kind], err)
	}
	if pk.FixedHeader.Type != kind {
		c.t.Fatalf("expected %s, got %s (reason %#x)", packets.PacketNames[kind], packets.PacketNames[pk.FixedHeader.Type], pk.ReasonCode)
	}
	return pk
}

// wantClosed expects that the server hangs up without another packet.
func (c *client) wantClosed() {
	c.t.Helper()
	if pk, err := c.read(); err == nil {
		c.t.Fatalf("expected the end of the connection, got %s %#x", packets.PacketNames[pk.FixedHeader.Type], pk.ReasonCode)
	} else if errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "timeout") {
		c.t.Fatal("expected the end of the connection, waited in vain")
	}
}

// quiet expects that nothing has been sent to the client, by asking for something
// that is answered in order.
func (c *client) quiet() {
	c.t.Helper()
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
	c.want(packets.Pingresp)
}

func publishing(topic, payload string, qos byte, id uint16) packets.Packet {
	return packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos},
		TopicName:   topic, Payload: []byte(payload), PacketID: id,
	}
}

func retained(pk packets.Packet) packets.Packet {
	pk.FixedHeader.Retain = true
	return pk
}

func (c *client) publish(topic, payload string, qos byte, id uint16) {
	c.t.Helper()
	c.send(publishing(topic, payload, qos, id))
}

// subscribe returns the reason code.
func (c *client) subscribe(id uint16, filter string, qos byte) byte {
	c.t.Helper()
	c.send(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: id,
		Filters: packets.Subscriptions{{Filter: filter, Qos: qos}},
	})
	ack := c.want(packets.Suback)
	if ack.PacketID != id {
		c.t.Fatalf("SUBACK for packet %d, want %d", ack.PacketID, id)
	}
	return ack.ReasonCodes[0]
}

func (c *client) ack(kind byte, id uint16) {
	c.t.Helper()
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: kind}, PacketID: id}
	if kind == packets.Pubrel {
		pk.FixedHeader.Qos = 1
	}
	c.send(pk)
}

func (c *client) disconnect() {
	c.t.Helper()
	c.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}})
}
