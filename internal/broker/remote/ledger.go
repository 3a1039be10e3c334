package remote

import (
	"context"
	"math"
	"sync"

	"coolant"
)

// ledger holds the messages of one connection from receipt to acknowledgement. It
// is their [coolant/internal/wire.Receipt]. Acknowledgements leave in the order of
// receipt, as MQTT wants them; behind a message that was not stored none leaves
// any more.
type ledger struct {
	failed func(error) // called once, for the first message that was not stored

	mu     sync.Mutex
	change sync.Cond
	// entries[0] has the token first. They are few: as many as the broker has in
	// flight toward us.
	entries []entry
	first   uint64
	// barrier is the token of the first message that was not stored: neither it nor
	// anything behind it is acknowledged any more.
	barrier uint64
	closed  bool
}

type entry struct {
	ack     func() // nil without a QoS
	settled bool
}

func newLedger(failed func(error)) *ledger {
	l := &ledger{failed: failed, barrier: math.MaxUint64}
	l.change.L = &l.mu
	return l
}

// add takes a message, and returns the token to settle.
func (l *ledger) add(ack func()) (token uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry{ack: ack})
	return l.first + uint64(len(l.entries)) - 1
}

// Settle implements wire.Receipt.
func (l *ledger) Settle(token uint64, err error) {
	l.mu.Lock()
	at := token - l.first
	if token < l.first || at >= uint64(len(l.entries)) || l.entries[at].settled || token >= l.barrier {
		l.mu.Unlock()
		return
	}
	if err != nil && coolant.CodeOf(err) != coolant.CodeInvalid && l.entries[at].ack != nil {
		first := l.barrier == math.MaxUint64
		l.barrier = token
		l.change.Broadcast()
		l.mu.Unlock()
		if first {
			l.failed(err)
		}
		return
	}
	l.entries[at].settled = true
	if at == 0 {
		l.change.Broadcast()
	}
	l.mu.Unlock()
}

// run acknowledges what is settled until the ledger is closed.
func (l *ledger) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		n := 0
		for n < len(l.entries) && l.entries[n].settled && l.first+uint64(n) < l.barrier {
			n++
		}
		if n == 0 {
			if l.closed {
				return
			}
			l.change.Wait()
			continue
		}
		due := l.entries[:n:n]
		l.entries = l.entries[n:]
		l.first += uint64(n)
		if len(l.entries) == 0 {
			l.entries = nil // or the array would grow for ever
		}
		l.mu.Unlock()
		for _, e := range due {
			if e.ack != nil {
				e.ack()
			}
		}
		l.mu.Lock()
		l.change.Broadcast()
	}
}

// idle waits until everything is acknowledged or will not be, or ctx ends.
func (l *ledger) idle(ctx context.Context) {
	defer context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.change.Broadcast()
	})()
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.entries) > 0 && l.first < l.barrier && ctx.Err() == nil {
		l.change.Wait()
	}
}

// close ends run once it has acknowledged what is settled.
func (l *ledger) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.change.Broadcast()
}
