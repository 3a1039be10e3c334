package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"coolant"
)

// maxBody bounds what a request may carry; no route needs more.
const maxBody = 64 << 10

// server holds what the handlers share.
type server struct {
	opts    Options
	log     *slog.Logger
	metrics *httpMetrics
	started coolant.UnixMilli
	buffers sync.Pool // of *[]byte, for answers that are made as a whole
	gzips   sync.Pool // of *gzip.Writer

	streams  atomic.Int64
	stopping chan struct{} // closed when the HTTP server shuts down
	stopOnce sync.Once
	watched  sync.Map // *http.Server -> struct{}: those that close stopping
}

// New makes the handler of everything that Coolant serves over HTTP. It serves
// until the HTTP server is shut down or the hub is closed; both end the event
// streams.
func New(opts Options) (http.Handler, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	s := &server{
		opts: opts, log: opts.Log, metrics: newHTTPMetrics(opts.Registerer),
		started: coolant.Milli(opts.Now()), stopping: make(chan struct{}),
	}
	mux := &ruledMux{ServeMux: http.NewServeMux()}
	document := s.newAPI(mux).OpenAPI()
	if err := s.addDocs(mux, document); err != nil {
		return nil, fmt.Errorf("prepare the documentation: %w", err)
	}
	if opts.Gatherer != nil {
		mux.Handle("GET /metrics", promhttp.HandlerFor(opts.Gatherer, promhttp.HandlerOpts{DisableCompression: true}))
	}
	pages, err := newPages(opts.UI, opts.BasePath)
	if err != nil {
		return nil, fmt.Errorf("prepare the UI: %w", err)
	}
	mux.Handle("GET /", pages)
	if err := mux.complete(); err != nil {
		return nil, err
	}
	return s.wrap(mux), nil
}

// wrap puts the layers around the routes, from the outside in: base path,
// measurement and recovery, headers, then for all but the two liveness routes
// the guard, who may see what, the check of cross-origin requests, and compression.
func (s *server) wrap(mux *ruledMux) http.Handler {
	routes := s.routes(mux)
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		newProblem(coolant.CodeForbidden, "A page of another origin may not change anything here.").write(w, r)
	}))
	guarded := s.opts.Guard(s.admit(mux, origin.Handler(s.compress(routes))))
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/ping" || r.URL.Path == "/livez" {
			routes.ServeHTTP(w, r)
			return
		}
		guarded.ServeHTTP(w, r)
	})
	return s.stripBase(s.observe(secure(h)))
}

// routes serves the mux, and answers what it does not know by a problem.
func (s *server) routes(mux *ruledMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		w.Header().Set("Cache-Control", "no-store") // unless the route knows better
		handler, pattern := mux.Handler(r)
		nameRoute(r, pattern)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		// The mux's own answer is plain text; only its status and headers count.
		miss := &discard{header: http.Header{}, status: http.StatusOK}
		handler.ServeHTTP(miss, r)
		if allow := miss.header.Get("Allow"); allow != "" {
			w.Header().Set("Allow", allow)
			problemFor(http.StatusMethodNotAllowed, coolant.CodeInvalid, "This path allows "+allow+".").write(w, r)
			return
		}
		notFound(w, r)
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	newProblem(coolant.CodeNotFound, "There is nothing at "+shorten(r.URL.Path)+".").write(w, r)
}

// discard takes an answer of which only the head matters.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// stripBase understands requests from proxies that keep the base path and from
// those that take it away.
func (s *server) stripBase(h http.Handler) http.Handler {
	base := s.opts.BasePath
	if base == "" {
		return h
	}
	strip := http.StripPrefix(base, h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == base:
			http.Redirect(w, r, base+"/", http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, base+"/"):
			strip.ServeHTTP(w, r)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// contentPolicy lets a page load only what the binary serves, and no inline
// script. Style attributes are allowed because charts and lists position what
// they draw by them; style elements are not.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; " +
	"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; " +
	"form-action 'self'; base-uri 'self'; frame-ancestors 'none'"

// secure sets the headers that every answer carries.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		next.ServeHTTP(w, r)
	})
}

// recovered answers a panic of a handler by an internal error, or by breaking
// off an answer that has begun.
func (s *server) recovered(w *recorder, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if clientGone(r, cause) {
		panic(http.ErrAbortHandler)
	}
	s.log.ErrorContext(r.Context(), "handler panicked",
		slog.String("path", r.URL.Path), slog.Any("cause", cause), slog.String("stack", string(debug.Stack())))
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	problemOf(fmt.Errorf("panic: %v", cause)).write(w, r)
}

// clientGone reports whether a handler panicked to break its answer off, or
// because nobody reads it any more, which is how huma reports that.
func clientGone(r *http.Request, cause any) bool {
	err, ok := cause.(error)
	if !ok {
		return false
	}
	_, network := errors.AsType[*net.OpError](err)
	return network || errors.Is(err, http.ErrAbortHandler) || r.Context().Err() != nil && errors.Is(err, context.Canceled)
}

// buffer lends an empty buffer; give it back by keep.
func (s *server) buffer() *[]byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		*b = (*b)[:0]
		return b
	}
	return new(make([]byte, 0, 64<<10))
}

// keep takes a buffer back, unless it grew so large that it would be a waste.
func (s *server) keep(b *[]byte) {
	if cap(*b) <= 8<<20 {
		s.buffers.Put(b)
	}
}
