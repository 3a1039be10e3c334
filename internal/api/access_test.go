package api

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/live"
)

// asOwner marks a request as one of the owner's.
func asOwner(r *http.Request) *http.Request { return r.WithContext(withAudience(r.Context(), Owner)) }

// promised is what http.public promises: who may see each path, at least. Nothing
// here is taken from the code.
var promised = map[string]Audience{
	"/ping": Nobody, "/livez": Nobody,
	"/": Viewer, "/temp_chart": Viewer, "/devices/loop": Viewer, "/diagnostics": Viewer, "/assets/app.js": Viewer,
	"/data": Viewer, "/readyz": Viewer,
	"/api/openapi.json": Viewer, "/api/docs": Viewer, "/api/docs/style.css": Viewer, "/api/docs/script.js": Viewer, "/api/docs/icon.svg": Viewer,
	"/api/v1/devices": Viewer, "/api/v1/devices/{id}": Viewer, "/api/v1/devices/{id}/series": Viewer, "/api/v1/devices/{id}/faults": Viewer,
	"/api/v1/devices/{id}/samples.csv": Viewer, "/api/v1/devices/{id}/physics": Viewer, "/api/v1/stream": Viewer,
	"/api/v1/devices/{id}/twin": Reader, "/api/v1/devices/{id}/twin/versions": Reader, "/api/v1/devices/{id}/input": Reader,
	"/metrics": Reader, "/api/v1/system": Reader, "/api/v1/rejections": Reader, "/api/v1/broker": Reader,
}

var someUI fs.FS = fstest.MapFS{
	"index.html": {Data: []byte("<html><head></head></html>")}, "assets/app.js": {Data: []byte("1")},
}

// opened is a busy server to an audience.
func opened(t *testing.T, who Audience) *fixture {
	t.Helper()
	f, _ := busy(t)
	reg := prometheus.NewRegistry()
	f.opts.Registerer, f.opts.Gatherer, f.opts.UI = reg, reg, someUI
	f.opts.Audience = func(*http.Request) Audience { return who }
	return f
}

// Every route of the document and every other one is promised to somebody, and kept
// from everybody else, by each method.
func TestAudiences(t *testing.T) {
	for path, methods := range golden(t).Paths {
		_, reads := methods["get"]
		if _, ok := promised[path]; !ok && reads {
			t.Errorf("%s is documented, and nothing says who may see it", path)
		}
	}
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}
	for _, who := range []Audience{Nobody, Viewer, Reader, Owner} {
		h := opened(t, who).handler(t)
		for path, need := range promised {
			for _, method := range methods {
				target := strings.ReplaceAll(path, "{id}", "loop")
				ctx, leave := context.WithCancel(t.Context())
				if path == streamPath {
					leave() // it would not end
				}
				r := httptest.NewRequestWithContext(ctx, method, target, nil)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				leave()
				reads := method == "GET" || method == "HEAD"
				want := 200
				switch {
				case who == Owner && method == "PUT" && path == "/api/v1/devices/{id}/twin",
					who == Owner && method == "POST" && path == "/api/v1/devices/{id}/input":
					want = 400 // it is without a body
				case !reads && (who == Owner || need == Nobody):
					want = 405
				case !reads || who < need:
					want = 403
				}
				if w.Code != want {
					t.Errorf("audience %d, %s %s: %d, want %d", who, method, target, w.Code, want)
				}
				if w.Code == 403 {
					checkRefusal(t, method, target, w, reads)
				}
			}
		}
	}
}

func checkRefusal(t *testing.T, method, target string, w *httptest.ResponseRecorder, reads bool) {
	t.Helper()
	if w.Header().Get("Content-Type") != problemType || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%s %s: %v", method, target, w.Header())
	}
	if method == "HEAD" {
		return
	}
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != coolant.CodeForbidden || strings.Contains(p.Detail, "http.public") != reads {
		t.Errorf("%s %s: %s (%v)", method, target, w.Body, err)
	}
	if err := golden(t).check(golden(t).Components.Schemas["Problem"], w.Body.Bytes()); err != nil {
		t.Error(err)
	}
}

