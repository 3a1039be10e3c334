package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"coolant"
)

// assign sets members of a JSON object by assignments such as
// outputs.fan.min_duty=30 and returns the changed object. A segment of the path names
// a member; in a list it is the name or the rom of an element, or its position from 0. What is
// missing on the way is made. The value is JSON, or else a text; without a value (outputs.fan.override=) the member is
// removed. Errors have the code [coolant.CodeInvalid] and quote the assignment.
func assign(body json.RawMessage, assignments []string) (json.RawMessage, error) {
	var root map[string]any
	if err := json.Unmarshal(body, &root); err != nil || root == nil {
		return nil, coolant.Errorf(coolant.CodeInvalid, "what is to be changed is no JSON object")
	}
	for _, text := range assignments {
		path, value, found := strings.Cut(text, "=")
		if !found || path == "" || strings.Contains("."+path+".", "..") {
			return nil, coolant.Errorf(coolant.CodeInvalid, "%q: an assignment such as outputs.fan.min_duty=30 is expected", text)
		}
		parsed, err := parseValue(value)
		if err == nil {
			err = put(root, strings.Split(path, "."), parsed)
		}
		if err != nil {
			return nil, coolant.Errorf(coolant.CodeInvalid, "%q: %w", text, err)
		}
	}
	return json.Marshal(root)
}

// removal is the value of an assignment without one.
type removal struct{}

func parseValue(text string) (any, error) {
	if text == "" {
		return removal{}, nil
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	switch {
	case err == nil && !dec.More():
		return v, nil
	case strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		return nil, coolant.Errorf(coolant.CodeInvalid, "%s begins like JSON and is none", text)
	}
	return text, nil
}

func put(object map[string]any, path []string, value any) error {
	name, rest := path[0], path[1:]
	if len(rest) == 0 {
		if value == (removal{}) {
			delete(object, name)
		} else {
			object[name] = value
		}
		return nil
	}
	switch child := object[name].(type) {
	case nil:
		fresh := map[string]any{}
		if name == "outputs" || name == "probes" {
			list, err := putElement(nil, rest, value)
			object[name] = list
			return err
		}
		object[name] = fresh
		return put(fresh, rest, value)
	case map[string]any:
		return put(child, rest, value)
	case []any:
		list, err := putElement(child, rest, value)
		object[name] = list
		return err
	default:
		return coolant.Errorf(coolant.CodeInvalid, "%s is neither an object nor a list", name)
	}
}

// putElement sets something in an element of a list, or the whole element.
func putElement(list []any, path []string, value any) ([]any, error) {
	at := element(list, path[0])
	if len(path) == 1 {
		switch {
		case value == (removal{}) && at < len(list):
			return append(list[:at], list[at+1:]...), nil
		case value == (removal{}):
			return list, nil
		case at < len(list):
			list[at] = value
			return list, nil
		}
		return append(list, value), nil
	}
	if at == len(list) {
		if value == (removal{}) {
			return list, nil
		}
		list = append(list, map[string]any{keyOf(path[0]): path[0]})
	}
	object, ok := list[at].(map[string]any)
	if !ok {
		return list, coolant.Errorf(coolant.CodeInvalid, "%s is no object", path[0])
	}
	return list, put(object, path[1:], value)
}

// keyOf says by what a new element is known: a probe by its 16 digits, anything else by its name.
func keyOf(segment string) string {
	if len(segment) == 16 {
		if _, err := strconv.ParseUint(segment, 16, 64); err == nil {
			return "rom"
		}
	}
	return "name"
}

func element(list []any, segment string) int {
	for i, e := range list {
		if object, ok := e.(map[string]any); ok && (object["name"] == segment || object["rom"] == segment) {
			return i
		}
	}
	if i, err := strconv.Atoi(segment); err == nil && i >= 0 && i < len(list) {
		return i
	}
	return len(list)
}

// lookup finds a member of a JSON object by its path; the elements of a list go by name or rom.
func lookup(body json.RawMessage, path ...string) (value any, found bool) {
	if json.Unmarshal(body, &value) != nil {
		return nil, false
	}
	for _, segment := range path {
		switch in := value.(type) {
		case map[string]any:
			value, found = in[segment]
		case []any:
			at := element(in, segment)
			if found = at < len(in); found {
				value = in[at]
			}
		default:
			found = false
		}
		if !found {
			return nil, false
		}
	}
	return value, true
}
