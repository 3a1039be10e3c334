package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mistake is one thing that is wrong, and where.
type Mistake struct {
	Where   string // "data/coolant.yaml:3:9", "environment COOLANT_HTTP_ADDR", "flag --http"
	Message string
	Excerpt string // the lines of the file around it with a caret, or ""
}

// Error lists every mistake of a configuration, in the order of the sources.
type Error struct{ Mistakes []Mistake }

// Error is one paragraph per mistake.
func (e *Error) Error() string {
	var b strings.Builder
	for i, m := range e.Mistakes {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s: %s", m.Where, m.Message)
		if m.Excerpt != "" {
			b.WriteByte('\n')
			b.WriteString(strings.TrimRight(m.Excerpt, "\n"))
		}
	}
	return b.String()
}

// value is a text for a setting and where it stands.
type value struct {
	text    string
	where   string
	excerpt string
}

type loader struct {
	settings []setting
	config   Config
	origin   map[string]value // the value that won, by key
	mistakes []Mistake
}

// Load resolves the configuration. The error is an [*Error] with every mistake
// found, or says why a file could not be read.
func Load(src Sources) (Config, error) {
	env := environment(src.Env)
	l := &loader{settings: settings(), origin: map[string]value{}}
	for _, s := range l.settings {
		if err := s.set(&l.config, s.def); err != nil {
			return Config{}, fmt.Errorf("default of %s: %w", s.key, err)
		}
		l.origin[s.key] = value{text: s.def, where: "default of " + s.key}
	}
	l.config.Data = firstOf(src.Data, env["COOLANT_DATA"], DefaultData)
	if err := l.file(firstOf(src.File, env["COOLANT_CONFIG"])); err != nil {
		return Config{}, err
	}
	l.environment(env)
	l.flags(src.Flags)
	if len(l.mistakes) == 0 {
		if key, err := check(&l.config); err != nil {
			l.mistake(l.origin[key], key+": "+err.Error())
		}
	}
	if len(l.mistakes) > 0 {
		return Config{}, &Error{Mistakes: l.mistakes}
	}
	return l.config, nil
}

// file reads the named file, or the one in the data directory if it exists.
func (l *loader) file(name string) error {
	optional := name == ""
	if optional {
		name = filepath.Join(l.config.Data, "coolant.yaml")
	}
	text, err := os.ReadFile(name)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the configuration: %w", err)
	}
	for _, e := range parseYAML(name, text, l.settings) {
		if e.message != "" {
			l.mistake(e.value, e.message)
		} else {
			l.set(e.key, e.value)
		}
	}
	return nil
}

func (l *loader) environment(env map[string]string) {
	for _, s := range l.settings {
		name := envName(s.key)
		text, ok := env[name]
		where := value{where: "environment " + name}
		if path, fromFile := env[name+"_FILE"]; fromFile {
			where.where = "environment " + name + "_FILE"
			if ok {
				l.mistake(where, "is set together with "+name+"; set one of them")
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				l.mistake(where, err.Error())
				continue
			}
			text, ok = strings.TrimRight(string(data), "\r\n"), true
		}
		if ok {
			where.text = text
			l.set(s.key, where)
		}
	}
}

func (l *loader) flags(flags map[string]string) {
	for _, s := range l.settings {
		if text, ok := flags[s.key]; ok {
			l.set(s.key, value{text: text, where: "flag for " + s.key})
		}
	}
}

func (l *loader) set(key string, v value) {
	i := slices.IndexFunc(l.settings, func(s setting) bool { return s.key == key })
	if err := l.settings[i].set(&l.config, v.text); err != nil {
		l.mistake(v, key+": "+err.Error())
		return
	}
	l.origin[key] = v
}

func (l *loader) mistake(at value, message string) {
	l.mistakes = append(l.mistakes, Mistake{Where: at.where, Message: message, Excerpt: at.excerpt})
}

func envName(key string) string {
	return "COOLANT_" + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// environment keeps the variables that are ours.
func environment(environ []string) map[string]string {
	out := map[string]string{}
	for _, e := range environ {
		if name, text, ok := strings.Cut(e, "="); ok && strings.HasPrefix(name, "COOLANT_") {
			out[name] = text
		}
	}
	return out
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
