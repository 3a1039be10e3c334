package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"coolant"
)

// waitingBroker has something in every field.
var waitingBroker = coolant.BrokerStatus{
	Mode: coolant.BrokerBoth,
	Remote: &coolant.RemoteBroker{
		URL: "mqtts://broker.example:8883", Username: "coolant", State: coolant.LinkWaiting, Since: present, Protocol: "5", Attempts: 3,
		NextTry: present + 1, Error: &coolant.BrokerProblem{Step: "connect", Code: "bad_credentials", Detail: "d", Hint: "h"},
		Warnings:    []coolant.BrokerProblem{{Step: "tls", Code: "certificate_ending", Detail: "d", Hint: "h"}},
		Certificate: &coolant.BrokerCertificate{Subject: "s", Issuer: "i", Expires: present, Ending: "s"},
		Separation:  coolant.Separation{State: coolant.SeparationBroken, Checked: present, Detail: "d"},
	},
	Quota: &coolant.Quota{
		Preset: "emqx-serverless", From: present, To: present + 2, Since: present + 1, Level: coolant.QuotaWarning,
		SessionMinutes: coolant.QuotaUse{Used: 800_000, Limit: 1_000_000, Projected: 1_100_000}, Bytes: coolant.QuotaUse{Used: .5},
	},
}

// busy is a server with something in every answer.
func busy(t *testing.T) (*fixture, http.Handler) {
	t.Helper()
	f := newFixture()
	f.hub.DeviceAdded(coolant.Device{ID: "loop", Name: "Loop", Created: present - coolant.Day})
	f.hub.DeviceAdded(coolant.Device{ID: "quiet", Created: present})
	f.hub.Document(coolant.DeviceDocument{
		Device: "loop", Kind: coolant.DocStatus, Received: present, Body: json.RawMessage(`{"state":"online","boot":"1","conn":1}`),
	})
	f.hub.Document(coolant.DeviceDocument{
		Device: "loop", Kind: coolant.DocInfo, Received: present, Body: json.RawMessage(`{"chip":"esp32","probes":[{"rom":"28-00"}]}`),
	})
	f.commit(minutes("loop", 100)...)
	f.commit(coolant.Sample{Device: "loop", Time: present + 1, Readings: []coolant.Reading{{Metric: "inlet", Quality: coolant.CRC}}})
	f.opts.Broker = func() coolant.BrokerStatus { return waitingBroker }
	f.opts.Twins = &fakeTwins{hub: f.hub}
	f.opts.Physics = fakePhysics{}
	f.hub.Twin(coolant.Twin{
		Device: "loop", Phase: coolant.TwinRefused, Desired: someDesired, Reported: coolant.Reported{Epoch: "e1", Version: 3, Refused: "no"},
	})
	f.hub.Document(coolant.DeviceDocument{Device: "loop", Kind: coolant.DocReported, Body: json.RawMessage(`{"version":3,"faults":["leak"]}`)})
	f.store.faults = []coolant.FaultSpan{{Device: "loop", Metric: "inlet", Quality: coolant.CRC, From: present, To: present + 1, Count: 2}}
	f.store.rejections = []coolant.Rejection{
		{ID: 2, Time: present, Device: "loop", Topic: "t", Code: coolant.RejectedValue, Detail: "d", Excerpt: "<é>", Count: 3},
		{ID: 1, Time: present, Code: coolant.RejectedCredential, Count: 1},
	}
	return f, f.handler(t)
}

