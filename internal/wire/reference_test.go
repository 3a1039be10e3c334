package wire_test

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"coolant"
	"coolant/internal/wire"
)

// node is a JSON value as encoding/json reads it, with the members of objects in
// their order and repetitions kept.
type node struct {
	value   any // nil, bool, string, json.Number, or a json.Delim
	names   []string
	members []*node // of an object, or the elements of an array
}

// parse reads exactly one JSON value; ok is false if p is not one.
func parse(p []byte) (root *node, ok bool) {
	if !utf8.Valid(p) || !json.Valid(p) {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(p))
	d.UseNumber()
	root, err := readNode(d, 0)
	return root, err == nil
}

type tooDeep struct{}

func (tooDeep) Error() string { return "too deep" }

func readNode(d *json.Decoder, depth int) (*node, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	n := &node{value: token}
	open, isDelim := token.(json.Delim)
	if !isDelim {
		return n, nil
	}
	if depth == wire.MaxDepth {
		return nil, tooDeep{}
	}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			n.names = append(n.names, name.(string))
		}
		member, err := readNode(d, depth+1)
		if err != nil {
			return nil, err
		}
		n.members = append(n.members, member)
	}
	_, err = d.Token()
	return n, err
}

func (n *node) isObject() bool { return n.value == json.Delim('{') }
func (n *node) isArray() bool  { return n.value == json.Delim('[') }

// last is the member that counts, nil if there is none of that name.
func (n *node) last(name string) (found *node) {
	for i, m := range n.members {
		if n.names[i] == name {
			found = m
		}
	}
	return found
}

// reference is a slow and plain decoder of telemetry.
type reference struct {
	boot     coolant.Boot
	samples  []wire.TelemetrySample
	problems map[coolant.RejectionCode]int
}

func decodeReference(p []byte) (r reference, refused coolant.RejectionCode) {
	root, ok := parse(p)
	if !ok {
		return reference{}, coolant.RejectedNotJSON
	}
	if !root.isObject() {
		return reference{}, coolant.RejectedField
	}
	r.problems = map[coolant.RejectionCode]int{}
	boot := root.last("boot")
	for i, m := range root.members {
		if root.names[i] == "samples" && m.isArray() {
			r.samples = r.samples[:0]
			for index, element := range m.members {
				if index == wire.MaxSamples {
					r.problems[coolant.RejectedTooLarge]++
					break
				}
				r.sample(index, element)
			}
		}
	}
	text, isString := "", false
	if boot != nil {
		text, isString = boot.value.(string)
	}
	parsed, err := coolant.ParseBoot(text)
	if samples := root.last("samples"); !isString || err != nil || samples == nil || !samples.isArray() {
		return reference{}, coolant.RejectedField
	}
	r.boot = parsed
	return r, ""
}

// integer returns the value of an integer member that is at least low.
func (n *node) integer(low int64) (int64, bool) {
	number, ok := n.value.(json.Number)
	if !ok || strings.ContainsAny(string(number), ".eE") {
		return 0, false
	}
	v, err := strconv.ParseInt(string(number), 10, 64)
	return v, err == nil && v >= low && v <= wire.MaxInteger && v >= -wire.MaxInteger
}

