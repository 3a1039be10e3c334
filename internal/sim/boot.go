package sim

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// boot is a device between a start and the next: its connection, its samples on
// their way, and what it forgets when its power goes.
type boot struct {
	d       *device
	id      coolant.Boot
	reason  string // of the reset before it
	road    *road
	mover   mover
	conns   atomic.Uint64 // counts attempts to connect
	up      *uplink
	voice   *voice
	inbox   chan inbound
	restart chan struct{}
	endedBy string        // the reason of the reset after it
	over    chan struct{} // closed when the loop has ended

	move     chan *trial // to begin; its answer is out
	trying   *trial      // begun; nil: none
	tryUntil time.Time

	session sync.Mutex // orders the beginning and the end of a connection
	online  bool
	since   time.Time // of online, or of its end

	watchUntil time.Time
	zero       zeroing
	tested     string // the command that began the regulator's last experiment
	reported   reported
	outputs    []outputDocument // as they were at the last look
}

// inbound is a message from the server.
type inbound struct {
	kind    wire.Kind
	payload []byte
}

func newBoot(d *device, box *outbox, reason string) *boot {
	b := &boot{
		d: d, id: box.boot, reason: reason,
		inbox: make(chan inbound, 64), restart: make(chan struct{}, 1),
		over: make(chan struct{}), move: make(chan *trial),
		mover: mover{poked: make(chan struct{}, 1)},
		since: d.now(),
	}
	if d.flash.home.trial != nil {
		// How much of its time is left cannot be known, and it may be what made the
		// device restart.
		d.flash.home.rollBack("the device restarted during the trial")
	}
	b.road = newRoad(b.open(d.flash.home.confirmed, false), b.left, d.log)
	b.up = newUplink(d.id, box, b.road, d.clock, d.log)
	b.voice = newVoice(d.id, b.road, d.clock)
	return b
}

// open makes a link to an endpoint.
func (b *boot) open(to endpoint, onTrial bool) link {
	no := b.mover.link(onTrial)
	return b.d.newLink(linkOptions{
		broker: to.host, tls: to.tls, device: b.d.id, user: to.user, password: to.password,
		boot: b.id, seed: b.d.seed, now: b.d.now, log: b.d.log,
		attempt: func() uint64 { return b.conns.Add(1) },
		up: func(ctx context.Context, conn uint64) error {
			err := b.connected(ctx, conn)
			if err == nil {
				b.mover.connected(no)
			}
			return err
		},
		down:   b.disconnected,
		failed: func(err error) { b.mover.failed(no, err) },
		message: func(kind wire.Kind, payload []byte, retained bool) {
			b.message(no, kind, payload, retained)
		},
	})
}

// run is one life of the firmware. again says that it ended in a reset, at the
// time ended; otherwise ctx is done.
func (b *boot) run(ctx context.Context, at time.Time) (again bool, ended time.Time, err error) {
	b.d.applyFaults(b.road, at)
	b.voice.tell(wire.Info, b.info())
	b.report()
	if err := b.road.start(); err != nil {
		return false, at, err
	}
	b.d.log.Debug("boot", "boot", b.id.String(), "reason", b.reason, "backlog", b.up.pending())
	inner, cancel := context.WithCancel(context.Background())
	var workers sync.WaitGroup
	workers.Go(func() { b.up.run(inner) })
	workers.Go(func() { b.voice.run(inner) })

	again, ended = b.loop(ctx, at)
	close(b.over)
	if again {
		b.road.stop(false)
	}
	cancel()
	workers.Wait()
	if !again {
		b.road.stop(true)
	}
	return again, ended, nil
}

// beat is the longest time, by the wall clock, between two looks at the loop.
const beat = time.Second

