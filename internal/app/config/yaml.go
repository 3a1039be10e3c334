package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"coolant"
)

// entry is a setting found in the file, or what is wrong at its place.
type entry struct {
	key     string
	value   value
	message string
}

// fileReader walks a YAML document along the table of settings.
type fileReader struct {
	name     string
	settings []setting
	masked   []string // the lines of the file as they may be shown
	entries  []entry
}

// parseYAML returns the settings of a file and the mistakes in its structure, in
// the order in which they stand there.
func parseYAML(name string, text []byte, known []setting) []entry {
	r := &fileReader{name: name, settings: known, masked: masked(string(text), known)}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		r.syntax(err)
		return r.entries
	}
	for _, doc := range file.Docs {
		if doc.Body != nil {
			r.walk("", doc.Body)
		}
	}
	return r.entries
}

func (r *fileReader) syntax(err error) {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil {
		r.wrong(e.GetToken(), e.GetMessage())
		return
	}
	r.entries = append(r.entries, entry{value: value{where: r.name}, message: err.Error()})
}

func (r *fileReader) walk(prefix string, node ast.Node) {
	switch n := node.(type) {
	case *ast.MappingNode:
		for _, pair := range n.Values {
			r.pair(prefix, pair)
		}
	case *ast.MappingValueNode:
		r.pair(prefix, n)
	case *ast.NullNode, *ast.CommentGroupNode: // an empty section or file
	default:
		r.wrong(node.GetToken(), fmt.Sprintf("a section with settings is expected here, like %s: ...", r.settings[0].key))
	}
}

func (r *fileReader) pair(prefix string, pair *ast.MappingValueNode) {
	key := pair.Key.GetToken().Value
	if prefix != "" {
		key = prefix + "." + key
	}
	switch {
	case slices.ContainsFunc(r.settings, func(s setting) bool { return s.key == key }):
		text, ok := scalar(pair.Value)
		if !ok {
			r.wrong(pair.Value.GetToken(), key+": a single value is expected here")
			return
		}
		at := pair.Value.GetToken()
		r.entries = append(r.entries, entry{key: key, value: value{text: text, where: r.place(at), excerpt: r.excerpt(at)}})
	case slices.ContainsFunc(r.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") }):
		r.walk(key, pair.Value)
	default:
		key = quoted(key)
		r.wrong(pair.Key.GetToken(), fmt.Sprintf("there is no setting %s; did you mean %s?", key, r.nearest(key)))
	}
}

// scalar is the text of a value; a list of values is joined by commas.
func scalar(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.NullNode:
		return "", true
	case *ast.SequenceNode:
		var parts []string
		for _, v := range n.Values {
			text, ok := scalar(v)
			if !ok {
				return "", false
			}
			parts = append(parts, text)
		}
		return strings.Join(parts, ","), true
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), true
	case ast.ScalarNode:
		return n.GetToken().Value, true
	}
	return "", false
}

func (r *fileReader) wrong(at *token.Token, message string) {
	r.entries = append(r.entries, entry{value: value{where: r.place(at), excerpt: r.excerpt(at)}, message: message})
}

func (r *fileReader) place(at *token.Token) string {
	return fmt.Sprintf("%s:%d:%d", r.name, at.Position.Line, at.Position.Column)
}

// quoted is a key as a message may quote it: to the end of its first word. What
// follows may be a value that was run together with its key ("password=...").
func quoted(key string) string {
	end := strings.IndexFunc(key, func(r rune) bool { return !strings.ContainsRune(wordRunes, r) })
	if end < 0 {
		return key
	}
	return key[:end] + "..."
}

const wordRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-."

// nearest is the setting whose key is closest by edit distance.
func (r *fileReader) nearest(key string) string {
	best := slices.MinFunc(r.settings, func(a, b setting) int { return coolant.Distance(a.key, key) - coolant.Distance(b.key, key) })
	return best.key
}
