package api

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs
var docsFiles embed.FS

// addDocs serves the OpenAPI document and a page that shows it without any help
// from the internet.
func (s *server) addDocs(mux *ruledMux, api *huma.OpenAPI) error {
	document, err := json.Marshal(api)
	if err != nil {
		return fmt.Errorf("encode the OpenAPI document: %w", err)
	}
	page, err := renderDocs(api)
	if err != nil {
		return err
	}
	style, err := docsFiles.ReadFile("docs/style.css")
	if err != nil {
		return err
	}
	script, err := docsFiles.ReadFile("docs/script.js")
	if err != nil {
		return err
	}
	icon, err := docsFiles.ReadFile("docs/icon.svg")
	if err != nil {
		return err
	}
	for path, file := range map[string]struct {
		contentType string
		data        []byte
	}{
		"/api/openapi.json":   {"application/json", document},
		"/api/docs":           {"text/html; charset=utf-8", page},
		"/api/docs/style.css": {"text/css; charset=utf-8", style},
		"/api/docs/icon.svg":  {"image/svg+xml", icon},
		"/api/docs/script.js": {"text/javascript; charset=utf-8", script},
	} {
		tag := tagOf(file.data)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Cache-Control", cacheNever)
			h.Set("ETag", tag)
			if r.Header.Get("If-None-Match") == tag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			writeWhole(w, http.StatusOK, file.contentType, file.data)
		})
	}
	return nil
}

// The page in the form that its template takes.
type (
	docsPage struct {
		Title, Version, Description string
		Groups                      []docsGroup
		Schemas                     []docsSchema
	}
	docsGroup struct {
		Name, Description string
		Operations        []docsOperation
	}
	docsOperation struct {
		ID, Method, Path, Summary, Description string
		Parameters                             []docsField
		Body                                   []docsWord // empty: it takes none
		Answers                                []docsAnswer
		Flags                                  string // what curl needs beside the address
		Example                                string // path and query to try
	}
	docsAnswer struct {
		Status, Description, ContentType string
		Type                             []docsWord
	}
	docsSchema struct {
		Name   string
		Fields []docsField
	}
	docsField struct {
		Name, In, Description, Note string
		Required                    bool
		Type                        []docsWord
	}
	// docsWord is a part of a type's description, which may lead to a schema.
	docsWord struct{ Text, Schema string }
)

func renderDocs(api *huma.OpenAPI) ([]byte, error) {
	page := docsPage{Title: api.Info.Title, Version: api.Info.Version, Description: api.Info.Description}
	for _, tag := range api.Tags {
		group := docsGroup{Name: tag.Name, Description: tag.Description}
		for path, item := range api.Paths {
			for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
				if op != nil && slices.Contains(op.Tags, tag.Name) {
					group.Operations = append(group.Operations, describeOperation(path, op))
				}
			}
		}
		slices.SortFunc(group.Operations, func(a, b docsOperation) int {
			return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
		})
		page.Groups = append(page.Groups, group)
	}
	for name, s := range api.Components.Schemas.Map() {
		page.Schemas = append(page.Schemas, docsSchema{Name: name, Fields: fieldsOf(s)})
	}
	slices.SortFunc(page.Schemas, func(a, b docsSchema) int { return cmp.Compare(a.Name, b.Name) })
	t, err := template.New("page.html").Funcs(template.FuncMap{"prose": prose}).ParseFS(docsFiles, "docs/page.html")
	if err != nil {
		return nil, fmt.Errorf("parse the page: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, page); err != nil {
		return nil, fmt.Errorf("render the page: %w", err)
	}
	return out.Bytes(), nil
}

// docsProse is a part of a description.
type docsProse struct {
	Text string
	Code bool
}

// prose splits a description at its backticks: every second part is code.
func prose(s string) []docsProse {
	var parts []docsProse
	code := false
	for text := range strings.SplitSeq(s, "`") {
		parts = append(parts, docsProse{Text: text, Code: code})
		code = !code
	}
	return parts
}

// examples are the queries of the examples, by operation.
var examples = map[string]string{
	"get-series":      "?metrics=water&from=2026-01-31T00:00:00Z&to=2026-02-01T00:00:00Z&width=1000",
	"list-faults":     "?from=2026-01-31T00:00:00Z&to=2026-02-01T00:00:00Z",
	"export-samples":  "?metrics=water,ambient&from=2026-01-31T00:00:00Z&to=2026-02-01T00:00:00Z",
	"list-rejections": "?limit=20",
	"article-data":    "?hours=12",
}

