package load

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"coolant/bench/internal/hist"
	"coolant/e2e/mqtt"
)

// Fleet is a number of connected devices that do nothing but keep their
// connection alive.
type Fleet struct {
	conns []*mqtt.Conn
	lost  atomic.Int64
	stop  chan struct{}
	wg    sync.WaitGroup
}

// KeepAlive is the keep-alive of a fleet; it pings at half of that.
const KeepAlive = 60 * time.Second

// FleetOptions says what the devices of a fleet do after they have connected.
type FleetOptions struct {
	// Subscribe lets each subscribe to the four topics of the contract that come
	// down to it, as a real device does.
	Subscribe bool
}

// NewFleet connects all clients of the target.
func NewFleet(ctx context.Context, t Target, o FleetOptions) (*Fleet, error) {
	conns, err := t.dialAll(ctx, uint16(KeepAlive/time.Second), 512)
	if err != nil {
		return nil, err
	}
	if o.Subscribe {
		if err := subscribeAll(ctx, t, conns); err != nil {
			closeAll(conns)
			return nil, err
		}
	}
	f := &Fleet{conns: conns, stop: make(chan struct{})}
	for _, c := range conns {
		f.wg.Go(func() { f.drain(c) })
	}
	f.wg.Go(f.ping)
	return f, nil
}

func subscribeAll(ctx context.Context, t Target, conns []*mqtt.Conn) error {
	defer interruptAll(ctx, conns)()
	var g errgroup.Group
	g.SetLimit(parallelDials)
	for i, c := range conns {
		g.Go(func() error {
			base := "coolant/" + t.Clients[i].ID + "/"
			return c.Subscribe(1, base+"committed", base+"desired", base+"command", base+"input")
		})
	}
	return g.Wait()
}

func (f *Fleet) drain(c *mqtt.Conn) {
	for {
		if _, err := c.Next(); err != nil {
			select {
			case <-f.stop:
			default:
				f.lost.Add(1)
			}
			return
		}
	}
}

// ping pings one after the other, evenly spread.
func (f *Fleet) ping() {
	tick := time.NewTicker(KeepAlive / 2 / time.Duration(len(f.conns)))
	defer tick.Stop()
	packet := mqtt.AppendPing(nil)
	for i := 0; ; i++ {
		select {
		case <-f.stop:
			return
		case <-tick.C:
			_, _ = f.conns[i%len(f.conns)].Write(packet) // the reader counts what is lost
		}
	}
}

// Lost is how many connections the server has closed.
func (f *Fleet) Lost() int { return int(f.lost.Load()) }

// Close closes all connections at once.
func (f *Fleet) Close() {
	close(f.stop)
	closeAll(f.conns)
	f.wg.Wait()
}

// StormResult is how a storm went.
type StormResult struct {
	// Served runs from the start to each device's first acknowledged sample.
	Served   *hist.Hist
	Attempts uint64 // connections tried, at least one a device
	Devices  []Sent
}

// Storm lets every client connect at the same moment, again and again until it
// is let in, and publish one sample. It returns when all are acknowledged. The
// times count from start.
func Storm(ctx context.Context, t Target, start time.Time) (*StormResult, error) {
	res := &StormResult{Served: new(hist.Hist), Devices: make([]Sent, len(t.Clients))}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	for i, c := range t.Clients {
		g.Go(func() error {
			stream := NewStream(c.ID, time.Now().UnixMilli(), 1)
			attempts, err := t.connectAndPublish(ctx, c, stream)
			took := time.Since(start)
			if err != nil {
				return fmt.Errorf("%s, not served after %v: %w", c.ID, took, err)
			}
			mu.Lock()
			defer mu.Unlock()
			res.Devices[i] = Sent{stream, 1, 1}
			res.Served.Record(took)
			res.Attempts += uint64(attempts)
			return nil
		})
	}
	err := g.Wait()
	return res, err
}

// connectAndPublish connects until one sample is acknowledged, and closes the connection when ctx ends.
func (t Target) connectAndPublish(ctx context.Context, c Client, stream *Stream) (attempts int, err error) {
	for {
		conn, n, err := t.dialUntil(ctx, c)
		attempts += n
		if err != nil {
			return attempts, err
		}
		if err = publishOne(ctx, conn, stream); err == nil || ctx.Err() != nil {
			context.AfterFunc(ctx, func() { _ = conn.Close() })
			return attempts, err
		}
		_ = conn.Close()
	}
}

func publishOne(ctx context.Context, c *mqtt.Conn, stream *Stream) error {
	defer interruptAll(ctx, []*mqtt.Conn{c})()
	m := message{stream: stream, version: c.Version}
	if _, err := c.Write(m.append(nil, 1, 1)); err != nil {
		return err
	}
	for {
		p, err := c.Next()
		if err != nil {
			return err
		}
		if p.Type == mqtt.TypePubAck {
			return nil
		}
	}
}
