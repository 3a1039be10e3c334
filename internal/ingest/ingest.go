package ingest

import (
	"context"
	"fmt"
	"sync"

	"coolant"
	"coolant/internal/wire"
)

// Ingest is the way from a broker to the store. Accept and Refuse are safe for
// concurrent use, also before Run and after it.
type Ingest struct {
	Options
	metrics  *metrics
	queue    *queue
	devices  *devices
	down     *downlink
	refusals *refusals
	workers  sync.Pool // of *worker

	// alive ends with Run; calls to the store on behalf of a message hang on it.
	alive context.Context
	die   context.CancelFunc
}

// New makes an Ingest that works once Run is called. It fails if an option makes
// no sense or a metric is registered already.
func New(o Options) (*Ingest, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	g := &Ingest{Options: o}
	g.queue = newQueue(o.MaxPending, o.MaxPendingBytes)
	m, err := newMetrics(o.Registerer, g.queue.pending)
	if err != nil {
		return nil, fmt.Errorf("register the metrics of ingest: %w", err)
	}
	g.metrics = m
	g.devices = newDevices(o.Documents)
	g.down = newDownlink(o)
	g.refusals = newRefusals(o, m)
	g.workers.New = func() any { return new(worker) }
	g.alive, g.die = context.WithCancel(context.Background())
	return g, nil
}

// Accept takes a message from a broker. It decodes and judges telemetry before
// it returns, and blocks while too much is pending, though not for ever; other
// messages are stored before it returns. The receipt is settled later or at once, exactly once.
func (g *Ingest) Accept(m wire.Message, receipt wire.Receipt, token uint64) {
	if m.Received == 0 {
		m.Received = coolant.Milli(g.Now())
	}
	if !m.Kind.Up() {
		m.Kind = wire.KindNone
	}
	g.metrics.messages[m.Kind].Inc()
	switch m.Kind {
	case wire.Telemetry, wire.Article:
		g.acceptSamples(&m, receipt, token)
	case wire.Status, wire.Info, wire.Reported:
		receipt.Settle(token, g.acceptDocument(&m))
	case wire.Reply:
		receipt.Settle(token, g.acceptReply(&m))
	default:
		receipt.Settle(token, g.refuse(&m, coolant.RejectedTopic, "nothing is expected on this topic from a device"))
	}
}

// Refuse shows that something was refused: it is logged and stored, merged with
// its like of the same minute. Brokers use it too.
func (g *Ingest) Refuse(r coolant.Rejection) { g.refusals.add(r) }

// Repeat tells every device again what is committed, for a broker that may have
// lost what was said to it, or never had it. It does not wait for that.
func (g *Ingest) Repeat(ctx context.Context) error {
	marks, err := g.Store.LatestWatermarks(ctx)
	if err != nil {
		return fmt.Errorf("read the watermarks: %w", err)
	}
	g.down.committed(marks)
	return nil
}

// Forget drops what is known of a device that was removed.
func (g *Ingest) Forget(id coolant.DeviceID) {
	g.devices.forget(id)
	g.down.forget(id)
}

// Run commits until ctx ends. Then it commits what is pending, settles what
// could not be stored as unavailable, and returns. It is called once. The error
// says that the store could not be read at the start.
func (g *Ingest) Run(ctx context.Context) error {
	defer g.die()
	marks, err := g.Store.LatestWatermarks(ctx)
	if err != nil {
		g.queue.close()
		g.drop(g.queue.takeNow())
		return fmt.Errorf("read the watermarks: %w", err)
	}
	g.down.start(marks)

	side, stop := context.WithCancel(context.WithoutCancel(ctx))
	var sides sync.WaitGroup
	sides.Go(func() { g.down.run(side) })
	sides.Go(func() { g.refusals.run(side) })

	defer context.AfterFunc(ctx, g.queue.close)()
	g.commitAll(ctx)
	g.die()
	stop()
	sides.Wait()
	return nil
}

// refuse shows the refusal of a whole message and returns it as an error that a
// receipt understands. It does not name the topic, which the sender knows: there is
// little room in an acknowledgement.
func (g *Ingest) refuse(m *wire.Message, code coolant.RejectionCode, detail string) error {
	g.Refuse(coolant.Rejection{
		Time: m.Received, Device: m.Device, Topic: m.Topic, Code: code, Detail: detail, Excerpt: excerpt(m.Payload), Count: 1,
	})
	return coolant.Errorf(coolant.CodeInvalid, "%s", detail)
}
