package wire

import (
	"coolant"
)

// TelemetryPayload is a telemetry message: samples of one start of a device.
type TelemetryPayload struct {
	Boot    coolant.Boot
	Samples []TelemetrySample
	// Problems lists what the decoder had to leave out. Encoding ignores it.
	Problems []Problem

	readings []coolant.Reading // what the samples' readings are cut from
}

// Stamp says how a sample states its time.
type Stamp uint8

// The ways to state a time.
const (
	NoStamp   Stamp = iota // not at all: the time of receipt stands for it
	TimeStamp              // ts: Unix milliseconds by the device's clock
	AgeStamp               // age: milliseconds before the message was sent
)

// TelemetrySample is what a device measured at one moment.
type TelemetrySample struct {
	Index int    // its position in the message, from 0; encoding ignores it
	Seq   uint64 // 1 to MaxInteger
	Stamp Stamp
	Time  coolant.UnixMilli // with TimeStamp
	Age   coolant.UnixMilli // with AgeStamp; 0 or more
	// Judged says that the sender names qualities itself: the sample has a `q`,
	// if only an empty one. Encoding writes `q` where it is set or needed.
	Judged bool
	// Refused says that nothing of the sample can be used although its number is
	// known; then Readings is empty. Encoding ignores it.
	Refused bool
	// Readings holds each metric once: first those of `m` in their order, then
	// those that only `q` names. After decoding it is valid until the next use of
	// the payload.
	Readings []coolant.Reading
}

// reset empties t and keeps its memory.
func (t *TelemetryPayload) reset() {
	t.Boot, t.Samples, t.Problems, t.readings = 0, t.Samples[:0], t.Problems[:0], t.readings[:0]
}

// Decoder decodes telemetry. It keeps buffers and the names of metrics between
// messages, so that decoding a usual message allocates nothing. The zero value
// is ready; it is not for concurrent use.
type Decoder struct {
	scan    scanner
	out     *TelemetryPayload
	sample  draft
	names   map[string]coolant.Metric
	scratch []byte
	// Members that were seen, with the last one deciding if a name is repeated.
	boot, samples memberState
	bootProblem   *Problem
}

// memberState is what became of the last member of a name.
type memberState uint8

const (
	absent memberState = iota
	wrong
	right
)

// maxNames bounds the names of metrics that a decoder remembers.
const maxNames = 4096

// Decode reads the telemetry message p into t, which is emptied first. Nothing
// in t refers to p afterwards.
//
// An error means that the whole message is refused; it is a [*Problem] with one
// of the codes RejectedNotJSON, RejectedTooLarge and RejectedField, and t is
// empty. What is wrong with single samples and metrics goes to t.Problems, with
// RejectedField, RejectedMetric, RejectedValue or RejectedTooLarge (more than
// MaxSamples), and leaves the others as they are:
//
//   - A sample needs `seq` and at least one of `m` and `q`. Without a valid `seq`
//     it is left out; with one, a mistake in any other member makes it Refused.
//   - A metric with a bad name or value is left out. A value that is null or no
//     finite number is a bad one.
//   - A quality that is not a word of the contract makes its metric's value
//     unusable, so the metric is left out. "good" changes nothing.
//
// Where a member is repeated the last one counts, as it does in encoding/json
// and JSON.parse; a mistake in an earlier one is still reported.
func (d *Decoder) Decode(p []byte, t *TelemetryPayload) error {
	t.reset()
	if len(p) > MaxPayload {
		return tooLarge(len(p), MaxPayload)
	}
	if d.names == nil {
		d.names = make(map[string]coolant.Metric)
	}
	d.scan.reset(p)
	d.out = t
	d.boot, d.samples, d.bootProblem = absent, absent, nil
	problem := d.message()
	d.scan.data, d.out = nil, nil
	if problem != nil {
		t.reset()
		return problem
	}
	rest := t.readings
	for i := range t.Samples {
		// The readings were moved whenever their slice grew; only now do they stay.
		n := len(t.Samples[i].Readings)
		t.Samples[i].Readings, rest = rest[:n:n], rest[n:]
	}
	return nil
}

