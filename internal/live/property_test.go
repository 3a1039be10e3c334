package live

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"coolant"
)

// mirror is a client as the UI is one: it folds the JSON of the events.
type mirror struct {
	sub     *Subscription
	lastID  string
	seq     uint64
	started bool
	devices map[string]*mirrored
}

type mirrored struct {
	view   DeviceView
	newest map[coolant.Metric]Newest
}

func (m *mirror) connect(h *Hub) { m.sub = h.Subscribe(m.lastID) }

// follow takes up to n events and fails if one is missing, doubled or out of
// order.
func (m *mirror) follow(t *rapid.T, h *Hub, everything bool) (dropped bool) {
	for {
		events, more, ok := m.sub.Take(nil)
		if !ok {
			m.sub.Close()
			m.sub = nil
			return true
		}
		for _, e := range events {
			_, isSnapshot := e.Event.(*Snapshot)
			switch {
			case isSnapshot && m.started && e.Seq < m.seq:
				t.Fatalf("snapshot %d after event %d", e.Seq, m.seq)
			case !isSnapshot && !m.started:
				t.Fatalf("began with %s", e.Name())
			case !isSnapshot && e.Seq != m.seq+1:
				t.Fatalf("event %d after %d", e.Seq, m.seq)
			}
			m.started, m.seq, m.lastID = true, e.Seq, h.ID(e)
			m.fold(t, e)
		}
		if !everything || !more {
			return false
		}
	}
}

func (m *mirror) fold(t *rapid.T, e *Entry) {
	read := func(v any) {
		if err := json.Unmarshal(e.JSON(), v); err != nil {
			t.Fatalf("%s: %v", e.JSON(), err)
		}
	}
	switch e.Name() {
	case "snapshot":
		var snap Snapshot
		read(&snap)
		m.devices = map[string]*mirrored{}
		for _, v := range snap.Devices {
			m.put(*v)
		}
	case "device":
		var v DeviceView
		read(&v)
		m.put(v)
	case "removed":
		var r Removed
		read(&r)
		delete(m.devices, string(r.Device))
	case "samples":
		var s struct {
			Device  string
			Samples []struct {
				Time   coolant.UnixMilli
				Values map[coolant.Metric]float64
				Faults map[coolant.Metric]string
			}
		}
		read(&s)
		d := m.devices[s.Device]
		if d == nil {
			t.Fatalf("samples of %s, which is not known", s.Device)
		}
		for _, p := range s.Samples {
			for metric, v := range p.Values {
				d.offer(Newest{Metric: metric, Unit: metric.Unit(), Value: new(v), Quality: "good", Time: p.Time})
			}
			for metric, q := range p.Faults {
				d.offer(Newest{Metric: metric, Unit: metric.Unit(), Quality: q, Time: p.Time})
			}
		}
	}
}

func (m *mirror) put(v DeviceView) {
	d := &mirrored{view: v, newest: map[coolant.Metric]Newest{}}
	for _, n := range v.Newest {
		d.newest[n.Metric] = n
	}
	m.devices[string(v.ID)] = d
}

func (d *mirrored) offer(n Newest) {
	if n.Time > d.newest[n.Metric].Time {
		d.newest[n.Metric] = n
	}
}

// compare holds what the client believes against the board.
func (m *mirror) compare(t *rapid.T, h *Hub) {
	board := h.Snapshot()
	if len(m.devices) != len(board.Devices) {
		t.Fatalf("the client knows %d devices of %d", len(m.devices), len(board.Devices))
	}
	for _, v := range board.Devices {
		d := m.devices[string(v.ID)]
		if d == nil {
			t.Fatalf("the client does not know %s", v.ID)
		}
		got := d.view
		if got.Health != v.Health || got.Name != v.Name || got.Primary != v.Primary || !reflect.DeepEqual(got.Presence, v.Presence) {
			t.Fatalf("the client believes %+v, it is %+v", got, *v)
		}
		want := map[coolant.Metric]Newest{}
		for _, n := range v.Newest {
			want[n.Metric] = n
		}
		if !reflect.DeepEqual(d.newest, want) {
			t.Fatalf("%s: the client believes %s, it is %s", v.ID, show(d.newest), show(want))
		}
	}
}

