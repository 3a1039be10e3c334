package embedded

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// Broker is an MQTT broker. Its methods may be called from any goroutine.
type Broker struct {
	o       Options
	log     *slog.Logger
	server  *mqtt.Server
	inline  *mqtt.Client // in whose name the server itself publishes
	store   records
	metrics *metrics

	connected atomic.Int64
	draining  atomic.Bool // no new messages are taken any more

	mu       sync.Mutex
	conns    map[*conn]struct{}
	ended    chan struct{} // closed when the last of conns is gone, if draining
	endOnce  sync.Once
	sessions registry

	seed    maphash.Seed
	publish [64]sync.Mutex // by topic: memory and disk keep the same newest retained message
}

// New makes a broker and restores what it stored. It does not listen before
// [Broker.Serve]; Publish may be used at once.
func New(o Options) (*Broker, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	b := &Broker{
		o: o, log: o.Log, store: records{o.Records}, seed: maphash.MakeSeed(),
		conns: map[*conn]struct{}{}, ended: make(chan struct{}), sessions: registry{byClient: map[string]*session{}},
	}
	var err error
	if b.metrics, err = newMetrics(b, o.Registerer); err != nil {
		return nil, fmt.Errorf("register the broker's metrics: %w", err)
	}
	b.server = mqtt.New(&mqtt.Options{
		Capabilities: capabilities(uint32(o.MaxPacket)),
		// Our connections have buffers of their own on both sides.
		ClientNetReadBufferSize:  16,
		ClientNetWriteBufferSize: 1,
		Logger:                   slog.New(quiet{o.Log.Handler()}),
	})
	b.inline = b.server.NewClient(nil, mqtt.LocalListener, "coolant", true)
	if err := b.server.AddHook(&hook{b: b}, nil); err != nil {
		return nil, fmt.Errorf("add the broker's hook: %w", err)
	}
	if err := b.restore(); err != nil {
		return nil, err
	}
	return b, nil
}

// capabilities is what mochi is told to offer.
func capabilities(maxPacket uint32) *mqtt.Capabilities {
	c := mqtt.NewDefaultServerCapabilities()
	c.MaximumMessageExpiryInterval = messageExpiry
	c.MaximumSessionExpiryInterval = sessionExpiry
	c.MaximumClientWritesPending = maxPendingWrites
	c.MaximumInflight = maxInflight
	c.ReceiveMaximum = maxUnacknowledged
	c.MaximumPacketSize = maxPacket
	c.TopicAliasMaximum = 0 // aliases are resolved after the access check
	c.SharedSubAvailable = 0
	c.Compatibilities.NoInheritedPropertiesOnAck = true
	return c
}

// Serve accepts connections until ctx ends, then stops: it takes nothing new,
// gives what is being committed a few seconds to be acknowledged, tells the
// clients and closes. It returns nil then, and an error if a port failed or a
// connection did not end.
//
// mochi's own Serve is not used: all that its event loop does is publish counters
// as $SYS topics, copy every retained message and every client each second to
// look for expired ones, and send delayed wills, of which there are none here.
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
	deadline := time.NewTimer(settleTime)
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
	deadline.Reset(endTime)
	select {
	case <-b.ended:
	case <-deadline.C:
		return fmt.Errorf("stop the broker: %d connections did not end within %s", len(b.all()), endTime)
	}
	if err := b.server.Close(); err != nil {
		return fmt.Errorf("stop the broker: %w", err)
	}
	return nil
}

// Publish sends a message to whoever subscribed to its topic, and keeps it for
// later subscribers if retain is set (an empty payload then removes it). It
// returns when a retained message is on disk, and does not wait for the network.
// What is retained on a `committed` topic is not stored: it is said again at
// every start.
func (b *Broker) Publish(topic string, payload []byte, qos byte, retain bool) error {
	if topic == "" || !mqtt.IsValidFilter(topic, true) || qos > 2 {
		return coolant.Errorf(coolant.CodeInvalid, "publish to %q with QoS %d: not a topic, or not a QoS", topic, qos)
	}
	if retain {
		mu := &b.publish[maphash.String(b.seed, topic)%uint64(len(b.publish))]
		mu.Lock()
		defer mu.Unlock()
		if err := b.store.retain(topic, payload, qos); err != nil {
			return err
		}
	}
	err := b.server.InjectPacket(b.inline, packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos, Retain: retain},
		TopicName:   topic,
		Payload:     payload,
		PacketID:    uint16(qos), // never used, but must be there with a QoS
	})
	if err != nil {
		return fmt.Errorf("publish to %s: %w", topic, err)
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

// Connected returns how many clients are connected and authenticated.
func (b *Broker) Connected() int { return int(b.connected.Load()) }

// forget drops a connection that ended, and says so when it was the last.
func (b *Broker) forget(c *conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.conns, c)
	if len(b.conns) == 0 && b.draining.Load() {
		b.endOnce.Do(func() { close(b.ended) })
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
