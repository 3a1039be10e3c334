package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/api"
	"coolant/internal/app/config"
)

// startSet runs a service with these settings on free ports, and stops it at the end
// of the test.
func startSet(t *testing.T, settings map[string]string) (config.Config, Running) {
	t.Helper()
	flags := map[string]string{"http.addr": "127.0.0.1:0", "mqtts.addr": "127.0.0.1:0", "mqtt.addr": "127.0.0.1:0"}
	for key, value := range settings {
		flags[key] = value
	}
	c, err := config.Load(config.Sources{Data: filepath.Join(t.TempDir(), "data"), Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan Running, 1), make(chan error, 1)
	go func() {
		done <- Service{Config: c, Version: "test", Log: discard(), Ready: func(r Running) { ready <- r }}.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service stopped with: %v", err)
		}
	})
	select {
	case r := <-ready:
		return c, r
	case err := <-done:
		done <- nil // for the cleanup
		t.Fatalf("the service did not start: %v", err)
	}
	panic("unreachable")
}

// What others may read, asked of a whole service. What a request says of itself only
// ever makes it a stranger's.
func TestPublic(t *testing.T) {
	strangers := map[string]func(*http.Request){
		"through a proxy":       func(r *http.Request) { r.Header.Set("X-Forwarded-For", "127.0.0.1") },
		"through Fly's proxy":   func(r *http.Request) { r.Header.Set("Fly-Client-Ip", "127.0.0.1") },
		"by DNS rebinding":      func(r *http.Request) { r.Host = "evil.example" },
		"by its network's name": func(r *http.Request) { r.Host = "coolant.local:8080" },
		"as localhost by proxy": func(r *http.Request) { r.Host = "localhost"; r.Header.Set("Forwarded", "for=127.0.0.1;host=localhost") },
	}
	for public, c := range map[string]struct{ view, all int }{
		"off": {403, 403}, "view": {200, 403}, "all": {200, 200},
	} {
		t.Run(public, func(t *testing.T) {
			_, r := startSet(t, map[string]string{"http.public": public})
			ask := func(method, path string, change func(*http.Request)) (int, string) {
				t.Helper()
				q, err := http.NewRequestWithContext(t.Context(), method, "http://"+r.Addresses.HTTP+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				if change != nil {
					change(q)
				}
				res, err := http.DefaultClient.Do(q)
				if err != nil {
					t.Fatal(err)
				}
				defer res.Body.Close()
				body, err := io.ReadAll(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				return res.StatusCode, string(body)
			}
			for path, want := range map[string]int{
				"/ping": 200, "/livez": 200, "/": c.view, "/temp_chart": c.view, "/data": c.view, "/readyz": c.view, "/api/v1/devices": c.view, "/api/docs": c.view,
				"/metrics": c.all, "/api/v1/system": c.all, "/api/v1/rejections": c.all, "/api/v1/broker": c.all,
			} {
				if got, body := ask("GET", path, nil); got != 200 {
					t.Errorf("%s on this machine: %d %s", path, got, body)
				}
				for name, change := range strangers {
					if got, body := ask("GET", path, change); got != want {
						t.Errorf("%s %s: %d, want %d: %s", path, name, got, want, body)
					}
					if got, _ := ask("POST", path, change); got == 200 || got != 403 && path != "/ping" && path != "/livez" {
						t.Errorf("POST %s %s: %d", path, name, got)
					}
				}
			}
		})
	}
}

// The page of those to whom nothing is open says in both languages what opens it.
func TestDeniedPage(t *testing.T) {
	h := guard(audience("off"))(http.NotFoundHandler())
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr, r.Host = "192.0.2.7:5000", "192.0.2.1:8080"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	english, chinese, _ := strings.Cut(w.Body.String(), "\n\n")
	for _, word := range []string{"http.public", "COOLANT_HTTP_PUBLIC", "view", "all", "ssh -L"} {
		if !strings.Contains(english, word) || !strings.Contains(chinese, word) {
			t.Errorf("not in both languages: %s\n%s", word, w.Body)
		}
	}
	if w.Code != 403 || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// A word that is not known opens nothing.
func TestAudienceOfUnknownSettings(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for public, want := range map[string]api.Audience{"": api.Nobody, "off": api.Nobody, "VIEW": api.Nobody, "view": api.Viewer, "all": api.Reader} {
		if got := audience(public)(r); got != want {
			t.Errorf("%q opens %d, want %d", public, got, want)
		}
	}
}

// The health check works whatever is open to others and wherever the page listens.
func TestHealthcheckEverywhere(t *testing.T) {
	for name, settings := range map[string]map[string]string{
		"off":                {"http.public": "off"},
		"view":               {"http.public": "view"},
		"all":                {"http.public": "all"},
		"base path":          {"http.base_path": "/coolant"},
		"page turned off":    {"http.addr": ""},
		"a name of loopback": {"http.addr": "localhost:0"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := startSet(t, settings)
			if err := Healthcheck(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
}

// On an address of the network only, this machine is a stranger to its own page; the
// command socket answers instead. On every interface, as in a container, loopback does.
func TestHealthcheckAsksWhereItIsKnown(t *testing.T) {
	c, r := startSet(t, nil)
	dir := dataDir(c.Data)
	_, port, _ := strings.Cut(r.Addresses.HTTP, ":")
	for _, address := range []string{"0.0.0.0:" + port, "[::]:" + port, "192.0.2.1:" + port, ""} {
		if err := dir.writeAddresses(Addresses{HTTP: address}); err != nil {
			t.Fatal(err)
		}
		if err := Healthcheck(t.Context(), c); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	away := c
	away.Data = t.TempDir()
	if err := dataDir(away.Data).writeAddresses(Addresses{HTTP: "192.0.2.1:8080"}); err != nil {
		t.Fatal(err)
	}
	if err := Healthcheck(t.Context(), away); coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "192.0.2.1:8080") {
		t.Errorf("without a socket: %v", err)
	}
}

func TestHealthcheckOverTheSocket(t *testing.T) {
	for name, c := range map[string]struct {
		parts map[string]error
		want  string
	}{
		"ready":     {map[string]error{"store": nil, "outside broker": nil}, ""},
		"nothing":   {nil, ""},
		"not ready": {map[string]error{"b": errors.New("y"), "a": errors.New("x"), "c": nil}, "the service is not ready: a: x; b: y"},
	} {
		w := httptest.NewRecorder()
		socket := adminSocket{ready: func() map[string]error { return c.parts }}
		socket.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/ready", nil))
		var f adminFailure
		if err := json.Unmarshal(w.Body.Bytes(), &f); err != nil {
			t.Fatal(err)
		}
		if (w.Code == 200) != (c.want == "") || f.Message != c.want || c.want != "" && f.Code != coolant.CodeUnavailable {
			t.Errorf("%s: %d %+v", name, w.Code, f)
		}
	}
}
