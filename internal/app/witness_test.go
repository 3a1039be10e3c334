package app

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"coolant"
	"coolant/e2e/mqtt"
	"coolant/internal/app/config"
	"coolant/internal/wire"
)

// witness sees everything that passes a broker.
type witness struct {
	mu      sync.Mutex
	up      int // messages from devices
	devices map[coolant.DeviceID]*seenDevice
}

// seenDevice is what a witness knows of a device that never restarts.
type seenDevice struct {
	boot      coolant.Boot
	samples   map[uint64]wire.TelemetrySample // with readings, by number
	sent      map[uint64]int                  // how many messages from devices had passed when it was sent first
	newest    uint64
	committed []uint64 // every word of the server
	online    bool     // by what it said here last
	problems  []string
}

// watch stands by a broker from now on until the end of the test.
func (b *outside) watch(t *testing.T) *witness {
	t.Helper()
	c, err := mqtt.Dial(t.Context(), mqtt.Options{Addr: b.Addr, TLS: b.ca.TLS(), Connect: mqtt.Connect{
		Version: mqtt.V5, ID: "witness", User: "witness", Password: passwordThere("witness"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Subscribe(0, "coolant/#"); err != nil {
		t.Fatal(err)
	}
	w := &witness{devices: map[coolant.DeviceID]*seenDevice{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			p, err := c.Next()
			if err != nil {
				return // the end of the test
			}
			if topic, payload, _, _, err := mqtt.ParsePublish(mqtt.V5, p); p.Type == mqtt.TypePublish && err == nil {
				w.see(string(topic), payload)
			}
		}
	}()
	t.Cleanup(func() {
		c.Close()
		<-done
		for id, d := range w.devices {
			for _, problem := range d.problems {
				t.Errorf("%s: %s", id, problem)
			}
		}
	})
	return w
}

func (w *witness) see(topic string, payload []byte) {
	id, kind, ok := wire.ParseTopic(topic)
	if !ok {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.devices[id]
	if d == nil {
		d = &seenDevice{samples: map[uint64]wire.TelemetrySample{}, sent: map[uint64]int{}}
		w.devices[id] = d
	}
	if kind.Up() {
		w.up++
	}
	switch kind {
	case wire.Telemetry:
		d.telemetry(payload, w.up)
	case wire.Committed:
		if c, err := wire.DecodeCommitted(payload); err == nil && c.Boot == d.boot {
			d.committed = append(d.committed, c.Through)
		}
	case wire.Status:
		s, err := wire.DecodeStatus(payload)
		d.online = s.Online && err == nil
	default: // nothing else is judged here
	}
}

// telemetry takes the message number up.
func (d *seenDevice) telemetry(payload []byte, up int) {
	var p wire.TelemetryPayload
	if err := new(wire.Decoder).Decode(payload, &p); err != nil || len(p.Problems) > 0 || d.boot != 0 && d.boot != p.Boot {
		d.problems = append(d.problems, "it sent: "+string(payload))
		return
	}
	d.boot = p.Boot
	for _, s := range p.Samples {
		was, known := d.samples[s.Seq]
		switch {
		case len(s.Readings) == 0 || s.Stamp != wire.TimeStamp:
			d.problems = append(d.problems, "a sample is gone: "+string(payload))
		case known && (was.Time != s.Time || !slices.Equal(was.Readings, s.Readings)):
			d.problems = append(d.problems, "a sample is another one now: "+string(payload))
		case !known:
			s.Readings = slices.Clone(s.Readings)
			d.samples[s.Seq], d.sent[s.Seq] = s, up
			d.newest = max(d.newest, s.Seq)
		}
	}
}

// settled says whether the server has said of each device that it has everything.
func (w *witness) settled(devices int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.devices {
		if n := len(d.committed); n == 0 || d.committed[n-1] != d.newest {
			return false
		}
	}
	return len(w.devices) == devices
}

// committed is the newest sample that the server said it has of a device.
func (w *witness) committed(id coolant.DeviceID) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.devices[id]
	if d == nil || len(d.committed) == 0 {
		return 0
	}
	return d.committed[len(d.committed)-1]
}

func (w *witness) messages() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up
}

// keptExactly compares what a service at rest has of a device with what was sent:
// everything, once, as it was measured, and nothing else.
func keptExactly(t *testing.T, c config.Config, id coolant.DeviceID, d *seenDevice) {
	t.Helper()
	rows := storedRows(t, c, id, d.boot, d.newest)
	for seq := uint64(1); seq <= d.newest; seq++ {
		s, ok := d.samples[seq]
		if !ok {
			t.Fatalf("%s: sample %d of %d was never sent", id, seq, d.newest)
		}
		at := slices.IndexFunc(s.Readings, func(r coolant.Reading) bool { return r.Metric == coolant.Water })
		if water, ok := rows[s.Time]; !ok || at < 0 || water != s.Readings[at].Value {
			t.Fatalf("%s: sample %d of %d at %v: stored %v as %v, sent %+v", id, seq, d.newest, s.Time, ok, water, s.Readings)
		}
	}
	if len(rows) != len(d.samples) {
		t.Errorf("%s: %d samples were sent, %d are stored", id, len(d.samples), len(rows))
	}
}

// storedRows returns the water temperatures that a service at rest has of a device,
// whose newest boot must be stored without a gap up to a number.
func storedRows(t *testing.T, c config.Config, id coolant.DeviceID, boot coolant.Boot, through uint64) map[coolant.UnixMilli]float64 {
	t.Helper()
	store, err := dataDir(c.Data).openStore(t.Context(), discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	marks, err := store.LatestWatermarks(t.Context())
	if want := (coolant.Watermark{Device: id, Boot: boot, Through: through}); err != nil || !slices.Contains(marks, want) {
		t.Errorf("the watermarks are %v, %v; want %v among them", marks, err, want)
	}
	rows := map[coolant.UnixMilli]float64{}
	err = store.EachRow(t.Context(), id, []coolant.Metric{coolant.Water}, 0, coolant.Milli(time.Now())+coolant.Hour,
		func(at coolant.UnixMilli, values []float64, faults []coolant.Quality) error {
			if faults[0] != coolant.Good {
				t.Errorf("%s: a fault at %v: %v", id, at, faults[0])
			}
			if _, twice := rows[at]; twice {
				t.Errorf("%s: two samples at %v", id, at)
			}
			rows[at] = values[0]
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// ids are the devices that the witness met, in order.
func (w *witness) ids() []coolant.DeviceID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Sorted(maps.Keys(w.devices))
}
