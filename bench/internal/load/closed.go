package load

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"coolant/bench/internal/hist"
	"coolant/e2e/mqtt"
)

// ClosedOptions says how to load as fast as the acknowledgements come.
type ClosedOptions struct {
	InFlight int // unacknowledged messages per client
	Warmup   time.Duration
	Window   time.Duration // what is measured
	// Sink, where not nil, has received what the broker passed on.
	Sink *Sink
	// Edge, where not nil, is called at the beginning and at the end of the window.
	Edge func()
}

// Sent is what one device sent, and how much of it was acknowledged.
type Sent struct {
	Stream *Stream
	Sent   uint64 // samples 1 to Sent were written
	Acked  uint64 // that many of them were acknowledged
}

// ClosedResult is what came of it.
type ClosedResult struct {
	Acked     uint64 // acknowledged within the window
	Delivered uint64 // received by the sink within the window
	Elapsed   time.Duration
	Latency   *hist.Hist // from the write to the acknowledgement, within the window
	Devices   []Sent
}

// Rate is the number of messages a second that came all the way: acknowledged,
// and received by the sink where there is one.
func (r *ClosedResult) Rate(sink bool) float64 {
	n := r.Acked
	if sink {
		n = min(n, r.Delivered)
	}
	return float64(n) / r.Elapsed.Seconds()
}

// Closed keeps InFlight messages of every client unacknowledged until the window
// is over, and then waits for the last acknowledgement.
func Closed(ctx context.Context, t Target, o ClosedOptions) (*ClosedResult, error) {
	conns, err := t.dialAll(ctx, 0, 4096)
	if err != nil {
		return nil, err
	}
	defer closeAll(conns)
	defer interruptAll(ctx, conns)()
	phase := new(atomic.Int32)
	start := time.Now().Add(-time.Hour).UnixMilli()
	loops := make([]*closedLoop, len(conns))
	g, ctx := errgroup.WithContext(ctx)
	for i, c := range conns {
		loops[i] = newClosedLoop(c, NewStream(t.Clients[i].ID, start, 1), o.InFlight, phase)
		g.Go(loops[i].run)
	}
	res := &ClosedResult{Latency: new(hist.Hist)}
	count := func() (acked, delivered uint64) {
		for _, l := range loops {
			acked += l.acked.Load()
		}
		return acked, o.Sink.Count()
	}
	wait(ctx, o.Warmup)
	acked0, delivered0 := count()
	begin := time.Now()
	edge(o.Edge)
	phase.Store(phaseMeasure)
	wait(ctx, o.Window)
	phase.Store(phaseStop)
	edge(o.Edge)
	acked1, delivered1 := count()
	res.Elapsed = time.Since(begin)
	res.Acked, res.Delivered = acked1-acked0, delivered1-delivered0
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, l := range loops {
		res.Latency.Merge(&l.latency)
		res.Devices = append(res.Devices, Sent{l.message.stream, l.sent, l.acked.Load()})
	}
	return res, nil
}

const (
	phaseMeasure = 1
	phaseStop    = 2
)

func edge(f func()) {
	if f != nil {
		f()
	}
}

// wait lets d of measured time pass.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// closedLoop is one client: a single goroutine reads what acknowledgements have
// come, and writes as many new messages at once.
type closedLoop struct {
	conn    *mqtt.Conn
	message message
	ring    []inFlight // by packet id
	phase   *atomic.Int32
	window  int
	out     []byte
	sent    uint64
	acked   atomic.Uint64
	latency hist.Hist
}

type inFlight struct {
	id uint16
	at time.Time
}

func newClosedLoop(c *mqtt.Conn, s *Stream, window int, phase *atomic.Int32) *closedLoop {
	size := 1
	for size < window {
		size *= 2
	}
	return &closedLoop{
		conn: c, message: message{stream: s, version: c.Version}, ring: make([]inFlight, size), window: window, phase: phase,
	}
}

func (l *closedLoop) run() error {
	if err := l.send(l.window); err != nil {
		return err
	}
	for {
		n, err := l.receive()
		if err != nil {
			return fmt.Errorf("%s after %d of %d acknowledgements: %w", l.message.stream.Device, l.acked.Load(), l.sent, err)
		}
		if l.phase.Load() != phaseStop {
			if err := l.send(n); err != nil {
				return err
			}
		} else if l.acked.Load() == l.sent {
			return nil
		}
	}
}

// send writes n messages with one system call.
func (l *closedLoop) send(n int) error {
	now := time.Now()
	l.out = l.out[:0]
	for range n {
		l.sent++
		id := packetID(l.sent)
		l.ring[int(id)&(len(l.ring)-1)] = inFlight{id, now}
		l.out = l.message.append(l.out, id, l.sent)
	}
	if _, err := l.conn.Write(l.out); err != nil {
		return fmt.Errorf("%s: publish: %w", l.message.stream.Device, err)
	}
	return nil
}

// receive waits for packets and returns how many acknowledgements came.
func (l *closedLoop) receive() (n int, err error) {
	var now time.Time
	for n == 0 || l.conn.Buffered() {
		p, err := l.conn.Next()
		if err != nil {
			return 0, err
		}
		if p.Type != mqtt.TypePubAck {
			continue
		}
		id, reason, err := mqtt.ParseAck(l.conn.Version, p)
		if err != nil {
			return 0, err
		}
		slot := &l.ring[int(id)&(len(l.ring)-1)]
		if slot.id != id || reason >= 0x80 {
			return 0, fmt.Errorf("PUBACK for %d with reason 0x%02x was not expected", id, reason)
		}
		slot.id = 0
		if now.IsZero() {
			now = time.Now()
		}
		if l.phase.Load() == phaseMeasure {
			l.latency.Record(now.Sub(slot.at))
		}
		n++
	}
	l.acked.Add(uint64(n))
	return n, nil
}
