// Package schema checks decoded TOML, YAML and JSON against a table of what is
// documented: every key must be known, and every value of the right type.
package schema

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"time"
)

// Rule checks one decoded value; nil means that it is right.
type Rule func(v any) error

// Fields are the keys of a table. One that is not among them is a mistake.
type Fields map[string]Field

// Field is one key of a table.
type Field struct {
	Needed bool
	Rule   Rule
}

// Need is a key that must be there.
func Need(r Rule) Field { return Field{Needed: true, Rule: r} }

// May is a key that may be missing.
func May(r Rule) Field { return Field{Rule: r} }

// With returns the fields and more of them, which win.
func (f Fields) With(more Fields) Fields {
	out := Fields{}
	for _, from := range []Fields{f, more} {
		for key, field := range from {
			out[key] = field
		}
	}
	return out
}

// Check is the rule that a value is a table of these fields.
func (f Fields) Check(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("is a %T, not a table", v)
	}
	var errs []error
	for key, value := range table {
		field, known := f[key]
		if !known {
			errs = append(errs, fmt.Errorf("%s: is not documented", key))
		} else if err := field.Rule(value); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		}
	}
	for key, field := range f {
		if _, there := table[key]; field.Needed && !there {
			errs = append(errs, fmt.Errorf("%s: is missing", key))
		}
	}
	return errors.Join(errs...)
}

// List is the rule for a list of at least one item.
func List(item Rule) Rule {
	return func(v any) error {
		list, ok := v.([]any)
		if tables, isTables := v.([]map[string]any); isTables {
			for _, t := range tables {
				list = append(list, t)
			}
			ok = true
		}
		if !ok || len(list) == 0 {
			return fmt.Errorf("is %v, not a list with something in it", v)
		}
		for i, x := range list {
			if err := item(x); err != nil {
				return fmt.Errorf("[%d]: %w", i, err)
			}
		}
		return nil
	}
}

// Text is the rule for a text that is not empty.
func Text(v any) error {
	if s, ok := v.(string); !ok || s == "" {
		return fmt.Errorf("is %v, not a text", v)
	}
	return nil
}

// Bool is the rule for true and false.
func Bool(v any) error {
	if _, ok := v.(bool); !ok {
		return fmt.Errorf("is %v, not true or false", v)
	}
	return nil
}

// OneOf is the rule for one of some words.
func OneOf(words ...string) Rule {
	return func(v any) error {
		if s, ok := v.(string); !ok || !slices.Contains(words, s) {
			return fmt.Errorf("is %v, not one of %q", v, words)
		}
		return nil
	}
}

// Match is the rule for a text that a regular expression matches.
func Match(pattern string) Rule {
	re := regexp.MustCompile(pattern)
	return func(v any) error {
		if s, ok := v.(string); !ok || !re.MatchString(s) {
			return fmt.Errorf("is %v, which does not match %s", v, pattern)
		}
		return nil
	}
}

// Int is the rule for a whole number from low to high.
func Int(low, high int64) Rule {
	return func(v any) error {
		n, ok := v.(int64)
		if u, unsigned := v.(uint64); unsigned && u <= math.MaxInt64 { // YAML's positive numbers
			n, ok = int64(u), true
		}
		if !ok || n < low || n > high {
			return fmt.Errorf("is %v, not a whole number from %d to %d", v, low, high)
		}
		return nil
	}
}

// Span is the rule for a duration with its unit, at most an hour. A bare number
// would be milliseconds to some and seconds to others.
func Span(v any) error {
	s, ok := v.(string)
	if !ok {
		return fmt.Errorf("is %v, not a duration with its unit", v)
	}
	d, err := time.ParseDuration(s)
	if err == nil && (d <= 0 || d > time.Hour) {
		err = fmt.Errorf("is %s, which is not between 0 and an hour", s)
	}
	return err
}

// Either is the rule for what one of two rules takes.
func Either(a, b Rule) Rule {
	return func(v any) error {
		if a(v) == nil || b(v) == nil {
			return nil
		}
		return errors.Join(a(v), b(v))
	}
}

// Texts is the rule for a table whose values are texts.
func Texts(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("is a %T, not a table", v)
	}
	for key, value := range table {
		if _, ok := value.(string); !ok {
			return fmt.Errorf("%s: is %v; texts only", key, value)
		}
	}
	return nil
}
