package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// world is the brokers and servers around one device, in the time of a synctest
// bubble.
type world struct {
	t       *testing.T
	brokers map[string]*fakeBroker // by host:port

	mu      sync.Mutex
	links   []*worldLink
	info    []wire.EndpointInfo // in the order in which they were told, each once
	replies []wire.ReplyPayload
	boots   []coolant.Boot
	conns   []uint64
}

// fakeBroker is a broker, and the server that listens there, if one does.
type fakeBroker struct {
	password string
	away     bool
	mute     bool // acknowledges nothing
	server   *fakeServer
	retained []byte // committed
	status   string // the newest
	reported []byte // likewise
	telemet  int    // messages
}

// fakeServer stores what it gets, each sample once, and says `committed` at every
// broker where it listens, if it does so at all.
type fakeServer struct {
	says    bool
	samples map[coolant.Boot]map[uint64]wire.TelemetrySample
	greeted coolant.Boot
}

func newFakeServer(says bool) *fakeServer {
	return &fakeServer{says: says, samples: map[coolant.Boot]map[uint64]wire.TelemetrySample{}}
}

func (s *fakeServer) through(boot coolant.Boot) (n uint64) {
	for s.samples[boot][n+1].Seq != 0 {
		n++
	}
	return n
}

func (b *fakeBroker) samples() (n int) {
	for _, of := range b.server.samples {
		n += len(of)
	}
	return n
}

// worldLink is a [link] into a world.
type worldLink struct {
	w      *world
	o      linkOptions
	ctx    context.Context
	cancel context.CancelFunc
	run    sync.WaitGroup

	up   bool // guarded by w.mu, as what follows
	dark bool
	cut  context.CancelFunc
}

func (w *world) link(o linkOptions) link {
	l := &worldLink{w: w, o: o}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	w.mu.Lock()
	defer w.mu.Unlock()
	w.links = append(w.links, l)
	return l
}

var (
	errRefused = errors.New("connection refused")
	errDenied  = errors.New("not authorized")
)

func (l *worldLink) start() error {
	l.run.Go(func() {
		for l.ctx.Err() == nil {
			if err := l.connect(); err != nil {
				l.o.failed(err)
			}
			select {
			case <-time.After(time.Second):
			case <-l.ctx.Done():
			}
		}
	})
	return nil
}

// connect holds one connection for as long as it lasts.
func (l *worldLink) connect() error {
	l.w.mu.Lock()
	b := l.w.brokers[l.o.broker]
	switch {
	case l.dark || b == nil || b.away:
		l.w.mu.Unlock()
		return errRefused
	case b.password != l.o.password:
		l.w.mu.Unlock()
		return errDenied
	}
	conn := l.o.attempt()
	l.w.conns = append(l.w.conns, conn)
	ctx, cut := context.WithCancel(l.ctx)
	l.up, l.cut = true, cut
	retained := b.retained
	l.w.mu.Unlock()
	if retained != nil {
		l.o.message(wire.Committed, retained, true)
	}
	if err := l.o.up(ctx, conn); err != nil {
		cut()
	}
	<-ctx.Done()
	l.w.mu.Lock()
	l.up = false
	b.status = string(wire.AppendStatus(nil, wire.StatusPayload{Boot: l.o.boot, Conn: conn})) // the last will, or the goodbye before it
	l.w.mu.Unlock()
	l.o.down()
	return nil
}

func (l *worldLink) stop(goodbye bool) {
	if goodbye {
		status := wire.AppendStatus(nil, wire.StatusPayload{Boot: l.o.boot, Conn: 1})
		_ = l.Publish(l.ctx, wire.Topic(l.o.device, wire.Status), status, true)
	}
	l.cancel()
	l.run.Wait()
}

func (l *worldLink) network(there bool) {
	l.w.mu.Lock()
	defer l.w.mu.Unlock()
	l.dark = !there
	if l.dark && l.up {
		l.cut()
	}
}