func TestAnswersFitTheDocument(t *testing.T) {
	_, full := busy(t)
	empty := newFixture().handler(t)
	broken, _ := busy(t)
	broken.store.err = errors.New("secret: /var/lib/coolant.db is locked")
	broken.opts.Ready = func() map[string]error {
		return map[string]error{"store": errors.New("the disk is full"), "broker": nil, "a": errors.New("b")}
	}
	down := broken.handler(t)
	well := newFixture()
	well.opts.Broker = func() coolant.BrokerStatus {
		return coolant.BrokerStatus{Mode: coolant.BrokerRemote, Remote: &coolant.RemoteBroker{
			State: coolant.LinkConnected, Separation: coolant.Separation{State: coolant.SeparationUnproven},
		}}
	}
	doc := golden(t)
	for _, c := range []struct {
		name   string
		server http.Handler
		path   string // of the document
		target string
		status int
		code   coolant.Code
	}{
		{"devices", full, "/api/v1/devices", "/api/v1/devices", 200, ""},
		{"no devices", empty, "/api/v1/devices", "/api/v1/devices", 200, ""},
		{"device", full, "/api/v1/devices/{id}", "/api/v1/devices/loop", 200, ""},
		{"device without anything", full, "/api/v1/devices/{id}", "/api/v1/devices/quiet", 200, ""},
		{"unknown device", full, "/api/v1/devices/{id}", "/api/v1/devices/none", 404, coolant.CodeNotFound},
		{"no device id", full, "/api/v1/devices/{id}", "/api/v1/devices/UPPER", 400, coolant.CodeInvalid},
		{"series", full, "/api/v1/devices/{id}/series", "/api/v1/devices/loop/series", 200, ""},
		{"series of too long a range", full, "/api/v1/devices/{id}/series", "/api/v1/devices/loop/series?metrics=water&from=0&width=10000&to=" + num(present), 400, coolant.CodeInvalid},
		{"series as buckets", full, "/api/v1/devices/{id}/series", "/api/v1/devices/loop/series?width=10&metrics=water,ambient", 200, ""},
		{"series of nothing", full, "/api/v1/devices/{id}/series", "/api/v1/devices/quiet/series", 200, ""},
		{"series of an unknown device", full, "/api/v1/devices/{id}/series", "/api/v1/devices/none/series", 404, coolant.CodeNotFound},
		{"series when broken", down, "/api/v1/devices/{id}/series", "/api/v1/devices/loop/series", 500, coolant.CodeInternal},
		{"faults", full, "/api/v1/devices/{id}/faults", "/api/v1/devices/loop/faults", 200, ""},
		{"no faults", empty, "/api/v1/devices/{id}/faults", "/api/v1/devices/loop/faults", 404, coolant.CodeNotFound},
		{"faults when broken", down, "/api/v1/devices/{id}/faults", "/api/v1/devices/loop/faults", 500, coolant.CodeInternal},
		{"export", full, "/api/v1/devices/{id}/samples.csv", "/api/v1/devices/loop/samples.csv", 200, ""},
		{"export of an unknown device", full, "/api/v1/devices/{id}/samples.csv", "/api/v1/devices/none/samples.csv", 404, coolant.CodeNotFound},
		{"export when broken", down, "/api/v1/devices/{id}/samples.csv", "/api/v1/devices/loop/samples.csv", 500, coolant.CodeInternal},
		{"rejections", full, "/api/v1/rejections", "/api/v1/rejections", 200, ""},
		{"one rejection", full, "/api/v1/rejections", "/api/v1/rejections?limit=1", 200, ""},
		{"no rejections", empty, "/api/v1/rejections", "/api/v1/rejections", 200, ""},
		{"too many rejections", full, "/api/v1/rejections", "/api/v1/rejections?limit=1001", 400, coolant.CodeInvalid},
		{"rejections when broken", down, "/api/v1/rejections", "/api/v1/rejections", 500, coolant.CodeInternal},
		{"system", full, "/api/v1/system", "/api/v1/system", 200, ""},
		{"system when broken", down, "/api/v1/system", "/api/v1/system", 200, ""},
		{"broker", full, "/api/v1/broker", "/api/v1/broker", 200, ""},
		{"embedded broker", empty, "/api/v1/broker", "/api/v1/broker", 200, ""},
		{"broker that is well", well.handler(t), "/api/v1/broker", "/api/v1/broker", 200, ""},
		{"twin", full, "/api/v1/devices/{id}/twin", "/api/v1/devices/loop/twin", 200, ""},
		{"twin without anything", full, "/api/v1/devices/{id}/twin", "/api/v1/devices/quiet/twin", 200, ""},
		{"twin of an unknown device", full, "/api/v1/devices/{id}/twin", "/api/v1/devices/none/twin", 404, coolant.CodeNotFound},
		{"twin of no id", full, "/api/v1/devices/{id}/twin", "/api/v1/devices/UPPER/twin", 400, coolant.CodeInvalid},
		{"input", full, "/api/v1/devices/{id}/input", "/api/v1/devices/loop/input", 200, ""},
		{"input of an unknown device", full, "/api/v1/devices/{id}/input", "/api/v1/devices/none/input", 404, coolant.CodeNotFound},
		{"input of no id", full, "/api/v1/devices/{id}/input", "/api/v1/devices/UPPER/input", 400, coolant.CodeInvalid},
		{"versions", full, "/api/v1/devices/{id}/twin/versions", "/api/v1/devices/loop/twin/versions?before=4&limit=1", 200, ""},
		{"versions of an unknown device", full, "/api/v1/devices/{id}/twin/versions", "/api/v1/devices/none/twin/versions", 404, coolant.CodeNotFound},
		{"too many versions", full, "/api/v1/devices/{id}/twin/versions", "/api/v1/devices/loop/twin/versions?limit=0&before=x", 400, coolant.CodeInvalid},
		{"versions without control", empty, "/api/v1/devices/{id}/twin/versions", "/api/v1/devices/none/twin/versions", 404, coolant.CodeNotFound},
		{"physics", full, "/api/v1/devices/{id}/physics", "/api/v1/devices/loop/physics", 200, ""},
		{"physics without anything", full, "/api/v1/devices/{id}/physics", "/api/v1/devices/quiet/physics", 200, ""},
		{"physics of an unknown device", full, "/api/v1/devices/{id}/physics", "/api/v1/devices/none/physics", 404, coolant.CodeNotFound},
		{"physics of no id", full, "/api/v1/devices/{id}/physics", "/api/v1/devices/UPPER/physics", 400, coolant.CodeInvalid},
		{"data", full, "/data", "/data?hours=24", 200, ""},
		{"no data", empty, "/data", "/data", 200, ""},
		{"data when broken", down, "/data", "/data", 500, coolant.CodeInternal},
		{"ping", full, "/ping", "/ping", 200, ""},
		{"livez", down, "/livez", "/livez", 200, ""},
		{"ready", full, "/readyz", "/readyz", 200, ""},
		{"not ready", down, "/readyz", "/readyz", 503, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := get(c.server, c.target)
			if w.Code != c.status {
				t.Errorf("status %d, want %d: %s", w.Code, c.status, w.Body)
			}
			if err := doc.checkAnswer(c.path, w.Code, w.Header().Get("Content-Type"), w.Body.Bytes()); err != nil {
				t.Errorf("%v\n%s", err, w.Body)
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("an internal error is told outside: %s", w.Body)
			}
			if c.code != "" {
				var p Problem
				if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != c.code || p.Status != c.status || p.Detail == "" {
					t.Errorf("problem %+v (%v), want code %s", p, err, c.code)
				}
			}
		})
	}
}

