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
	if in.qos == 0 {
		c.accept(in, nobody{}, 0)
		return nil
	}
	if in.qos == 2 {
		if first, err := c.first(in.id); !first {
			return err
		}
	}
	token, err := c.push(entry{id: in.id, qos: in.qos})
	if err != nil {
		return err
	}
	c.accept(in, c, token)
	return nil
}

func (c *conn) accept(in *inbound, r wire.Receipt, token uint64) {
	c.b.metrics.received[in.kind].Inc()
	c.b.o.Handler.Accept(wire.Message{
		Device: c.device, Kind: in.kind, Topic: in.topic, Payload: in.payload,
		Received: c.received, Live: true,
	}, r, token)
}

// takeAndWait hands a message on and waits until it is settled and, if it is to
// be retained, stored; then it is acknowledged.
func (c *conn) takeAndWait(in *inbound) error {
	if in.qos == 2 {
		if first, err := c.first(in.id); !first {
			return err
		}
	}
	token, err := c.push(entry{id: in.id, qos: in.qos, waited: true})
	if err != nil {
		return err
	}
	c.accept(in, c, token)
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

// first reports whether a message of QoS 2 has not been received before; if it
// has, it is acknowledged again.
func (c *conn) first(id uint16) (bool, error) {
	first, wait := c.session.receive(id)
	switch {
	case first && c.session.unreleased() > maxUnacknowledged:
		c.session.release(id)
		return false, c.overflowed()
	case first:
		return true, nil
	}
	e := entry{id: id, qos: 2}
	if !wait {
		e.state = done
	}
	token, err := c.push(e)
	if err == nil && wait && !c.session.repeat(id, c, token) {
		c.Settle(token, nil)
	}
	return false, err
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