// bodies are the bodies of the examples, by operation.
var bodies = map[string]string{
	"edit-twin":    `{"base":3,"body":{"interval_ms":5000},"note":"watch closely"}`,
	"return-twin":  `{"base":4,"to":3}`,
	"send-command": `{"name":"identify"}`,
	"send-input":   `{"host_w":45.2,"valid_s":30}`,
}

func describeOperation(path string, op *huma.Operation) docsOperation {
	d := docsOperation{
		ID: op.OperationID, Method: op.Method, Path: path, Summary: op.Summary, Description: op.Description,
		Example: strings.ReplaceAll(path, "{id}", "loop-1") + examples[op.OperationID],
	}
	if path == streamPath {
		d.Flags = "-N "
	}
	if op.RequestBody != nil {
		d.Body = typeOfSchema(op.RequestBody.Content["application/json"].Schema)
		d.Flags = "-X " + op.Method + " -H 'Content-Type: application/json' -d '" + bodies[op.OperationID] + "' "
	}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{
			Name: p.Name, In: p.In, Description: p.Description, Required: p.Required,
			Type: typeOfSchema(p.Schema), Note: noteOf(p.Schema),
		})
	}
	for status, r := range op.Responses {
		a := docsAnswer{Status: status, Description: r.Description}
		for kind, media := range r.Content {
			a.ContentType, a.Type = kind, typeOfSchema(media.Schema)
		}
		d.Answers = append(d.Answers, a)
	}
	slices.SortFunc(d.Answers, func(a, b docsAnswer) int { return cmp.Compare(a.Status, b.Status) })
	return d
}

func fieldsOf(s *huma.Schema) []docsField {
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	// Required fields in the order of the Go type, then the others.
	sort.Slice(names, func(i, j int) bool {
		a, b := rank(s.Required, names[i]), rank(s.Required, names[j])
		return a < b || a == b && names[i] < names[j]
	})
	fields := make([]docsField, len(names))
	for i, name := range names {
		p := s.Properties[name]
		fields[i] = docsField{
			Name: name, Description: p.Description, Required: slices.Contains(s.Required, name),
			Type: typeOfSchema(p), Note: noteOf(p),
		}
	}
	return fields
}

func rank(list []string, s string) int {
	if i := slices.Index(list, s); i >= 0 {
		return i
	}
	return len(list)
}

// typeOfSchema says in words what s allows.
func typeOfSchema(s *huma.Schema) []docsWord {
	switch {
	case s == nil:
		return nil
	case s.Ref != "":
		name := strings.TrimPrefix(s.Ref, schemaPrefix)
		return []docsWord{{Text: name, Schema: name}}
	case len(s.OneOf) > 0 && s.OneOf[0].Properties["event"] != nil:
		words := []docsWord{{Text: "events: "}}
		for i, e := range s.OneOf {
			words = append(words, docsWord{Text: separator(i, ", ") + fmt.Sprint(e.Properties["event"].Enum[0]) + " "})
			words = append(words, typeOfSchema(e.Properties["data"])...)
		}
		return words
	case len(s.OneOf) > 0:
		var words []docsWord
		for i, o := range s.OneOf {
			words = append(words, docsWord{Text: separator(i, " or ")})
			words = append(words, typeOfSchema(o)...)
		}
		return words
	case s.Type == huma.TypeArray:
		return append([]docsWord{{Text: "list of "}}, typeOfSchema(s.Items)...)
	}
	text := s.Type
	if s.Format == "date-time" {
		text = "RFC 3339 time"
	}
	if extra, ok := s.AdditionalProperties.(*huma.Schema); ok {
		return append([]docsWord{{Text: "object of "}}, typeOfSchema(extra)...)
	}
	if s.Nullable {
		text += " or null"
	}
	return []docsWord{{Text: text}}
}

func separator(i int, text string) string {
	if i == 0 {
		return ""
	}
	return text
}

// noteOf says which values are allowed, and the default.
func noteOf(s *huma.Schema) string {
	var notes []string
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		notes = append(notes, fmt.Sprintf("%.0f to %.0f", *s.Minimum, *s.Maximum))
	case s.Minimum != nil:
		notes = append(notes, fmt.Sprintf("at least %.0f", *s.Minimum))
	}
	if s.Default != nil {
		notes = append(notes, fmt.Sprintf("default %v", s.Default))
	}
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, v := range s.Enum {
			words[i] = fmt.Sprint(v)
		}
		notes = append(notes, "one of "+strings.Join(words, ", "))
	}
	if s.Pattern != "" {
		notes = append(notes, "matches "+s.Pattern)
	}
	return strings.Join(notes, "; ")
}
