package embedded

import (
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// OnPacketRead takes the packet id and the QoS out of packets that a client
// numbers, before mochi sees them. mochi keeps the ids of both directions in one
// map, where a client's message deletes the server's of the same id, and a
// SUBSCRIBE with such an id is refused. All acknowledgements of messages are
// ours, and SUBACK and UNSUBACK get their id back in OnPacketEncode.
func (h *hook) OnPacketRead(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	c := connOf(cl)
	if c == nil || pk.FixedHeader.Qos > 0 && pk.PacketID == 0 {
		return pk, nil // a missing id is mochi's to complain about
	}
	switch pk.FixedHeader.Type {
	case packets.Publish:
		c.in = inbound{id: pk.PacketID, qos: pk.FixedHeader.Qos, payload: pk.Payload}
	case packets.Subscribe, packets.Unsubscribe:
		c.in = inbound{id: pk.PacketID}
	default:
		return pk, nil
	}
	pk.PacketID, pk.FixedHeader.Qos = 0, 0
	if pk.FixedHeader.Type == packets.Publish && isSystem(pk.TopicName) {
		c.foreign(pk.TopicName) // mochi ignores these in silence
	}
	return pk, nil
}

// isSystem reports whether mochi takes a topic for one of its own.
func isSystem(topic string) bool {
	return len(topic) >= 4 && strings.EqualFold(topic[:4], mqtt.SysPrefix)
}

// OnPublish handles a message that did not take the short way past mochi.
// Telemetry ends here; the rest waits for its commit, and mochi then retains it.
func (h *hook) OnPublish(cl *mqtt.Client, pk packets.Packet) (packets.Packet, error) {
	c := connOf(cl)
	if c == nil {
		return pk, nil // the server's own
	}
	in := &c.in
	in.kind = c.kindOf(pk.TopicName)
	switch in.kind {
	case wire.Telemetry, wire.Article:
		c.receive(in.kind, strings.Clone(pk.TopicName), pk.Payload, in.id, in.qos)
		c.in = inbound{}
		return pk, packets.ErrRejectPacket
	}
	if !c.receiveAndWait(strings.Clone(pk.TopicName), &pk) {
		c.in = inbound{}
		return pk, packets.ErrRejectPacket
	}
	return pk, nil
}

// OnPublished completes a message after mochi retained it.
func (h *hook) OnPublished(cl *mqtt.Client, _ packets.Packet) {
	if c := connOf(cl); c != nil {
		c.complete(c.in.token, nil)
		c.in = inbound{}
	}
}

// receive hands a message on that is acknowledged whenever it is settled. It
// reports false if the connection ends.
func (c *conn) receive(k wire.Kind, topic string, payload []byte, id uint16, qos byte) bool {
	m := wire.Message{
		Device: c.device, Kind: k, Topic: topic, Payload: payload,
		Received: c.received, Live: true,
	}
	if qos == 0 {
		c.b.metrics.received[k].Inc()
		c.b.o.Handler.Accept(m, nobody{}, 0)
		return true
	}
	if qos == 2 {
		if first, ok := c.first(id); !first || !ok {
			return ok
		}
	}
	token, ok := c.push(entry{id: id, qos: qos})
	if !ok {
		return false
	}
	c.b.metrics.received[k].Inc()
	c.b.o.Handler.Accept(m, c, token)
	return true
}

// first reports whether a message of QoS 2 has not been received before; if it
// has, it is acknowledged again. ok is false if the connection ends.
func (c *conn) first(id uint16) (first, ok bool) {
	first, wait := c.session.receive(id)
	switch {
	case first && c.session.unreleased() > maxUnacknowledged:
		c.session.release(id)
		c.overflowed()
		return false, false
	case first:
		return true, true
	}
	e := entry{id: id, qos: 2}
	if !wait {
		e.state = done
	}
	token, ok := c.push(e)
	if ok && wait && !c.session.repeat(id, c, token) {
		c.Settle(token, nil)
	}
	return false, ok
}

// receiveAndWait hands a message on and waits until it is settled and, if it is
// to be retained, stored. It reports whether mochi is to go on with it; the
// acknowledgement follows when mochi has.
func (c *conn) receiveAndWait(topic string, pk *packets.Packet) bool {
	in := &c.in
	if in.qos == 2 {
		if first, _ := c.first(in.id); !first {
			return false
		}
	}
	token, ok := c.push(entry{id: in.id, qos: in.qos, waited: true})
	if !ok {
		return false
	}
	c.b.metrics.received[in.kind].Inc()
	c.b.o.Handler.Accept(wire.Message{
		Device: c.device, Kind: in.kind, Topic: topic, Payload: pk.Payload,
		Received: c.received, Live: true,
	}, c, token)
	if c.await(token) != nil {
		return false
	}
	if pk.FixedHeader.Retain {
		if err := c.b.store.retain(topic, pk.Payload, in.qos); err != nil {
			c.b.log.Error("cannot store a retained message", "topic", topic, "error", err)
			c.complete(token, err)
			return false
		}
	}
	in.token = token
	return true
}

// nobody is the receipt of messages that nobody waits for.
type nobody struct{}

// Settle does nothing.
func (nobody) Settle(uint64, error) {}

// OnWill is called when mochi sends a client's last will.
func (h *hook) OnWill(cl *mqtt.Client, will mqtt.Will) (mqtt.Will, error) {
	if c := connOf(cl); c != nil {
		c.announce(&will)
	}
	return will, nil
}

// announce hands a last will on, as the message of its topic that it is.
func (c *conn) announce(will *mqtt.Will) {
	c.willSent = true
	k := c.kindOf(will.TopicName)
	if k == wire.KindNone {
		return
	}
	c.b.metrics.received[k].Inc()
	c.b.o.Handler.Accept(wire.Message{
		Device: c.device, Kind: k, Topic: will.TopicName, Payload: will.Payload,
		Received: coolant.Milli(c.b.o.Now()),
	}, nobody{}, 0)
	if !will.Retain {
		return
	}
	if err := c.b.store.retain(will.TopicName, will.Payload, will.Qos); err != nil {
		c.b.log.Error("cannot store a retained last will", "topic", will.TopicName, "error", err)
	}
}

// lastWill sends the last will where mochi does not: it forgets it when the
// server ended the connection while a packet of it was being handled.
func (b *Broker) lastWill(c *conn) {
	if c.will == nil || c.willSent || !c.established || c.client.StopCause() == error(packets.CodeDisconnect) {
		return
	}
	c.announce(c.will)
	err := b.server.InjectPacket(b.inline, packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Retain: c.will.Retain},
		TopicName:   c.will.TopicName,
		Payload:     c.will.Payload,
	})
	if err != nil {
		b.log.Debug("cannot send a last will", "topic", c.will.TopicName, "error", err)
	}
}
