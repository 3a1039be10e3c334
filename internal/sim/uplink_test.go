package sim

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/wire"
)

var errLost = errors.New("lost")

// badNet is a transport and a server behind it. While it is bad, messages and
// acknowledgements get lost, connections break, and acknowledged messages vanish.
type badNet struct {
	t    *testing.T
	rng  *rand.Rand
	bad  bool
	mu   sync.Mutex
	ctx  context.Context // of the present connection
	end  context.CancelFunc
	led  *ledger
	msgs int
}

func (n *badNet) Publish(ctx context.Context, _ string, payload []byte, _ bool) error {
	n.mu.Lock()
	conn := n.ctx
	delay := time.Duration(n.rng.Int64N(int64(200 * time.Millisecond)))
	luck := n.rng.Float64()
	bad := n.bad
	n.mu.Unlock()
	select {
	case <-time.After(delay):
	case <-conn.Done():
		return errLost
	case <-ctx.Done():
		return ctx.Err()
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.msgs++
	var p wire.TelemetryPayload
	if err := new(wire.Decoder).Decode(payload, &p); err != nil || len(p.Problems) > 0 {
		n.t.Errorf("%v %v", err, p.Problems)
	}
	b := batch{samples: p.Samples}
	switch {
	case !bad || luck < 0.5:
		n.led.store(b)
		return nil
	case luck < 0.6: // arrived, its acknowledgement did not
		n.led.store(b)
		return errLost
	case luck < 0.8: // acknowledged, and forgotten by the broker
		return nil
	default:
		return errLost
	}
}

func TestUplinkOverABadNetwork(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) { uplinkOverABadNetwork(t, seed) })
	}
}

func uplinkOverABadNetwork(t *testing.T, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := &badNet{t: t, rng: rng, bad: true, led: newLedger()}
	n.ctx, n.end = context.WithCancel(t.Context())
	o := newOutbox(7, 5000)
	for range 700 {
		o.push(1, oneReading)
	}
	u := newUplink("demo", o, n, (&Options{}).clock(), slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { u.run(ctx) })

	made := uint64(700)
	check := func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if o.first > n.led.said+1 {
			t.Errorf("seed %d: sample %d left the ring, the server said %d", seed, o.first-1, n.led.said)
		}
	}
	say := func() {
		n.mu.Lock()
		through := n.led.through()
		n.led.said = max(n.led.said, through)
		n.mu.Unlock()
		u.committed(wire.CommittedPayload{Boot: 7, Through: through})
	}
	u.committed(wire.CommittedPayload{Boot: 3, Through: 1})
	u.connected()
	for second := range 600 {
		time.Sleep(time.Second)
		u.add(coolant.Milli(time.Now()), oneReading)
		made++
		n.mu.Lock()
		luck := rng.Float64()
		n.mu.Unlock()
		switch {
		case luck < 0.02:
			n.end()
			u.disconnected()
			time.Sleep(time.Duration(luck * float64(1000*time.Second)))
			n.mu.Lock()
			n.ctx, n.end = context.WithCancel(t.Context())
			n.mu.Unlock()
			u.connected()
		case luck < 0.04:
			n.mu.Lock()
			n.led.forget(rng.Uint64N(made))
			n.mu.Unlock()
		case second%3 == 0:
			say()
		}
		check()
	}
	n.mu.Lock()
	n.bad = false
	n.mu.Unlock()
	for round := 0; u.pending() > 0 && round < 2000; round++ {
		time.Sleep(3 * time.Second)
		say()
		check()
	}
	if left := u.pending(); left > 0 {
		t.Errorf("seed %d: %d samples stay in the ring; the server is at %d of %d", seed, left, n.led.through(), made)
	}
	for seq := uint64(1); seq <= made; seq++ {
		if !n.led.real[seq] {
			t.Errorf("seed %d: sample %d never arrived", seed, seq)
			break
		}
	}
	cancel()
	running.Wait()
	n.end()
}

// A broker that acknowledges nothing for an hour, as one does whose disk is
// full, is neither flooded nor given up.
func TestUplinkIsPatientWithAFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		full, calls, stored := true, 0, 0
		link := publishFunc(func(ctx context.Context, payload []byte) error {
			mu.Lock()
			calls++
			refuse := full
			mu.Unlock()
			if refuse {
				select {
				case <-time.After(pubackTimeout):
					return errLost
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			mu.Lock()
			stored += strings.Count(string(payload), `"seq"`)
			mu.Unlock()
			return nil
		})
		u := newUplink("demo", newOutbox(7, 2000), link, (&Options{}).clock(), slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { u.run(ctx) })
		u.connected()
		for range 360 {
			u.add(coolant.Milli(time.Now()), oneReading)
			time.Sleep(10 * time.Second)
		}
		mu.Lock()
		if calls < 20 || calls > 600 {
			t.Errorf("%d messages in an hour without an acknowledgement", calls)
		}
		full = false
		mu.Unlock()
		time.Sleep(5 * time.Minute)
		if u.pending() != 0 || stored < 360 {
			t.Errorf("%d pending, %d stored", u.pending(), stored)
		}
		cancel()
		running.Wait()
	})
}

type publishFunc func(ctx context.Context, payload []byte) error

func (f publishFunc) Publish(ctx context.Context, _ string, payload []byte, _ bool) error {
	return f(ctx, payload)
}

