package embedded

import (
	"strings"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// inbound is a message from the client.
type inbound struct {
	kind    wire.Kind
	topic   string
	payload []byte // in the connection's buffer
	id      uint16 // of the packet, with a QoS
	qos     byte
	retain  bool
}

// published handles any other PUBLISH.
func (c *conn) published(pk *packets.Packet) error {
	if code := pk.PublishValidate(0); code != packets.CodeSuccess { // no topic aliases
		return c.violated(code, "")
	}
	in := inbound{
		topic: strings.Clone(pk.TopicName), payload: pk.Payload,
		id: pk.PacketID, qos: pk.FixedHeader.Qos, retain: pk.FixedHeader.Retain,
	}
	if in.kind = c.kindOf(in.topic); in.kind == wire.KindNone {
		return c.foreign(&in)
	}
	if in.kind == wire.Telemetry || in.kind == wire.Article {
		return c.take(&in)
	}
	return c.takeAndWait(&in)
}

// take hands a message on, which is acknowledged whenever it is settled. The error
// ends the connection.
func (c *conn) take(in *inbound) error {
	token, ok, err := c.register(in, false)
	if !ok {
		return err
	}
	c.accept(in, token)
	return nil
}

// register puts a message into the queue of those that wait to be settled. ok is
// false if it is not to be handed on: it was received before, or the error ends
// the connection.
func (c *conn) register(in *inbound, waited bool) (token uint64, ok bool, err error) {
	e := entry{id: in.id, qos: in.qos, waited: waited, size: len(in.payload)}
	if in.qos == 2 {
		if e.message, err = c.first(in.id); e.message == nil {
			return 0, false, err
		}
	}
	token, err = c.push(e)
	return token, err == nil, err
}

func (c *conn) accept(in *inbound, token uint64) {
	c.b.metrics.received[in.kind].Inc()
	c.b.o.Handler.Accept(wire.Message{
		Device: c.device, Kind: in.kind, Topic: in.topic, Payload: in.payload,
		Received: c.received, Live: true,
	}, c, token)
}

// takeAndWait hands a message on and waits until it is settled and, if it is to
// be retained, stored; then it is acknowledged.
func (c *conn) takeAndWait(in *inbound) error {
	token, ok, err := c.register(in, true)
	if !ok {
		return err
	}
	c.accept(in, token)
	kept, err := c.await(token)
	if err != nil {
		return err
	}
	if kept && in.retain {
		err = c.b.retain(in.topic, in.payload, in.qos)
	}
	c.complete(token, err)
	return nil
}

// retain keeps what a device published retained. Nobody may subscribe to it.
func (b *Broker) retain(topic string, payload []byte, qos byte) error {
	mu := b.topicLock(topic)
	mu.Lock()
	defer mu.Unlock()
	if err := b.store.retain(topic, payload, qos); err != nil {
		b.log.Error("cannot store a retained message", "topic", topic, "error", err)
		return err
	}
	b.server.Topics.RetainMessage(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos, Retain: true},
		TopicName:   topic, Payload: append([]byte(nil), payload...),
	})
	return nil
}

// first notes a message of QoS 2 that has not been received before. Of one that
// has, it returns nil and acknowledges it again with the first.
func (c *conn) first(id uint16) (*received, error) {
	m, first := c.session.receive(id)
	switch {
	case first && c.session.unreleased() > maxUnacknowledged:
		c.session.release(id)
		return nil, c.overflowed()
	case first:
		return m, nil
	}
	token, err := c.push(entry{id: id, qos: 2})
	if err != nil {
		return nil, err
	}
	if settled, err := c.session.repeat(m, c, token); settled {
		c.Settle(token, err)
	}
	return nil, nil
}

// foreign refuses a message to a topic that is not the device's.
func (c *conn) foreign(in *inbound) error {
	c.b.refuse(coolant.Rejection{
		Device: c.device, Topic: in.topic, Code: coolant.RejectedTopic,
		Detail: "the device may not publish to this topic", Excerpt: excerpt(in.payload),
	})
	switch {
	case in.qos == 0:
		return nil
	case c.version == 5:
		_, err := c.push(entry{id: in.id, qos: in.qos, state: refused, code: packets.ErrNotAuthorized.Code})
		return err
	}
	// 3.1.1 can only acknowledge or hang up; an acknowledgement would be a lie.
	c.refused = true
	return packets.ErrNotAuthorized
}

// nobody is the receipt of messages that nobody waits for.
type nobody struct{}

// Settle does nothing.
func (nobody) Settle(uint64, error) {}

// lastWill is what is to be said when the connection ends without a goodbye.
type lastWill struct {
	kind    wire.Kind
	topic   string
	payload []byte
	retain  bool
}

// sendWill hands the last will on, as the message of its topic that it is. Nothing
// of it is live: the client wrote it when it connected.
func (c *conn) sendWill() {
	will := c.will
	if will == nil {
		return
	}
	c.will = nil
	c.b.metrics.received[will.kind].Inc()
	c.b.o.Handler.Accept(wire.Message{
		Device: c.device, Kind: will.kind, Topic: will.topic, Payload: will.payload,
		Received: coolant.Milli(c.b.o.Now()),
	}, nobody{}, 0)
	if will.retain && will.kind != wire.Telemetry && will.kind != wire.Article {
		_ = c.b.retain(will.topic, will.payload, 1) // which logs; nobody is left to be told
	}
}
