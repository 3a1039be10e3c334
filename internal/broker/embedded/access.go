package embedded

import (
	"strconv"
	"strings"
	"unicode/utf8"

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

// maySubscribe reports whether a device may subscribe to a filter: one of its own
// topics downwards, or a wildcard for all that is below its id. What a wildcard
// matches is asked again for each message. No other filter could ever match
// anything, and as there are so few, nobody can fill the memory with them.
func maySubscribe(device coolant.DeviceID, filter string) bool {
	rest, own := strings.CutPrefix(filter, "coolant/"+string(device)+"/")
	if !own {
		return false
	}
	if rest = strings.TrimSuffix(rest, "/#"); rest == "+" || rest == "#" {
		return true
	}
	return mayReceive(device, "coolant/"+string(device)+"/"+rest)
}

// mayReceive reports whether a topic is a device's own, downwards.
func mayReceive(device coolant.DeviceID, topic string) bool {
	id, k, ok := wire.ParseTopic(topic)
	return ok && id == device && k.Down()
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
