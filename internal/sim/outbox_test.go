package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
)

// ledger is a server that stores what reaches it and says a contiguous
// watermark, and a judge of the outbox that feeds it.
type ledger struct {
	stored map[uint64]bool // by number; an empty sample counts, too
	real   map[uint64]bool // numbers that arrived with readings, ever
	said   uint64          // the greatest watermark that the device was told
	acked  map[uint64]bool // numbers in batches that were acknowledged
}

func newLedger() *ledger {
	return &ledger{stored: map[uint64]bool{}, real: map[uint64]bool{}, acked: map[uint64]bool{}}
}

func (l *ledger) store(b batch) {
	for _, s := range b.samples {
		l.stored[s.Seq] = true
		if len(s.Readings) > 0 {
			l.real[s.Seq] = true
		}
	}
}

func (l *ledger) through() (n uint64) {
	for l.stored[n+1] {
		n++
	}
	return n
}

// forget is a backup that is restored: what came after a number is gone.
func (l *ledger) forget(after uint64) {
	for seq := range l.stored {
		if seq > after {
			delete(l.stored, seq)
		}
	}
}

var oneReading = []coolant.Reading{{Metric: coolant.Water, Value: 30}}

// Whatever the network and the server do, a sample leaves the ring only when the
// server said that it has it (or acknowledged it, as long as it never says so),
// and once they behave every sample arrives and the ring empties.
func TestOutboxKeepsEverySample(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		commits := rapid.Bool().Draw(t, "server says committed")
		o, l := newOutbox(7, 10_000), newLedger()
		now := time.Unix(1e9, 0)
		var flying []batch
		say := func() {
			if commits {
				l.said = max(l.said, l.through())
				o.committed(7, l.through(), now)
			}
		}
		o.connected(now)
		if commits {
			// The retained word about an earlier boot, at every connection.
			o.committed(3, 99, now)
		}
		check := func() {
			if o.first > o.next {
				t.Fatalf("ring from %d to %d", o.first, o.next)
			}
			for seq := uint64(1); seq < o.first; seq++ {
				if commits && seq > l.said || !commits && !l.acked[seq] {
					t.Fatalf("sample %d left the ring; the server said %d", seq, l.said)
				}
			}
		}
		settle := func(i int, arrives, acked bool) {
			b := flying[i]
			flying = append(flying[:i], flying[i+1:]...)
			if arrives {
				l.store(b)
			}
			if acked {
				for _, s := range b.samples {
					l.acked[s.Seq] = true
				}
			}
			o.settle(b, acked, now)
		}
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range rapid.IntRange(1, 150).Draw(t, "n") {
					o.push(1, oneReading)
				}
			},
			"send fresh": func(*rapid.T) {
				if b, ok := o.takeFresh(); ok {
					flying = append(flying, b)
				}
			},
			"send backlog": func(*rapid.T) {
				if b, ok := o.takeBacklog(now); ok {
					flying = append(flying, b)
				}
			},
			"settle": func(t *rapid.T) {
				if len(flying) == 0 {
					return
				}
				i := rapid.IntRange(0, len(flying)-1).Draw(t, "which")
				// Acknowledged and lost is a hole: only a server that says committed can
				// be behind a broker that makes those.
				acked := rapid.Bool().Draw(t, "acked")
				settle(i, rapid.Bool().Draw(t, "arrives") || acked && !commits, acked)
			},
			"server speaks": func(*rapid.T) { say() },
			"server forgets": func(t *rapid.T) {
				if commits {
					l.forget(rapid.Uint64Range(0, o.next).Draw(t, "after"))
				}
			},
			"nonsense": func(*rapid.T) {
				if commits {
					o.committed(7, o.next+5, now)
				}
			},
			"reconnect": func(t *rapid.T) {
				for len(flying) > 0 {
					l2 := rapid.Bool().Draw(t, "arrived all the same")
					b := flying[0]
					flying = flying[1:]
					if l2 {
						l.store(b)
					}
				}
				o.disconnected()
				o.connected(now)
				say()
			},
			"time": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(20*time.Second)).Draw(t, "dt")))
			},
			"": func(*rapid.T) { check() },
		})
		// The network heals.
		for round := 0; o.len() > 0; round++ {
			if round > 5000 {
				t.Fatalf("the ring holds %d to %d for ever; the server is at %d", o.first, o.next-1, l.through())
			}
			for len(flying) > 0 {
				settle(0, true, true)
			}
			for range 8 {
				b, ok := o.takeFresh()
				if !ok {
					b, ok = o.takeBacklog(now)
				}
				if ok {
					flying = append(flying, b)
					settle(len(flying)-1, true, true)
				}
			}
			now = now.Add(3 * time.Second)
			say()
			check()
		}
		for seq := uint64(1); seq < o.next; seq++ {
			if !l.real[seq] {
				t.Fatalf("sample %d never arrived", seq)
			}
		}
		if o.dropped != 0 {
			t.Fatalf("%d dropped", o.dropped)
		}
	})
}

