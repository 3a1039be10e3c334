package emqx_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/emqx"
)

const loopRules = `[{"topic":"coolant/loop/telemetry","action":"publish","permission":"allow"},` +
	`{"topic":"coolant/loop/committed","action":"subscribe","permission":"allow"},` +
	`{"topic":"coolant/loop/status","action":"publish","permission":"allow"},` +
	`{"topic":"coolant/loop/info","action":"publish","permission":"allow"},` +
	`{"topic":"coolant/loop/desired","action":"subscribe","permission":"allow"},` +
	`{"topic":"coolant/loop/reported","action":"publish","permission":"allow"},` +
	`{"topic":"coolant/loop/command","action":"subscribe","permission":"allow"},` +
	`{"topic":"coolant/loop/reply","action":"publish","permission":"allow"},` +
	`{"topic":"coolant/loop/input","action":"subscribe","permission":"allow"},`

const denyRest = `{"topic":"#","action":"all","permission":"deny"},{"topic":"$SYS/#","action":"all","permission":"deny"}]`

func TestPut(t *testing.T) {
	ruleSet := `{"username":"loop","rules":` + loopRules + denyRest + `}`
	tests := []struct {
		name  string
		old   bool
		there bool // already
		also  []string
		asked []string
	}{
		{"a new user", false, false, nil, []string{
			"POST " + rules + " [" + ruleSet + "]",
			"POST " + users + ` {"user_id":"loop","password":"p1","is_superuser":false}`,
		}},
		{"a user that exists", false, true, nil, []string{
			"POST " + rules + " [" + ruleSet + "]",
			"PUT " + rules + "/loop " + ruleSet,
			"POST " + users + ` {"user_id":"loop","password":"p1","is_superuser":false}`,
			"PUT " + users + `/loop {"password":"p1","is_superuser":false}`,
		}},
		{"a user that exists, at an older EMQX", true, true, nil, []string{
			"POST " + rules + " [" + ruleSet + "]",
			"PUT " + rules + "/loop " + ruleSet,
			"POST " + users + ` {"user_id":"loop","password":"p1","is_superuser":false}`,
			"PUT " + users + `/loop {"password":"p1","is_superuser":false}`,
		}},
		{"the article's device", false, false, []string{"emqx/esp32/telemetry"}, []string{
			"POST " + rules + ` [{"username":"loop","rules":` + loopRules + `{"topic":"emqx/esp32/telemetry","action":"publish","permission":"allow"},` + denyRest + "}]",
			"POST " + users + ` {"user_id":"loop","password":"p1","is_superuser":false}`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := startEMQX(t)
			f.old = tt.old
			if tt.there {
				f.users["loop"], f.rules["loop"] = "p0", json.RawMessage(`[]`)
			}
			if err := client(t, f, nil).Put(t.Context(), "loop", "p1", tt.also...); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(f.asked, tt.asked) {
				t.Errorf("asked\n%s\nwant\n%s", strings.Join(f.asked, "\n"), strings.Join(tt.asked, "\n"))
			}
			if f.users["loop"] != "p1" || len(f.rules["loop"]) < 100 {
				t.Errorf("users %v, rules %s", f.users, f.rules)
			}
		})
	}
}

func TestRemoveAndKick(t *testing.T) {
	all := []string{"DELETE " + users + "/loop", "DELETE " + kick, "DELETE " + rules + "/loop"}
	f := startEMQX(t)
	f.users["loop"], f.rules["loop"], f.live["loop"] = "p0", json.RawMessage(`[]`), true
	c := client(t, f, nil)
	for _, times := range []string{"once", "again"} {
		f.asked = nil
		if err := c.Remove(t.Context(), "loop"); err != nil || !slices.Equal(f.asked, all) {
			t.Errorf("%s: %v, asked %q", times, err, f.asked)
		}
		if len(f.users)+len(f.rules)+len(f.live) != 0 {
			t.Errorf("%s: left are %v %v %v", times, f.users, f.rules, f.live)
		}
	}
	f.asked = nil
	if err := c.Kick(t.Context(), "loop"); err != nil || !slices.Equal(f.asked, []string{"DELETE " + kick}) {
		t.Errorf("%v, asked %q", err, f.asked)
	}
}

