package live

import (
	"strconv"
	"strings"
	"time"

	"coolant"
)

const (
	// batch is how many events a subscriber gets at once.
	batch = 512
	// A snapshot is shared by those who subscribe soon after each other, as all
	// viewers do after a restart; the events since then follow from the ring.
	snapshotShared = time.Second
	snapshotBehind = 512
)

// Subscription is one reader of the events. Its methods are for one goroutine.
type Subscription struct {
	hub     *Hub
	ready   chan struct{}
	first   *Entry // the snapshot to begin with; nil once it was taken
	seq     uint64 // number of the last event taken
	Resumed bool   // whether it goes on where lastEventID left off
	dropped bool
}

// Subscribe starts to read after the event whose id is lastEventID. If that is
// empty, of another epoch, or no longer known, the first event is a [Snapshot].
// The caller must call Close.
func (h *Hub) Subscribe(lastEventID string) *Subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Subscription{hub: h, ready: make(chan struct{}, 1)}
	if h.closed {
		s.dropped = true
		close(s.ready)
		return s
	}
	if h.idle {
		h.idle = false
		h.ring.clear(h.seq)
	}
	if seq, ok := h.resumable(lastEventID); ok {
		s.seq, s.Resumed = seq, true
	} else {
		s.first = h.snapshotEntry()
		s.seq = s.first.Seq
	}
	h.subs[s] = struct{}{}
	if s.first != nil || s.seq < h.seq {
		s.ready <- struct{}{}
	}
	return s
}

// ID is the id of an event for Last-Event-ID.
func (h *Hub) ID(e *Entry) string { return string(h.AppendID(nil, e)) }

// AppendID appends the id of an event to dst.
func (h *Hub) AppendID(dst []byte, e *Entry) []byte {
	dst = append(append(dst, h.epoch...), '-')
	return strconv.AppendUint(dst, e.Seq, 10)
}

func (h *Hub) resumable(id string) (seq uint64, ok bool) {
	epoch, number, found := strings.Cut(id, "-")
	if !found || epoch != h.epoch {
		return 0, false
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	if err != nil || seq < h.ring.floor || seq > h.seq {
		return 0, false
	}
	return seq, true
}

// Ready is signalled when there is something to take. It is closed when the
// hub has dropped the subscriber, which was too slow, or was closed.
func (s *Subscription) Ready() <-chan struct{} { return s.ready }

// Take appends the next events to dst. more says that there are further ones;
// ok is false when the hub has dropped the subscriber.
func (s *Subscription) Take(dst []*Entry) (events []*Entry, more, ok bool) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.dropped {
		return dst, false, false
	}
	if s.first != nil {
		dst = append(dst, s.first)
		s.first = nil
	}
	before := len(dst)
	dst = h.ring.after(dst, s.seq, batch)
	s.seq += uint64(len(dst) - before)
	return dst, s.seq < h.seq, true
}

// Close ends the subscription.
func (s *Subscription) Close() {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if !s.dropped {
		h.drop(s)
	}
}

// drop ends s; the hub is locked.
func (h *Hub) drop(s *Subscription) {
	s.dropped = true
	delete(h.subs, s)
	close(s.ready)
	if len(h.subs) == 0 {
		h.left = h.opts.Now()
	}
}

// heard reports whether anyone reads events or may come back for them. If not,
// it counts the event that the caller need not make, so that nobody resumes past
// it.
func (h *Hub) heard() bool {
	if h.idle {
		h.seq++
		h.ring.floor = h.seq
	}
	return !h.idle
}

// publish gives e the next number.
func (h *Hub) publish(e Event) {
	h.seq++
	h.ring.push(&Entry{Seq: h.seq, Event: e})
	h.metrics.published(e)
}

// wake tells every subscriber that there is something to take, and drops those
// that did not keep up with the ring.
func (h *Hub) wake() {
	for s := range h.subs {
		switch {
		case s.seq < h.ring.floor:
			h.drop(s)
			h.metrics.dropped.Inc()
		case s.seq < h.seq:
			select {
			case s.ready <- struct{}{}:
			default: // it has not taken the last signal yet
			}
		}
	}
}

// Snapshot returns the whole board as it is now.
func (h *Hub) Snapshot() *Snapshot {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.snapshot()
}

func (h *Hub) snapshot() *Snapshot {
	snap := &Snapshot{Epoch: h.epoch, Seq: h.seq, Time: h.now(), Devices: make([]*DeviceView, len(h.ordered))}
	for i, d := range h.ordered {
		snap.Devices[i] = d.show(h.opts.Limits, h.silence)
	}
	return snap
}

// snapshotEntry returns a snapshot that the ring can continue.
func (h *Hub) snapshotEntry() *Entry {
	now := h.opts.Now()
	if r := h.recent; r != nil && now.Sub(h.taken) < snapshotShared && h.seq-r.Seq <= snapshotBehind && r.Seq >= h.ring.floor {
		return r
	}
	snap := h.snapshot()
	h.recent, h.taken = &Entry{Seq: snap.Seq, Event: snap}, now
	return h.recent
}

// Device returns one device; ok is false if it is not on the board.
func (h *Hub) Device(id coolant.DeviceID) (v *DeviceView, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.devices[id]
	if d == nil {
		return nil, false
	}
	return d.show(h.opts.Limits, h.silence), true
}

// Primary returns the device that the article's endpoints show; ok is false
// while there is no device at all.
func (h *Hub) Primary() (v *DeviceView, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.primary == nil {
		return nil, false
	}
	return h.primary.show(h.opts.Limits, h.silence), true
}
