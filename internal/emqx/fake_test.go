package emqx_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"coolant/internal/emqx"
)

const (
	users = "/api/v5/authentication/password_based%3Abuilt_in_database/users"
	rules = "/api/v5/authorization/sources/built_in_database/rules/users"
	kick  = "/api/v5/clients/loop"
)

// fakeEMQX answers as the documentation of EMQX 5 says, and remembers.
type fakeEMQX struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // "METHOD path body"
	users map[string]string
	rules map[string]json.RawMessage
	live  map[string]bool
	// instead, by "METHOD path", answers in place of what is documented.
	instead map[string]http.HandlerFunc
	old     bool // duplicates are answered with 400, as early versions do
}

func startEMQX(t *testing.T) *fakeEMQX {
	f := &fakeEMQX{users: map[string]string{}, rules: map[string]json.RawMessage{}, live: map[string]bool{}, instead: map[string]http.HandlerFunc{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeEMQX) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	where := r.Method + " " + r.URL.EscapedPath()
	f.asked = append(f.asked, strings.TrimSpace(where+" "+string(body)))
	say := func(status int, code, message string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		if code != "" {
			_ = json.NewEncoder(w).Encode(map[string]string{"code": code, "message": message})
		}
	}
	if key, secret, _ := r.BasicAuth(); key != "key" || secret != "secret" {
		say(401, "BAD_API_KEY_OR_SECRET", "Check api_key/api_secret")
		return
	}
	if len(body) > 0 && r.Header.Get("Content-Type") != "application/json" {
		say(415, "UNSUPPORTED_MEDIA_TYPE", "content-type:application/json Required")
		return
	}
	if do := f.instead[where]; do != nil {
		do(w, r)
		return
	}
	exists := func(message string) {
		if f.old {
			say(400, "ALREADY_EXISTS", message)
		} else {
			say(409, "ALREADY_EXISTS", message)
		}
	}
	var one struct {
		UserID   string `json:"user_id"`
		Password string
		Username string
		Rules    json.RawMessage
	}
	_ = json.Unmarshal(body, &one)
	switch where {
	case "POST " + users:
		if _, ok := f.users[one.UserID]; ok {
			exists("User already exists")
			return
		}
		f.users[one.UserID] = one.Password
		w.WriteHeader(http.StatusCreated)
		fmt.Fprintf(w, `{"user_id":%q,"is_superuser":false}`, one.UserID)
	case "PUT " + users + "/loop":
		if _, ok := f.users["loop"]; !ok {
			say(404, "NOT_FOUND", "User not found")
			return
		}
		f.users["loop"] = one.Password
		fmt.Fprint(w, `{"user_id":"loop","is_superuser":false}`)
	case "DELETE " + users + "/loop":
		if _, ok := f.users["loop"]; !ok {
			say(404, "NOT_FOUND", "User not found")
			return
		}
		delete(f.users, "loop")
		w.WriteHeader(http.StatusNoContent)
	case "POST " + rules:
		var many []struct {
			Username string
			Rules    json.RawMessage
		}
		if json.Unmarshal(body, &many) != nil || len(many) != 1 {
			say(400, "BAD_REQUEST", "Bad username or bad rule schema")
			return
		}
		if f.rules[many[0].Username] != nil {
			exists("Users 'loop' already exist")
			return
		}
		f.rules[many[0].Username] = many[0].Rules
		w.WriteHeader(http.StatusNoContent)
	case "PUT " + rules + "/loop":
		f.rules[one.Username] = one.Rules
		w.WriteHeader(http.StatusNoContent)
	case "DELETE " + rules + "/loop":
		if f.rules["loop"] == nil {
			say(404, "NOT_FOUND", "Username Not Found")
			return
		}
		delete(f.rules, "loop")
		w.WriteHeader(http.StatusNoContent)
	case "DELETE " + kick:
		if !f.live["loop"] {
			say(404, "CLIENTID_NOT_FOUND", "Client ID not found")
			return
		}
		delete(f.live, "loop")
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "<html>Not Found</html>")
	}
}

func client(t *testing.T, f *fakeEMQX, change func(*emqx.Options)) *emqx.Client {
	t.Helper()
	o := emqx.Options{URL: f.URL, Key: "key", Secret: "secret"}
	if change != nil {
		change(&o)
	}
	c, err := emqx.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
