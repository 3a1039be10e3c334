package api

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/live"
)

// frame is one block of an event stream.
type frame struct{ id, event, data, comment, retry string }

// viewer reads an event stream as a browser does.
type viewer struct {
	t      *testing.T
	cancel context.CancelFunc
	resp   *http.Response
	lines  *bufio.Reader
}

func view(t *testing.T, url string, header ...string) *viewer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	v := &viewer{t: t, cancel: cancel, resp: resp, lines: bufio.NewReader(resp.Body)}
	t.Cleanup(v.leave)
	return v
}

func (v *viewer) leave() {
	v.cancel()
	_ = v.resp.Body.Close()
}

// next reads one block; ok is false at the end of the stream.
func (v *viewer) next() (f frame, ok bool) {
	v.t.Helper()
	for {
		line, err := v.lines.ReadString('\n')
		if err != nil {
			return f, false
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			return f, true
		}
		key, value, _ := strings.Cut(line, ": ")
		switch key {
		case "id":
			f.id = value
		case "event":
			f.event = value
		case "data":
			f.data = value
		case "retry":
			f.retry = value
		case "":
			f.comment = value
		default:
			v.t.Errorf("line %q", line)
		}
	}
}

// event reads up to the next event.
func (v *viewer) event() frame {
	v.t.Helper()
	for {
		f, ok := v.next()
		if !ok {
			v.t.Fatal("the stream ended")
		}
		if f.event != "" {
			return f
		}
	}
}

func serve(t *testing.T, f *fixture) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(f.handler(t))
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		srv.Close()
	})
	return srv
}

func TestStream(t *testing.T) {
	f, _ := busy(t)
	srv := serve(t, f)
	v := view(t, srv.URL+streamPath, "Accept-Encoding", "gzip")
	if ct, ce := v.resp.Header.Get("Content-Type"), v.resp.Header.Get("Content-Encoding"); ct != "text/event-stream" || ce != "" {
		t.Errorf("content type %q, encoding %q", ct, ce)
	}
	if first, _ := v.next(); first.retry == "" {
		t.Errorf("begins with %+v", first)
	}
	seen := map[string]frame{}
	snapshot := v.event()
	seen[snapshot.event] = snapshot

	at := func(d coolant.UnixMilli) coolant.Sample {
		return coolant.Sample{Device: "loop", Time: present + d, Readings: []coolant.Reading{{Metric: "water", Value: 31.25}, {Metric: "inlet", Quality: coolant.CRC}}}
	}
	f.commit(at(60_000), at(-coolant.Day))
	f.hub.DeviceAdded(coolant.Device{ID: "third", Created: present})
	f.hub.DeviceRemoved("third")
	f.hub.Broker(waitingBroker)
	f.hub.Rejected(f.store.rejections[0])
	var last string
	for seen["rejected"].id == "" {
		e := v.event()
		seen[e.event], last = e, e.id
	}
	doc := golden(t)
	for name, schema := range map[string]string{
		"snapshot": "SnapshotEvent", "samples": "SamplesEvent", "backfill": "BackfillEvent", "device": "DeviceView",
		"removed": "RemovedEvent", "rejected": "Rejection", "broker": "BrokerStatus",
	} {
		e := seen[name]
		if err := doc.check(doc.Components.Schemas[schema], []byte(e.data)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, e.data)
		}
		if !strings.HasPrefix(e.id, f.hub.Epoch()+"-") {
			t.Errorf("%s has the id %q", name, e.id)
		}
	}
	if want := `{"device":"loop","samples":[{"time":1769846460000,"values":{"water":31.25},"faults":{"inlet":"crc"}}]}`; seen["samples"].data != want {
		t.Errorf("samples %s, want %s", seen["samples"].data, want)
	}

	// Both ways to resume go on behind the last event; a header wins.
	f.hub.DeviceRemoved("quiet")
	for name, again := range map[string]*viewer{
		"header": view(t, srv.URL+streamPath+"?last_event_id=0-0", "Last-Event-ID", last),
		"query":  view(t, srv.URL+streamPath+"?last_event_id="+last),
	} {
		if e := again.event(); e.event != "removed" || e.data != `{"device":"quiet"}` {
			t.Errorf("resumed by %s with %+v", name, e)
		}
	}
	if e := view(t, srv.URL+streamPath, "Last-Event-ID", "0123456789abcdef-1").event(); e.event != "snapshot" {
		t.Errorf("an unknown epoch gets %+v", e)
	}
}

func TestStreamEndsAtShutdown(t *testing.T) {
	for name, stop := range map[string]func(*fixture, *httptest.Server){
		"server": func(_ *fixture, srv *httptest.Server) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := srv.Config.Shutdown(ctx); err != nil {
				t.Errorf("shutdown waits for a stream: %v", err)
			}
		},
		"hub": func(f *fixture, _ *httptest.Server) { f.hub.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := busy(t)
			srv := serve(t, f)
			v := view(t, srv.URL+streamPath)
			v.event()
			stop(f, srv)
			for ok := true; ok; {
				_, ok = v.next()
			}
		})
	}
}

// The timeouts that protect the server from slow requests end no stream.
func TestStreamOutlivesTimeouts(t *testing.T) {
	const timeout = 50 * time.Millisecond
	f, _ := busy(t)
	f.opts.Heartbeat = timeout / 5
	srv := httptest.NewUnstartedServer(f.handler(t))
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = timeout, timeout
	srv.Start()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		srv.Close()
	})
	v := view(t, srv.URL+streamPath)
	for begin := time.Now(); time.Since(begin) < 4*timeout; {
		if _, ok := v.next(); !ok {
			t.Fatalf("the stream ended after %v", time.Since(begin))
		}
	}
}

