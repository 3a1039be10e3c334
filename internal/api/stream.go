package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"coolant"
	"coolant/internal/live"
)

const (
	streamPath = "/api/v1/stream"
	// maxStreams bounds what viewers can hold open.
	maxStreams = 1000
	// writeWait is how long a viewer may take to read what was sent.
	writeWait = 10 * time.Second
	// pace is the least time between two writes to one viewer. The first event
	// after a pause goes out at once; a busy stream is sent in batches, so that a
	// hundred viewers do not cost a hundred writes for each commit.
	pace = 20 * time.Millisecond
	// streamChunk is how much is collected before it is written.
	streamChunk = 64 << 10
	retryHint   = "retry: 2000\n\n"
	heartbeat   = ": still here\n\n"
)

func (s *server) stream(_ context.Context, in *streamInput) (*huma.StreamResponse, error) {
	if s.streams.Add(1) > maxStreams {
		s.streams.Add(-1)
		return nil, newProblem(coolant.CodeUnavailable, "Too many event streams are open; try again later.")
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer s.streams.Add(-1)
		r, w := humago.Unwrap(ctx)
		if r.Method == http.MethodHead {
			w.Header().Set("Content-Type", "text/event-stream")
			return
		}
		s.metrics.streams.Inc()
		defer s.metrics.streams.Dec()
		s.metrics.ended.WithLabelValues(s.follow(w, r, cmp.Or(string(in.LastEventID), string(in.Last)))).Inc()
	}}, nil
}

// follow sends events until the client leaves, the hub drops it, or the server
// stops, and says which.
func (s *server) follow(w http.ResponseWriter, r *http.Request, lastEventID string) string {
	s.watch(r)
	sub := s.opts.Hub.Subscribe(lastEventID)
	defer sub.Close()

	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // asks proxies not to collect
	out := &eventWriter{w: w, rc: http.NewResponseController(w), hub: s.opts.Hub, all: audience(r.Context()) >= Reader}
	// The deadline must not outlive the answer: the connection may serve others.
	defer func() { _ = out.rc.SetWriteDeadline(time.Time{}) }()
	out.buf = append(out.buf, retryHint...)
	if out.flush() != nil {
		return endedByClient
	}

	beat := time.NewTimer(s.opts.Heartbeat)
	defer beat.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select { // no two writes closer than pace
		case <-rest.C:
		case <-r.Context().Done():
			return endedByClient
		case <-s.stopping:
			return endedByShutdown
		}
		select {
		case <-sub.Ready():
			sent, open, err := out.drain(sub)
			s.metrics.sent.Add(float64(sent))
			switch {
			case err != nil && r.Context().Err() == nil:
				return endedTooSlow
			case err != nil:
				return endedByClient
			case !open && s.opts.Hub.Closed():
				return endedByShutdown
			case !open:
				return endedTooSlow
			}
			if sent > 0 {
				beat.Reset(s.opts.Heartbeat)
			}
			rest.Reset(pace)
		case <-beat.C:
			out.buf = append(out.buf, heartbeat...)
			if out.flush() != nil {
				return endedByClient
			}
			beat.Reset(s.opts.Heartbeat)
			rest.Reset(0)
		case <-r.Context().Done():
			return endedByClient
		case <-s.stopping:
			return endedByShutdown
		}
	}
}

// watch makes the shutdown of the HTTP server end the streams. Shutdown waits
// for handlers, and a stream would never end by itself.
func (s *server) watch(r *http.Request) {
	srv, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok {
		return
	}
	if _, seen := s.watched.LoadOrStore(srv, struct{}{}); !seen {
		srv.RegisterOnShutdown(func() { s.stopOnce.Do(func() { close(s.stopping) }) })
	}
}

// eventWriter collects events and writes them in batches.
type eventWriter struct {
	w      http.ResponseWriter
	rc     *http.ResponseController
	hub    *live.Hub
	all    bool // whether the viewer gets every event, in full
	buf    []byte
	events []*live.Entry
}

// drain sends everything that there is for this viewer, and counts it. open is
// false when the hub has ended the subscription.
func (o *eventWriter) drain(sub *live.Subscription) (sent int, open bool, err error) {
	for {
		var more bool
		o.events, more, open = sub.Take(o.events[:0])
		for _, e := range o.events {
			if !o.add(e) {
				continue
			}
			sent++
			if len(o.buf) >= streamChunk {
				if err := o.flush(); err != nil {
					return sent, open, err
				}
			}
		}
		clear(o.events)
		if !more || !open {
			return sent, open, o.flush()
		}
	}
}

// add reports whether the event is one that the viewer gets.
func (o *eventWriter) add(e *live.Entry) bool {
	var data []byte
	if o.all {
		data = e.JSON()
	} else if data = e.Public(); data == nil {
		return false
	}
	o.buf = append(o.buf, "id: "...)
	o.buf = o.hub.AppendID(o.buf, e)
	o.buf = append(o.buf, "\nevent: "...)
	o.buf = append(o.buf, e.Name()...)
	o.buf = append(o.buf, "\ndata: "...)
	o.buf = append(o.buf, data...)
	o.buf = append(o.buf, "\n\n"...)
	return true
}

// flush writes what was collected and pushes it to the network.
func (o *eventWriter) flush() error {
	if len(o.buf) == 0 {
		return nil
	}
	// Where there is no connection to set a deadline on, as in a test, none is
	// needed.
	_ = o.rc.SetWriteDeadline(time.Now().Add(writeWait))
	_, err := o.w.Write(o.buf)
	if cap(o.buf) > 4*streamChunk {
		o.buf = nil // a snapshot was large; what follows is small
	}
	o.buf = o.buf[:0]
	if err != nil {
		return err
	}
	return o.rc.Flush()
}