// TestLoophole checks whether it is seen that the rules decide nothing.
func TestLoophole(t *testing.T) {
	const sources = "/api/v5/authorization/sources"
	for name, tt := range map[string]struct {
		status int
		body   string
		want   []string // nothing: there is no loophole
	}{
		"the rules come first":      {200, `{"sources":[{"type":"built_in_database","enable":true},{"type":"file","enable":true,"rules":"{allow, all}."}]}`, nil},
		"a source that is off":      {200, `{"sources":[{"type":"file","enable":false},{"type":"built_in_database","enable":true}]}`, nil},
		"a file comes first":        {200, `{"sources":[{"type":"file","enable":true},{"type":"http","enable":true},{"type":"built_in_database","enable":true}]}`, []string{"file, http before", "to the top", "broker check"}},
		"the rules are off":         {200, `{"sources":[{"type":"built_in_database","enable":false},{"type":"file","enable":true}]}`, []string{"do nothing", "enable Built-in Database"}},
		"there are no sources":      {200, `{"sources":[]}`, []string{"do nothing"}},
		"an API without it":         {404, ``, []string{"could not be seen", "404", "broker check"}},
		"an answer that is no JSON": {200, `<html>`, []string{"could not be seen", "cannot be read"}},
		"an answer without an end":  {200, strings.Repeat(" ", 1<<20), []string{"could not be seen", "cannot be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := startEMQX(t)
			f.instead["GET "+sources] = func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}
			got := client(t, f, nil).Loophole(t.Context())
			if (got == "") != (tt.want == nil) {
				t.Errorf("%q", got)
			}
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q does not say %q", got, want)
				}
			}
		})
	}
}

// Every failure says at which step it happened, what EMQX said, what is done
// already, and what to do; none tells the password or the secret.
func TestFailures(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/api/v5")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	put := func(c *emqx.Client) error { return c.Put(context.Background(), "loop", "hunter2") }
	remove := func(c *emqx.Client) error { return c.Remove(context.Background(), "loop") }
	tests := []struct {
		name    string
		change  func(*emqx.Options)
		instead map[string]http.HandlerFunc
		do      func(*emqx.Client) error
		code    coolant.Code
		text    []string
	}{
		{
			"a wrong key", func(o *emqx.Options) { o.Secret = "s3cr3t" }, nil, put, coolant.CodeForbidden,
			[]string{"set the rules of loop", "401 Unauthorized", "BAD_API_KEY_OR_SECRET: Check api_key", "COOLANT_EMQX_API_KEY", "nothing was changed"},
		},
		{
			"a key that may not", nil,
			map[string]http.HandlerFunc{"POST " + users: answer(403, `{"code":"UNAUTHORIZED_ROLE","message":"no"}`)},
			put, coolant.CodeForbidden,
			[]string{"set the password of loop", "403 Forbidden", "role of an administrator", "the rules are set, the password is not"},
		},
		{
			"no built-in database for users", nil,
			map[string]http.HandlerFunc{"POST " + users: answer(404, `{"code":"NOT_FOUND","message":"Authenticator not found"}`)},
			put, coolant.CodeNotFound,
			[]string{"404 Not Found", "Authenticator not found", "Access Control, Authentication", "the rules are set, the password is not"},
		},
		{
			"no built-in database for rules", nil,
			map[string]http.HandlerFunc{"POST " + rules: answer(404, `{"code":"NOT_FOUND","message":"Not found: built_in_database"}`)},
			put, coolant.CodeNotFound,
			[]string{"Access Control, Authorization", "nothing was changed"},
		},
		{
			"another path", func(o *emqx.Options) { o.URL += "/mqtt" }, nil, put, coolant.CodeNotFound,
			[]string{"<html>Not Found</html>", "not the address of an EMQX 5 API", "Serverless", "nothing was changed"},
		},
		{
			"another path does not pass for an absent user", func(o *emqx.Options) { o.URL += "/mqtt" }, nil, remove, coolant.CodeNotFound,
			[]string{"delete the user loop", "not the address of an EMQX 5 API", "nothing was changed"},
		},
		{
			"rules that are not taken", nil,
			map[string]http.HandlerFunc{"POST " + rules: answer(400, `{"code":"BAD_REQUEST","message":"Bad rule schema"}`)},
			put, coolant.CodeConflict,
			[]string{"400 Bad Request: BAD_REQUEST: Bad rule schema", "nothing was changed"},
		},
		{
			"a broken EMQX", nil,
			map[string]http.HandlerFunc{"POST " + users: answer(500, `{"code":"INTERNAL_ERROR","message":"mnesia"}`)},
			put, coolant.CodeUnavailable,
			[]string{"500 Internal Server Error: INTERNAL_ERROR: mnesia", "EMQX's log", "the rules are set, the password is not"},
		},
		{
			"an overloaded gateway", nil,
			map[string]http.HandlerFunc{"POST " + rules: answer(503, "")},
			put, coolant.CodeUnavailable,
			[]string{"503 Service Unavailable: no explanation", "nothing was changed"},
		},
		{
			"garbage", nil,
			map[string]http.HandlerFunc{"POST " + rules: answer(418, "\x00\xff\x1b[31m"+strings.Repeat("z ", 1<<20))},
			put, coolant.CodeConflict,
			[]string{"418", "z z z", "nothing was changed"},
		},
		{
			"a redirection to another host", nil,
			map[string]http.HandlerFunc{"POST " + rules: answer(307, "")},
			put, coolant.CodeInvalid,
			[]string{"307", "https://elsewhere.example/api/v5", "--emqx-api"},
		},
		{"an answer that does not come", func(o *emqx.Options) { o.Timeout = 100 * time.Millisecond }, map[string]http.HandlerFunc{
			"POST " + rules: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		}, put, coolant.CodeUnavailable, []string{"set the rules of loop", "Check that the address", "nothing was changed"}},
		{
			"nobody there", func(o *emqx.Options) { o.URL = "http://127.0.0.1:1" }, nil, put, coolant.CodeUnavailable,
			[]string{"refused", "18083"},
		},
		{
			"a removal that stops half-way", nil,
			map[string]http.HandlerFunc{"DELETE " + rules + "/loop": answer(500, "")},
			remove, coolant.CodeUnavailable,
			[]string{"delete the rules of loop", "the user is deleted, its rules are not"},
		},
		{"a kick that fails", nil, map[string]http.HandlerFunc{"DELETE " + kick: answer(500, "")}, func(c *emqx.Client) error {
			return c.Kick(context.Background(), "loop")
		}, coolant.CodeUnavailable, []string{"end the connection of loop", "still connected"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := startEMQX(t)
			f.instead = tt.instead
			err := tt.do(client(t, f, tt.change))
			if coolant.CodeOf(err) != tt.code {
				t.Fatalf("%v has the code %q, want %q", err, coolant.CodeOf(err), tt.code)
			}
			for _, want := range tt.text {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			for _, secret := range []string{"hunter2", "s3cr3t", "\x00", "\x1b"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q holds %q", err, secret)
				}
			}
			if len(err.Error()) > 1200 {
				t.Errorf("%d bytes: %v", len(err.Error()), err)
			}
		})
	}
}

