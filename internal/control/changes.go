package control

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"coolant"
)

// maxChanges is how many changes an error names.
const maxChanges = 20

// changes lists where two JSON objects differ. Elements of a list that have a name
// or a rom are compared with their namesake, wherever it stands; their path has the name. The list is in the order of
// the paths, and has at most [maxChanges].
func changes(before, after json.RawMessage) []coolant.Difference {
	var a, b any
	if json.Unmarshal(before, &a) != nil || json.Unmarshal(after, &b) != nil {
		return nil
	}
	var found []coolant.Difference
	compare("", a, b, &found)
	return found[:min(len(found), maxChanges)]
}

func compare(path string, a, b any, found *[]coolant.Difference) {
	x, y := members(a), members(b)
	if x == nil || y == nil {
		if before, after := written(a), written(b); before != after {
			*found = append(*found, coolant.Difference{Path: path, Before: before, After: after})
		}
		return
	}
	names := maps.Clone(x)
	maps.Copy(names, y)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		at := name
		if path != "" {
			at = path + "." + name
		}
		v, inX := x[name]
		w, inY := y[name]
		switch {
		case !inX:
			*found = append(*found, coolant.Difference{Path: at, After: written(w)})
		case !inY:
			*found = append(*found, coolant.Difference{Path: at, Before: written(v)})
		default:
			compare(at, v, w, found)
		}
	}
}

// members are those of an object, or the elements of a list by their names; nil for
// anything else, such as a list of numbers, which is compared as a whole.
func members(v any) map[string]any {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		named := map[string]any{}
		for i, e := range v {
			object, ok := e.(map[string]any)
			if !ok {
				return nil
			}
			key := strconv.Itoa(i)
			for _, by := range []string{"rom", "name"} {
				if name, ok := object[by].(string); ok {
					key = name
				}
			}
			named[key] = object
		}
		return named
	}
	return nil
}

func written(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
