package embedded

import (
	"errors"
	"hash/maphash"
	"sort"
	"sync"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// waiting marks, as its expiry, a message that is in flight for the record and
// not sent yet, because the client's receive maximum is used up. While there is
// one, as many as the maximum are sent.
const waiting = -1

// flightLock is held while what is in flight to a client is counted and changed.
func (b *Broker) flightLock(client string) *sync.Mutex {
	return &b.flights[maphash.String(b.seed, client)%uint64(len(b.flights))]
}

// number gives a message its packet id and notes that it waits for an
// acknowledgement. It reports whether the message may be sent now.
func (b *Broker) number(cl *mqtt.Client, out *packets.Packet) bool {
	mu := b.flightLock(cl.ID)
	mu.Lock()
	later, ok := b.note(cl, out)
	mu.Unlock()
	if ok && persistent(cl) {
		b.storeInflight(cl.ID, out)
	}
	return ok && !later
}

// note is the part of number that needs the lock.
func (b *Broker) note(cl *mqtt.Client, out *packets.Packet) (later, ok bool) {
	flight := cl.State.Inflight
	id, err := uint32(0), error(packets.ErrQuotaExceeded)
	if flight.Len() < maxInflight {
		id, err = cl.NextPacketID()
	}
	if err != nil { // the client does not acknowledge
		b.metrics.undelivered.Inc()
		b.log.Debug("a client has too many messages to acknowledge", "client", cl.ID, "topic", out.TopicName)
		return false, false
	}
	out.PacketID = uint16(id)
	noted := *out
	if limit := int(cl.Properties.Props.ReceiveMaximum); limit > 0 && flight.Len() >= limit {
		noted.Expiry = waiting
	}
	flight.Set(noted)
	return noted.Expiry == waiting, true
}

// acknowledged handles a client's PUBACK, PUBREC or PUBCOMP.
func (c *conn) acknowledged(pk *packets.Packet) error {
	flight := c.client.State.Inflight
	sent, ok := flight.Get(pk.PacketID)
	failed := pk.ReasonCode >= packets.ErrUnspecifiedError.Code
	if pk.FixedHeader.Type == packets.Pubrec && !failed {
		rel := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrel, Qos: 1}, PacketID: pk.PacketID}
		if ok {
			rel.Created = sent.Created
			flight.Set(rel)
		} else {
			rel.ReasonCode = packets.ErrPacketIdentifierNotFound.Code
		}
		return c.client.WritePacket(rel)
	}
	if !ok || sent.Expiry == waiting {
		return nil
	}
	if persistent(c.client) {
		c.b.dropInflight(c.client.ID, pk.PacketID)
	}
	for id := pk.PacketID; ; {
		next, ok := c.b.takeNext(c.client, id)
		if !ok {
			return nil
		}
		err := c.client.WritePacket(next)
		if !errors.Is(err, packets.ErrPacketTooLarge) {
			return err
		}
		id = next.PacketID // the client takes no such packet, now or later
		c.b.dropInflight(c.client.ID, id)
	}
}

// takeNext ends what is in flight with an id, and returns what may be sent in its
// place.
func (b *Broker) takeNext(cl *mqtt.Client, id uint16) (next packets.Packet, ok bool) {
	mu := b.flightLock(cl.ID)
	mu.Lock()
	defer mu.Unlock()
	cl.State.Inflight.Delete(id)
	for _, next := range inOrder(cl.State.Inflight) {
		if next.Expiry == waiting {
			next.Expiry = 0
			cl.State.Inflight.Set(next)
			return next, true
		}
	}
	return packets.Packet{}, false
}

// resend sends what the session has not acknowledged, as far as the client's
// receive maximum allows, and no more than half of what may be unwritten: a client
// that left much behind would be dropped for it whenever it comes. What does not
// fit lowers the receive maximum. Nothing else may be delivered meanwhile.
func (c *conn) resend() error {
	flight, props := c.client.State.Inflight, &c.client.Properties.Props
	sent, bytes := 0, 0
	for _, pk := range inOrder(flight) {
		bytes += len(pk.TopicName) + len(pk.Payload)
		if sent > 0 && bytes > maxUnwritten/2 && (props.ReceiveMaximum == 0 || sent < int(props.ReceiveMaximum)) {
			props.ReceiveMaximum = uint16(sent)
		}
		pk.Expiry = 0
		if limit := int(props.ReceiveMaximum); limit > 0 && sent >= limit {
			pk.Expiry = waiting
		}
		pk.FixedHeader.Dup = pk.FixedHeader.Type == packets.Publish
		flight.Set(pk)
		if pk.Expiry == waiting {
			continue
		}
		err := c.client.WritePacket(pk)
		switch {
		case errors.Is(err, packets.ErrPacketTooLarge): // for what the client takes this time
			flight.Delete(pk.PacketID)
			c.b.dropInflight(c.client.ID, pk.PacketID)
		case err != nil:
			return err
		default:
			sent++
		}
	}
	return nil
}

// inOrder returns what is in flight as it was published: by second, and within
// one by packet ids, which count up and begin again.
func inOrder(flight *mqtt.Inflight) []packets.Packet {
	if flight.Len() == 0 {
		return nil
	}
	pks := flight.GetAll(false)
	sort.Slice(pks, func(i, j int) bool {
		a, b := &pks[i], &pks[j]
		if a.Created != b.Created {
			return a.Created < b.Created
		}
		return int16(a.PacketID-b.PacketID) < 0
	})
	return pks
}
