package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/live"
)

// someDesired has something in every field.
var someDesired = coolant.Desired{
	Device: "loop", Version: 3, Epoch: "e1", Body: json.RawMessage(`{"interval_ms":5000}`),
	Edit: coolant.Edit{At: present, By: "page", Note: "n", From: 1},
}

// fakeTwins takes what starts from version 3.
type fakeTwins struct {
	hub  *live.Hub
	edit coolant.Desired // the last one
	ttl  time.Duration
	in   coolant.Input
}

func (f *fakeTwins) Input(_ context.Context, _ coolant.DeviceID, in coolant.Input) error {
	f.in = in
	return nil
}

func (f *fakeTwins) HeldInput(coolant.DeviceID) (coolant.HeldInput, bool) {
	return coolant.HeldInput{HostW: f.in.HostW, Until: present}, f.in.Valid > 0
}

func (f *fakeTwins) EditTwin(_ context.Context, id coolant.DeviceID, base uint64, body json.RawMessage, edit coolant.Edit) (coolant.Twin, error) {
	if base != 3 {
		return coolant.Twin{}, coolant.Errorf(coolant.CodeConflict, "%w", &coolant.StaleError{
			Base: base, Newest: someDesired, Changes: []coolant.Difference{{Path: "outputs.fan.min_duty", Before: "20", After: "30"}, {Path: "busy_w", Before: "1"}},
		})
	}
	f.edit = coolant.Desired{Device: id, Version: base + 1, Epoch: "e1", Body: body, Edit: edit}
	tw := coolant.Twin{Device: id, Phase: coolant.TwinApplying, Desired: f.edit}
	f.hub.Twin(tw)
	return tw, nil
}

func (f *fakeTwins) ReturnTwin(ctx context.Context, id coolant.DeviceID, base, to uint64, edit coolant.Edit) (coolant.Twin, error) {
	if to != 1 {
		return coolant.Twin{}, coolant.Errorf(coolant.CodeNotFound, "no such version")
	}
	edit.From = to
	return f.EditTwin(ctx, id, base, someDesired.Body, edit)
}

func (f *fakeTwins) TwinHistory(context.Context, coolant.DeviceID, uint64, int) ([]coolant.Desired, error) {
	return []coolant.Desired{someDesired}, nil
}

func (f *fakeTwins) Command(_ context.Context, _ coolant.DeviceID, name string, args json.RawMessage, ttl time.Duration) (coolant.CommandReply, error) {
	f.ttl = ttl
	switch name {
	case "away":
		return coolant.CommandReply{}, coolant.Errorf(coolant.CodeUnavailable, "it did not answer")
	case "clear_fault":
		return coolant.CommandReply{ID: "c", Error: "still there: " + string(args)}, nil
	}
	return coolant.CommandReply{ID: "c", OK: true}, nil
}