// recorder is a link to a server that takes everything.
type recorder struct {
	o       linkOptions
	mu      sync.Mutex
	samples []wire.TelemetrySample
	dark    bool
	up      bool
	conn    uint64
	end     context.CancelFunc
	worker  sync.WaitGroup
}

func (r *recorder) Publish(_ context.Context, topic string, payload []byte, _ bool) error {
	if _, kind, _ := wire.ParseTopic(topic); kind != wire.Telemetry {
		return nil
	}
	var p wire.TelemetryPayload
	if err := new(wire.Decoder).Decode(payload, &p); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range p.Samples {
		s.Readings = slices.Clone(s.Readings)
		r.samples = append(r.samples, s)
	}
	return nil
}

func (r *recorder) start() error { r.follow(); return nil }
func (r *recorder) stop(bool)    { r.network(false); r.worker.Wait() }
func (r *recorder) network(there bool) {
	r.mu.Lock()
	r.dark = !there
	started := r.conn > 0
	r.mu.Unlock()
	if started {
		r.follow()
	}
}

// follow makes the connection what the network allows.
func (r *recorder) follow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.dark && r.up:
		r.up = false
		r.end()
		r.o.down()
	case !r.dark && !r.up:
		r.up = true
		r.conn++
		ctx, end := context.WithCancel(context.Background())
		r.end = end
		r.worker.Go(func() { _ = r.o.up(ctx, r.conn) })
	}
}

// life runs a device for a while and returns what each of its boots sent.
func life(t *testing.T, seed uint64, long time.Duration, faults ...Fault) (boots [][]wire.TelemetrySample) {
	synctest.Test(t, func(t *testing.T) {
		o := Options{
			Broker: "127.0.0.1:1", Devices: Fleet(1, seed), Speed: 60, Faults: faults,
			Backfill: 2 * time.Hour, Log: slog.New(slog.DiscardHandler), Now: time.Now, Interval: defaultInterval,
		}
		d := newDevice(&o, 0, time.Now())
		var links []*recorder
		d.newLink = func(lo linkOptions) link {
			links = append(links, &recorder{o: lo})
			return links[len(links)-1]
		}
		ctx, cancel := context.WithTimeout(t.Context(), long)
		defer cancel()
		if err := d.run(ctx); err != nil {
			t.Error(err)
		}
		for _, l := range links {
			slices.SortFunc(l.samples, func(a, b wire.TelemetrySample) int { return int(a.Seq) - int(b.Seq) })
			boots = append(boots, l.samples)
		}
	})
	return boots
}

func TestSameSeedSameSamples(t *testing.T) {
	faults := []Fault{{Name: FaultCRC, At: 63 * time.Second, For: 20 * time.Second}, {Name: FaultReboot, At: 5 * time.Minute}}
	const long = 10*time.Minute + time.Millisecond
	a, b, c := life(t, 1, long, faults...), life(t, 1, long, faults...), life(t, 2, long, faults...)
	if len(a) != 2 || len(b) != 2 || len(c) != 2 {
		t.Fatalf("%d, %d and %d boots, want 2 each", len(a), len(b), len(c))
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			t.Fatalf("boot %d: %d samples and %d", i, len(a[i]), len(b[i]))
		}
		for j := range a[i] {
			x, y, z := a[i][j], b[i][j], c[i][j]
			if x.Seq != y.Seq || x.Time != y.Time || !slices.Equal(x.Readings, y.Readings) {
				t.Fatalf("boot %d: sample %+v and %+v", i, x, y)
			}
			if slices.Equal(x.Readings, z.Readings) {
				t.Fatalf("boot %d: another seed gave the same sample %+v", i, x)
			}
		}
	}
	// Two hours at one a minute, 5 minutes at one in 10 s with both ends but the
	// moment of the reset, and the rest after it.
	if len(a[0]) < 120+30 || len(a[0]) > 120+31 || len(a[1]) < 29 || len(a[1]) > 31 {
		t.Errorf("%d and %d samples", len(a[0]), len(a[1]))
	}
	faulty := 0
	for _, s := range a[0] {
		for _, r := range s.Readings {
			if r.Quality == coolant.CRC && r.Metric == coolant.Water {
				faulty++
			}
		}
	}
	if faulty != 2 {
		t.Errorf("%d samples with the fault of 20 s, want 2", faulty)
	}
}

// Alone for long, the device thins its samples, and sends them later.
func TestOfflineSamplesArriveLater(t *testing.T) {
	const long = 3*time.Hour + time.Millisecond
	boots := life(t, 1, long, Fault{Name: FaultWiFiLost, At: time.Minute, For: 2 * time.Hour})
	samples := boots[0]
	if len(boots) != 1 {
		t.Fatalf("%d boots", len(boots))
	}
	for i, s := range samples {
		if s.Seq != uint64(i+1) {
			t.Fatalf("sample %d has the number %d", i, s.Seq)
		}
		if i > 0 && s.Time-samples[i-1].Time > coolant.Minute {
			t.Fatalf("a gap of %v", s.Time.Sub(samples[i-1].Time))
		}
	}
	// 120 of the past, 18 until it thins, 118 alone, 354 after.
	if n := len(samples); n < 600 || n > 620 {
		t.Errorf("%d samples", n)
	}
}
