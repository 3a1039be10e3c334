package coolant

import "strings"

// Rejection tells an operator that something a device sent was refused, and why.
// Equal rejections within a minute are one, counted, with the detail and the
// excerpt of the newest. Equal are those of the same device, topic, code and
// [Rejection.Mistake]: two fields that are missing are two rejections, and a
// sensor that sends a different wrong value every second is one.
type Rejection struct {
	ID     int64
	Time   UnixMilli // of the newest
	Device DeviceID  // empty where no known device can be named
	Topic  string
	Code   RejectionCode
	// Detail says in English what was wrong and where: the field, the value, the
	// allowed range. What it says for the occasion only is written as Mistake
	// expects it, so that the same mistake stays recognisable.
	Detail string
	// Excerpt is the beginning of the payload, at most 200 bytes, as valid UTF-8.
	Excerpt string
	Count   int
}

// Mistake is what of Detail stays the same while the same mistake is repeated: the
// field and the kind of mistake. Numbers, with what adjoins them (a position, a
// time, an address), become #, and what follows ", not " (what was found) or
// ", from " (where it came from) is left out. Digits of a name such as probe2
// belong to the name.
func (r *Rejection) Mistake() string {
	text := r.Detail
	for _, mark := range []string{", not ", ", from "} {
		text, _, _ = strings.Cut(text, mark)
	}
	var b strings.Builder
	b.Grow(len(text))
	inName := false
	for i := 0; i < len(text); {
		c := text[i]
		if !inName && (isDigit(c) || c == '-' && i+1 < len(text) && isDigit(text[i+1])) {
			for i++; i < len(text) && (isWord(text[i]) || strings.IndexByte(".:+-", text[i]) >= 0); i++ {
			}
			b.WriteByte('#')
			continue
		}
		inName = isWord(c)
		b.WriteByte(c)
		i++
	}
	return b.String()
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isWord says whether c may be part of a name or a number; a byte of a letter
// beyond ASCII is.
func isWord(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}

// RejectionCode is the stable name of a reason, which the UI translates.
type RejectionCode string

// The reasons for which something is refused.
const (
	RejectedNotJSON    RejectionCode = "not_json"
	RejectedTooLarge   RejectionCode = "too_large"
	RejectedField      RejectionCode = "bad_field"       // a required field is missing or has the wrong type
	RejectedMetric     RejectionCode = "bad_metric"      // not the form of a metric name, or more than 64
	RejectedValue      RejectionCode = "bad_value"       // not a finite number
	RejectedRange      RejectionCode = "out_of_range"    // outside the metric's physical range
	RejectedFuture     RejectionCode = "future"          // more than 5 minutes ahead of the server
	RejectedTooOld     RejectionCode = "too_old"         // older than the raw retention
	RejectedAge        RejectionCode = "age_not_live"    // age instead of ts, from something that can queue
	RejectedUntimed    RejectionCode = "untimed"         // a sample without a time that a broker had kept
	RejectedTopic      RejectionCode = "foreign_topic"   // a topic that is not the device's own
	RejectedCredential RejectionCode = "bad_credential"  // unknown user or wrong password
	RejectedSession    RejectionCode = "foreign_session" // a client id whose session belongs to another user
	RejectedPacket     RejectionCode = "bad_packet"      // not MQTT, or a packet over the size limit
	RejectedRate       RejectionCode = "too_fast"        // over the limit of unacknowledged messages
)
