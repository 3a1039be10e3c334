package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"coolant"
	"coolant/internal/live"
)

// Audience says what whoever sent a request may see. Each sees what those before it
// see, and more.
type Audience int

// The audiences, from the least. Only the owner may change anything.
const (
	Nobody Audience = iota // /ping and /livez
	Viewer                 // charts and history, without what tells of the owner's network
	Reader                 // everything that can be read
	Owner                  // everything
)

// rules say, for each route that reads, who may see it at least. A route that is
// not here cannot be registered; one that changes something is the owner's.
var rules = map[string]Audience{
	"/ping":  Nobody,
	"/livez": Nobody,

	"/":                                Viewer, // the pages and their files; they show what they may fetch
	"/data":                            Viewer,
	"/readyz":                          Viewer, // without the details of what is wrong
	"/api/openapi.json":                Viewer,
	"/api/docs":                        Viewer,
	"/api/docs/style.css":              Viewer,
	"/api/docs/script.js":              Viewer,
	"/api/docs/icon.svg":               Viewer,
	"/api/v1/devices":                  Viewer,
	"/api/v1/devices/{id}":             Viewer,
	"/api/v1/devices/{id}/series":      Viewer,
	"/api/v1/devices/{id}/faults":      Viewer,
	"/api/v1/devices/{id}/samples.csv": Viewer,
	"/api/v1/devices/{id}/physics":     Viewer,
	"/api/v1/stream":                   Viewer, // without refusals and the broker

	"/api/v1/devices/{id}/twin":          Reader,
	"/api/v1/devices/{id}/twin/versions": Reader, // who changed what
	"/api/v1/devices/{id}/input":         Reader,

	"/metrics":           Reader,
	"/api/v1/system":     Reader,
	"/api/v1/rejections": Reader, // excerpts of what strangers sent
	"/api/v1/broker":     Reader, // addresses and user names
}

// least is the least audience of the route with that pattern of the mux.
func least(pattern string) (Audience, bool) {
	method, path, _ := strings.Cut(pattern, " ")
	if method != http.MethodGet {
		return Owner, true
	}
	a, known := rules[path]
	return a, known
}

// ruledMux is a mux that takes only routes of which it is known who may see them.
type ruledMux struct {
	*http.ServeMux
	patterns []string
	unruled  []string
}

func (m *ruledMux) Handle(pattern string, handler http.Handler) {
	if _, known := least(pattern); !known {
		m.unruled = append(m.unruled, pattern)
	}
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, handler)
}

func (m *ruledMux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(handler))
}

// complete reports the routes of which nobody said who may see them.
func (m *ruledMux) complete() error {
	if len(m.unruled) > 0 {
		return fmt.Errorf("api: no rule says who may see %s", strings.Join(slices.Sorted(slices.Values(m.unruled)), ", "))
	}
	return nil
}

type audienceKey struct{}

// audience is who reads the answer. Without a word of it, it is the least.
func audience(ctx context.Context) Audience {
	a, _ := ctx.Value(audienceKey{}).(Audience)
	return a
}

func withAudience(ctx context.Context, a Audience) context.Context {
	return context.WithValue(ctx, audienceKey{}, a)
}

// admit lets a request through to what its audience may see, and answers others by
// a problem that says what would open it.
func (s *server) admit(mux *ruledMux, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := s.opts.Audience(r)
		if who != Owner {
			_, pattern := mux.Handler(r)
			need, known := least(pattern)
			reads := r.Method == http.MethodGet || r.Method == http.MethodHead
			if pattern == "" && reads {
				need, known = Viewer, true // there is nothing to see
			}
			if !reads || !known || who < need {
				nameRoute(r, pattern)
				refusal(reads, need).write(w, r)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(withAudience(r.Context(), who)))
	})
}

// refusal says what would open what is asked for.
func refusal(reads bool, need Audience) *Problem {
	const here = "on the machine it runs on, or through an SSH tunnel to it"
	switch {
	case !reads:
		return newProblem(coolant.CodeForbidden, "There are no accounts yet, so anything is changed only "+here+".")
	case need == Viewer:
		return newProblem(coolant.CodeForbidden, "There are no accounts yet, so this is read only "+here+". The setting http.public opens it: view or all.")
	}
	return newProblem(coolant.CodeForbidden, "There are no accounts yet, so this is read only "+here+". The setting http.public opens it: all.")
}

// shown is the form of a device that the audience may see.
func shown(ctx context.Context, v *live.DeviceView) *live.DeviceView {
	if audience(ctx) < Reader {
		return v.Public()
	}
	return v
}