// loop takes samples and obeys until a reset or the end of ctx. Samples are
// taken at planned times, not at those at which the machine gets to it, so that
// they are the same in every run.
func (b *boot) loop(ctx context.Context, at time.Time) (again bool, ended time.Time) {
	d := b.d
	sample, last, first := at, at, true
	var alarms alarms
	defer func() { alarms.release() }()
	for {
		alarms.release()
		// Between samples it regulates on, so that what it does and finds is told in time.
		next := earlier(sample, later(last.Add(beat), at))
		if edge, ok := d.plan.next(last.Sub(d.start)); ok && d.start.Add(edge).Before(next) {
			next = d.start.Add(edge)
		}
		alarms = b.wait(next)
		select {
		case <-ctx.Done():
			return false, last
		case <-b.restart:
			b.endedBy = "software"
			return true, d.now().Truncate(time.Millisecond)
		case m := <-b.inbox:
			before := b.interval()
			b.obey(m)
			if after := b.interval(); after < before {
				// Whoever watches does not want to wait for the old interval first.
				sample = earlier(sample, d.now().Truncate(time.Millisecond).Add(after))
			}
			b.report()
			continue
		case t := <-b.move:
			b.try(t)
			continue
		case <-alarms.trial:
			b.judge(false)
			continue
		case <-b.mover.poked:
			proven, arrived := b.mover.news()
			if b.judge(proven); arrived {
				// The server gets something to commit, at once.
				sample = earlier(sample, later(d.now().Truncate(time.Millisecond), last.Add(time.Millisecond)))
			}
			continue
		case <-alarms.sample:
		}
		if slept := d.now().Sub(next); slept > sleptAfter {
			next = d.now().Truncate(time.Millisecond)
			sample = next
		}
		d.rig.Advance(d.virtual(next))
		if d.plan.reboots(last.Sub(d.start), next.Sub(d.start)) {
			b.endedBy = "power_on"
			return true, next
		}
		d.applyFaults(b.road, next)
		last = next
		b.zero.look(d.rig, next)
		if !next.Before(sample) {
			b.up.add(coolant.Milli(next), d.rig.Readings())
			step := b.interval()
			if first && at.Equal(d.start) {
				step = max(d.phase, step)
			}
			sample, first = next.Add(step), false
		}
		b.report()
	}
}

// alarms are what the loop waits for besides messages.
type alarms struct {
	sample, trial <-chan time.Time // nil: never
	releases      [2]func()
}

func (a *alarms) release() {
	for _, release := range a.releases {
		if release != nil {
			release()
		}
	}
	*a = alarms{}
}

// wait sets the alarms for the next sample and for the end of a trial.
func (b *boot) wait(next time.Time) (a alarms) {
	a.sample, a.releases[0] = b.d.after(next.Sub(b.d.now()))
	if left, ok := b.tryFor(); ok {
		a.trial, a.releases[1] = b.d.after(left)
	}
	return a
}

// interval is the time between samples, now.
func (b *boot) interval() time.Duration {
	now := b.d.now()
	interval := b.d.flash.settings.interval
	if now.Before(b.watchUntil) {
		interval = min(interval, watchInterval)
	}
	alone := b.up.stuck()
	b.session.Lock()
	defer b.session.Unlock()
	if !b.online {
		alone = max(alone, now.Sub(b.since))
	}
	if alone > thinAfter {
		interval = max(interval, thinInterval)
	}
	if b.mover.onTrial() {
		interval = min(interval, trialInterval)
	}
	return interval
}

// connected greets the server. Everything else flows only after it.
func (b *boot) connected(ctx context.Context, conn uint64) error {
	status := wire.AppendStatus(nil, wire.StatusPayload{Online: true, Boot: b.id, Conn: conn})
	if err := b.road.Publish(ctx, wire.Topic(b.d.id, wire.Status), status, true); err != nil {
		return err
	}
	b.session.Lock()
	defer b.session.Unlock()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	b.online, b.since = true, b.d.now()
	b.up.hold(b.mover.onTrial())
	b.up.connected()
	b.voice.connected()
	b.d.log.Debug("connected", "conn", conn, "backlog", b.up.pending())
	return nil
}

func (b *boot) disconnected() {
	b.session.Lock()
	defer b.session.Unlock()
	if b.online {
		b.since = b.d.now()
	}
	b.online = false
	b.up.disconnected()
	b.voice.disconnected()
	b.d.log.Debug("disconnected")
}

// left says that the device is at no broker any more, and that another comes next.
func (b *boot) left() {
	b.disconnected()
	b.up.left()
	b.up.hold(b.mover.onTrial())
}

// message sorts what the server sends over a link. It does not wait: what does not
// fit into the inbox is sent again by the server.
func (b *boot) message(no uint64, kind wire.Kind, payload []byte, retained bool) {
	if kind == wire.Committed {
		c, err := wire.DecodeCommitted(payload)
		if err != nil {
			b.d.log.Warn("the server sent nonsense", "topic", kind.String(), "err", err)
			return
		}
		if b.mover.committed(no, c, retained, b.id, b.up.upcoming()) {
			b.up.committed(c)
		}
		return
	}
	select {
	case b.inbox <- inbound{kind, append([]byte(nil), payload...)}:
	default:
	}
}

// applyFaults gives the device the faults that are present at a wall time.
func (d *device) applyFaults(l link, wall time.Time) {
	after := wall.Sub(d.start)
	d.plan.apply(d.rig, after)
	l.network(!d.plan.active(FaultWiFiLost, after))
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
