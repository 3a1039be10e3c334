package wire

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"coolant"
)

// Limits of the contract. What exceeds them is refused before it can cost
// memory or time.
const (
	MaxPayload  = 1 << 20  // bytes of a telemetry message
	MaxDocument = 64 << 10 // bytes of any other message
	MaxSamples  = 5000     // samples in a batch; what follows them is refused
	MaxDepth    = 16       // arrays and objects inside one another
	MaxInteger  = 1<<53 - 1
)

// Problem says what is wrong with a payload and where. It is the error of every
// decoder of the package; [TelemetryPayload.Problems] lists those that left the
// rest of a message usable.
type Problem struct {
	// Sample is the position of the sample in its message, from 0; -1 where the
	// problem is that of the whole message.
	Sample int
	// Field is the path of the member inside the sample or message ("m.water");
	// empty where there is none.
	Field  string
	Code   coolant.RejectionCode
	Detail string // in English: what was found and what is expected
	// Count is how many problems of this code the entry stands for, 1 or more:
	// after the first few of a field, or very many of a code, the rest is counted
	// in the last of them.
	Count int
}

// Error names the place and the detail.
func (p *Problem) Error() string { return p.Where() + p.Detail }

// Where is the place of the problem, followed by a colon and a space; empty if
// it is that of the whole message.
func (p *Problem) Where() string {
	switch {
	case p.Sample < 0 && p.Field == "":
		return ""
	case p.Sample < 0:
		return p.Field + ": "
	case p.Field == "":
		return "samples[" + strconv.Itoa(p.Sample) + "]: "
	}
	return "samples[" + strconv.Itoa(p.Sample) + "]." + p.Field + ": "
}

// problemf makes the problem of a whole message.
func problemf(code coolant.RejectionCode, field, format string, args ...any) *Problem {
	return &Problem{Sample: -1, Field: field, Code: code, Detail: fmt.Sprintf(format, args...), Count: 1}
}

func tooLarge(size, limit int) *Problem {
	return problemf(coolant.RejectedTooLarge, "", "%d bytes; at most %d are allowed", size, limit)
}

// excerpt quotes the beginning of raw for a message to people.
func excerpt(raw []byte) string {
	const limit = 40
	if len(raw) <= limit {
		return string(raw)
	}
	cut := limit
	for cut > limit-utf8.UTFMax && !utf8.RuneStart(raw[cut]) {
		cut--
	}
	return string(raw[:cut]) + ".."
}
