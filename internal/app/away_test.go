package app

import (
	"strings"
	"testing"
	"time"

	"coolant/internal/broker/brokertest"
	"coolant/internal/sim"
)

// simulateOutside runs devices at an outside broker, by a clock of their own, until
// stop is called.
func simulateOutside(t *testing.T, b *outside, clock *lapse, devices []sim.DeviceOptions) (stop func()) {
	t.Helper()
	for i := range devices {
		devices[i].Password = passwordThere(string(devices[i].ID))
	}
	return runSimulation(t, sim.Options{
		Broker: b.Addr, TLS: b.ca.TLS(), Devices: devices, Now: clock.Now, After: clock.After, Log: discard(),
	})
}

// TestServerAwayForHalfADay turns the service off for 12 hours of its devices' time.
// The broker keeps its first 1,000 messages and drops the others; in the end every
// sample is stored, once, and the devices know.
func TestServerAwayForHalfADay(t *testing.T) {
	t.Parallel()
	const kept, away = 1000, 12 * time.Hour
	// The server says `committed` every 3 s, and the devices' patience is 10 s: at this
	// pace they still fit.
	const recovery, pace = time.Minute, 2
	devices := sim.Fleet(2, 1)
	b := startOutside(t, brokertest.Options{MaxQueued: kept}, "demo-1", "demo-2")
	c := b.configure(t, "remote")
	w := b.watch(t)
	_, stopService := serve(t, c)
	clock := startLapse(t, away+recovery)
	stopDevices := simulateOutside(t, b, clock, devices)
	until(t, "every device has heard committed of its boot", func() bool { return w.settled(len(devices)) })
	stopService()

	before, began := w.messages(), time.Now()
	clock.at(10_000)
	back := clock.Now().Add(away)
	within(t, time.Minute, "half a day has passed", func() bool { return clock.Now().After(back) })
	clock.at(1)
	passed := w.messages() - before
	t.Logf("%v took %v; %d messages", away, time.Since(began).Round(time.Millisecond), passed)
	if !strings.Contains(b.Log(), "Outgoing messages are being dropped for client coolant-server") {
		t.Error("the broker does not say that it dropped messages")
	}
	// Mosquitto keeps the oldest of a session that is away.
	lost := map[string]int{}
	w.mu.Lock()
	for id, d := range w.devices {
		for _, n := range d.sent {
			if n > before+kept {
				lost[string(id)]++
			}
		}
	}
	w.mu.Unlock()
	for _, d := range devices {
		if lost[string(d.ID)] < 100 {
			t.Errorf("the broker lost %d samples of %s; what does this prove?", lost[string(d.ID)], d.ID)
		}
	}
	t.Logf("the broker lost: %v", lost)

	_, stopService = serve(t, c)
	began = time.Now()
	clock.at(pace)
	within(t, time.Minute, "everything is committed", func() bool { return w.settled(len(devices)) })
	t.Logf("everything was committed after %v", time.Since(began).Round(time.Millisecond))
	clock.at(100)
	until(t, "the clock has caught up with life", func() bool { return time.Since(clock.Now()) < time.Second })
	clock.at(1)
	until(t, "everything is committed", func() bool { return w.settled(len(devices)) })
	stopDevices()
	stopService()
	for _, id := range w.ids() {
		d := w.devices[id]
		t.Logf("%s: %d samples", id, d.newest)
		if d.newest < 700 {
			t.Errorf("%s made only %d samples", id, d.newest)
		}
		keptExactly(t, c, id, d)
	}
}
