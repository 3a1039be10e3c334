package wire

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"coolant"
)

// Unknown lists the members of a desired state that this version does not know, by path. A
// device ignores them, so that it may be older than the server; who edits a state has
// rather mistyped a name. nearest is a known member that looks like the first of them, or "".
func (s *Settings) Unknown(p []byte) (paths []string, nearest string) {
	var members any
	if json.Unmarshal(p, &members) != nil {
		return nil, ""
	}
	unknown("", members, reflect.TypeFor[Settings](), func(path, name string, known []string) {
		if len(paths) == 0 {
			nearest = alike(name, known)
		}
		paths = append(paths, path)
	})
	return paths, nearest
}

// unknown walks over a value and its Go type together.
func unknown(path string, v any, t reflect.Type, found func(path, name string, known []string)) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() != reflect.Slice {
			return
		}
		for i, e := range v {
			unknown(path+"["+strconv.Itoa(i)+"]", e, t.Elem(), found)
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return
		}
		fields := map[string]reflect.Type{}
		var known []string
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			fields[name] = f.Type
			known = append(known, name)
		}
		if path != "" {
			path += "."
		}
		for _, name := range sortedNames(v) {
			if inner, ok := fields[name]; ok {
				unknown(path+name, v[name], inner, found)
			} else {
				found(path+name, name, known)
			}
		}
	}
}

func sortedNames(members map[string]any) []string {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// alike returns the name that a mistyped one was probably meant to be: one that it begins, or
// that is at most two letters away.
func alike(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		d := coolant.Distance(name, k)
		if strings.HasPrefix(k, name) && len(name) > 2 {
			d = 1
		}
		if d < distance {
			best, distance = k, d
		}
	}
	return best
}
