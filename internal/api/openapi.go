package api

import (
	"context"
	"log/slog"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"coolant"
	"coolant/internal/live"
)

// apiVersion is the version of the interface, not of the program.
const apiVersion = "1.0.0"

const schemaPrefix = "#/components/schemas/"

// newAPI registers every operation on mux and returns huma's view of them, with
// the finished document.
func (s *server) newAPI(mux humago.Mux) huma.API {
	registry := huma.NewMapRegistry(schemaPrefix, schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	api := humago.New(mux, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Coolant", Version: apiVersion,
				Description: "Coolant keeps a liquid-cooled machine cool. Times are Unix milliseconds in UTC. Objects may gain fields: ignore those you do not know. " +
					"Errors are problem details by RFC 9457 with a stable `code`.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{Schemas: registry},
			Tags: []*huma.Tag{
				{Name: tagDevices, Description: "Devices, their readings and live events"},
				{Name: tagControl, Description: "What is desired of devices, and what they make of it. Only the owner may change it"},
				{Name: tagOperation, Description: "The server itself"},
				{Name: tagArticle, Description: "The endpoints of the article's backend"},
			},
		},
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{ourProblem},
	})
	s.register(api)
	describeBodies(api)
	finish(registry.Map())
	return api
}

// ourProblem replaces the errors that huma makes itself by ours.
func ourProblem(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problemFor(e.Status, codeOf(e.Status), e.Detail)
	for _, d := range e.Errors {
		if d != nil {
			p.Errors = append(p.Errors, ProblemDetail{Location: d.Location, Message: d.Message})
		}
	}
	return p, nil
}

// schemaName names a schema after its Go type, with a capital first letter.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	if t == reflect.TypeFor[live.RejectionView]() {
		return "Rejection"
	}
	return name
}

// add registers an operation whose errors become problems.
func add[I, O any](s *server, api huma.API, op huma.Operation, handler func(context.Context, *I) (*O, error), failures ...int) {
	op.SkipValidateParams, op.SkipValidateBody = true, true
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = failure("Error")
	for _, status := range failures {
		op.Responses[strconv.Itoa(status)] = failure(http.StatusText(status))
	}
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err == nil {
			return out, nil
		}
		p := problemOf(err)
		if p.Code == coolant.CodeInternal && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "request failed", slog.String("operation", op.OperationID), slog.Any("error", err))
		}
		return nil, p
	})
}

func failure(description string) *huma.Response {
	return &huma.Response{
		Description: description,
		Content:     map[string]*huma.MediaType{problemType: {Schema: &huma.Schema{Ref: schemaPrefix + "Problem"}}},
	}
}

func schemaOf(api huma.API, v any) *huma.Schema {
	return api.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(v), true, "")
}

// eventSchema describes one event of the stream: its name and its data.
func eventSchema(api huma.API) *huma.Schema {
	events := []struct {
		name string
		data any
	}{
		{"snapshot", SnapshotEvent{}},
		{"samples", SamplesEvent{}},
		{"backfill", BackfillEvent{}},
		{"device", live.DeviceView{}},
		{"removed", RemovedEvent{}},
		{"rejected", live.RejectionView{}},
		{"broker", coolant.BrokerStatus{}},
		{"twin", live.TwinView{}},
		{"tick", TickEvent{}},
	}
	schema := &huma.Schema{Description: "One event of the stream; data is JSON"}
	for _, e := range events {
		schema.OneOf = append(schema.OneOf, &huma.Schema{
			Type: huma.TypeObject,
			Properties: map[string]*huma.Schema{
				"id":    {Type: huma.TypeString, Description: "<epoch>-<seq>"},
				"event": {Type: huma.TypeString, Enum: []any{e.name}},
				"data":  schemaOf(api, e.data),
			},
			Required: []string{"id", "event", "data"},
		})
	}
	return schema
}

// finish corrects what cannot be said in struct tags: lists are never null,
// objects may grow, some members may be null, and some are any object.
func finish(schemas map[string]*huma.Schema) {
	for _, s := range schemas {
		walk(s, func(s *huma.Schema) {
			if s.Type == huma.TypeArray {
				s.Nullable = false
			}
			if s.AdditionalProperties == false {
				s.AdditionalProperties = nil
			}
		})
	}
	orNull(schemas["DeviceView"], "presence")
	anyObject(schemas["DeviceView"], "info", true)
	orNull(schemas["TwinView"], "desired")
	orNull(schemas["TwinView"], "reported")
	orNull(schemas["InputAnswer"], "input")
	anyObject(schemas["TwinView"], "state", true)
	anyObject(schemas["DesiredView"], "body", false)
	anyObject(schemas["TwinEdit"], "body", false)
	anyObject(schemas["CommandRequest"], "args", false)
}

// describeBodies says which form a body has that our own reader reads: huma knows bytes only.
func describeBodies(api huma.API) {
	forms := map[string]any{"edit-twin": twinEdit{}, "return-twin": twinReturn{}, "send-command": commandRequest{}, "send-input": inputRequest{}}
	for _, item := range api.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Put, item.Post} {
			if op == nil {
				continue
			}
			if form, known := forms[op.OperationID]; known {
				op.RequestBody.Content["application/json"].Schema = schemaOf(api, form)
			}
		}
	}
}

// orNull says that a member which refers to another schema may be null.
func orNull(s *huma.Schema, member string) {
	p := s.Properties[member]
	s.Properties[member] = &huma.Schema{Description: p.Description, OneOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
}

// anyObject says that a member is an object whose members are described elsewhere.
func anyObject(s *huma.Schema, member string, null bool) {
	p := s.Properties[member]
	p.Type, p.Nullable, p.AdditionalProperties = huma.TypeObject, null, true
}

// walk calls fn for s and every schema inside it.
func walk(s *huma.Schema, fn func(*huma.Schema)) {
	if s == nil {
		return
	}
	fn(s)
	walk(s.Items, fn)
	for _, p := range s.Properties {
		walk(p, fn)
	}
	if extra, ok := s.AdditionalProperties.(*huma.Schema); ok {
		walk(extra, fn)
	}
	for _, list := range [][]*huma.Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, p := range list {
			walk(p, fn)
		}
	}
}

// operationPath reports whether path belongs to the API, where a miss is
// answered by a problem and never by the UI.
func operationPath(path string) bool {
	return path == "/api" || strings.HasPrefix(path, "/api/")
}