// A certificate that nobody vouches for is not accepted, and the caller may give
// up.
func TestTransport(t *testing.T) {
	f := startEMQX(t)
	secure := httptest.NewTLSServer(f)
	t.Cleanup(secure.Close)
	at := func(o *emqx.Options) { o.URL = secure.URL }
	if err := client(t, f, at).Put(t.Context(), "loop", "p"); coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("an unknown authority: %v", err)
	}
	if len(f.asked) > 0 {
		t.Errorf("asked %q", f.asked)
	}
	trusted := client(t, f, func(o *emqx.Options) { at(o); o.Transport = secure.Client().Transport })
	if err := trusted.Put(t.Context(), "loop", "p"); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("changed my mind"))
	if err := trusted.Put(ctx, "loop", "p"); coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "changed my mind") {
		t.Errorf("given up: %v", err)
	}
}

func TestNew(t *testing.T) {
	for name, tt := range map[string]struct {
		o    emqx.Options
		text string // of the error; "" if there is none
	}{
		"with the path of the cloud":  {emqx.Options{URL: "https://x.emqxcloud.example:8443/api/v5", Key: "k", Secret: "s"}, ""},
		"without a path":              {emqx.Options{URL: "https://emqx.example", Key: "k", Secret: "s"}, ""},
		"plain, a container":          {emqx.Options{URL: "http://emqx:18083", Key: "k", Secret: "s"}, ""},
		"plain, at home":              {emqx.Options{URL: "http://192.168.1.5:18083/", Key: "k", Secret: "s"}, ""},
		"plain, elsewhere":            {emqx.Options{URL: "http://emqx.example:18083", Key: "k", Secret: "s"}, "use https://"},
		"plain, elsewhere by address": {emqx.Options{URL: "http://203.0.113.5:18083", Key: "k", Secret: "s"}, "use https://"},
		"mqtts":                       {emqx.Options{URL: "mqtts://emqx.example", Key: "k", Secret: "s"}, "such as https://"},
		"nothing":                     {emqx.Options{Key: "k", Secret: "s"}, "such as https://"},
		"with the key in it":          {emqx.Options{URL: "https://hunter2:x@emqx.example", Key: "k", Secret: "s"}, "must not hold the key"},
		"a query":                     {emqx.Options{URL: "https://emqx.example?x", Key: "k", Secret: "s"}, "no ?"},
		"no key":                      {emqx.Options{URL: "https://emqx.example", Secret: "s"}, "COOLANT_EMQX_API_KEY"},
		"no secret":                   {emqx.Options{URL: "https://emqx.example", Key: "k"}, "COOLANT_EMQX_API_SECRET"},
	} {
		_, err := emqx.New(tt.o)
		if (err == nil) != (tt.text == "") || err != nil && (coolant.CodeOf(err) != coolant.CodeInvalid || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("%s: %v, want %q", name, err, tt.text)
		}
	}
}
