package sim

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"coolant"
	"coolant/internal/wire"
)

const (
	backlogWindow = 4 // messages of backlog in flight
	freshWindow   = 4 // the same for fresh samples, which never wait for the backlog
	// After a message that was not acknowledged the uplink rests, longer each time.
	firstRest = time.Second
	lastRest  = time.Minute
)

// publisher is what the uplink needs of a transport. It is safe for concurrent
// use.
type publisher interface {
	// Publish sends a message with QoS 1 and returns nil once the broker
	// acknowledged it. An error says that it may or may not have arrived.
	Publish(ctx context.Context, topic string, payload []byte, retain bool) error
}

// uplink moves the samples of an [outbox] over a transport. Its methods are safe
// for concurrent use; run does the work.
type uplink struct {
	topic string
	link  publisher
	clock
	log   *slog.Logger
	poked chan struct{}

	mu      sync.Mutex
	box     *outbox
	up      bool
	conn    uint64 // counts connections, so that an old one's end does no harm
	backlog int    // in flight on this connection
	fresh   int
	rest    time.Duration
	resting time.Time // until then
	warned  uint64    // dropped samples that were logged
}

func newUplink(device coolant.DeviceID, box *outbox, link publisher, c clock, log *slog.Logger) *uplink {
	box.still = c.now()
	return &uplink{
		topic: wire.Topic(device, wire.Telemetry), link: link, clock: c, log: log,
		poked: make(chan struct{}, 1), box: box,
	}
}

// add keeps a sample until the server has it.
func (u *uplink) add(t coolant.UnixMilli, readings []coolant.Reading) {
	u.mu.Lock()
	if u.box.len() == 0 {
		u.box.still = u.now()
	}
	u.box.push(t, readings)
	dropped := u.box.dropped
	first := dropped > 0 && u.warned == 0
	u.warned = dropped
	u.mu.Unlock()
	if first {
		u.log.Warn("the ring is full; the oldest samples are dropped")
	}
	u.poke()
}

// connected and disconnected follow the transport.
func (u *uplink) connected() {
	u.mu.Lock()
	u.up = true
	u.conn++
	u.backlog, u.fresh = 0, 0
	u.rest, u.resting = 0, time.Time{}
	u.box.connected(u.now())
	u.mu.Unlock()
	u.poke()
}

func (u *uplink) disconnected() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.up = false
	u.conn++
	u.box.disconnected()
}

// left follows the transport to another broker.
func (u *uplink) left() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.box.left()
}

// hold says whether a PUBACK alone lets no sample leave the ring, as long as the
// broker is one that has not proved itself.
func (u *uplink) hold(on bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.box.held = on
}

// upcoming is the number that the next sample will have.
func (u *uplink) upcoming() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.box.next
}

// committed takes the server's word.
func (u *uplink) committed(c wire.CommittedPayload) {
	u.mu.Lock()
	u.box.committed(c.Boot, c.Through, u.now())
	u.mu.Unlock()
	u.poke()
}

// stuck is how long samples have been waiting and none of them got to the server.
func (u *uplink) stuck() time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.box.stuck(u.now())
}

// pending is how many samples the server is not known to have.
func (u *uplink) pending() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.box.len()
}

func (u *uplink) poke() {
	select {
	case u.poked <- struct{}{}:
	default:
	}
}

// run sends until ctx is done, and returns when nothing is in flight any more.
func (u *uplink) run(ctx context.Context) {
	var flights sync.WaitGroup
	defer flights.Wait()
	for {
		for {
			b, settle, ok := u.next()
			if !ok {
				break
			}
			flights.Go(func() { settle(u.send(ctx, b)) })
		}
		wake, release := u.alarm()
		select {
		case <-ctx.Done():
			release()
			return
		case <-u.poked:
		case <-wake:
		}
		release()
	}
}

// next takes a batch, if one may be sent now, and returns what to call with its
// fate.
func (u *uplink) next() (b batch, settle func(error), ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.now()
	if !u.up || now.Before(u.resting) {
		return batch{}, nil, false
	}
	window := &u.fresh
	if u.fresh < freshWindow {
		b, ok = u.box.takeFresh()
	}
	if !ok && u.backlog < backlogWindow {
		window = &u.backlog
		b, ok = u.box.takeBacklog(now)
	}
	if !ok {
		return batch{}, nil, false
	}
	*window++
	conn := u.conn
	return b, func(err error) { u.settle(b, window, conn, err) }, true
}

func (u *uplink) settle(b batch, window *int, conn uint64, err error) {
	u.mu.Lock()
	now := u.now()
	u.box.settle(b, err == nil, now)
	if conn == u.conn {
		*window--
		if err == nil {
			u.rest = 0
		} else {
			u.rest = min(max(2*u.rest, firstRest), lastRest)
			u.resting = now.Add(u.rest)
		}
	}
	u.mu.Unlock()
	u.poke()
}

func (u *uplink) send(ctx context.Context, b batch) error {
	payload := wire.AppendTelemetry(nil, &wire.TelemetryPayload{Boot: u.box.boot, Samples: b.samples})
	err := u.link.Publish(ctx, u.topic, payload, false)
	if err != nil && ctx.Err() == nil {
		u.log.Debug("telemetry was not acknowledged", "samples", len(b.samples), "err", err)
	}
	return err
}

// alarm goes off at the time of wake; never, if there is none.
func (u *uplink) alarm() (due <-chan time.Time, release func()) {
	at, ok := u.wake()
	if !ok {
		return nil, func() {}
	}
	return u.after(max(at.Sub(u.now()), time.Millisecond))
}

// wake is when next may have something although nothing else happens.
func (u *uplink) wake() (time.Time, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.up {
		return time.Time{}, false
	}
	if u.now().Before(u.resting) {
		return u.resting, true
	}
	if u.backlog >= backlogWindow {
		return time.Time{}, false // the end of a flight pokes
	}
	return u.box.hole()
}