// What changes a device is for the owner alone.
func TestOnlyTheOwnerChangesDevices(t *testing.T) {
	bodies := map[string]string{
		"twin": `{"base":3,"body":{}}`, "return": `{"base":3,"to":1}`, "commands": `{"name":"identify"}`, "input": `{"host_w":1,"valid_s":1}`,
	}
	changes := 0
	for path, methods := range golden(t).Paths {
		for method := range methods {
			if method == "get" {
				continue
			}
			changes++
			for _, who := range []Audience{Nobody, Viewer, Reader} {
				f := opened(t, who)
				w := send(f.handler(t), strings.ToUpper(method), strings.ReplaceAll(path, "{id}", "loop"), bodies[path[strings.LastIndex(path, "/")+1:]])
				if w.Code != 403 {
					t.Errorf("audience %d may %s %s: %d %s", who, method, path, w.Code, w.Body)
				}
				if twins := f.opts.Twins.(*fakeTwins); twins.edit.Version != 0 || twins.ttl != 0 || twins.in.Valid != 0 {
					t.Errorf("audience %d, %s %s: the device was changed", who, method, path)
				}
			}
		}
	}
	if changes < 3 {
		t.Errorf("only %d operations change anything", changes)
	}
}

// The table names every route that there is and no other, and a route that it does
// not name is found before anybody can ask for it.
func TestEveryRouteHasARule(t *testing.T) {
	f, _ := busy(t)
	s := &server{opts: f.opts, log: f.opts.Log}
	mux := &ruledMux{ServeMux: http.NewServeMux()}
	if err := s.addDocs(mux, s.newAPI(mux).OpenAPI()); err != nil {
		t.Fatal(err)
	}
	got := append(slices.DeleteFunc(slices.Clone(mux.patterns), func(p string) bool { return !strings.HasPrefix(p, "GET ") }), "GET /metrics", "GET /")
	var want []string
	for path, who := range rules {
		want = append(want, "GET "+path)
		if promised[path] != who {
			t.Errorf("%s is for audience %d, promised for %d", path, who, promised[path])
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("routes %q\nrules %q", got, want)
	}
	if err := mux.complete(); err != nil {
		t.Error(err)
	}
	mux.HandleFunc("GET /api/v1/secrets", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/anything", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/v1/secrets", func(http.ResponseWriter, *http.Request) {})
	if err := mux.complete(); err == nil || !strings.Contains(err.Error(), "GET /api/v1/secrets") || strings.Contains(err.Error(), "POST") {
		t.Errorf("a route without a rule: %v", err)
	}
	h := s.admit(mux, mux)
	for who, want := range map[Audience]int{Nobody: 403, Viewer: 403, Reader: 403, Owner: 200} {
		s.opts.Audience = func(*http.Request) Audience { return who }
		for _, target := range []string{"/api/v1/secrets", "/anything"} {
			if w := get(h, target); w.Code != want {
				t.Errorf("audience %d sees %s, which has no rule: %d", who, target, w.Code)
			}
		}
		if w := request(h, "POST", "/api/v1/secrets"); w.Code != want {
			t.Errorf("audience %d may change something: %d", who, w.Code)
		}
	}
}

// No spelling of a path leads around its rule.
func TestSpellings(t *testing.T) {
	h := opened(t, Viewer).handler(t)
	for _, target := range []string{
		"/api/v1/system", "/api/v1/system?x=1", "/api/v1/%73ystem", "/%61pi/v1/system", "//api/v1/system", "/api//v1/system", "/api/v1/./system",
		"/api/v1/devices/../system", "/api/v1/devices/%2e%2e/system", "/api/v1/system/", "/x/../metrics", "/metrics/", "/METRICS",
	} {
		w := get(h, target)
		if body := w.Body.String(); w.Code == 200 && !strings.Contains(body, "<html>") || strings.Contains(body, "storage_bytes") || strings.Contains(body, "coolant_http") {
			t.Errorf("%s: %d %s", target, w.Code, body)
		}
	}
	for _, base := range []string{"/coolant", "/api"} {
		f, _ := busy(t)
		f.opts.BasePath = base
		f.opts.Audience = func(*http.Request) Audience { return Viewer }
		h := f.handler(t)
		if w := get(h, base+"/api/v1/system"); w.Code != 403 {
			t.Errorf("base path %s: %d", base, w.Code)
		}
		if w := get(h, base+"/api/v1/devices"); w.Code != 200 {
			t.Errorf("base path %s: %d", base, w.Code)
		}
	}
}

// Viewers get no details of what is wrong, and nothing of the owner's network.
func TestViewersSeeLess(t *testing.T) {
	for who, all := range map[Audience]bool{Viewer: false, Reader: true, Owner: true} {
		f := opened(t, who)
		f.opts.Ready = func() map[string]error { return map[string]error{"store": errors.New("/var/lib/secret is full")} }
		h := f.handler(t)
		f.hub.Document(coolant.DeviceDocument{
			Device: "loop", Kind: coolant.DocInfo, Received: present, Body: json.RawMessage(`{"chip":"esp32","ip":"192.168.1.20","rssi":-61,"ssid":"home"}`),
		})
		ready := get(h, "/readyz")
		if ready.Code != 503 || !strings.Contains(ready.Body.String(), `"name":"store"`) || strings.Contains(ready.Body.String(), "secret") != all {
			t.Errorf("audience %d, /readyz: %d %s", who, ready.Code, ready.Body)
		}
		doc := golden(t)
		if err := doc.checkAnswer("/readyz", ready.Code, ready.Header().Get("Content-Type"), ready.Body.Bytes()); err != nil {
			t.Error(err)
		}
		for target, path := range map[string]string{"/api/v1/devices": "/api/v1/devices", "/api/v1/devices/loop": "/api/v1/devices/{id}"} {
			w := get(h, target)
			body := w.Body.String()
			for _, word := range []string{"192.168.1.20", "rssi", "ssid"} {
				if strings.Contains(body, word) != all {
					t.Errorf("audience %d, %s, %s: %s", who, target, word, body)
				}
			}
			if !strings.Contains(body, `"chip":"esp32"`) {
				t.Errorf("audience %d, %s: %s", who, target, body)
			}
			if err := doc.checkAnswer(path, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestStreamOfViewers(t *testing.T) {
	for who, all := range map[Audience]bool{Viewer: false, Reader: true, Owner: true} {
		f := opened(t, who)
		v := view(t, serve(t, f).URL+streamPath)
		v.event()
		f.hub.Broker(waitingBroker)
		f.hub.Rejected(f.store.rejections[0])
		f.hub.Document(coolant.DeviceDocument{
			Device: "loop", Kind: coolant.DocInfo, Received: present, Body: json.RawMessage(`{"chip":"esp32","ip":"192.168.1.20"}`),
		})
		f.commit(coolant.Sample{Device: "loop", Time: present + 60_000, Readings: []coolant.Reading{{Metric: "water", Value: 31}}})
		f.hub.DeviceRemoved("quiet")
		seen, data := map[string]bool{}, ""
		for !seen["removed"] {
			e := v.event()
			seen[e.event] = true
			data += e.data
		}
		want := map[string]bool{"device": true, "samples": true, "removed": true}
		if all {
			want["broker"], want["rejected"] = true, true
		}
		if !maps.Equal(seen, want) || strings.Contains(data, "192.168.1.20") != all {
			t.Errorf("audience %d: events %v, want %v\n%s", who, seen, want, data)
		}
	}
}

// Events that a viewer does not get do not make its stream silent.
func TestStreamHeartbeatOfViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Options{})
		s := &server{opts: Options{Hub: hub, Heartbeat: 10 * time.Second}, metrics: newHTTPMetrics(nil), stopping: make(chan struct{})}
		w := &stuckWriter{header: http.Header{}, room: 1 << 20}
		ctx, cancel := context.WithCancel(withAudience(t.Context(), Viewer))
		ended := make(chan string, 1)
		go func() {
			ended <- s.follow(w, httptest.NewRequest(http.MethodGet, streamPath, nil).WithContext(ctx), "")
		}()
		for range 60 {
			hub.Rejected(coolant.Rejection{})
			time.Sleep(time.Second)
		}
		cancel()
		<-ended
		if n := strings.Count(w.written.String(), heartbeat); n < 5 {
			t.Errorf("%d heartbeats in a minute:\n%s", n, w.written.String())
		}
	})
}

// The audience is asked of each request, and its own word counts, not the last one's.
func TestAudienceIsAskedEachTime(t *testing.T) {
	f, _ := busy(t)
	f.opts.Audience = func(r *http.Request) Audience {
		if r.Header.Get("X-Test") == "owner" {
			return Owner
		}
		return Nobody
	}
	h := f.handler(t)
	for range 3 {
		if w := get(h, "/api/v1/devices", "X-Test", "owner"); w.Code != 200 {
			t.Errorf("the owner gets %d", w.Code)
		}
		if w := get(h, "/api/v1/devices"); w.Code != 403 {
			t.Errorf("a stranger gets %d", w.Code)
		}
	}
}

func TestPromisedPathsAreRoutes(t *testing.T) {
	h := opened(t, Owner).handler(t)
	for _, path := range slices.Sorted(maps.Keys(promised)) {
		if path == streamPath {
			continue
		}
		if w := get(h, strings.ReplaceAll(path, "{id}", "loop")); w.Code != 200 {
			t.Errorf("%s is promised and answers %d", path, w.Code)
		}
	}
}
