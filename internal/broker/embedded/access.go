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
