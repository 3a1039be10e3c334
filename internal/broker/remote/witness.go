package remote

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"
	"time"
)

// witness is the service's side of a check: it notes which of the messages that
// are expected, or feared, came through. Everything else that a busy broker
// delivers meanwhile is dropped, so that nothing is ever missed for it.
type witness struct {
	mu     sync.Mutex
	came   map[string]bool // by topic and payload; false: not yet
	change chan struct{}   // closed when came changes
}

func newWitness() *witness {
	return &witness{came: map[string]bool{}, change: make(chan struct{})}
}

// expect returns a payload that nobody else will publish to the topic, and notes
// it from now on.
func (w *witness) expect(topic string) (word string) {
	word = unique("check")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.came[topic+" "+word] = false
	return word
}

// unique is the reply to a command that nobody gave: a payload that can be
// recognised, and that disturbs nobody who hears it.
func unique(what string) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return `{"id":"coolant-` + what + "-" + hex.EncodeToString(b[:]) + `","ok":true}`
}

// isTrial reports whether a payload is a word of a check, which is no message of a
// device although it stands on its topic.
func isTrial(payload []byte) bool { return bytes.HasPrefix(payload, []byte(`{"id":"coolant-check-`)) }

// arrived is told of every message.
func (w *witness) arrived(a arrival) {
	if a.ack != nil {
		defer a.ack()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	key := a.topic + " " + string(a.payload)
	if came, expected := w.came[key]; !expected || came {
		return
	}
	w.came[key] = true
	close(w.change)
	w.change = make(chan struct{})
}

// saw reports whether a message has come.
func (w *witness) saw(topic, word string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.came[topic+" "+word]
}

// wait waits until a message has come, for limit at the most. The error is why the
// service's connection ended meanwhile, or that of ctx.
func (w *witness) wait(ctx context.Context, server session, topic, word string, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	for {
		w.mu.Lock()
		came, change := w.came[topic+" "+word], w.change
		w.mu.Unlock()
		if came {
			return nil
		}
		select {
		case <-change:
		case <-timer.C:
			return nil
		case <-server.ended():
			if p := server.why(); p != nil {
				return p
			}
			return problemf(stepSession, "connection_lost", "the service's connection ended during the check")
		case <-ctx.Done():
			return problemf(stepSession, "timeout", "the check was broken off: %s", ctx.Err())
		}
	}
}
