package embedded

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// errDone ends a connection that ended as it should: the client said goodbye.
var errDone = errors.New("the client disconnected")

// talk is the MQTT part of a connection's life: it returns when that is over, and
// why.
func (c *conn) talk() error {
	if err := c.connect(); err != nil {
		return err
	}
	for {
		if err := c.packet(); err != nil {
			return err
		}
	}
}

// packet reads and handles one packet.
func (c *conn) packet() error {
	c.begun = false
	h, err := c.header()
	if err != nil {
		return err
	}
	fixed := packets.FixedHeader{Remaining: h.rest}
	if err := fixed.Decode(h.first); err != nil { // before its body is waited for
		return c.violated(packets.ErrMalformedPacket, err.Error())
	}
	if h.kind() == packets.Publish {
		if taken, err := c.shortcut(h); taken || err != nil {
			return err
		}
	}
	b, err := c.whole(h.size())
	if err != nil {
		return err
	}
	c.r += h.size()
	if h.kind() == packets.Pingreq {
		_, _ = c.Write([]byte{packets.Pingresp << 4, 0})
		return nil
	}
	return c.decoded(fixed, b[h.bytes:])
}

// decoded handles a packet by mochi's decoder. It is a function of its own
// because it needs kilobytes of stack, which packet never does.
//
//go:noinline
func (c *conn) decoded(fixed packets.FixedHeader, body []byte) error {
	pk := packets.Packet{ProtocolVersion: c.version, FixedHeader: fixed}
	if pk.FixedHeader.Type == packets.Connect {
		return c.violated(packets.ErrProtocolViolationSecondConnect, "")
	}
	if err := decode(&pk, body); err != nil {
		return c.violated(packets.ErrMalformedPacket, err.Error())
	}
	switch pk.FixedHeader.Type {
	case packets.Publish:
		return c.published(&pk)
	case packets.Pubrel:
		c.released(pk.PacketID)
		return nil
	case packets.Subscribe:
		return c.subscribe(&pk)
	case packets.Unsubscribe:
		return c.unsubscribe(&pk)
	case packets.Disconnect:
		return c.goodbye(&pk)
	case packets.Puback, packets.Pubrec, packets.Pubcomp:
		return c.acknowledged(&pk)
	}
	return c.violated(packets.ErrProtocolViolation, "a packet that only servers send, or an AUTH that was not asked for")
}

// decode reads the rest of a packet. Strings and bytes in it share the bytes of
// body; those of packets of which something is kept do not. mochi's decoder
// panics over some packets (a SUBSCRIBE of MQTT 5 that ends after a filter), which
// is no worse than any other mistake.
func decode(pk *packets.Packet, body []byte) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", packets.ErrMalformedPacket, p)
		}
	}()
	switch pk.FixedHeader.Type {
	case packets.Connect:
		return pk.ConnectDecode(append([]byte(nil), body...))
	case packets.Publish:
		return pk.PublishDecode(body)
	case packets.Puback:
		return pk.PubackDecode(body)
	case packets.Pubrec:
		return pk.PubrecDecode(body)
	case packets.Pubrel:
		return pk.PubrelDecode(body)
	case packets.Pubcomp:
		return pk.PubcompDecode(body)
	case packets.Subscribe:
		return pk.SubscribeDecode(append([]byte(nil), body...))
	case packets.Unsubscribe:
		return pk.UnsubscribeDecode(append([]byte(nil), body...))
	case packets.Disconnect:
		return pk.DisconnectDecode(body)
	}
	return nil
}

// goodbye handles a DISCONNECT.
func (c *conn) goodbye(pk *packets.Packet) error {
	if pk.Properties.SessionExpiryIntervalFlag {
		if pk.Properties.SessionExpiryInterval > 0 && c.expiry == 0 {
			return c.violated(packets.ErrProtocolViolationZeroNonZeroExpiry, "")
		}
		c.expiry = min(pk.Properties.SessionExpiryInterval, sessionExpiry)
	}
	if pk.ReasonCode != packets.CodeDisconnectWillMessage.Code {
		c.will = nil
	}
	return errDone
}

// explain tells why a connection ended that never became a session.
func (c *conn) explain(err error) {
	var (
		timeout net.Error
		detail  string
	)
	switch {
	case err == nil || c.established || c.refused:
		return
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		detail = fmt.Sprintf("no complete CONNECT within %s", c.b.o.times.connect)
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), isReset(err):
		return // someone who only looked whether the port is open
	default:
		detail = err.Error()
	}
	c.refused = true
	c.b.refuse(coolant.Rejection{Code: coolant.RejectedPacket, Detail: detail + ", from " + c.host()})
}
