package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/token"
)

// around is how many lines an excerpt shows on either side of a mistake.
const around = 3

// excerpt shows the lines around a place, with a caret below it. The lines are those
// of r.masked: where a mistake is, secrets are near.
func (r *fileReader) excerpt(at *token.Token) string {
	line, column := at.Position.Line, max(at.Position.Column, 1)
	if line < 1 || line > len(r.masked) {
		return ""
	}
	var b strings.Builder
	for n := max(line-around, 1); n <= min(line+around, len(r.masked)); n++ {
		mark := " "
		if n == line {
			mark = ">"
		}
		head := fmt.Sprintf("%s %2d | ", mark, n)
		b.WriteString(strings.TrimRight(head+r.masked[n-1], " ") + "\n")
		if n == line {
			b.WriteString(strings.Repeat(" ", len(head)+column-1) + "^\n")
		}
	}
	return b.String()
}

const mask = "***"

var (
	// keyLine is a line of block style that begins with a key: its indentation, the
	// key, and the value if one stands in the same line.
	keyLine = regexp.MustCompile(`^( *)(["']?)([A-Za-z][A-Za-z0-9_.-]{0,63})(["']?) *:(?: +(.*))?$`)
	// itemLine is a line of a list.
	itemLine = regexp.MustCompile(`^( *- +)(\S.*)$`)
)

// masked returns the lines of a configuration file without what could be a secret.
// A file with a mistake need not be YAML, so this goes by lines, and only what it
// understands is shown: the keys at their usual places, and the values in one line of
// settings that are known not to be secret. A secret behind a misspelled key, in a
// block of lines or in a comment is masked with everything else.
func masked(text string, known []setting) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	m := masker{known: known, outer: -1}
	out := make([]string, len(lines))
	for i, line := range lines {
		next := ""
		if i+1 < len(lines) {
			next = lines[i+1]
		}
		out[i] = m.line(strings.TrimRight(line, " \t"), next)
	}
	return out
}

// masker knows where in the file the next line stands.
type masker struct {
	known   []setting
	outer   int    // how far the sections are indented, -1 before the first
	inner   int    // how far the keys of the section are, 0 before the first
	section string // the last key at outer
	list    bool   // the last key's value is a list that may be shown
}

func (m *masker) line(line, next string) string {
	if line == "" || line == "---" {
		return line
	}
	if item := itemLine.FindStringSubmatch(line); item != nil && m.list {
		return item[1] + plain(item[2])
	}
	parts := keyLine.FindStringSubmatch(line)
	if parts == nil || parts[2] != parts[4] {
		return line[:indentation(line)] + mask
	}
	indent, key, value := len(parts[1]), parts[3], parts[5]
	switch {
	case m.outer < 0 || indent == m.outer:
		m.outer, m.inner, m.section = indent, 0, key
	case indent > m.outer && (m.inner == 0 || indent == m.inner):
		m.inner, key = indent, m.section+"."+key
	default: // it is rather a line of a value
		return parts[1] + mask
	}
	shown := m.harmless(key)
	m.list = shown && value == ""
	if value == "" {
		return line
	}
	head := line[:len(line)-len(value)]
	if !shown || strings.TrimSpace(next) != "" && indentation(next) > indent { // it goes on in the next line
		return head + mask
	}
	return head + plain(value)
}

// harmless says whether the value of a key may be shown: it is a setting, and not one
// with which somebody proves who he is.
func (m *masker) harmless(key string) bool {
	return key != "remote.password" && key != "remote.username" &&
		slices.ContainsFunc(m.known, func(s setting) bool { return s.key == key })
}

// plain is a value in one line as it may be shown: without a comment, without what
// may be the password of an address, and masked if it is more than one value or only
// the beginning of one.
func plain(value string) string {
	if before, _, found := strings.Cut(value, " #"); found {
		value = strings.TrimRight(before, " ")
	}
	for _, more := range []string{",", "{", "}", ": ", `":`, `':`, `\`} {
		if strings.Contains(value, more) {
			return mask
		}
	}
	if quote := value[:min(1, len(value))]; quote == `"` || quote == "'" {
		if len(value) < 2 || !strings.HasSuffix(value, quote) {
			return mask
		}
		return quote + redacted(value[1:len(value)-1]) + quote
	}
	if strings.ContainsAny(value[:min(1, len(value))], "|>&*!#[") {
		return mask
	}
	return redacted(value)
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