// Every documented operation is in the table above or has a test of its own.
func TestDocumentedOperations(t *testing.T) {
	var got []string
	for path, methods := range golden(t).Paths {
		for method := range methods {
			got = append(got, method+" "+path)
		}
	}
	slices.Sort(got)
	want := []string{
		"get /api/v1/broker", "get /api/v1/devices", "get /api/v1/devices/{id}", "get /api/v1/devices/{id}/faults", "get /api/v1/devices/{id}/input",
		"get /api/v1/devices/{id}/physics", "get /api/v1/devices/{id}/samples.csv",
		"get /api/v1/devices/{id}/series", "get /api/v1/devices/{id}/twin", "get /api/v1/devices/{id}/twin/versions", "get /api/v1/rejections", "get /api/v1/stream", "get /api/v1/system",
		"get /data", "get /livez", "get /ping", "get /readyz",
		"post /api/v1/devices/{id}/commands", "post /api/v1/devices/{id}/input", "post /api/v1/devices/{id}/twin/return", "put /api/v1/devices/{id}/twin",
	}
	if !slices.Equal(got, want) {
		t.Errorf("operations %v", got)
	}
}

func TestProblemsNameEveryMistake(t *testing.T) {
	_, h := busy(t)
	w := get(h, "/api/v1/devices/loop/series?from=yesterday&to=-1&width=0&metrics=Water")
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	got := map[string]ProblemDetail{}
	for _, d := range p.Errors {
		got[d.Location] = d
	}
	for location, part := range map[string]string{
		"query.from": "RFC 3339", "query.to": "Unix milliseconds", "query.width": "from 1 to 10000", "query.metrics": "a letter a-z",
	} {
		if !strings.Contains(got[location].Message, part) {
			t.Errorf("%s: %+v does not say %q", location, got[location], part)
		}
		if !strings.Contains(p.Detail, location) {
			t.Errorf("the detail does not name %s: %s", location, p.Detail)
		}
	}
	if got["query.from"].Value != "yesterday" {
		t.Errorf("value %q", got["query.from"].Value)
	}
}

