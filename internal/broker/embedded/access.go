package embedded

import (
	"strconv"
	"strings"
	"unicode/utf8"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// kindOf returns what a topic carries, if the device may publish to it, else
// KindNone.
func (c *conn) kindOf(topic string) wire.Kind {
	if c.b.o.ArticleTopic != "" && topic == c.b.o.ArticleTopic {
		if c.device == c.b.o.ArticleDevice {
			return wire.Article
		}
		return wire.KindNone
	}
	if id, k, ok := wire.ParseTopic(topic); ok && id == c.device && k.Up() {
		return k
	}
	return wire.KindNone
}

func (c *conn) mayPublish(topic string) bool { return c.kindOf(topic) != wire.KindNone }

// mayReceive reports whether a device may subscribe to a filter or receive a
// topic: its own topics downwards, and wildcards below its own id. What a
// wildcard matches is asked again for each message.
func mayReceive(device coolant.DeviceID, filter string) bool {
	rest, own := strings.CutPrefix(filter, "coolant/"+string(device)+"/")
	if !own {
		return false
	}
	if strings.ContainsAny(rest, "+#") {
		return true
	}
	_, k, ok := wire.ParseTopic(filter)
	return ok && k.Down()
}

// OnACLCheck is asked before a client's publish (with write set) or subscription,
// and, by whoever publishes, before a message goes to a client.
func (h *hook) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	if !write {
		return mayReceive(coolant.DeviceID(cl.Properties.Username), topic)
	}
	c := connOf(cl)
	if c == nil {
		return false
	}
	if c.mayPublish(topic) {
		return true
	}
	c.foreign(topic)
	return false
}

// foreign refuses the message that came in for a topic that is not the device's.
func (c *conn) foreign(topic string) {
	c.b.refuse(coolant.Rejection{
		Device: c.device, Topic: strings.Clone(topic), Code: coolant.RejectedTopic,
		Detail: "the device may not publish to this topic", Excerpt: excerpt(c.in.payload),
	})
	switch {
	case c.in.qos == 0:
	case c.version == 5:
		c.push(entry{id: c.in.id, qos: c.in.qos, state: refused, code: packets.ErrNotAuthorized.Code})
	default:
		// 3.1.1 can only acknowledge or hang up; an acknowledgement would be a lie.
		c.bye(packets.ErrNotAuthorized)
	}
}

// OnSubscribed is called before the SUBACK.
func (h *hook) OnSubscribed(cl *mqtt.Client, pk packets.Packet, reasonCodes []byte) {
	c := connOf(cl)
	if c == nil {
		return
	}
	for i, code := range reasonCodes {
		if code < packets.ErrUnspecifiedError.Code || i >= len(pk.Filters) {
			continue
		}
		h.b.refuse(coolant.Rejection{
			Device: c.device, Topic: strings.Clone(pk.Filters[i].Filter), Code: coolant.RejectedTopic,
			Detail: "the device may not subscribe to this filter",
		})
	}
	h.b.storeSession(c, persistent(cl))
}

// OnUnsubscribed is called before the UNSUBACK, and when a session ends.
func (h *hook) OnUnsubscribed(cl *mqtt.Client, _ packets.Packet) {
	if c := connOf(cl); c != nil && !cl.Closed() && persistent(cl) {
		h.b.storeSession(c, true)
	}
}

// maxExcerpt is how much of a refused payload an operator gets to see.
const maxExcerpt = 200

// excerpt is the beginning of a payload as text.
func excerpt(payload []byte) string {
	payload = payload[:min(len(payload), maxExcerpt)]
	text := strings.ToValidUTF8(string(payload), "\uFFFD")
	for len(text) > maxExcerpt {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}

// printable quotes text from outside, shortened.
func printable(s string) string {
	if len(s) > 64 {
		s = s[:64]
	}
	return strconv.Quote(s)
}