func TestStreamHeartbeat(t *testing.T) {
	f, _ := busy(t)
	f.opts.Heartbeat = 5 * time.Millisecond
	v := view(t, serve(t, f).URL+streamPath)
	v.event()
	for range 3 {
		if e, ok := v.next(); !ok || e.comment == "" {
			t.Errorf("a silent stream brings %+v", e)
		}
	}
}

func TestStreamLimit(t *testing.T) {
	f, _ := busy(t)
	s := &server{opts: f.opts}
	s.streams.Store(maxStreams)
	_, err := s.stream(t.Context(), &streamInput{})
	if p := problemOf(err); p.Status != http.StatusServiceUnavailable || s.streams.Load() != maxStreams {
		t.Errorf("%v, %d streams", err, s.streams.Load())
	}
}

// stuckWriter is a connection whose other side stops reading after a while.
type stuckWriter struct {
	header   http.Header
	room     int
	deadline time.Time
	written  strings.Builder
}

func (w *stuckWriter) Header() http.Header { return w.header }
func (w *stuckWriter) WriteHeader(int)     {}
func (w *stuckWriter) Flush()              {}

func (w *stuckWriter) SetWriteDeadline(t time.Time) error {
	w.deadline = t
	return nil
}

func (w *stuckWriter) Write(p []byte) (int, error) {
	if w.room -= len(p); w.room < 0 {
		time.Sleep(time.Until(w.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	w.written.Write(p)
	return len(p), nil
}

// A viewer that stops reading is left behind after writeWait, and nobody waits
// for it meanwhile.
func TestStreamSlowViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Options{Ring: 64})
		s := &server{opts: Options{Hub: hub, Heartbeat: time.Hour}, metrics: newHTTPMetrics(nil), stopping: make(chan struct{})}
		w := &stuckWriter{header: http.Header{}, room: 4000}
		ended := make(chan string, 1)
		go func() { ended <- s.follow(w, asOwner(httptest.NewRequest(http.MethodGet, streamPath, nil)), "") }()
		begin := time.Now()
		for i := range 1000 {
			hub.Rejected(coolant.Rejection{ID: int64(i), Detail: "something"})
			if i%10 == 0 {
				synctest.Wait()
			}
		}
		if took := time.Since(begin); took != 0 {
			t.Errorf("publishing waited %v for a viewer", took)
		}
		if reason := <-ended; reason != endedTooSlow {
			t.Errorf("ended by %s", reason)
		}
		if took := time.Since(begin); took > writeWait+time.Second {
			t.Errorf("it took %v to leave the viewer behind", took)
		}
		if !w.deadline.IsZero() {
			t.Error("the write deadline outlives the stream")
		}
	})
}

// A busy stream is written in batches, an idle one at once.
func TestStreamPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := live.New(live.Options{})
		s := &server{opts: Options{Hub: hub, Heartbeat: time.Hour}, metrics: newHTTPMetrics(nil), stopping: make(chan struct{})}
		w := &countingWriter{stuckWriter: stuckWriter{header: http.Header{}, room: 1 << 30}}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan string, 1)
		go func() {
			ended <- s.follow(w, asOwner(httptest.NewRequest(http.MethodGet, streamPath, nil).WithContext(ctx)), "")
		}()
		time.Sleep(time.Second)
		synctest.Wait()
		before := w.writes
		hub.Rejected(coolant.Rejection{})
		synctest.Wait()
		if w.writes != before+1 {
			t.Error("an event after a pause waits")
		}
		for range 1000 { // one each millisecond
			hub.Rejected(coolant.Rejection{})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		if n := w.writes - before; n < 40 || n > 60 {
			t.Errorf("%d writes in a second", n)
		}
		cancel()
		if reason := <-ended; reason != endedByClient {
			t.Errorf("ended by %s", reason)
		}
		if n := strings.Count(w.written.String(), "event: rejected"); n != 1001 {
			t.Errorf("%d events arrived", n)
		}
	})
}

type countingWriter struct {
	stuckWriter
	writes int
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.writes++
	return w.stuckWriter.Write(p)
}

func TestMetrics(t *testing.T) {
	f, _ := busy(t)
	reg := prometheus.NewRegistry()
	f.opts.Registerer, f.opts.Gatherer = reg, reg
	h := f.handler(t)
	get(h, "/api/v1/devices/loop")
	get(h, "/api/v1/devices/none")
	get(h, "/nothing")
	request(h, "BREW", "/ping")
	w := get(h, "/metrics")
	for _, line := range []string{
		`coolant_http_requests_total{code="200",method="GET",route="/api/v1/devices/{id}"} 1`,
		`coolant_http_requests_total{code="404",method="GET",route="/"} 1`,
		`coolant_http_requests_total{code="404",method="GET",route="/api/v1/devices/{id}"} 1`,
		`coolant_http_requests_total{code="405",method="other",route="none"} 1`,
		`coolant_http_request_duration_seconds_count{route="/api/v1/devices/{id}"} 2`,
		`coolant_http_streams 0`,
	} {
		if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
			t.Errorf("no line %s in\n%s", line, w.Body)
		}
	}
}

func TestListedDevicesDecode(t *testing.T) {
	_, h := busy(t)
	var list struct {
		Devices []live.DeviceView `json:"devices"`
	}
	data, err := io.ReadAll(get(h, "/api/v1/devices").Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	loop := list.Devices[0]
	if loop.ID != "loop" || loop.Name != "Loop" || !loop.Primary || loop.Health != coolant.HealthFault || loop.IntervalMS != 60_000 ||
		loop.Limits.Critical != 50 || len(loop.Newest) != 3 || loop.Newest[1].Metric != "inlet" || loop.Newest[1].Value != nil {
		t.Errorf("%s", data)
	}
}