func (r *reference) sample(index int, n *node) {
	if !n.isObject() {
		r.problems[coolant.RejectedField]++
		return
	}
	s := wire.TelemetrySample{Index: index}
	var seq, ts, age int64
	var hasSeq, hasTime, hasAge bool
	var refused, m, q bool
	var faults []coolant.Reading
	var unknown []bool
	for i, member := range n.members {
		var ok bool
		switch n.names[i] {
		case "seq":
			seq, hasSeq = member.integer(1)
			ok = hasSeq
		case "ts":
			ts, hasTime = member.integer(-wire.MaxInteger)
			ok = hasTime
		case "age":
			age, hasAge = member.integer(0)
			ok = hasAge
		case "m":
			m, ok = true, member.isObject()
			s.Readings = nil
			r.values(&s, member)
		case "q":
			q, ok = true, member.isObject()
			faults, unknown = r.qualities(member)
		default:
			ok = true
		}
		if !ok {
			r.problems[coolant.RejectedField]++
		}
	}
	for _, name := range []string{"ts", "age"} {
		last := n.last(name)
		low := int64(0)
		if name == "ts" {
			low = -wire.MaxInteger
		}
		if last != nil {
			_, ok := last.integer(low)
			refused = refused || !ok
		}
	}
	for _, name := range []string{"m", "q"} {
		if last := n.last(name); last != nil && !last.isObject() {
			refused = true
		}
	}
	if !m && !q {
		r.problems[coolant.RejectedField]++
		refused = true
	}
	if n.last("seq") == nil {
		r.problems[coolant.RejectedField]++
	}
	if !hasSeq {
		return
	}
	s.Seq, s.Refused = uint64(seq), refused
	s.Judged = q && n.last("q").isObject()
	switch {
	case hasTime:
		s.Stamp, s.Time = wire.TimeStamp, coolant.UnixMilli(ts)
	case hasAge:
		s.Stamp, s.Age = wire.AgeStamp, coolant.UnixMilli(age)
	}
	if refused {
		s.Readings = nil
	} else {
		r.apply(&s, faults, unknown)
	}
	r.samples = append(r.samples, s)
}

func (r *reference) values(s *wire.TelemetrySample, m *node) {
	if !m.isObject() {
		return
	}
	for i, member := range m.members {
		metric := coolant.Metric(m.names[i])
		if !coolant.ValidMetric(metric) {
			r.problems[coolant.RejectedMetric]++
			continue
		}
		at := slices.IndexFunc(s.Readings, func(r coolant.Reading) bool { return r.Metric == metric })
		number, isNumber := member.value.(json.Number)
		v, err := strconv.ParseFloat(string(number), 64)
		switch {
		case !isNumber || err != nil || math.IsInf(v, 0):
			r.problems[coolant.RejectedValue]++
			if at >= 0 {
				s.Readings = slices.Delete(s.Readings, at, at+1)
			}
		case at >= 0:
			s.Readings[at].Value = v
		case len(s.Readings) == coolant.MaxMetrics:
			r.problems[coolant.RejectedMetric]++
		default:
			s.Readings = append(s.Readings, coolant.Reading{Metric: metric, Value: v})
		}
	}
}

func (r *reference) qualities(q *node) (faults []coolant.Reading, unknown []bool) {
	if !q.isObject() {
		return nil, nil
	}
	for i, member := range q.members {
		metric := coolant.Metric(q.names[i])
		if !coolant.ValidMetric(metric) {
			r.problems[coolant.RejectedMetric]++
			continue
		}
		word, isString := member.value.(string)
		quality, ok := coolant.ParseQuality(word)
		if !isString || !ok {
			r.problems[coolant.RejectedValue]++
			ok = false
		}
		at := slices.IndexFunc(faults, func(r coolant.Reading) bool { return r.Metric == metric })
		switch {
		case at >= 0:
			faults[at].Quality, unknown[at] = quality, !ok
		case len(faults) == coolant.MaxMetrics:
			r.problems[coolant.RejectedMetric]++
		default:
			faults, unknown = append(faults, coolant.Reading{Metric: metric, Quality: quality}), append(unknown, !ok)
		}
	}
	return faults, unknown
}

func (r *reference) apply(s *wire.TelemetrySample, faults []coolant.Reading, unknown []bool) {
	for i, f := range faults {
		at := slices.IndexFunc(s.Readings, func(r coolant.Reading) bool { return r.Metric == f.Metric })
		switch {
		case unknown[i] && at >= 0:
			s.Readings = slices.Delete(s.Readings, at, at+1)
		case unknown[i] || f.Quality == coolant.Good:
		case at >= 0:
			s.Readings[at] = f
		case len(s.Readings) == coolant.MaxMetrics:
			r.problems[coolant.RejectedMetric]++
		default:
			s.Readings = append(s.Readings, f)
		}
	}
}
