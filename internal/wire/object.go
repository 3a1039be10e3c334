package wire

import (
	"encoding/json"
	"strings"

	"coolant"
)

// object is a message other than telemetry on its way through a decoder: its
// members by exact name, the last of a name counting, and the first mistake.
// Those messages are rare, so that encoding/json may read their members.
type object struct {
	members map[string]json.RawMessage
	problem *Problem
}

// parseObject checks that p is one JSON object within the limits.
func parseObject(p []byte) *object {
	if len(p) > MaxDocument {
		return &object{problem: tooLarge(len(p), MaxDocument)}
	}
	var s scanner
	s.reset(p)
	if !s.skip() || !s.end() {
		return &object{problem: s.problem()}
	}
	o := &object{}
	if err := json.Unmarshal(p, &o.members); err != nil || o.members == nil {
		o.problem = problemf(coolant.RejectedField, "", "an object is expected")
	}
	return o
}

// err is the first mistake as an error, nil if there is none.
func (o *object) err() error {
	if o.problem != nil {
		return o.problem
	}
	return nil
}

// fail records a mistake in a field, if it is the first one.
func (o *object) fail(code coolant.RejectionCode, field, format string, args ...any) {
	if o.problem == nil {
		o.problem = problemf(code, field, format, args...)
	}
}

// need records that a field is missing, if it is, and returns whether it is there.
func (o *object) need(field string) bool {
	if o.problem != nil {
		return false
	}
	if _, ok := o.members[field]; !ok {
		o.fail(coolant.RejectedField, field, "it is missing")
		return false
	}
	return true
}

// read decodes a field into the value that into points to, if the field is
// there; expected says in English what it has to be. null is not accepted.
func (o *object) read(field, expected string, into any) {
	raw, ok := o.members[field]
	if !ok || o.problem != nil {
		return
	}
	if string(raw) == "null" || json.Unmarshal(raw, into) != nil {
		o.fail(coolant.RejectedField, field, "%s is expected, not %s", expected, excerpt(raw))
	}
}

// boot reads a required boot.
func (o *object) boot() (boot coolant.Boot) {
	if !o.need("boot") {
		return 0
	}
	var text string
	o.read("boot", "a string", &text)
	boot, ok := parseBoot([]byte(text))
	if !ok {
		o.fail(coolant.RejectedField, "boot", "1 to 16 hexadecimal digits that are not all 0 are expected, not %q", excerpt([]byte(text)))
	}
	return boot
}

// integer reads an integer from low to MaxInteger; 0 if it is not there.
func (o *object) integer(field string, low int64) int64 {
	raw, ok := o.members[field]
	if !ok || o.problem != nil {
		return 0
	}
	var s scanner
	s.reset(raw)
	if c := s.next(); c == '-' || c-'0' <= 9 {
		if s.scanNumber() {
			if v, ok := s.num.integer(); ok && v >= low {
				return v
			}
		}
	}
	o.fail(coolant.RejectedField, field, "an integer from %d to 2^53-1 is expected, not %s", low, excerpt(raw))
	return 0
}

// number reads a finite number; ok is false if it is not there.
func (o *object) number(field string) (v float64, ok bool) {
	raw, ok := o.members[field]
	if !ok || o.problem != nil {
		return 0, false
	}
	var s scanner
	s.reset(raw)
	if c := s.next(); c == '-' || c-'0' <= 9 {
		if s.scanNumber() {
			if v, ok := s.num.float(); ok {
				return v, true
			}
		}
	}
	o.fail(coolant.RejectedValue, field, "a finite number is expected, not %s", excerpt(raw))
	return 0, false
}

// word reads a required string of 1 to limit printable ASCII characters without
// spaces.
func (o *object) word(field string, limit int) (text string) {
	if !o.need(field) {
		return ""
	}
	o.read(field, "a string", &text)
	if text == "" || len(text) > limit || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		o.fail(coolant.RejectedField, field, "1 to %d printable ASCII characters without spaces are expected", limit)
	}
	return text
}
