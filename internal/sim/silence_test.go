package sim

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
)

// For half a day nothing gets to the server, in either way in which a broker can be
// of no use. The device thins its samples, so that its ring holds all of them, and in
// the end not one is missing.
func TestServerIsSilentForHalfADay(t *testing.T) {
	tests := map[string]func(b *fakeBroker, away bool, server *fakeServer){
		"the broker takes everything and passes nothing on": func(b *fakeBroker, away bool, server *fakeServer) {
			if b.server = server; away {
				b.server = nil
			}
		},
		"the broker acknowledges nothing": func(b *fakeBroker, away bool, _ *fakeServer) { b.mute = away },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { silence(t, change) })
		})
	}
}

func silence(t *testing.T, change func(b *fakeBroker, away bool, server *fakeServer)) {
	server := newFakeServer(true)
	b := &fakeBroker{password: "old", server: server}
	w := &world{t: t, brokers: map[string]*fakeBroker{"old:8883": b}}
	w.live(Options{}, func() {
		time.Sleep(5 * time.Minute)
		w.change(func() { change(b, true, server) })
		time.Sleep(12 * time.Hour)
		w.change(func() { change(b, false, server) })
		time.Sleep(10 * time.Minute)
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.boots) != 1 {
		t.Fatalf("%d boots", len(w.boots))
	}
	of := server.samples[w.boots[0]]
	var last coolant.UnixMilli
	for seq := uint64(1); seq <= uint64(len(of)); seq++ {
		s := of[seq]
		if len(s.Readings) == 0 {
			t.Fatalf("sample %d of %d never arrived", seq, len(of))
		}
		if gap := s.Time - last; seq > 1 && (gap <= 0 || gap > coolant.Minute) {
			t.Errorf("a gap of %v before sample %d", gap, seq)
		}
		last = s.Time
	}
	// 30 before, 12 until it thins, 718 after, and 15 minutes at 10 s again, but for
	// the time until it is sure of the server.
	if n := len(of); n < 30+12+718+50 || n > 30+12+718+6*15+2 {
		t.Errorf("%d samples", n)
	}
}

// A broker has lost what it acknowledged in half a day. That is sent again in steps
// that grow as long as they are what was missing, and hardly anything twice.
func TestOutboxRepairsALongHole(t *testing.T) {
	const lost = 3000
	o, l := newOutbox(7, 5000), newLedger()
	now := time.Unix(1e9, 0)
	o.connected(now)
	o.committed(7, 0, now)
	o.committed(8, 0, now) // heard
	send := func(arrives bool) (n int) {
		for {
			b, ok := o.takeFresh()
			if !ok {
				if b, ok = o.takeBacklog(now); !ok {
					return n
				}
			}
			n += len(b.samples)
			if arrives {
				l.store(b)
			}
			o.settle(b, true, now)
		}
	}
	for range lost {
		o.push(1, oneReading)
		send(false)
	}
	sent, began := 0, now
	for o.len() > 0 {
		now = now.Add(3 * time.Second) // as often as a server says `committed`
		o.push(1, oneReading)
		sent += send(true)
		o.committed(7, l.through(), now)
		if now.Sub(began) > time.Minute {
			t.Fatalf("after %v the server has %d of %d", now.Sub(began), l.through(), o.next-1)
		}
	}
	if sent > lost+100 {
		t.Errorf("%d samples were sent for %d", sent, lost)
	}
}

// A server that only lags behind is not sent everything again.
func TestOutboxIsPatientWithASlowServer(t *testing.T) {
	o := newOutbox(7, 5000)
	now := time.Unix(1e9, 0)
	o.connected(now)
	o.committed(8, 0, now) // heard
	for range 1000 {
		o.push(1, oneReading)
	}
	for {
		b, ok := o.takeBacklog(now)
		if !ok {
			break
		}
		o.settle(b, true, now)
	}
	again := 0
	for through := uint64(0); through < 1000; through += 50 {
		now = now.Add(11 * time.Second)
		for {
			b, ok := o.takeBacklog(now)
			if !ok {
				break
			}
			again += len(b.samples)
			o.settle(b, true, now)
		}
		o.committed(7, through+35, now)
	}
	if again > 20*batchSamples {
		t.Errorf("%d samples were sent again", again)
	}
}

// The clock of the options is what the device waits by.
func TestClockOfItsOwn(t *testing.T) {
	o := Options{Broker: "old:8883", Speed: 1, Log: slog.New(slog.DiscardHandler), Interval: defaultInterval, Devices: []DeviceOptions{{ID: "loop", Seed: 1}}}
	began, asked := time.Unix(1e9, 0), make(chan time.Duration, 1)
	o.Now = func() time.Time { return began }
	o.After = func(d time.Duration) (<-chan time.Time, func()) {
		asked <- d
		due := make(chan time.Time, 1)
		due <- began.Add(d)
		return due, func() { close(asked) }
	}
	if d := newDevice(&o, 0, began); !d.sleepUntil(t.Context(), began.Add(time.Hour)) {
		t.Error("it did not wait")
	}
	if d := <-asked; d != time.Hour {
		t.Errorf("it asked for %v", d)
	}
	if _, open := <-asked; open {
		t.Error("the timer was not released")
	}
}