func (l *worldLink) Publish(ctx context.Context, topic string, payload []byte, _ bool) error {
	select {
	case <-time.After(20 * time.Millisecond):
	case <-ctx.Done():
		return ctx.Err()
	}
	l.w.mu.Lock()
	b := l.w.brokers[l.o.broker]
	if b.mute {
		l.w.mu.Unlock()
		select {
		case <-time.After(pubackTimeout):
			return errLost
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer l.w.mu.Unlock()
	if !l.up {
		return errLost
	}
	l.w.take(b, topic, payload)
	return nil
}

// take is called with the lock held.
func (w *world) take(b *fakeBroker, topic string, payload []byte) {
	_, kind, _ := wire.ParseTopic(topic)
	switch kind {
	case wire.Reply:
		r, err := wire.DecodeReply(payload)
		if err != nil {
			w.t.Errorf("reply %s: %v", payload, err)
		}
		w.replies = append(w.replies, r)
	case wire.Info:
		i, err := wire.DecodeInfo(payload)
		if err != nil || i.Endpoint == nil || !slices.Contains(i.Capabilities, wire.CommandEndpoint) {
			w.t.Errorf("info %s: %v", payload, err)
			return
		}
		if n := len(w.info); n == 0 || w.info[n-1] != *i.Endpoint {
			w.info = append(w.info, *i.Endpoint)
		}
	case wire.Status:
		b.status = string(payload)
		s, _ := wire.DecodeStatus(payload)
		if !slices.Contains(w.boots, s.Boot) {
			w.boots = append(w.boots, s.Boot)
		}
		if b.server != nil && s.Online && b.server.greeted != s.Boot {
			b.server.greeted = s.Boot
			w.say(b.server, s.Boot)
		}
	case wire.Telemetry:
		b.telemet++
		var p wire.TelemetryPayload
		if err := new(wire.Decoder).Decode(payload, &p); err != nil || len(p.Problems) > 0 {
			w.t.Errorf("telemetry %s: %v %v", payload, err, p.Problems)
		}
		if b.server == nil {
			return
		}
		of := b.server.samples[p.Boot]
		if of == nil {
			of = map[uint64]wire.TelemetrySample{}
			b.server.samples[p.Boot] = of
		}
		for _, s := range p.Samples {
			s.Readings = slices.Clone(s.Readings)
			if len(of[s.Seq].Readings) == 0 {
				of[s.Seq] = s
			}
		}
		w.say(b.server, p.Boot)
	case wire.Reported:
		b.reported = slices.Clone(payload)
	default: // nothing else is judged here
	}
}

// say publishes what a server has of a boot, a second later. It is called with the
// lock held.
func (w *world) say(s *fakeServer, boot coolant.Boot) {
	if !s.says {
		return
	}
	time.AfterFunc(time.Second, func() {
		w.mu.Lock()
		payload := wire.AppendCommitted(nil, wire.CommittedPayload{Boot: boot, Through: s.through(boot)})
		var to []*worldLink
		for _, l := range w.links {
			if b := w.brokers[l.o.broker]; b != nil && b.server == s && l.up {
				to = append(to, l)
			}
		}
		for _, b := range w.brokers {
			if b.server == s {
				b.retained = payload
			}
		}
		w.mu.Unlock()
		for _, l := range to {
			l.o.message(wire.Committed, payload, false)
		}
	})
}

// order sends the command `endpoint` over whichever link is up.
func (w *world) order(id, args string) {
	payload := fmt.Sprintf(`{"id":%q,"name":"endpoint","expires":%d,"args":%s}`, id, coolant.Milli(time.Now().Add(time.Hour)), args)
	w.mu.Lock()
	var to *worldLink
	for _, l := range w.links {
		if l.up {
			to = l
		}
	}
	w.mu.Unlock()
	if to == nil {
		w.t.Errorf("the command %s reaches nobody", id)
		return
	}
	to.o.message(wire.Command, []byte(payload), false)
}

// change alters the world.
func (w *world) change(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

// live runs a device at old:8883 for ten minutes while script goes on, lets it
// calm down for five, and stops it.
func (w *world) live(o Options, script func()) {
	o.Broker, o.Speed, o.Now, o.Log = "old:8883", 1, time.Now, slog.New(slog.DiscardHandler)
	o.Devices = []DeviceOptions{{ID: "loop", Password: "old", Seed: 1}}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	d := newDevice(&o, 0, time.Now())
	d.newLink = w.link
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	began := time.Now()
	script()
	time.Sleep(time.Until(began.Add(10 * time.Minute)))
	time.Sleep(5 * time.Minute)
	cancel()
	if err := <-done; err != nil {
		w.t.Error(err)
	}
	time.Sleep(2 * time.Second) // what is still to be said
}
