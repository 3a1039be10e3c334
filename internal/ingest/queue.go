package ingest

import (
	"sync"
	"time"
	"unsafe"

	"coolant"
	"coolant/internal/wire"
)

// errStopped tells a receipt that its message is not stored because ingest ends.
var errStopped = coolant.Errorf(coolant.CodeUnavailable, "the server is stopping")

// errFull tells a receipt that its message is not stored because there was no room
// for it in time.
var errFull = coolant.Errorf(coolant.CodeUnavailable, "too much waits to be stored")

// entry is a message that waits for its commit. Its samples are those of the
// batch from the end of the entry before it up to its own.
type entry struct {
	receipt wire.Receipt
	token   uint64
	topic   string
	end     int
	size    int
	err     error // what the receipt hears after the commit
}

// batch is what has queued since the committer looked last.
type batch struct {
	entries []entry
	samples []coolant.Sample
	oldest  time.Time // when its first message was queued
}

// queue holds the messages between Accept and the committer, bounded by their
// number and memory. Two batches take turns, so that nothing is allocated for
// them while the rate stays.
type queue struct {
	maxMessages, maxBytes int

	mu       sync.Mutex
	work     sync.Cond // there is something to commit, or the end
	room     sync.Cond // there is room again, or the end
	filling  *batch
	spare    *batch
	messages int // of filling and of what the committer has in hand
	bytes    int
	waiting  int // callers of add that wait for room
	closed   bool
	slab     []coolant.Reading // what readings are cut from
}

func newQueue(maxMessages, maxBytes int) *queue {
	q := &queue{maxMessages: maxMessages, maxBytes: maxBytes, filling: new(batch), spare: new(batch)}
	q.work.L, q.room.L = &q.mu, &q.mu
	return q
}

// slabSize is how many readings are allocated at once: few enough that a reading
// which an observer keeps does not hold much memory.
const slabSize = 256

const (
	entrySize   = int(unsafe.Sizeof(entry{}))
	sampleSize  = int(unsafe.Sizeof(coolant.Sample{}))
	readingSize = int(unsafe.Sizeof(coolant.Reading{}))
)

// add copies the samples into the batch that is filling. It blocks while the
// queue is full, for at most holdBack. The error is errFull then, or errStopped if
// the queue is closed.
func (q *queue) add(e entry, samples []coolant.Sample, now func() time.Time) error {
	e.size = entrySize
	for i := range samples {
		e.size += sampleSize + len(samples[i].Readings)*readingSize
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.full(e.size) && !q.wait(e.size) {
		return errFull
	}
	if q.closed {
		return errStopped
	}
	b := q.filling
	for i := range samples {
		s := samples[i]
		s.Readings = q.keep(s.Readings)
		b.samples = append(b.samples, s)
	}
	e.end = len(b.samples)
	b.entries = append(b.entries, e)
	q.messages++
	q.bytes += e.size
	if len(b.entries) == 1 {
		b.oldest = now()
		q.work.Signal()
	}
	return nil
}

// wait waits until there is room or the queue is closed, and returns false if that
// takes too long. The caller holds q.mu.
func (q *queue) wait(size int) bool {
	late := false
	defer time.AfterFunc(holdBack, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		late = true
		q.room.Broadcast()
	}).Stop()
	q.waiting++
	defer func() { q.waiting-- }()
	for !q.closed && q.full(size) {
		if late {
			return false
		}
		q.room.Wait()
	}
	return true
}

// full says whether there is no room for another message; an empty queue has
// room for any.
func (q *queue) full(size int) bool {
	return q.messages > 0 && (q.messages >= q.maxMessages || q.bytes+size > q.maxBytes)
}

// keep copies readings into memory that lasts.
func (q *queue) keep(readings []coolant.Reading) []coolant.Reading {
	n := len(readings)
	if n == 0 {
		return nil
	}
	if n > len(q.slab) {
		q.slab = make([]coolant.Reading, max(slabSize, n))
	}
	kept := q.slab[:n:n]
	q.slab = q.slab[n:]
	copy(kept, readings)
	return kept
}

// take waits for messages and returns all that have queued; nil when the queue
// is closed and empty. The batch before it must have been given back.
func (q *queue) take() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.filling.entries) == 0 && !q.closed {
		q.work.Wait()
	}
	return q.swap()
}

// takeNow is take without the waiting.
func (q *queue) takeNow() *batch {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.swap()
}

func (q *queue) swap() *batch {
	if len(q.filling.entries) == 0 {
		return nil
	}
	b := q.filling
	q.filling, q.spare = q.spare, nil
	return b
}

// spareLimit is the greatest batch whose memory is kept for the next ones.
const spareLimit = 1 << 15

// giveBack returns the memory of a batch whose messages are all released.
func (q *queue) giveBack(b *batch) {
	clear(b.entries)
	clear(b.samples)
	b.entries, b.samples = b.entries[:0], b.samples[:0]
	if cap(b.entries)+cap(b.samples) > spareLimit {
		b = new(batch)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spare = b
}

// release makes room for as many messages as were settled.
func (q *queue) release(entries []entry) {
	bytes := 0
	for i := range entries {
		bytes += entries[i].size
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.messages -= len(entries)
	q.bytes -= bytes
	if q.waiting > 0 {
		q.room.Broadcast()
	}
}

// close lets add refuse and take end.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.work.Broadcast()
	q.room.Broadcast()
}

// pending is how many messages are not settled.
func (q *queue) pending() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return float64(q.messages)
}
