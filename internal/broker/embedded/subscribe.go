package embedded

import (
	"errors"
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// subscribe handles a SUBSCRIBE: the SUBACK, and then what is retained.
func (c *conn) subscribe(pk *packets.Packet) error {
	if code := pk.SubscribeValidate(); code != packets.CodeSuccess {
		return c.violated(code, "")
	}
	codes := make([]byte, len(pk.Filters))
	existed := make([]bool, len(pk.Filters))
	for i := range pk.Filters {
		sub := &pk.Filters[i]
		var detail string
		if codes[i], detail = c.mayNotSubscribe(sub); codes[i] != 0 {
			c.b.refuse(coolant.Rejection{
				Device: c.device, Topic: strings.Clone(sub.Filter), Code: coolant.RejectedTopic, Detail: detail,
			})
			if c.version < 5 {
				codes[i] = packets.ErrUnspecifiedError.Code
			}
			continue
		}
		codes[i] = sub.Qos
		existed[i] = !c.b.server.Topics.Subscribe(c.client.ID, *sub)
		c.client.State.Subscriptions.Add(sub.Filter, *sub)
	}
	c.b.storeSubscriptions(c)
	err := c.answer(packets.Suback, pk, codes)
	for i := range pk.Filters {
		if codes[i] < packets.ErrUnspecifiedError.Code {
			c.b.deliverRetained(c.client, &pk.Filters[i], existed[i])
		}
	}
	return err
}

// mayNotSubscribe returns why not, as a reason code and for a person; or 0.
func (c *conn) mayNotSubscribe(sub *packets.Subscription) (code byte, detail string) {
	switch {
	case mqtt.IsSharedFilter(sub.Filter):
		return packets.ErrSharedSubscriptionsNotSupported.Code, "there are no shared subscriptions"
	case !mqtt.IsValidFilter(sub.Filter, false):
		return packets.ErrTopicFilterInvalid.Code, "this is not a topic filter"
	case !maySubscribe(c.device, sub.Filter):
		return packets.ErrNotAuthorized.Code, "the device may not subscribe to this filter"
	}
	return 0, ""
}

// unsubscribe handles an UNSUBSCRIBE.
func (c *conn) unsubscribe(pk *packets.Packet) error {
	if code := pk.UnsubscribeValidate(); code != packets.CodeSuccess {
		return c.violated(code, "")
	}
	codes := make([]byte, len(pk.Filters))
	for i, sub := range pk.Filters {
		if !c.b.server.Topics.Unsubscribe(sub.Filter, c.client.ID) {
			codes[i] = packets.CodeNoSubscriptionExisted.Code
		}
		c.client.State.Subscriptions.Delete(sub.Filter)
	}
	c.b.storeSubscriptions(c)
	return c.answer(packets.Unsuback, pk, codes)
}

// answer writes a SUBACK or UNSUBACK.
func (c *conn) answer(kind byte, pk *packets.Packet, codes []byte) error {
	err := c.client.WritePacket(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: kind}, PacketID: pk.PacketID, ReasonCodes: codes,
	})
	if errors.Is(err, packets.ErrPacketTooLarge) {
		return c.violated(packets.ErrPacketTooLarge, "an answer larger than the client takes")
	}
	return err
}
