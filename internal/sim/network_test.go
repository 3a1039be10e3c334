package sim

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/control"
	"coolant/internal/wire"
)

// lived is what an hour of a device came to.
type lived struct {
	state    State
	duties   []control.Drive
	readings []coolant.Reading
	seconds  int    // that its status at the broker said offline
	status   string // in the end
	samples  int    // that the server has
	complete bool   // and none is missing
}

// live runs a device from ten in the morning for an hour, while change alters its world each second.
func live(t *testing.T, faults []Fault, change func(w *world, b *fakeBroker, second int)) (got lived) {
	time.Sleep(10 * time.Hour) // a morning's work, and not the night with which the time of a bubble begins
	server := newFakeServer(true)
	b := &fakeBroker{password: "old", server: server}
	w := &world{t: t, brokers: map[string]*fakeBroker{"old:8883": b}}
	o := Options{
		Broker: "old:8883", Speed: 1, Interval: defaultInterval, Log: slog.New(slog.DiscardHandler), Faults: faults,
		Devices: []DeviceOptions{{ID: "loop", Password: "old", Seed: 1}},
	}
	d := newDevice(&o, 0, time.Now())
	d.newLink = w.link
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.run(ctx) }()
	for second := range 3600 {
		w.change(func() {
			change(w, b, second)
			if strings.Contains(b.status, "offline") {
				got.seconds++
			}
		})
		time.Sleep(time.Second)
	}
	time.Sleep(500 * time.Millisecond) // between two seconds of the loop
	w.change(func() { got.status = b.status })
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	got.state, got.duties, got.readings = d.rig.State(), d.rig.duties, d.rig.Readings()
	time.Sleep(5 * time.Second) // what is still to be said
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.boots) != 1 {
		t.Fatalf("%d boots", len(w.boots))
	}
	got.samples = len(server.samples[w.boots[0]])
	got.complete = server.through(w.boots[0]) == uint64(got.samples)
	return got
}

// The loop does not notice whether there is a network, a broker or a server: after an hour the water, the duties and what the probes say are the
// same to the last bit as with all of them. Who looks sees the device offline where its broker can know that, and gets every sample later.
// What the server makes of it is shown by e2e (TestRemoteWill, TestFirmwareFaults, TestFirmwareBrokerRestart, TestFirmwareServerCrash), and
// what the page says of a server that is gone by web/e2e/outage.e2e.ts.
func TestClosedLoopWithoutNetwork(t *testing.T) {
	var undisturbed lived
	synctest.Test(t, func(t *testing.T) { undisturbed = live(t, nil, func(*world, *fakeBroker, int) {}) })
	if undisturbed.seconds > 0 || undisturbed.samples < 350 {
		t.Errorf("undisturbed: %+v", undisturbed)
	}
	var gone *fakeServer
	rubbish := []string{"", "null", "[1]", `{"epoch":1}`, `{"epoch":"e","version":7,"critical_c":80}`, `{"id":"c","name":"no such","expires":9e15}`, "\xff\xfe", `{"host_w":-1}`}
	away := func(second int) bool { return second >= 300 && second < 2700 }
	flapping := make([]Fault, 0, 40)
	for n := range 40 {
		flapping = append(flapping, Fault{Name: FaultWiFiLost, At: time.Duration(300+60*n) * time.Second, For: time.Duration(5+n) * time.Second})
	}
	table := newFigures("The network, an hour of work", "what is gone", "water", "seconds shown as offline", "samples stored")
	for _, c := range []struct {
		name    string
		faults  []Fault
		change  func(w *world, b *fakeBroker, second int)
		offline int // s that it is shown so, at least
	}{
		{name: "the server", change: func(_ *world, b *fakeBroker, second int) {
			switch second {
			case 300:
				gone, b.server = b.server, nil
			case 2700:
				b.server = gone
			}
		}},
		{name: "the broker's answers", change: func(_ *world, b *fakeBroker, second int) { b.mute = away(second) }},
		{name: "the broker", offline: 2390, change: func(w *world, b *fakeBroker, second int) {
			b.away = away(second)
			for _, l := range w.links {
				if b.away && l.up {
					l.cut()
				}
			}
		}},
		{
			name: "the network, for 40 minutes", faults: []Fault{{Name: FaultWiFiLost, At: 300 * time.Second, For: 2400 * time.Second}},
			change: func(*world, *fakeBroker, int) {}, offline: 2390,
		},
		{name: "the network, now and then", faults: flapping, change: func(*world, *fakeBroker, int) {}, offline: 700},
		{name: "nothing, but the server sends nonsense", change: func(w *world, _ *fakeBroker, second int) {
			for _, l := range w.links {
				if l.up && second%20 == 0 {
					l.o.message([]wire.Kind{wire.Desired, wire.Command, wire.Input}[second/20%3], []byte(rubbish[second/60%len(rubbish)]), false)
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := live(t, c.faults, c.change)
				if got.state != undisturbed.state || !slices.Equal(got.duties, undisturbed.duties) || !slices.Equal(got.readings, undisturbed.readings) {
					t.Errorf("the loop is at %+v with %+v, undisturbed at %+v with %+v", got.state, got.duties, undisturbed.state, undisturbed.duties)
				}
				if got.seconds < c.offline || c.offline == 0 && got.seconds > 0 || strings.Contains(got.status, "offline") {
					t.Errorf("it was shown as offline for %d s, want %d; in the end %s", got.seconds, c.offline, got.status)
				}
				if !got.complete || got.samples < 100 {
					t.Errorf("the server has %d samples, and that they are complete is %v", got.samples, got.complete)
				}
				table.row(c.name, got.state.Water, got.seconds, got.samples)
			})
		})
	}
	table.log(t)
}

// A sweep whose broker goes away comes to its end by itself, and nothing of the loop is other than before. What it found is told when there is
// a broker again.
func TestSweepGoesOnWithoutItsBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broker *fakeBroker
		var before string
		got := live(t, nil, func(w *world, b *fakeBroker, second int) {
			broker, b.away = b, second >= 310 && second < 2700
			for _, l := range w.links {
				switch {
				case l.up && b.away:
					l.cut()
				case l.up && second == 300:
					const sweep = `{"id":"s-1","name":"commission","expires":%d,"args":{"output":"fan","test":"sweep"}}`
					l.o.message(wire.Command, fmt.Appendf(nil, sweep, coolant.Milli(time.Now().Add(time.Minute))), false)
				}
			}
			if second == 2690 {
				before = string(b.reported)
			}
		})
		if !strings.Contains(before, `"state":"running"`) {
			t.Errorf("before the broker was gone: %s", before)
		}
		after := string(broker.reported)
		if !strings.Contains(after, `"command":"s-1","kind":"sweep","output":"fan","state":"done"`) || !strings.Contains(after, `"start_duty":2`) {
			t.Errorf("with a broker again: %s", after)
		}
		for _, d := range got.duties {
			if d.By != control.ByAuto {
				t.Errorf("%+v", got.duties)
			}
		}
		if !got.complete || got.seconds < 2380 {
			t.Errorf("%+v", got)
		}
	})
}
