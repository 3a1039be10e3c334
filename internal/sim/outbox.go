package sim

import (
	"time"

	"coolant"
	"coolant/internal/wire"
)

const (
	batchSamples = 60  // samples of a telemetry message: about 10 kB
	batchEmpties = 500 // the same for samples that are gone; they take 20 bytes each
	// The server says `committed` every few seconds; a sample that it acknowledged
	// and does not cover for this long has to be sent again.
	firstPatience = 10 * time.Second
	lastPatience  = 5 * time.Minute
)

// entryState is where a sample is on its way to the server.
type entryState uint8

const (
	entryWaiting entryState = iota // to be sent, for the first time or again
	entryFlying                    // sent, no PUBACK yet
	entryAcked                     // acknowledged, not yet said to be committed
)

type entry struct {
	sample wire.TelemetrySample
	state  entryState
	sent   bool      // at least once
	flight uint64    // of the batch it flies in
	acked  time.Time // when
}

// outbox is the device's ring of samples and what it knows of their fate. A
// sample leaves it when `committed` covers it; as long as the device has never
// heard `committed`, when it is acknowledged. The ring is bounded: if it is full
// the oldest sample is dropped, and counted.
//
// The server's watermark is contiguous, so a sample that is gone for good would
// stop it for ever. Where the watermark stands before such a hole, the outbox
// sends samples without readings, whose numbers alone count.
//
// It does no I/O, has no clock, and is not safe for concurrent use.
type outbox struct {
	boot  coolant.Boot
	ring  []entry // the sample with number seq is at seq % len(ring)
	first uint64  // the oldest number in the ring
	next  uint64  // the number of the next sample

	heard   bool      // a `committed` came
	held    bool      // a PUBACK proves nothing for now
	through uint64    // what it said of this boot
	still   time.Time // since when nothing has left the ring for the server

	fresh    uint64 // samples from this number on were made on this connection
	flights  uint64 // counts batches
	empties  span   // numbers to be sent without readings
	patience time.Duration
	since    time.Time // the patience runs from here, or from a later PUBACK
	again    repair
	dropped  uint64
}

// span is the numbers from (inclusive) to (exclusive).
type span struct{ from, to uint64 }

// repair is the sending again of what follows the watermark.
type repair struct {
	began time.Time
	size  int    // samples that are sent again at once
	last  uint64 // of them
}

// batch is what goes into one message.
type batch struct {
	flight  uint64
	samples []wire.TelemetrySample
}

func newOutbox(boot coolant.Boot, capacity int) *outbox {
	return &outbox{boot: boot, ring: make([]entry, capacity), first: 1, next: 1, fresh: 1, patience: firstPatience}
}

func (o *outbox) at(seq uint64) *entry { return &o.ring[seq%uint64(len(o.ring))] }

// len is how many samples the ring holds.
func (o *outbox) len() int { return int(o.next - o.first) }

// push numbers a sample and keeps it, dropping the oldest one if the ring is
// full.
func (o *outbox) push(t coolant.UnixMilli, readings []coolant.Reading) (seq uint64) {
	if o.len() == len(o.ring) {
		o.first++
		o.dropped++
	}
	seq = o.next
	*o.at(seq) = entry{sample: wire.TelemetrySample{Seq: seq, Stamp: wire.TimeStamp, Time: t, Readings: readings}}
	o.next++
	return seq
}

// connected tells the outbox that a connection begins: what it holds is backlog.
func (o *outbox) connected(now time.Time) {
	o.fresh = o.next
	o.since, o.patience = now, firstPatience
}

// disconnected tells it that nothing in flight will be acknowledged any more.
func (o *outbox) disconnected() {
	for seq := o.first; seq < o.next; seq++ {
		if e := o.at(seq); e.state == entryFlying {
			e.state = entryWaiting
		}
	}
	o.empties = span{}
}

// left tells it that another broker comes next: what the one before acknowledged,
// and no server is known to have, is to be sent again.
func (o *outbox) left() {
	for seq := o.first; seq < o.next; seq++ {
		if e := o.at(seq); e.state == entryAcked {
			e.state = entryWaiting
		}
	}
}

// takeFresh returns the samples of this connection that were never sent.
func (o *outbox) takeFresh() (batch, bool) {
	return o.take(max(o.first, o.fresh), func(e *entry) bool { return !e.sent })
}