func (d *Decoder) message() *Problem {
	s := &d.scan
	if s.next() != '{' {
		if !s.skip() || !s.end() {
			return s.problem()
		}
		return problemf(coolant.RejectedField, "", "an object is expected")
	}
	s.open()
	for first := true; s.more(first, '}'); first = false {
		name, ok := d.name()
		if !ok {
			break
		}
		switch string(name) {
		case "boot":
			d.readBoot()
		case "samples":
			d.readSamples()
		default:
			s.skip()
		}
		if s.failed() {
			break
		}
	}
	switch {
	case s.failed() || !s.end():
		return s.problem()
	case d.boot == absent:
		return problemf(coolant.RejectedField, "boot", "it is missing")
	case d.boot == wrong:
		return d.bootProblem
	case d.samples == absent:
		return problemf(coolant.RejectedField, "samples", "it is missing")
	case d.samples == wrong:
		return problemf(coolant.RejectedField, "samples", "an array is expected")
	}
	return nil
}

func (d *Decoder) readBoot() {
	s := &d.scan
	d.boot = wrong
	if s.next() != '"' {
		if s.skip() {
			d.bootProblem = problemf(coolant.RejectedField, "boot", "a string is expected")
		}
		return
	}
	text, ok := d.text()
	if !ok {
		return
	}
	boot, ok := parseBoot(text)
	if !ok {
		d.bootProblem = problemf(coolant.RejectedField, "boot",
			"1 to 16 hexadecimal digits that are not all 0 are expected, not %q", excerpt(text))
		return
	}
	d.boot, d.out.Boot = right, boot
}

// parseBoot is coolant.ParseBoot without its errors.
func parseBoot(text []byte) (coolant.Boot, bool) {
	if len(text) == 0 || len(text) > 16 {
		return 0, false
	}
	var n uint64
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		n = n<<4 | uint64(c)
	}
	return coolant.Boot(n), n != 0
}

func (d *Decoder) readSamples() {
	s, t := &d.scan, d.out
	t.Samples, t.readings = t.Samples[:0], t.readings[:0]
	if s.next() != '[' {
		d.samples = wrong
		s.skip()
		return
	}
	d.samples = right
	if !s.open() {
		return
	}
	index := 0
	for ; s.more(index == 0, ']'); index++ {
		if index >= MaxSamples {
			if !s.skip() {
				return
			}
			continue
		}
		if !d.readSample(index) {
			return
		}
	}
	if index > MaxSamples {
		d.report(MaxSamples, coolant.RejectedTooLarge, "", func() string {
			return "more than 5000 samples in one message; this one and what follows it are refused"
		})
	}
}

// How many problems keep an entry of their own. Those of a field hide no others
// of the same code, unless a message has mistakes in very many fields.
const (
	problemsPerField = 8 // of one code
	problemsPerCode  = 32
)

// report adds a problem of the sample with the given index. Detail is called
// only if the problem gets an entry of its own, so that a message full of
// mistakes costs no more than a good one.
func (d *Decoder) report(index int, code coolant.RejectionCode, field string, detail func() string) {
	ofCode, ofField, last, like := 0, 0, 0, 0
	for i := range d.out.Problems {
		p := &d.out.Problems[i]
		if p.Code != code {
			continue
		}
		ofCode++
		last = i
		if p.Field == field {
			ofField++
			like = i
		}
	}
	switch {
	case ofField >= problemsPerField, ofCode >= problemsPerCode && ofField > 0:
		d.out.Problems[like].Count++
		return
	case ofCode >= problemsPerCode:
		d.out.Problems[last].Count++
		return
	}
	d.out.Problems = append(d.out.Problems, Problem{Sample: index, Field: field, Code: code, Detail: detail(), Count: 1})
}

// name reads a member's name, with its escapes resolved.
func (d *Decoder) name() (text []byte, ok bool) {
	raw, escaped, ok := d.scan.key()
	if ok && escaped {
		d.scratch = unescape(d.scratch[:0], raw)
		raw = d.scratch
	}
	return raw, ok
}

// text reads a string whose opening quote is next, with its escapes resolved.
func (d *Decoder) text() (text []byte, ok bool) {
	raw, escaped, ok := d.scan.str()
	if ok && escaped {
		d.scratch = unescape(d.scratch[:0], raw)
		raw = d.scratch
	}
	return raw, ok
}

// metric returns the metric of that name without allocating for one that it has
// met before.
func (d *Decoder) metric(name []byte) (coolant.Metric, bool) {
	if m, ok := d.names[string(name)]; ok {
		return m, true
	}
	if !coolant.ValidMetric(name) {
		return "", false
	}
	if len(d.names) >= maxNames {
		clear(d.names)
	}
	m := coolant.Metric(name)
	d.names[string(m)] = m
	return m, true
}
