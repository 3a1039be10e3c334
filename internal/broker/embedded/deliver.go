package embedded

import (
	"errors"
	"hash/maphash"
	"sort"
	"sync"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// Publish sends a message to whoever subscribed to its topic, and keeps it for
// later subscribers if retain is set (an empty payload then removes it). It
// returns when a retained message is on disk, and does not wait for the network.
// What is retained on a `committed` topic is not stored: it is said again at
// every start.
func (b *Broker) Publish(topic string, payload []byte, qos byte, retain bool) error {
	if topic == "" || !mqtt.IsValidFilter(topic, true) || qos > 2 {
		return coolant.Errorf(coolant.CodeInvalid, "publish to %q with QoS %d: not a topic, or not a QoS", topic, qos)
	}
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos, Retain: retain},
		TopicName:   topic, Payload: payload, Created: time.Now().Unix(),
	}
	if retain {
		mu := b.topicLock(topic)
		mu.Lock()
		defer mu.Unlock()
		if err := b.store.retain(topic, payload, qos); err != nil {
			return err
		}
		b.server.Topics.RetainMessage(pk.Copy(false)) // which copies the payload
	}
	b.delivery.RLock()
	defer b.delivery.RUnlock()
	for id, sub := range b.server.Topics.Subscribers(topic).Subscriptions {
		if cl, ok := b.server.Clients.Get(id); ok {
			b.deliver(cl, &sub, &pk, false)
		}
	}
	return nil
}

// topicLock is what keeps the retained message of a topic the same in memory, on
// disk and at its subscribers.
func (b *Broker) topicLock(topic string) *sync.Mutex {
	return &b.topics[maphash.String(b.seed, topic)%uint64(len(b.topics))]
}

// deliverRetained sends a new subscriber what is retained.
func (b *Broker) deliverRetained(cl *mqtt.Client, sub *packets.Subscription, existed bool) {
	if sub.RetainHandling == 1 && existed || sub.RetainHandling == 2 {
		return
	}
	for _, found := range b.server.Topics.Messages(sub.Filter) {
		b.deliverNewest(cl, sub, found.TopicName)
	}
}

// deliverNewest sends what is retained on a topic now, after anything newer that
// was found meanwhile.
func (b *Broker) deliverNewest(cl *mqtt.Client, sub *packets.Subscription, topic string) {
	mu := b.topicLock(topic)
	mu.Lock()
	defer mu.Unlock()
	b.delivery.RLock()
	defer b.delivery.RUnlock()
	if pk, ok := b.server.Topics.Retained.Get(topic); ok {
		b.deliver(cl, sub, &pk, true)
	}
}

// deliver sends a message to one subscriber, or keeps it for the session if it
// has no connection. It never waits for the client. It does what mochi's
// publishToClient does, without the queue of packets in between that loses them
// when it is full: a connection that has too much to write is dropped instead.
func (b *Broker) deliver(cl *mqtt.Client, sub *packets.Subscription, pk *packets.Packet, retained bool) {
	if !mayReceive(coolant.DeviceID(cl.Properties.Username), pk.TopicName) {
		return
	}
	out := packets.Packet{
		FixedHeader: packets.FixedHeader{
			Type: packets.Publish, Qos: min(pk.FixedHeader.Qos, sub.Qos),
			Retain: pk.FixedHeader.Retain && (retained || cl.Properties.ProtocolVersion == 5 && sub.RetainAsPublished),
		},
		TopicName: pk.TopicName, Payload: pk.Payload, Created: pk.Created,
	}
	out.Properties.SubscriptionIdentifier = identifiers(sub)
	if out.FixedHeader.Qos > 0 {
		// What waits for its acknowledgement outlives the call.
		out.Payload = append([]byte(nil), pk.Payload...)
		if !b.number(cl, &out) {
			return
		}
	}
	if cl.Net.Conn == nil || cl.Closed() {
		return
	}
	if err := cl.WritePacket(out); err != nil && !errors.Is(err, mqtt.ErrConnectionClosed) {
		b.log.Debug("cannot send to a client", "client", cl.ID, "topic", out.TopicName, "error", err)
		if errors.Is(err, packets.ErrPacketTooLarge) && out.FixedHeader.Qos > 0 {
			cl.State.Inflight.Delete(out.PacketID) // it will never be smaller
			b.dropInflight(cl.ID, out.PacketID)
		}
	}
}

// identifiers returns the numbers that the client gave to the subscriptions that
// match.
func identifiers(sub *packets.Subscription) (ids []int) {
	if len(sub.Identifiers) == 0 {
		if sub.Identifier > 0 {
			return []int{sub.Identifier}
		}
		return nil
	}
	for _, id := range sub.Identifiers {
		if id > 0 {
			ids = append(ids, id)
		}
	}
	sort.Ints(ids)
	return ids
}
