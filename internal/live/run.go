package live

import (
	"context"
	"time"
)

// lookout is how often devices are looked at for health that changes by time.
const lookout = time.Second

// Run notices what changes by time alone, sends [Tick] events, and forgets
// events that nobody can come back for. It returns when ctx is done, after
// ending every subscription.
func (h *Hub) Run(ctx context.Context) error {
	defer h.Close()
	look := time.NewTicker(lookout)
	defer look.Stop()
	tick := time.NewTicker(h.opts.Tick)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			h.look()
		case <-tick.C:
			h.tick()
		}
	}
}

// Close ends every subscription, and each later one at once. A server calls it
// before it waits for its handlers.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for s := range h.subs {
		h.drop(s)
	}
}

// Closed reports whether the hub was closed.
func (h *Hub) Closed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

func (h *Hub) look() {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for _, d := range h.ordered {
		if d.due != 0 && now >= d.due && d.judge(h.opts.Limits, h.silence, now) {
			h.changed(d)
		}
	}
	if !h.idle && len(h.subs) == 0 && h.opts.Now().Sub(h.left) > h.opts.Linger {
		h.idle = true
		h.recent = nil
		h.ring.clear(h.seq)
	}
	h.wake()
}

func (h *Hub) tick() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.heard() {
		h.publish(&Tick{Time: h.now()})
		h.wake()
	}
}
