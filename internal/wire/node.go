package wire

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"coolant"
)

// node is an object within a message on its way through a decoder: its members,
// where it stands, and the first mistake of the whole message. Its readers return
// nil or "" for a member that is missing, and after any mistake.
type node struct {
	members map[string]json.RawMessage
	path    string // of the object, with a point at its end; empty: it is the message
	mistake **Problem
}

// fail records a mistake in a field, if it is the first one of the message; an
// empty field means the object itself.
func (n *node) fail(code coolant.RejectionCode, field, format string, args ...any) {
	if *n.mistake == nil {
		*n.mistake = problemf(code, strings.TrimSuffix(n.path+field, "."), format, args...)
	}
}

// there says whether a field is present and nothing is wrong yet; null is present.
func (n *node) there(field string) bool {
	_, ok := n.members[field]
	return ok && *n.mistake == nil
}

// need records that a field is missing, if it is.
func (n *node) need(field string) {
	if _, ok := n.members[field]; !ok {
		n.fail(coolant.RejectedField, field, "it is missing")
	}
}

// scanNumber reads raw as one JSON number.
func scanNumber(raw []byte) (num number, ok bool) {
	var s scanner
	s.reset(raw)
	if c := s.next(); c != '-' && c-'0' > 9 {
		return number{}, false
	}
	ok = s.scanNumber()
	return s.num, ok
}

// integer reads an integer within low and high.
func (n *node) integer(field string, low, high int64) *int64 {
	if !n.there(field) {
		return nil
	}
	num, ok := scanNumber(n.members[field])
	v, whole := num.integer()
	switch {
	case !ok || !whole:
		n.fail(coolant.RejectedField, field, "%d to %d, written as an integer, is expected", low, high)
		return nil
	case v < low || v > high:
		n.fail(coolant.RejectedRange, field, "%d is not within %d to %d", v, low, high)
		return nil
	}
	return &v
}

// natural reads an integer from least to [MaxInteger]; 0 if there is none.
func (n *node) natural(field string, least int64) int64 {
	if !n.there(field) {
		return 0
	}
	num, ok := scanNumber(n.members[field])
	v, whole := num.integer()
	if !ok || !whole || v < least {
		n.fail(coolant.RejectedField, field, "an integer from %d to 2^53-1 is expected", least)
		return 0
	}
	return v
}

// number reads a number within low and high.
func (n *node) number(field string, low, high float64) *float64 {
	v := n.finite(field)
	if v != nil && (*v < low || *v > high) {
		n.fail(coolant.RejectedRange, field, "%v is not within %v to %v", *v, low, high)
		return nil
	}
	return v
}

// required reads a number within low and high that must be there; 0 after a
// mistake.
func (n *node) required(field string, low, high float64) float64 {
	n.need(field)
	if v := n.number(field, low, high); v != nil {
		return *v
	}
	return 0
}

// below reads a number from low to below limit.
func (n *node) below(field string, low, limit float64) *float64 {
	v := n.finite(field)
	if v != nil && (*v < low || *v >= limit) {
		n.fail(coolant.RejectedRange, field, "%v is not within %v to below %v", *v, low, limit)
		return nil
	}
	return v
}

// finite reads a number that a float64 holds.
func (n *node) finite(field string) *float64 {
	if !n.there(field) {
		return nil
	}
	num, ok := scanNumber(n.members[field])
	if ok {
		if v, ok := num.float(); ok {
			return &v
		}
	}
	n.fail(coolant.RejectedValue, field, "a finite number is expected")
	return nil
}

// flag reads true or false.
func (n *node) flag(field string) *bool {
	if !n.there(field) {
		return nil
	}
	v := string(n.members[field]) == "true"
	if !v && string(n.members[field]) != "false" {
		n.fail(coolant.RejectedField, field, "true or false is expected")
		return nil
	}
	return &v
}

// text reads a string.
func (n *node) text(field string) (text string, ok bool) {
	if !n.there(field) {
		return "", false
	}
	raw := n.members[field]
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
		n.fail(coolant.RejectedField, field, "a string is expected")
		return "", false
	}
	return text, true
}

