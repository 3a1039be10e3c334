package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type httpMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	streams  prometheus.Gauge
	sent     prometheus.Counter
	ended    *prometheus.CounterVec
}

// The reasons for which a stream ends, as labels.
const (
	endedByClient   = "client"
	endedTooSlow    = "too_slow" // the hub dropped it, or a write timed out
	endedByShutdown = "shutdown"
)

func newHTTPMetrics(reg prometheus.Registerer) *httpMetrics {
	m := &httpMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_http_requests_total", Help: "HTTP requests answered, by route, method and status.",
		}, []string{"route", "method", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "coolant_http_request_duration_seconds", Help: "Time to answer HTTP requests, event streams excluded.",
			Buckets: []float64{.0005, .001, .002, .003, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"route"}),
		streams: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "coolant_http_streams", Help: "Event streams that are open now.",
		}),
		sent: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "coolant_http_stream_events_total", Help: "Events sent over event streams.",
		}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "coolant_http_streams_ended_total", Help: "Event streams that ended, by reason.",
		}, []string{"reason"}),
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.duration, m.streams, m.sent, m.ended)
	}
	return m
}

// route learns, deep inside, which route a request took.
type route struct{ pattern string }

type routeKey struct{}

// nameRoute notes the mux's pattern, without its method, for the metrics.
func nameRoute(r *http.Request, pattern string) {
	if at, ok := r.Context().Value(routeKey{}).(*route); ok {
		_, path, found := strings.Cut(pattern, " ")
		if !found {
			path = pattern
		}
		at.pattern = path
	}
}

// observe counts and times requests, and recovers from panics.
func (s *server) observe(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		at := &route{pattern: "none"}
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), routeKey{}, at))
		defer func() {
			if at.pattern == "" {
				at.pattern = "none"
			}
			s.metrics.requests.WithLabelValues(at.pattern, knownMethod(r.Method), strconv.Itoa(rec.code())).Inc()
			if at.pattern != streamPath {
				s.metrics.duration.WithLabelValues(at.pattern).Observe(time.Since(begin).Seconds())
			}
		}()
		defer s.recovered(rec, r)
		next.ServeHTTP(rec, r)
	})
}

// knownMethod bounds the values of the label: a method can be any word.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// recorder notes the status of an answer.
type recorder struct {
	http.ResponseWriter
	status int
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) code() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