func send(h http.Handler, method, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestChangingADevice(t *testing.T) {
	const twin, back, commands = "/api/v1/devices/{id}/twin", "/api/v1/devices/{id}/twin/return", "/api/v1/devices/{id}/commands"
	const input = "/api/v1/devices/{id}/input"
	for _, c := range []struct {
		name, method, path, id, body string
		status                       int
		want                         string // in the answer
	}{
		{"an edit", "PUT", twin, "loop", `{"base":3,"body":{"interval_ms":1000},"note":"why"}`, 200, `"phase":"applying"`},
		{"an edit of an older version", "PUT", twin, "loop", `{"base":2,"body":{}}`, 409, `{"location":"body.body.outputs.fan.min_duty","message":"outputs.fan.min_duty from 20 to 30","value":"30"},{"location":"body.body.busy_w","message":"busy_w was removed"}`},
		{"an edit without a body", "PUT", twin, "loop", `{"base":3}`, 400, "body.body"},
		{"an edit of an unknown device", "PUT", twin, "none", `{"base":3,"body":{}}`, 404, "no device none"},
		{"an edit of no device", "PUT", twin, "UP", `{"base":3,"body":{}}`, 400, "path.id"},
		{"an unknown member", "PUT", twin, "loop", `{"base":3,"body":{},"x":1}`, 400, `unknown field`},
		{"a negative base", "PUT", twin, "loop", `{"base":-3,"body":{}}`, 400, "base"},
		{"no JSON", "PUT", twin, "loop", `{"base":3`, 400, "ends too early"},
		{"nothing", "PUT", twin, "loop", ``, 400, ""},
		{"two objects", "PUT", twin, "loop", `{"base":3,"body":{}} {}`, 400, "nothing after it"},
		{"a return", "POST", back, "loop", `{"base":3,"to":1}`, 200, `"from":1`},
		{"a return to what is not there", "POST", back, "loop", `{"base":3,"to":9}`, 404, "no such version"},
		{"a return of what is no number", "POST", back, "loop", `{"base":3,"to":"1"}`, 400, "to"},
		{"a command", "POST", commands, "loop", `{"name":"identify"}`, 200, `"ok":true`},
		{"a command that the device refuses", "POST", commands, "loop", `{"name":"clear_fault","args":{"fault":"leak"}}`, 200, `still there: {\"fault\":\"leak\"}`},
		{"a command without an answer", "POST", commands, "loop", `{"name":"away"}`, 503, "did not answer"},
		{"a long wait", "POST", commands, "loop", `{"name":"identify","wait_s":61}`, 400, "body.wait_s"},
		{"the heat of the host", "POST", input, "loop", `{"host_w":45.2,"valid_s":30}`, 204, ""},
		{"no heat", "POST", input, "loop", `{"valid_s":30}`, 400, "body.host_w"},
		{"impossible heat, for ever", "POST", input, "loop", `{"host_w":-1,"valid_s":86401}`, 400, `"body.valid_s"`},
		{"heat of an unknown device", "POST", input, "none", `{"host_w":1,"valid_s":30}`, 404, "no device none"},
		{"a command to an unknown device", "POST", commands, "none", `{"name":"identify"}`, 404, "no device none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, h := busy(t)
			w := send(h, c.method, strings.Replace(c.path, "{id}", c.id, 1), c.body)
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.want) {
				t.Fatalf("%d %s, want %d with %q", w.Code, w.Body, c.status, c.want)
			}
			if c.status == 204 {
				return
			}
			doc := golden(t)
			answer := doc.Paths[c.path][strings.ToLower(c.method)].Responses["200"].Content["application/json"].Schema
			if c.status != 200 {
				answer = doc.Components.Schemas["Problem"]
			}
			if err := doc.check(answer, w.Body.Bytes()); err != nil {
				t.Errorf("%s: %v", w.Body, err)
			}
		})
	}
	t.Run("who and what for", func(t *testing.T) {
		f, h := busy(t)
		send(h, "PUT", "/api/v1/devices/loop/twin", `{"base":3,"body":{"a":1},"note":"why"}`)
		twins := f.opts.Twins.(*fakeTwins)
		if e := twins.edit; e.Edit.By != "page" || e.Edit.Note != "why" || string(e.Body) != `{"a":1}` {
			t.Errorf("the edit is %+v", e)
		}
		send(h, "POST", "/api/v1/devices/loop/commands", `{"name":"identify"}`)
		if twins.ttl != 10*time.Second {
			t.Errorf("it waits %v", twins.ttl)
		}
		send(h, "POST", "/api/v1/devices/loop/input", `{"host_w":45.2,"valid_s":30}`)
		if want := (coolant.Input{HostW: 45.2, Valid: 30 * time.Second}); twins.in != want {
			t.Errorf("the input is %+v", twins.in)
		}
		w := get(h, "/api/v1/devices/loop/input")
		if want := fmt.Sprintf(`{"input":{"host_w":45.2,"until":%d}}`, present); strings.TrimSpace(w.Body.String()) != want {
			t.Errorf("the input that holds: %s, want %s", w.Body, want)
		}
		send(h, "POST", "/api/v1/devices/loop/commands", `{"name":"identify","wait_s":60}`)
		if twins.ttl != time.Minute {
			t.Errorf("it waits %v", twins.ttl)
		}
	})
	t.Run("without control", func(t *testing.T) {
		f, _ := busy(t)
		f.opts.Twins = nil
		h := f.handler(t)
		for target, method := range map[string]string{"twin": "PUT", "twin/return": "POST", "commands": "POST", "twin/versions": "GET", "input": "POST"} {
			body := `{"base":3,"to":1}`
			switch target {
			case "twin":
				body = `{"base":3,"body":{}}`
			case "input":
				body = `{"host_w":1,"valid_s":1}`
			case "commands":
				body = `{"name":"identify"}`
			}
			if w := send(h, method, "/api/v1/devices/loop/"+target, body); w.Code != 503 {
				t.Errorf("%s: %d %s", target, w.Code, w.Body)
			}
		}
	})
}