func TestUnknownPaths(t *testing.T) {
	_, h := busy(t)
	for _, c := range []struct {
		method, target string
		status         int
		allow          string
	}{
		{"GET", "/api", 404, ""},
		{"GET", "/api/", 404, ""},
		{"GET", "/api/v1/nothing", 404, ""},
		{"GET", "/api/v2/devices", 404, ""},
		{"GET", "/assets/nothing.js", 404, ""},
		{"GET", "/nothing", 404, ""},
		{"POST", "/api/v1/devices", 405, "GET, HEAD"},
		{"DELETE", "/api/v1/devices/loop", 405, "GET, HEAD"},
		{"POST", "/data", 405, "GET, HEAD"},
		{"BREW", "/ping", 405, "GET, HEAD"},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			w := request(h, c.method, c.target)
			var p Problem
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			if w.Code != c.status || p.Status != c.status || w.Header().Get("Content-Type") != problemType || w.Header().Get("Allow") != c.allow {
				t.Errorf("status %d, %v: %s", w.Code, w.Header(), w.Body)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	_, h := busy(t)
	for _, target := range []string{"/", "/api/v1/devices", "/api/v1/nothing", "/ping", "/readyz", "/api/docs"} {
		header := get(h, target).Header()
		csp := header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "script-src 'self';") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: Content-Security-Policy %q", target, csp)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") == "" {
			t.Errorf("%s: headers %v", target, header)
		}
	}
	if got := get(h, "/api/v1/devices").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("the API may be cached: %q", got)
	}
}

func TestCrossOrigin(t *testing.T) {
	_, h := busy(t)
	w := request(h, "POST", "/api/v1/devices", "Sec-Fetch-Site", "cross-site")
	if w.Code != 403 || w.Header().Get("Content-Type") != problemType {
		t.Errorf("a cross-site POST gets %d %s", w.Code, w.Body)
	}
}

func TestGuard(t *testing.T) {
	f, _ := busy(t)
	f.opts.Guard = func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	}
	h := f.handler(t)
	for target, open := range map[string]bool{
		"/ping": true, "/livez": true,
		"/": false, "/readyz": false, "/metrics": false, "/data": false, "/api/v1/devices": false, "/api/v1/stream": false,
		"/api/openapi.json": false, "/api/docs": false, "/nothing": false, "/ping/": false, "//ping": false,
	} {
		if got := get(h, target).Code; (got != http.StatusTeapot) != open {
			t.Errorf("%s: status %d", target, got)
		}
	}
}

func TestPanicIsAnInternalError(t *testing.T) {
	f, _ := busy(t)
	f.opts.Ready = func() map[string]error { panic("secret") }
	w := get(f.handler(t), "/readyz")
	if w.Code != 500 || strings.Contains(w.Body.String(), "secret") || w.Header().Get("Content-Type") != problemType {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestHead(t *testing.T) {
	_, h := busy(t)
	for _, target := range []string{"/api/v1/devices", "/api/v1/devices/loop/series", "/api/v1/devices/loop/samples.csv", "/api/v1/stream", "/", "/ping"} {
		if w := request(h, "HEAD", target); w.Code != 200 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{}); err == nil {
		t.Error("a server without store and hub is made")
	}
	for _, base := range []string{"/a\"b", "/a b", "/<x>", "/?x", `/a\b`} {
		f := newFixture()
		f.opts.BasePath = base
		if _, err := New(f.opts); coolant.CodeOf(err) != coolant.CodeInvalid {
			t.Errorf("base path %q: %v", base, err)
		}
	}
}