// takeBacklog returns the oldest samples that wait, whatever for.
func (o *outbox) takeBacklog(now time.Time) (batch, bool) {
	o.lookForHole(now)
	if o.empties.from < o.empties.to {
		return o.takeEmpties(), true
	}
	return o.take(o.first, func(e *entry) bool { return e.sent || e.sample.Seq < o.fresh })
}

func (o *outbox) take(from uint64, wanted func(*entry) bool) (batch, bool) {
	b := batch{flight: o.flights + 1}
	for seq := from; seq < o.next && len(b.samples) < batchSamples; seq++ {
		e := o.at(seq)
		if e.state != entryWaiting || !wanted(e) {
			continue
		}
		e.state, e.sent, e.flight = entryFlying, true, b.flight
		b.samples = append(b.samples, e.sample)
	}
	if len(b.samples) == 0 {
		return batch{}, false
	}
	o.flights++
	return b, true
}

func (o *outbox) takeEmpties() batch {
	o.flights++
	b := batch{flight: o.flights}
	to := min(o.empties.to, o.empties.from+batchEmpties)
	for seq := o.empties.from; seq < to; seq++ {
		b.samples = append(b.samples, wire.TelemetrySample{Seq: seq})
	}
	o.empties.from = to
	return b
}

// settle takes the fate of a batch: acknowledged, or not.
func (o *outbox) settle(b batch, acked bool, now time.Time) {
	for _, s := range b.samples {
		if s.Seq < o.first {
			continue // committed or dropped meanwhile
		}
		e := o.at(s.Seq)
		switch {
		case e.state != entryFlying || e.flight != b.flight:
		case acked:
			e.state, e.acked = entryAcked, now
		default:
			e.state = entryWaiting
		}
	}
	for !o.heard && !o.held && o.acked() {
		o.first++
		o.still = now
	}
}

// committed takes the server's word. Of another boot it only says that this
// server has such words; of numbers that were never given it says nothing.
func (o *outbox) committed(boot coolant.Boot, through uint64, now time.Time) {
	if boot == o.boot && through >= o.next {
		return
	}
	o.heard = true
	if boot != o.boot || through == o.through {
		return
	}
	// Also when it went back: the server was restored from a backup.
	o.through, o.since, o.patience = through, now, firstPatience
	o.empties = span{}
	o.first = max(o.first, through+1)
	o.still = now
	if o.acked() && through == o.again.last {
		// The watermark came exactly as far as was sent again, so what follows is
		// missing, too.
		o.sendAgain(2*o.again.size, o.again.began, now)
	}
}

// acked says whether the oldest sample was acknowledged.
func (o *outbox) acked() bool {
	return o.first < o.next && o.at(o.first).state == entryAcked
}

// stuck is how long samples have been waiting and none of them got to the server.
func (o *outbox) stuck(now time.Time) time.Duration {
	if o.len() == 0 {
		return 0
	}
	return now.Sub(o.still)
}

// hole is when patience with the watermark ends. ok is false while there is no
// reason to expect that it moves.
func (o *outbox) hole() (at time.Time, ok bool) {
	switch {
	case !o.heard || o.through+1 >= o.next || o.empties.from < o.empties.to:
		return time.Time{}, false
	case o.through+1 < o.first:
		return o.since.Add(o.patience), true
	}
	front := o.at(o.first)
	if front.state != entryAcked {
		return time.Time{}, false
	}
	if front.acked.After(o.since) {
		return front.acked.Add(o.patience), true
	}
	return o.since.Add(o.patience), true
}

// lookForHole marks what follows the watermark for sending again, once patience
// with it has ended. The next time it will take twice as long.
func (o *outbox) lookForHole(now time.Time) {
	at, ok := o.hole()
	if !ok || now.Before(at) {
		return
	}
	o.since = now
	o.patience = min(2*o.patience, lastPatience)
	if o.through+1 < o.first {
		o.empties = span{o.through + 1, o.first}
		return
	}
	o.sendAgain(batchSamples, now, now)
}

// sendAgain marks the oldest samples for sending again, as far as they were
// acknowledged before a time.
func (o *outbox) sendAgain(size int, before, now time.Time) {
	size = min(size, len(o.ring))
	end := min(o.next, o.first+uint64(size))
	for seq := o.first; seq < end; seq++ {
		if e := o.at(seq); e.state == entryAcked && !e.acked.After(before) {
			e.state = entryWaiting
		}
	}
	o.again = repair{began: now, size: size, last: end - 1}
}