// choice reads one of some words.
func (n *node) choice(field string, words ...string) *string {
	text, ok := n.text(field)
	if !ok {
		return nil
	}
	if !slices.Contains(words, text) {
		n.fail(coolant.RejectedField, field, "one of %s is expected", strings.Join(words, ", "))
		return nil
	}
	return &text
}

// metric reads the name of a metric or an output.
func (n *node) metric(field string) coolant.Metric {
	text, ok := n.text(field)
	if ok && !coolant.ValidMetric(text) {
		n.fail(coolant.RejectedMetric, field, "a letter a-z followed by up to 31 of a-z, 0-9 and _ is expected")
		return ""
	}
	return coolant.Metric(text)
}

// role reads the name of a temperature.
func (n *node) role(field string) coolant.Metric {
	m := n.metric(field)
	if m != "" && m.Unit() != coolant.Celsius {
		n.fail(coolant.RejectedMetric, field, "the suffix of a unit makes it no temperature")
		return ""
	}
	return m
}

// input reads a role, or two with a minus between them.
func (n *node) input(field string) string {
	text, ok := n.text(field)
	if !ok {
		return ""
	}
	if text == "" || len(text) > 65 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		n.fail(coolant.RejectedField, field, "1 to 65 printable ASCII characters without spaces are expected")
		return ""
	}
	for _, part := range strings.SplitN(text, "-", 2) {
		if m := coolant.Metric(part); !coolant.ValidMetric(part) || m.Unit() != coolant.Celsius {
			n.fail(coolant.RejectedMetric, field, "a role, or two with a minus between them, is expected")
			return ""
		}
	}
	return text
}

// object reads an object; nil if it is missing.
func (n *node) object(field string) *node {
	if !n.there(field) {
		return nil
	}
	return n.inner(field, n.members[field])
}

// inner reads raw, which stands at a place, as an object.
func (n *node) inner(place string, raw json.RawMessage) *node {
	in := &node{path: n.path + place + ".", mistake: n.mistake}
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &in.members) != nil {
		in.fail(coolant.RejectedField, "", "an object is expected")
		return nil
	}
	return in
}

// elements reads a list of at most limit elements; nil if it is missing.
func (n *node) elements(field string, limit int) []json.RawMessage {
	if !n.there(field) {
		return nil
	}
	raw := n.members[field]
	all := []json.RawMessage{}
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &all) != nil {
		n.fail(coolant.RejectedField, field, "an array is expected")
		return nil
	}
	if len(all) > limit {
		n.fail(coolant.RejectedTooLarge, field, "%d elements; at most %d are allowed", len(all), limit)
		return nil
	}
	return all
}

// list reads a list of objects; nil if it is missing.
func list[T any](n *node, field string, limit int, read func(*node) T) []T {
	raws := n.elements(field, limit)
	if raws == nil {
		return nil
	}
	all := make([]T, 0, len(raws))
	for i, raw := range raws {
		in := n.inner(field+"["+strconv.Itoa(i)+"]", raw)
		if in == nil {
			return nil
		}
		all = append(all, read(in))
	}
	return all
}

// pairs reads a list of pairs of numbers; nil if it is missing.
func (n *node) pairs(field string, limit int) []Pair {
	raws := n.elements(field, limit)
	if raws == nil {
		return nil
	}
	all := make([]Pair, 0, len(raws))
	for i, raw := range raws {
		pair := n.pair(field+"["+strconv.Itoa(i)+"]", raw)
		if pair == nil {
			return nil
		}
		all = append(all, *pair)
	}
	return all
}

// pair reads raw, which stands at a place, as a pair of numbers.
func (n *node) pair(place string, raw json.RawMessage) *Pair {
	var numbers []json.RawMessage
	if len(raw) == 0 || raw[0] != '[' || json.Unmarshal(raw, &numbers) != nil || len(numbers) != 2 {
		n.fail(coolant.RejectedField, place, "a pair of numbers is expected")
		return nil
	}
	var pair Pair
	for k, text := range numbers {
		num, ok := scanNumber(text)
		if ok {
			pair[k], ok = num.float()
		}
		if !ok {
			n.fail(coolant.RejectedValue, place, "a finite number is expected")
			return nil
		}
	}
	return &pair
}
