package embedded

import (
	"sort"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// waiting marks, as its expiry, a message that is in flight for the record and
// not sent yet, because the client's receive maximum is used up. While there is
// one, as many as the maximum are sent.
const waiting = -1

// number gives a message its packet id and notes that it waits for an
// acknowledgement. It reports whether the message may be sent now.
func (b *Broker) number(cl *mqtt.Client, out *packets.Packet) bool {
	flight := cl.State.Inflight
	id, err := uint32(0), error(packets.ErrQuotaExceeded)
	if flight.Len() < maxInflight {
		id, err = cl.NextPacketID()
	}
	if err != nil { // the client does not acknowledge
		b.metrics.undelivered.Inc()
		b.log.Debug("a client has too many messages to acknowledge", "client", cl.ID, "topic", out.TopicName)
		return false
	}
	out.PacketID = uint16(id)
	noted := *out
	if limit := int(cl.Properties.Props.ReceiveMaximum); limit > 0 && flight.Len() >= limit {
		noted.Expiry = waiting
	}
	flight.Set(noted)
	if persistent(cl) {
		b.storeInflight(cl.ID, out)
	}
	return noted.Expiry != waiting
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
	flight.Delete(pk.PacketID)
	if persistent(c.client) {
		c.b.dropInflight(c.client.ID, pk.PacketID)
	}
	for _, next := range inOrder(flight) {
		if next.Expiry == waiting {
			next.Expiry = 0
			flight.Set(next)
			return c.client.WritePacket(next)
		}
	}
	return nil
}

// resend sends what the session has not acknowledged, as far as the client's
// receive maximum allows.
func (c *conn) resend() error {
	limit := int(c.client.Properties.Props.ReceiveMaximum)
	for i, pk := range inOrder(c.client.State.Inflight) {
		pk.Expiry = 0
		if limit > 0 && i >= limit {
			pk.Expiry = waiting
		}
		pk.FixedHeader.Dup = pk.FixedHeader.Type == packets.Publish
		c.client.State.Inflight.Set(pk)
		if pk.Expiry == waiting {
			continue
		}
		if err := c.client.WritePacket(pk); err != nil {
			return err
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