func show(v any) string {
	data, _ := json.Marshal(v)
	return string(data)
}

// Whatever happens on either side, a subscriber that comes back with its last
// id sees each event exactly once or gets a snapshot, and believes what is true.
func TestFollowing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clk := &clock{at: start}
		h := newHub(clk, Options{
			Ring:      rapid.SampledFrom([]int{1, 5, 40, 1000}).Draw(t, "ring"),
			RingBytes: rapid.SampledFrom([]int{1, 5_000, 40_000, 1 << 20}).Draw(t, "bytes"),
		})
		clients := []*mirror{{}, {}, {}}
		id := rapid.SampledFrom([]coolant.DeviceID{"a", "b", "c"})
		metric := rapid.SampledFrom([]coolant.Metric{"water", "inlet", "pump_rpm"})
		one := rapid.Custom(func(t *rapid.T) coolant.Sample {
			s := coolant.Sample{Device: id.Draw(t, "device")}
			s.Time = clk.at - coolant.UnixMilli(rapid.OneOf(rapid.IntRange(0, 5000), rapid.IntRange(0, 500_000)).Draw(t, "age"))
			for i, m := range rapid.SliceOfNDistinct(metric, 0, 3, rapid.ID).Draw(t, "metrics") {
				q := coolant.Quality(rapid.SampledFrom([]int{0, 0, 0, 2}).Draw(t, "quality"))
				s.Readings = append(s.Readings, coolant.Reading{Metric: m, Value: float64(20 + 10*i + rapid.IntRange(0, 20).Draw(t, "value")), Quality: q})
			}
			return s
		})
		client := func(t *rapid.T) *mirror { return rapid.SampledFrom(clients).Draw(t, "client") }
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) {
				h.Committed(1, rapid.SliceOfN(one, 0, 12).Draw(t, "samples"))
			},
			"burst": func(t *rapid.T) {
				burst := make([]coolant.Sample, 200)
				for i := range burst {
					burst[i] = sample("a", clk.at-coolant.UnixMilli(i*7%200), reading("water", float64(i)))
				}
				h.Committed(1, burst)
			},
			"status": func(t *rapid.T) {
				state := rapid.SampledFrom([]string{"online", "offline"}).Draw(t, "state")
				h.Document(status(id.Draw(t, "device"), state, "1", rapid.IntRange(1, 2).Draw(t, "conn"), clk.at))
			},
			"add": func(t *rapid.T) {
				h.DeviceAdded(coolant.Device{
					ID: id.Draw(t, "device"), Name: fmt.Sprint(rapid.IntRange(0, 3).Draw(t, "name")),
					Created: coolant.UnixMilli(rapid.IntRange(1, 3).Draw(t, "created")),
				})
			},
			"remove": func(t *rapid.T) { h.DeviceRemoved(id.Draw(t, "device")) },
			"reject": func(t *rapid.T) { h.Rejected(coolant.Rejection{Device: id.Draw(t, "device")}) },
			"time": func(t *rapid.T) {
				clk.at += coolant.UnixMilli(rapid.SampledFrom([]int{100, 10_000, 200_000}).Draw(t, "step"))
				h.look()
				h.tick()
			},
			"connect": func(t *rapid.T) {
				if c := client(t); c.sub == nil {
					c.connect(h)
				}
			},
			"read": func(t *rapid.T) {
				if c := client(t); c.sub != nil {
					c.follow(t, h, false)
				}
			},
			"disconnect": func(t *rapid.T) {
				if c := client(t); c.sub != nil {
					c.sub.Close()
					c.sub = nil
				}
			},
			"": func(t *rapid.T) {
				if count, bytes := kept(h); count > h.ring.maxCount || bytes > h.ring.maxBytes && count > 1 {
					t.Fatalf("the ring holds %d events, %d bytes", count, bytes)
				}
			},
		})
		for _, c := range clients {
			if c.sub == nil {
				c.connect(h)
			}
			for c.follow(t, h, true) {
				c.connect(h)
			}
			c.compare(t, h)
			c.sub.Close()
		}
	})
}
