package sim

import (
	"fmt"
	"sync"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// trialInterval is the longest time between two samples on trial: the server needs
// something to say `committed` about.
const trialInterval = 10 * time.Second

// mover follows a boot's links and the proof of the one on trial. Its methods are
// safe for concurrent use; what it finds it tells the loop, which decides.
type mover struct {
	poked chan struct{}

	mu      sync.Mutex
	links   uint64 // counts them; the newest is the one in use, or about to be
	most    uint64 // the greatest number that any endpoint said of this boot
	trial   uint64 // the link on trial; 0: none
	known   uint64 // most, when the trial began
	proven  bool
	arrived bool   // connected on trial, for the first time
	taken   bool   // the same, and not forgotten when the loop has heard it
	failure string // why the link on trial is not connected
}

func (m *mover) poke() {
	select {
	case m.poked <- struct{}{}:
	default:
	}
}

// link numbers a new link.
func (m *mover) link(onTrial bool) (no uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.links++
	m.trial, m.proven, m.arrived, m.taken, m.failure = 0, false, false, false, ""
	if onTrial {
		m.trial, m.known = m.links, m.most
	}
	return m.links
}

// onTrial says whether the newest link is on trial.
func (m *mover) onTrial() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.trial != 0
}

// committed hears what came over a link of a boot, whose next sample will have the
// number next. It says whether that is to be believed: nothing is on trial until
// something proves the link.
func (m *mover) committed(no uint64, c wire.CommittedPayload, retained bool, boot coolant.Boot, next uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.Boot == boot && c.Through < next {
		m.most = max(m.most, c.Through)
	}
	if no != m.trial || m.proven {
		return true
	}
	if m.proven = proves(c, retained, boot, m.known, next); m.proven {
		m.poke()
	}
	return m.proven
}

// settle ends the trial of the newest link.
func (m *mover) settle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trial = 0
}

// connected hears that a link stands.
func (m *mover) connected(no uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if no == m.trial && !m.taken {
		m.arrived, m.taken = true, true
		m.poke()
	}
}

// failed hears why a link does not stand.
func (m *mover) failed(no uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if no == m.trial {
		m.failure = err.Error()
	}
}

// news says whether the trial is proven, and once that it has arrived.
func (m *mover) news() (proven, arrived bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	arrived, m.arrived = m.arrived, false
	return m.proven, arrived
}

// reason says why a trial did not succeed.
func (m *mover) reason(long time.Duration) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.taken:
		return fmt.Sprintf("the broker took the device, but no server said `committed` within %v; is one listening there?", long)
	case m.failure != "":
		return fmt.Sprintf("not connected within %v: %.300s", long, m.failure)
	default:
		return fmt.Sprintf("not connected within %v", long)
	}
}

// endpoint is the command of that name. The trial is in flash before anything
// happens, and begins when the answer is out.
func (b *boot) endpoint(c wire.CommandPayload) (after func(), err error) {
	args, err := wire.DecodeEndpoint(c.Args)
	if err != nil {
		return nil, fmt.Errorf("args: %w", err)
	}
	t := &trial{to: newEndpoint(args), long: args.Trial, command: c.ID}
	b.d.flash.home.trial = t
	return func() {
		select {
		case b.move <- t:
		case <-b.over: // the next boot rolls back
		}
	}, nil
}

// try goes over to the endpoint of a trial.
func (b *boot) try(t *trial) {
	if b.d.flash.home.trial != t {
		return // replaced by a later one, whose answer is on its way
	}
	b.d.log.Info("trying another endpoint", "url", t.to.url, "for", t.long)
	b.trying, b.tryUntil = t, b.d.now().Add(t.long)
	b.up.hold(true)
	b.voice.tell(wire.Info, b.info())
	b.road.follow(b.open(t.to, true))
}

// judge ends a trial that is proven or has taken too long.
func (b *boot) judge(proven bool) {
	home := &b.d.flash.home
	if b.trying == nil || home.trial != b.trying {
		return
	}
	switch {
	case proven:
		home.confirm()
		b.mover.settle()
		b.up.hold(false)
	case !b.d.now().Before(b.tryUntil):
		// The broker on trial may acknowledge for as long as it is not left; until then that
		// lets nothing leave the ring.
		home.rollBack(b.mover.reason(b.trying.long))
		b.road.follow(b.open(home.confirmed, false))
	default:
		return
	}
	b.trying = nil
	b.d.log.Info("the trial of an endpoint is over", "state", home.outcome, "url", home.confirmed.url, "reason", home.reason)
	b.voice.tell(wire.Info, b.info())
}

// tryFor is how long the present trial may still take; ok is false without one.
func (b *boot) tryFor() (left time.Duration, ok bool) {
	if b.trying == nil || b.d.flash.home.trial != b.trying {
		return 0, false
	}
	return b.tryUntil.Sub(b.d.now()), true
}
