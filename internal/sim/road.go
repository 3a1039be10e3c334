package sim

import (
	"context"
	"errors"
	"log/slog"
	"sync"
)

// errMoving is why nothing can be published between two endpoints.
var errMoving = errors.New("between two endpoints")

// road is a boot's way to its server: the link to one endpoint after the other,
// never to two at a time. Its methods are safe for concurrent use; it is a [link]
// itself.
type road struct {
	left func() // called when a link has been left
	log  *slog.Logger

	mu     sync.Mutex
	link   link // nil: between two
	next   link // to go over to
	moving bool // a goroutine is at it
	dark   bool // no network
	closed bool
	moves  sync.WaitGroup
}

func newRoad(first link, left func(), log *slog.Logger) *road {
	return &road{link: first, left: left, log: log}
}

// start begins to connect to the first endpoint.
func (r *road) start() error { return r.present().start() }

// follow leaves the present endpoint in order and takes another one. It does not
// wait. What is asked for last counts.
func (r *road) follow(next link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.next = next
	if !r.moving && !r.closed {
		r.moving = true
		r.moves.Go(r.move)
	}
}

func (r *road) move() {
	for {
		r.mu.Lock()
		old := r.link
		if r.next == nil || r.closed {
			r.moving = false
			r.mu.Unlock()
			return
		}
		r.link = nil
		r.mu.Unlock()
		if old != nil {
			old.stop(true)
			r.left()
		}
		r.mu.Lock()
		next := r.next
		if r.closed {
			r.moving = false
			r.mu.Unlock()
			return
		}
		r.next, r.link = nil, next
		next.network(!r.dark)
		r.mu.Unlock()
		if err := next.start(); err != nil {
			r.log.Warn("an endpoint cannot be used", "err", err)
		}
	}
}

func (r *road) present() link {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.link
}

// Publish implements [publisher].
func (r *road) Publish(ctx context.Context, topic string, payload []byte, retain bool) error {
	l := r.present()
	if l == nil {
		return errMoving
	}
	return l.Publish(ctx, topic, payload, retain)
}

// network takes the network away or gives it back.
func (r *road) network(there bool) {
	r.mu.Lock()
	r.dark = !there
	l := r.link
	r.mu.Unlock()
	if l != nil {
		l.network(there)
	}
}

// stop ends the road where it has got to.
func (r *road) stop(goodbye bool) {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.moves.Wait()
	if l := r.present(); l != nil {
		l.stop(goodbye)
	}
}
