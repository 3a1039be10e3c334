package image

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Stage is one FROM and what follows it.
type Stage struct {
	Name         string // after AS, or ""
	Base         string // the image, or the name of an earlier stage
	Instructions []Instruction
}

// Instruction is one line of a Dockerfile, with its continuations.
type Instruction struct {
	Name  string // in capitals
	Flags map[string]string
	// Args is the list of the exec form where Exec is set, otherwise the words.
	Args []string
	Exec bool
	Text string // what follows name and flags, as it is written
	Line int    // the first one, from 1
}

// Parse reads a Dockerfile. Arguments before the first FROM are not supported.
func Parse(r io.Reader) ([]Stage, error) {
	var stages []Stage
	lines, number := bufio.NewScanner(r), 0
	for lines.Scan() {
		number++
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		first := number
		for strings.HasSuffix(text, `\`) {
			if !lines.Scan() {
				return nil, fmt.Errorf("line %d: the last line goes on", number)
			}
			number++
			text = strings.TrimSuffix(text, `\`) + strings.TrimSpace(lines.Text())
		}
		in, err := instruction(text)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first, err)
		}
		in.Line = first
		switch {
		case in.Name == "FROM":
			s, err := from(in)
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", first, err)
			}
			stages = append(stages, s)
		case len(stages) == 0:
			return nil, fmt.Errorf("line %d: %s before the first FROM", first, in.Name)
		default:
			last := &stages[len(stages)-1]
			last.Instructions = append(last.Instructions, in)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(stages) == 0 {
		return nil, fmt.Errorf("there is no FROM")
	}
	return stages, nil
}

func instruction(text string) (Instruction, error) {
	name, rest, _ := strings.Cut(text, " ")
	in := Instruction{Name: strings.ToUpper(name), Flags: map[string]string{}}
	rest = strings.TrimSpace(rest)
	for strings.HasPrefix(rest, "--") {
		flag, after, _ := strings.Cut(rest, " ")
		key, value, ok := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if !ok {
			return in, fmt.Errorf("the flag %s has no value", flag)
		}
		in.Flags[key] = value
		rest = strings.TrimSpace(after)
	}
	in.Text = rest
	if strings.HasPrefix(rest, "[") {
		if err := json.Unmarshal([]byte(rest), &in.Args); err != nil {
			return in, fmt.Errorf("exec form of %s: %w", in.Name, err)
		}
		in.Exec = true
		return in, nil
	}
	var err error
	if in.Name == "RUN" { // its words are the shell's
		return in, nil
	}
	in.Args, err = words(rest)
	return in, err
}

func from(in Instruction) (Stage, error) {
	switch {
	case len(in.Args) == 1:
		return Stage{Base: in.Args[0]}, nil
	case len(in.Args) == 3 && strings.EqualFold(in.Args[1], "AS"):
		return Stage{Base: in.Args[0], Name: in.Args[2]}, nil
	}
	return Stage{}, fmt.Errorf("FROM %s is neither IMAGE nor IMAGE AS NAME", in.Text)
}

// words splits at blanks outside of double quotes, which it removes.
func words(text string) ([]string, error) {
	var out []string
	var word strings.Builder
	quoted, begun := false, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted, begun = !quoted, true
		case (r == ' ' || r == '\t') && !quoted:
			if begun {
				out = append(out, word.String())
				word.Reset()
			}
			begun = false
		case r == '\'' || r == '\\':
			return nil, fmt.Errorf("%q: single quotes and backslashes are not supported", text)
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if quoted {
		return nil, fmt.Errorf("%q: a quote is not closed", text)
	}
	if begun {
		out = append(out, word.String())
	}
	return out, nil
}
