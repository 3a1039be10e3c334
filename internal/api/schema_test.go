package api

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// document is the golden OpenAPI document, as a stranger reads it.
type document struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Responses   map[string]struct {
			Content map[string]struct {
				Schema map[string]any `json:"schema"`
			} `json:"content"`
		} `json:"responses"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

func golden(t *testing.T) *document {
	t.Helper()
	data, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// check holds JSON against a schema, strictly: a field that the schema does not
// name is an error, although clients are told to expect such.
func (d *document) check(schema map[string]any, data []byte) error {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return err
	}
	return d.fits(schema, v, "$")
}

func (d *document) fits(s map[string]any, v any, at string) error {
	if ref, ok := s["$ref"].(string); ok {
		target, ok := d.Components.Schemas[strings.TrimPrefix(ref, "#/components/schemas/")]
		if !ok {
			return fmt.Errorf("%s: no schema %s", at, ref)
		}
		return d.fits(target, v, at)
	}
	if list, ok := s["oneOf"].([]any); ok {
		fitting := 0
		for _, one := range list {
			if d.fits(one.(map[string]any), v, at) == nil {
				fitting++
			}
		}
		if fitting != 1 {
			return fmt.Errorf("%s: %v fits %d of the alternatives", at, v, fitting)
		}
		return nil
	}
	if err := fitsType(s["type"], v, at); err != nil {
		return err
	}
	if allowed, ok := s["enum"].([]any); ok && !slices.Contains(allowed, v) {
		return fmt.Errorf("%s: %v is none of %v", at, v, allowed)
	}
	switch v := v.(type) {
	case string:
		if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
			return fmt.Errorf("%s: %q does not match %s", at, v, p)
		}
	case float64:
		if low, ok := s["minimum"].(float64); ok && v < low {
			return fmt.Errorf("%s: %v is below %v", at, v, low)
		}
	case []any:
		for i, item := range v {
			if err := d.fits(s["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		return d.fitsObject(s, v, at)
	}
	return nil
}

func (d *document) fitsObject(s, v map[string]any, at string) error {
	if required, ok := s["required"].([]any); ok {
		for _, name := range required {
			if _, ok := v[name.(string)]; !ok {
				return fmt.Errorf("%s: %s is missing", at, name)
			}
		}
	}
	properties, _ := s["properties"].(map[string]any)
	for name, item := range v {
		property, ok := properties[name].(map[string]any)
		if !ok {
			switch extra := s["additionalProperties"].(type) {
			case map[string]any:
				property = extra
			case bool:
				continue
			default:
				return fmt.Errorf("%s: %s is not documented", at, name)
			}
		}
		if err := d.fits(property, item, at+"."+name); err != nil {
			return err
		}
	}
	return nil
}

func fitsType(allowed, v any, at string) error {
	is := map[string]bool{}
	switch v := v.(type) {
	case nil:
		is["null"] = true
	case string:
		is["string"] = true
	case bool:
		is["boolean"] = true
	case float64:
		is["number"], is["integer"] = true, v == float64(int64(v))
	case []any:
		is["array"] = true
	case map[string]any:
		is["object"] = true
	}
	switch allowed := allowed.(type) {
	case nil:
		return nil
	case string:
		if is[allowed] {
			return nil
		}
	case []any:
		if slices.ContainsFunc(allowed, func(name any) bool { return is[name.(string)] }) {
			return nil
		}
	}
	return fmt.Errorf("%s: %v is not %v", at, v, allowed)
}

// checkAnswer holds an answer against what the document says of its operation.
func (d *document) checkAnswer(path string, status int, contentType string, body []byte) error {
	responses := d.Paths[path]["get"].Responses
	r, ok := responses[fmt.Sprint(status)]
	if !ok {
		r, ok = responses["default"]
	}
	if !ok {
		return fmt.Errorf("%s: status %d is not documented", path, status)
	}
	kind, _, _ := strings.Cut(contentType, ";")
	media, ok := r.Content[kind]
	if !ok {
		return fmt.Errorf("%s: %d with %s is not documented", path, status, contentType)
	}
	if !strings.HasSuffix(kind, "json") {
		return d.fits(media.Schema, string(body), "$")
	}
	return d.check(media.Schema, body)
}

func TestSchemaCheckFindsMistakes(t *testing.T) {
	d := golden(t)
	good := `{"device":"a","samples":[{"time":1,"values":{"water":1.5},"faults":{"inlet":"crc"}}]}`
	schema := d.Components.Schemas["SamplesEvent"]
	if err := d.check(schema, []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		`{"device":"a"}`, `{"device":1,"samples":[]}`, `{"device":"a","samples":null}`, `{"device":"a","samples":[],"extra":1}`,
		`{"device":"a","samples":[{"time":1.5,"values":{}}]}`, `{"device":"a","samples":[{"time":1,"values":{"water":"x"}}]}`, `[]`,
	} {
		if d.check(schema, []byte(bad)) == nil {
			t.Errorf("%s passes", bad)
		}
	}
}
