package load

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"coolant/bench/internal/hist"
	"coolant/e2e/mqtt"
)

// OpenOptions says how to load on a schedule.
type OpenOptions struct {
	Rate   float64 // messages a second of all clients together, evenly spread
	Warmup time.Duration
	Window time.Duration
	Edge   func()
	// Sent, where not nil, hears of every message just before it is written: the
	// device's number, the sample's time and when it was due.
	Sent func(device int, ts int64, due time.Time)
}

// OpenResult is what came of it.
type OpenResult struct {
	Acked   uint64
	Elapsed time.Duration
	// Latency runs from the moment at which a message was due, not from when the
	// generator came to write it, to its acknowledgement.
	Latency *hist.Hist
	// Late is how far behind the schedule the messages were written: the
	// generator's own share.
	Late    *hist.Hist
	Devices []Sent
}

// lookback is how many messages of one client may be unacknowledged before the
// measurement is given up.
const lookback = 4096

// Open publishes message k at the time k/Rate after the start, client after
// client in turn, whether the earlier ones are acknowledged or not.
func Open(ctx context.Context, t Target, o OpenOptions) (*OpenResult, error) {
	conns, err := t.dialAll(ctx, 0, 0)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer interruptAll(ctx, conns)()

	start := time.Now().Add(50 * time.Millisecond)
	begin, end := start.Add(o.Warmup), start.Add(o.Warmup+o.Window)
	between := time.Duration(float64(time.Second) / o.Rate)
	step := float64(between) / 1e6 * float64(len(conns))
	if step < 1 {
		return nil, errors.New("more than one message a millisecond and client")
	}
	lanes := make([]*lane, len(conns))
	readers, readCtx := errgroup.WithContext(ctx)
	for i, c := range conns {
		first := start.Add(time.Duration(i) * between).UnixMilli()
		lanes[i] = &lane{
			conn: c, message: message{stream: NewStream(t.Clients[i].ID, first, step), version: c.Version},
			begin: begin, end: end, due: make([]atomic.Int64, lookback), epoch: start,
		}
		readers.Go(lanes[i].read)
	}
	res := &OpenResult{Latency: new(hist.Hist), Late: new(hist.Hist)}
	err = pace(readCtx, lanes, schedule{start, begin, end, between}, o, res.Late)
	for _, l := range lanes {
		l.finish()
	}
	if err = errors.Join(readers.Wait(), err); err != nil {
		return nil, err
	}
	res.Elapsed = o.Window
	for _, l := range lanes {
		res.Latency.Merge(&l.latency)
		res.Devices = append(res.Devices, Sent{l.message.stream, l.sent.Load(), l.acked})
	}
	res.Acked = res.Latency.Count()
	return res, nil
}

type schedule struct {
	start, begin, end time.Time
	between           time.Duration
}

// pace writes every message when it is due. It has a thread of its own and the
// kernel's timer, because the runtime's timers are only as fine as a
// millisecond when the process is idle.
func pace(ctx context.Context, lanes []*lane, s schedule, o OpenOptions, late *hist.Hist) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	edges := []time.Time{s.begin, s.end}
	for k := 0; ; k++ {
		due := s.start.Add(time.Duration(k) * s.between)
		for len(edges) > 0 && !due.Before(edges[0]) {
			edges = edges[1:]
			edge(o.Edge)
		}
		if len(edges) == 0 {
			return nil
		}
		if d := time.Until(due); d > 0 {
			ts := unix.NsecToTimespec(d.Nanoseconds())
			_ = unix.ClockNanosleep(unix.CLOCK_MONOTONIC, 0, &ts, nil) // woken early: the message is early by that
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		i := k % len(lanes)
		if !due.Before(s.begin) {
			late.Record(time.Since(due))
		}
		if o.Sent != nil {
			l := lanes[i]
			o.Sent(i, l.message.stream.Time(l.sent.Load()+1), due)
		}
		if err := lanes[i].send(due); err != nil {
			return err
		}
	}
}

// lane is one client of an open loop: the pacer writes, a goroutine of its own
// reads.
type lane struct {
	conn       *mqtt.Conn
	message    message
	epoch      time.Time
	begin, end time.Time
	due        []atomic.Int64 // since epoch, by number of the message
	out        []byte
	sent       atomic.Uint64
	finished   atomic.Bool
	acked      uint64
	latency    hist.Hist
}

func (l *lane) send(due time.Time) error {
	seq := l.sent.Load() + 1
	slot := &l.due[seq%lookback]
	if slot.Load() != 0 {
		return fmt.Errorf("%s: %d messages are not acknowledged", l.message.stream.Device, lookback)
	}
	slot.Store(int64(due.Sub(l.epoch)) + 1)
	l.sent.Store(seq)
	l.out = l.message.append(l.out[:0], packetID(seq), seq)
	if _, err := l.conn.Write(l.out); err != nil {
		return fmt.Errorf("%s: publish: %w", l.message.stream.Device, err)
	}
	return nil
}

// finish lets read return when all that was sent is acknowledged. The ping makes
// sure that there is something to read.
func (l *lane) finish() {
	l.finished.Store(true)
	_, _ = l.conn.Write(mqtt.AppendPing(nil)) // a broken connection is the reader's to report
}

// read relies on acknowledgements in the order of the messages, which the
// protocol demands.
func (l *lane) read() error {
	for {
		if l.finished.Load() && l.acked == l.sent.Load() {
			return nil
		}
		p, err := l.conn.Next()
		if err != nil {
			return fmt.Errorf("%s: after %d of %d acknowledgements: %w", l.message.stream.Device, l.acked, l.sent.Load(), err)
		}
		if p.Type != mqtt.TypePubAck {
			continue
		}
		id, reason, err := mqtt.ParseAck(l.conn.Version, p)
		if err != nil {
			return err
		}
		seq := l.acked + 1
		if id != packetID(seq) || reason >= 0x80 {
			return fmt.Errorf("%s: PUBACK for %d with reason 0x%02x in place of %d", l.message.stream.Device, id, reason, packetID(seq))
		}
		l.acked = seq
		due := l.epoch.Add(time.Duration(l.due[seq%lookback].Swap(0) - 1))
		if !due.Before(l.begin) && due.Before(l.end) {
			l.latency.Record(time.Since(due))
		}
	}
}
