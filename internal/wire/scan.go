package wire

import (
	"strconv"
	"unicode/utf8"

	"coolant"
)

// scanner walks once over a JSON text without building anything. It accepts
// exactly what encoding/json accepts as one value, except that it also insists
// on UTF-8 and on at most MaxDepth open arrays and objects.
//
// After the first mistake every method returns false, and problem says what it
// was.
type scanner struct {
	data  []byte
	pos   int
	depth int
	what  string // the first mistake; empty as long as there is none
	num   number // the number that scanNumber read last
}

func (s *scanner) reset(data []byte) { *s = scanner{data: data} }

func (s *scanner) fail(what string) bool {
	if s.what == "" {
		s.what = what
	}
	return false
}

// failAt is fail at another position than the present one.
func (s *scanner) failAt(pos int, what string) bool {
	s.pos = pos
	return s.fail(what)
}

func (s *scanner) failed() bool { return s.what != "" }

func (s *scanner) problem() *Problem {
	if s.pos >= len(s.data) {
		return problemf(coolant.RejectedNotJSON, "", "not JSON: it ends at byte %d where %s", len(s.data), s.what)
	}
	return problemf(coolant.RejectedNotJSON, "", "not JSON at byte %d: %s, not %q", s.pos, s.what, s.data[s.pos:s.pos+1])
}

// next skips white space and returns the byte after it without consuming it; 0
// at the end, which begins no JSON token either.
func (s *scanner) next() byte {
	for s.pos < len(s.data) {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	s.next()
	if s.pos < len(s.data) {
		return s.fail("nothing may follow the value")
	}
	return true
}

// open consumes the bracket that next has just returned.
func (s *scanner) open() bool {
	if s.depth == MaxDepth {
		return s.fail("it is nested deeper than " + strconv.Itoa(MaxDepth) + " levels")
	}
	s.depth++
	s.pos++
	return true
}

// more goes to the next element of the open array or object; first is true
// before the first one. It returns false after the closing bracket, which it
// consumes, and after a mistake.
func (s *scanner) more(first bool, closing byte) bool {
	c := s.next()
	if c == closing {
		s.depth--
		s.pos++
		return false
	}
	if first {
		return s.what == ""
	}
	if c != ',' {
		return s.fail("a comma or a closing bracket is expected")
	}
	s.pos++
	return s.what == ""
}

// key reads a member's name and the colon after it. The result is as in str.
func (s *scanner) key() (raw []byte, escaped, ok bool) {
	if s.next() != '"' {
		return nil, false, s.fail("a quoted name is expected")
	}
	raw, escaped, ok = s.str()
	if !ok {
		return nil, false, false
	}
	if s.next() != ':' {
		return nil, false, s.fail("a colon is expected")
	}
	s.pos++
	return raw, escaped, true
}

// plain marks the bytes that stand for themselves inside a string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// str reads the string whose opening quote next has just returned: the bytes
// between the quotes, and whether escapes are among them (see unescape).
func (s *scanner) str() (raw []byte, escaped, ok bool) {
	data, start := s.data, s.pos+1
	for i := start; i < len(data); {
		c := data[i]
		switch {
		case plain[c]:
			i++
		case c == '"':
			s.pos = i + 1
			return data[start:i], escaped, true
		case c == '\\':
			escaped = true
			n := escapeLen(data[i:])
			if n == 0 {
				return nil, false, s.failAt(i, "the escape is not one of JSON")
			}
			i += n
		case c < ' ':
			return nil, false, s.failAt(i, "a control character must be escaped")
		default:
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				return nil, false, s.failAt(i, "it is not UTF-8")
			}
			i += n
		}
	}
	s.pos = len(data)
	return nil, false, s.fail("the end of a string is expected")
}

// escapeLen is the length of the escape at the beginning of b, 0 if it is none.
func escapeLen(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hex4(b[2:]); ok {
			return 6
		}
	}
	return 0
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
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
		r = r<<4 | rune(c)
	}
	return r, true
}

func (s *scanner) literal(word string) bool {
	if rest := s.data[s.pos:]; len(rest) < len(word) || string(rest[:len(word)]) != word {
		return s.fail("a value is expected")
	}
	s.pos += len(word)
	return true
}

// skip reads any value and forgets it.
func (s *scanner) skip() bool {
	switch c := s.next(); c {
	case '{':
		if !s.open() {
			return false
		}
		for first := true; s.more(first, '}'); first = false {
			if _, _, ok := s.key(); !ok || !s.skip() {
				return false
			}
		}
		return s.what == ""
	case '[':
		if !s.open() {
			return false
		}
		for first := true; s.more(first, ']'); first = false {
			if !s.skip() {
				return false
			}
		}
		return s.what == ""
	case '"':
		_, _, ok := s.str()
		return ok
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.scanNumber()
	}
}