// A full ring drops the oldest sample and says how many; the watermark passes
// what is gone.
func TestOutboxOverflows(t *testing.T) {
	o, l := newOutbox(7, 100), newLedger()
	now := time.Unix(1e9, 0)
	for range 350 {
		o.push(1, oneReading)
	}
	if o.len() != 100 || o.dropped != 250 || o.first != 251 {
		t.Fatalf("len %d, dropped %d, first %d", o.len(), o.dropped, o.first)
	}
	o.connected(now)
	o.committed(7, 0, now)
	for range 20 {
		for {
			b, ok := o.takeBacklog(now)
			if !ok {
				break
			}
			l.store(b)
			o.settle(b, true, now)
		}
		o.committed(7, l.through(), now)
		now = now.Add(3 * time.Second)
	}
	if o.len() != 0 || l.through() != 350 || len(l.real) != 100 {
		t.Errorf("ring %d, server through %d, %d real samples", o.len(), l.through(), len(l.real))
	}
}

func TestOutboxSendsOldestFirstBesideFresh(t *testing.T) {
	o := newOutbox(7, 1000)
	now := time.Unix(1e9, 0)
	for range 150 {
		o.push(1, oneReading)
	}
	o.connected(now)
	o.push(2, oneReading)
	if b, ok := o.takeFresh(); !ok || len(b.samples) != 1 || b.samples[0].Seq != 151 {
		t.Fatalf("fresh %+v", b.samples)
	}
	for _, want := range []struct{ from, to uint64 }{{1, 60}, {61, 120}, {121, 150}} {
		b, ok := o.takeBacklog(now)
		if !ok || b.samples[0].Seq != want.from || b.samples[len(b.samples)-1].Seq != want.to {
			t.Fatalf("backlog %+v, want %+v", b.samples, want)
		}
	}
	if b, ok := o.takeBacklog(now); ok {
		t.Fatalf("more backlog: %+v", b.samples)
	}
}

// The word about another boot does not release anything, and ends the trust in
// acknowledgements.
func TestOutboxHearsOfAnotherBoot(t *testing.T) {
	o := newOutbox(7, 100)
	now := time.Unix(1e9, 0)
	o.connected(now)
	o.committed(8, 50, now)
	o.push(1, oneReading)
	b, _ := o.takeFresh()
	o.settle(b, true, now)
	if o.len() != 1 {
		t.Error("an acknowledged sample left the ring although the server says committed")
	}
	o.committed(7, 1, now)
	if o.len() != 0 {
		t.Error("a committed sample stayed")
	}
}

// What the server does not confirm is sent again, at growing intervals.
func TestOutboxResendsWithBackoff(t *testing.T) {
	o := newOutbox(7, 100)
	now := time.Unix(1e9, 0)
	start := now
	o.connected(now)
	o.committed(7, 0, now)
	o.committed(8, 0, now) // heard
	o.push(1, oneReading)
	b, _ := o.takeFresh()
	o.settle(b, true, now)
	var at []time.Duration
	for range 2000 {
		now = now.Add(time.Second)
		if b, ok := o.takeBacklog(now); ok {
			at = append(at, now.Sub(start))
			o.settle(b, true, now)
		}
	}
	want := []time.Duration{10, 30, 70, 150, 310, 610, 910, 1210, 1510, 1810}
	if len(at) != len(want) {
		t.Fatalf("sent again after %v", at)
	}
	for i := range want {
		if at[i] != want[i]*time.Second {
			t.Fatalf("sent again after %v, want %v s", at, want)
		}
	}
}
