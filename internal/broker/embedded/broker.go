package embedded

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
	"coolant/internal/wire"
)

// Broker is an MQTT broker. Its methods may be called from any goroutine.
type Broker struct {
	o       Options
	log     *slog.Logger
	server  *mqtt.Server
	store   records
	metrics *metrics

	// shortcut lets telemetry past mochi; tests turn it off to compare the ways.
	shortcut bool

	connected atomic.Int64
	draining  atomic.Bool // no new messages are taken any more

	mu        sync.Mutex
	conns     map[*conn]struct{}
	strangers list.List     // of *conn: those that have not said who they are, oldest first
	ended     chan struct{} // closed when the last of conns is gone, if draining
	endOnce   sync.Once
	sessions  registry

	seed    maphash.Seed
	topics  [64]sync.Mutex // see topicLock
	flights [64]sync.Mutex // see flightLock
	// delivery is held for reading while messages go to clients, and for writing
	// while a session's state moves from one connection to the next.
	delivery sync.RWMutex
}

// New makes a broker and restores what it stored. It does not listen before
// [Broker.Serve]; Publish may be used at once.
func New(o Options) (*Broker, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	b := &Broker{
		o: o, log: o.Log, shortcut: true, store: records{o.Records}, seed: maphash.MakeSeed(),
		conns: map[*conn]struct{}{}, ended: make(chan struct{}),
		sessions: registry{byClient: map[string]*session{}, byOwner: map[coolant.DeviceID][]*session{}},
	}
	var err error
	if b.metrics, err = newMetrics(b, o.Registerer); err != nil {
		return nil, fmt.Errorf("register the broker's metrics: %w", err)
	}
	b.server = mqtt.New(&mqtt.Options{
		Capabilities:             capabilities(uint32(o.MaxPacket)),
		ClientNetReadBufferSize:  16, // our connections have their own
		ClientNetWriteBufferSize: 1,  // and never let mochi's WritePacket keep anything
		Logger:                   slog.New(quiet{o.Log.Handler()}),
	})
	if err := b.restore(); err != nil {
		return nil, err
	}
	return b, nil
}

// capabilities is what mochi's codec and checks are told.
func capabilities(maxPacket uint32) *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumMessageExpiryInterval = messageExpiry
	c.MaximumSessionExpiryInterval = sessionExpiry
	c.MaximumClientWritesPending = 1 // a queue that is not used
	c.MaximumInflight = maxInflight
	c.ReceiveMaximum = maxUnacknowledged
	c.MaximumPacketSize = maxPacket
	c.TopicAliasMaximum = 0 // an alias could name a topic that was not checked
	c.SharedSubAvailable = 0
	return c
}

// Serve accepts connections until ctx ends, then stops: it takes nothing new,
// gives what is being committed a few seconds to be acknowledged, tells the
// clients and closes. It returns nil then, and an error if a port failed or a
// connection did not end.
func (b *Broker) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var accepting sync.WaitGroup
	for _, l := range []struct {
		net.Listener
		secure bool
	}{{b.o.MQTTS, true}, {b.o.MQTT, false}} {
		if l.Listener == nil {
			continue
		}
		accepting.Go(func() {
			if err := b.accept(ctx, l.Listener, l.secure); err != nil {
				cancel(fmt.Errorf("accept on %s: %w", l.Addr(), err))
			}
		})
		defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	}
	accepting.Go(func() { b.expireSessions(ctx) })
	<-ctx.Done()
	accepting.Wait()
	err := b.stop()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		err = errors.Join(cause, err)
	}
	return err
}

// stop ends all connections.
func (b *Broker) stop() error {
	b.draining.Store(true)
	deadline := time.NewTimer(b.o.times.settle)
	defer deadline.Stop()
	for _, c := range b.all() {
		select {
		case <-c.settled():
		case <-deadline.C:
			deadline.Reset(0) // the others have had their time as well
		}
	}
	for _, c := range b.all() {
		c.bye(packets.ErrServerShuttingDown)
	}
	b.forget(nil)
	deadline.Reset(b.o.times.end)
	select {
	case <-b.ended:
	case <-deadline.C:
		return fmt.Errorf("stop the broker: %d connections did not end within %s", len(b.all()), b.o.times.end)
	}
	return nil
}

// Disconnect ends the connections of a device, for one that was removed or got
// another password. It does not wait for their end. A connection whose password
// was checked before the change is ended as well.
func (b *Broker) Disconnect(device coolant.DeviceID) {
	for _, c := range b.all() {
		if c.isOf(device) {
			c.bye(packets.ErrAdministrativeAction)
		}
	}
}

// Forget drops what is kept of a device that was removed: its connections, whose
// last wills are not sent any more, its sessions and its retained messages. A later
// device of the same id has nothing to do with them.
func (b *Broker) Forget(device coolant.DeviceID) {
	b.sessions.mu.Lock()
	sessions := slices.Clone(b.sessions.byOwner[device])
	b.sessions.mu.Unlock()
	for _, s := range sessions {
		s.forgotten.Store(true)
	}
	b.Disconnect(device)
	for _, s := range sessions {
		b.makeRoom(s)
	}
	for k := wire.Telemetry; k < wire.Article; k++ {
		if _, ok := b.server.Topics.Retained.Get(wire.Topic(device, k)); ok {
			_ = b.retain(wire.Topic(device, k), nil, 0) // which logs
		}
	}
}

// Connected returns how many clients are connected and authenticated.
func (b *Broker) Connected() int { return int(b.connected.Load()) }

// forget drops a connection that ended, and says so when it was the last.
func (b *Broker) forget(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
	if c != nil {
		b.known(c)
	}
	if len(b.conns) == 0 && b.draining.Load() {
		b.endOnce.Do(func() { close(b.ended) })
	}
}

// known takes a connection from the strangers. It needs mu.
func (b *Broker) known(c *conn) {
	if c.stranger != nil {
		b.strangers.Remove(c.stranger)
		c.stranger = nil
	}
}

// all returns the connections of this moment.
func (b *Broker) all() []*conn {
	b.mu.Lock()
	defer b.mu.Unlock()
	cs := make([]*conn, 0, len(b.conns))
	for c := range b.conns {
		cs = append(cs, c)
	}
	return cs
}
