package embedded

import (
	"encoding/binary"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant/internal/wire"
)

// divert handles a packet that mochi need not see, and reports whether it did:
// PUBREL, whose ids are ours, and the plain form of telemetry, for which mochi's
// way (three copies, 800-byte structs, four passes of hooks) costs more than the
// rest of the path to the disk. Anything unusual is left to mochi, whose hooks
// come to the same functions.
func (c *conn) divert(h header) (taken bool, err error) {
	if !c.established {
		return false, nil
	}
	switch h.kind() {
	case packets.Pubrel:
		return c.divertRelease(h)
	case packets.Publish:
		if h.qos() < 3 {
			return c.divertPublish(h)
		}
	}
	return false, nil
}

// divertRelease handles a PUBREL. One that is malformed is mochi's to refuse.
func (c *conn) divertRelease(h header) (bool, error) {
	if h.first != packets.Pubrel<<4|2 || h.rest < 2 || h.rest > 2 && c.version < 5 {
		return false, nil
	}
	b, err := c.whole(h.size())
	if err != nil {
		return false, err
	}
	c.r += h.size()
	c.released(binary.BigEndian.Uint16(b[h.bytes:]))
	return true, nil
}

// divertPublish handles a message to a topic of telemetry without properties.
func (c *conn) divertPublish(h header) (bool, error) {
	if h.qos() == 0 && h.first&8 != 0 {
		return false, nil // a duplicate without a QoS is against the protocol
	}
	// The topic decides, so only the beginning of the packet is waited for.
	known := max(len(c.telemetry), len(c.b.o.ArticleTopic))
	start, err := c.whole(min(h.size(), h.bytes+2+known))
	if err != nil {
		return false, err
	}
	kind, topic := c.shortcut(start[h.bytes:])
	if kind == wire.KindNone {
		return false, nil
	}
	at := h.bytes + 2 + len(topic)
	var id uint16
	if h.qos() > 0 {
		at += 2
	}
	if c.version == 5 {
		at++ // the length of the properties, 0
	}
	if h.size() < at {
		return false, nil
	}
	b, err := c.whole(h.size())
	if err != nil {
		return false, err
	}
	if c.version == 5 && b[at-1] != 0 {
		return false, nil
	}
	if h.qos() > 0 {
		if id = binary.BigEndian.Uint16(b[h.bytes+2+len(topic):]); id == 0 {
			return false, nil
		}
	}
	c.r += h.size()
	c.receive(kind, topic, b[at:], id, h.qos())
	return true, nil
}

// shortcut recognises the topics of telemetry at the beginning of a PUBLISH's
// variable header.
func (c *conn) shortcut(b []byte) (wire.Kind, string) {
	if len(b) < 2 {
		return wire.KindNone, ""
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return wire.KindNone, ""
	}
	switch got := b[2 : 2+n]; {
	case string(got) == c.telemetry:
		return wire.Telemetry, c.telemetry
	case n > 0 && c.device == c.b.o.ArticleDevice && string(got) == c.b.o.ArticleTopic:
		return wire.Article, c.b.o.ArticleTopic
	}
	return wire.KindNone, ""
}
