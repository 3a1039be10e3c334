package live

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
)

func TestGoingSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		h := New(Options{})
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}()
		begin := coolant.Milli(time.Now())
		h.DeviceAdded(coolant.Device{ID: "a", Created: begin})
		for i := range 5 { // one every 10 s, so the floor of 90 s counts
			h.Committed(uint64(i), []coolant.Sample{sample("a", coolant.Milli(time.Now()), reading(coolant.Water, 20))})
			time.Sleep(10 * time.Second)
		}
		sub := h.Subscribe("")
		defer sub.Close()
		drain(t, sub)
		time.Sleep(79 * time.Second)
		synctest.Wait()
		if v, _ := h.Device("a"); v.Health != coolant.HealthOK {
			t.Errorf("%s after 89 s without a sample", v.Health)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if v, _ := h.Device("a"); v.Health != coolant.HealthOffline {
			t.Errorf("%s after 92 s without a sample", v.Health)
		}
		var names []string
		for _, e := range drain(t, sub) {
			names = append(names, e.Name())
		}
		if want := []string{"tick", "tick", "tick", "tick", "tick", "device"}; !slices.Equal(names, want) {
			t.Errorf("events %v, want %v", names, want)
		}
		// A device that reports every minute gets three of its intervals.
		for i := range 5 {
			h.Committed(uint64(i), []coolant.Sample{sample("b", coolant.Milli(time.Now()), reading(coolant.Water, 20))})
			time.Sleep(time.Minute)
		}
		time.Sleep(119 * time.Second)
		synctest.Wait()
		if v, _ := h.Device("b"); v.Health != coolant.HealthOK {
			t.Errorf("%s after 179 s without a sample each minute", v.Health)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if v, _ := h.Device("b"); v.Health != coolant.HealthOffline {
			t.Errorf("%s after 182 s without a sample each minute", v.Health)
		}
	})
}

func kept(h *Hub) (count, bytes int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ring.count, h.ring.bytes
}

// Nothing is kept while nobody can come back for it, and nobody resumes past
// what was not kept.
func TestIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		h := New(Options{Linger: time.Minute})
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		defer func() { cancel(); <-done }()
		commit := func() {
			h.Committed(1, []coolant.Sample{sample("a", coolant.Milli(time.Now()), reading(coolant.Water, 20))})
		}
		commit()
		if count, _ := kept(h); count != 0 {
			t.Error("events are kept before anyone came")
		}
		sub := h.Subscribe("")
		commit()
		events := drain(t, sub)
		id := h.ID(events[len(events)-1])
		sub.Close()

		time.Sleep(30 * time.Second)
		commit()
		sub = h.Subscribe(id)
		if !sub.Resumed {
			t.Error("not resumed within the linger")
		}
		sub.Close()

		time.Sleep(2 * time.Minute)
		if count, bytes := kept(h); count != 0 || bytes != 0 {
			t.Error("events are kept after the linger")
		}
		last := h.ID(&Entry{Seq: h.Snapshot().Seq})
		commit()
		sub = h.Subscribe(last)
		defer sub.Close()
		if sub.Resumed {
			t.Error("resumed past an event that was not kept")
		}
	})
}

func TestSlowSubscriber(t *testing.T) {
	h := newHub(&clock{at: start}, Options{Ring: 64})
	slow, fast := h.Subscribe(""), h.Subscribe("")
	defer slow.Close()
	defer fast.Close()
	drain(t, slow)
	drain(t, fast)
	var seen []*Entry
	for i := range 65 {
		h.Rejected(coolant.Rejection{ID: int64(i)})
		seen = append(seen, drain(t, fast)...)
	}
	if len(seen) != 65 {
		t.Errorf("the fast subscriber saw %d events", len(seen))
	}
	for range slow.Ready() { // ends when it is closed
	}
	if _, _, ok := slow.Take(nil); ok {
		t.Error("the slow subscriber was not dropped")
	}
	slow.Close() // again is allowed
}

func TestResume(t *testing.T) {
	h := newHub(&clock{at: start}, Options{Ring: 64})
	first := h.Subscribe("")
	defer first.Close()
	for range 100 {
		h.Rejected(coolant.Rejection{})
		drain(t, first)
	}
	at := func(seq uint64) string { return h.ID(&Entry{Seq: seq}) }
	for name, c := range map[string]struct {
		id      string
		resumed bool
		events  int // the snapshot counts
	}{
		"up to date":       {at(100), true, 0},
		"one behind":       {at(99), true, 1},
		"the oldest kept":  {at(36), true, 64},
		"just forgotten":   {at(35), false, 1},
		"none":             {"", false, 1},
		"ahead":            {at(101), false, 1},
		"another epoch":    {"0123456789abcdef-100", false, 1},
		"no number":        {h.Epoch() + "-", false, 1},
		"negative":         {h.Epoch() + "--1", false, 1},
		"nonsense":         {"\x00\xff", false, 1},
		"number too large": {h.Epoch() + "-99999999999999999999", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := h.Subscribe(c.id)
			defer s.Close()
			got := drain(t, s)
			if s.Resumed != c.resumed || len(got) != c.events {
				t.Errorf("resumed %v with %d events; want %v with %d", s.Resumed, len(got), c.resumed, c.events)
			}
			if !c.resumed && got[0].Name() != "snapshot" {
				t.Errorf("begins with %s", got[0].Name())
			}
		})
	}
}

func TestClosed(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	before := h.Subscribe("")
	h.Close()
	h.Close()
	after := h.Subscribe("")
	for name, s := range map[string]*Subscription{"before": before, "after": after} {
		for range s.Ready() {
		}
		if _, _, ok := s.Take(nil); ok {
			t.Errorf("subscribed %s: still open", name)
		}
		s.Close()
	}
	h.Committed(1, []coolant.Sample{sample("a", start, reading(coolant.Water, 20))}) // is harmless
}

func TestPrimary(t *testing.T) {
	dev := func(id coolant.DeviceID, created coolant.UnixMilli) coolant.Device {
		return coolant.Device{ID: id, Created: created}
	}
	for name, c := range map[string]struct {
		configured coolant.DeviceID
		do         func(*Hub)
		want       coolant.DeviceID
	}{
		"none":               {"", func(*Hub) {}, ""},
		"the only one":       {"", func(h *Hub) { h.DeviceAdded(dev("b", 2)) }, "b"},
		"the oldest":         {"", func(h *Hub) { h.DeviceAdded(dev("b", 2)); h.DeviceAdded(dev("c", 1)) }, "c"},
		"same age: first id": {"", func(h *Hub) { h.DeviceAdded(dev("b", 1)); h.DeviceAdded(dev("a", 1)) }, "a"},
		"configured":         {"b", func(h *Hub) { h.DeviceAdded(dev("a", 1)); h.DeviceAdded(dev("b", 2)) }, "b"},
		"configured is gone": {"b", func(h *Hub) { h.DeviceAdded(dev("a", 1)); h.DeviceAdded(dev("b", 2)); h.DeviceRemoved("b") }, "a"},
		"all are gone":       {"", func(h *Hub) { h.DeviceAdded(dev("a", 1)); h.DeviceRemoved("a") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(&clock{at: start}, Options{Primary: c.configured})
			sub := h.Subscribe("")
			defer sub.Close()
			c.do(h)
			var id coolant.DeviceID
			if v, ok := h.Primary(); ok {
				id = v.ID
			}
			if id != c.want {
				t.Errorf("primary %q, want %q", id, c.want)
			}
			// Whoever followed the events knows the same.
			told := map[coolant.DeviceID]bool{}
			for _, e := range drain(t, sub) {
				switch e := e.Event.(type) {
				case *Changed:
					told[e.View.ID] = e.View.Primary
				case *Removed:
					delete(told, e.Device)
				}
			}
			for d, is := range told {
				if is != (d == c.want) {
					t.Errorf("subscribers believe primary of %s is %v", d, is)
				}
			}
		})
	}
}

func TestLoad(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.Load(
		[]coolant.Device{registered("b"), registered("a"), {ID: "c", Name: "third", Created: 1}},
		map[coolant.DeviceID][]coolant.Newest{
			"a":    {{Metric: "water", Value: 45, Time: start - 1000}, {Metric: "ambient", Value: 20, Time: start - 2000}},
			"b":    {{Metric: "water", Value: 20, Time: start - coolant.Hour}},
			"gone": {{Metric: "water", Value: 20, Time: start}},
		},
		[]coolant.DeviceDocument{status("a", "online", "1", 1, start-500), {Device: "gone", Kind: coolant.DocInfo}},
	)
	snap := h.Snapshot()
	var ids []coolant.DeviceID
	health := map[coolant.DeviceID]coolant.Health{}
	for _, d := range snap.Devices {
		ids = append(ids, d.ID)
		health[d.ID] = d.Health
	}
	if want := []coolant.DeviceID{"c", "a", "b"}; !slices.Equal(ids, want) {
		t.Errorf("devices %v, want %v", ids, want)
	}
	if health["a"] != coolant.HealthWarning || health["b"] != coolant.HealthOffline || health["c"] != coolant.HealthWaiting {
		t.Errorf("health %v", health)
	}
	a := snap.Devices[1]
	if a.Newest[0].Metric != "ambient" || a.Newest[1].Metric != "water" || *a.LastSeen != start-1000 || a.Presence == nil {
		t.Errorf("a is %+v", a)
	}
	if snap.Devices[0].Name != "third" || a.Name != "a" || !snap.Devices[0].Primary {
		t.Error("names or primary are wrong")
	}
}

// A device that was removed comes back with the history that was kept.
func TestDeviceAddedAgain(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.DeviceAdded(registered("a"))
	h.DeviceRemoved("a")
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	const begin = start
	h.DeviceAdded(registered("a"),
		coolant.Newest{Metric: "water", Value: 31, Time: begin - coolant.Hour},
		coolant.Newest{Metric: "inlet", Quality: coolant.CRC, Time: begin - 2*coolant.Hour})
	events := drain(t, sub)
	if len(events) != 1 {
		t.Fatalf("%d events, want 1", len(events))
	}
	v := events[0].Event.(*Changed).View
	if len(v.Newest) != 2 || v.Newest[0].Metric != "inlet" || *v.Newest[1].Value != 31 || *v.LastSeen != begin-coolant.Hour || v.Health != coolant.HealthOffline {
		t.Errorf("%+v", v)
	}
	// What the board knows already is newer than what the store said.
	h.Committed(1, []coolant.Sample{{Device: "a", Time: begin, Readings: []coolant.Reading{{Metric: "water", Value: 32}}}})
	h.DeviceAdded(registered("a"), coolant.Newest{Metric: "water", Value: 31, Time: begin - coolant.Hour})
	if v, _ := h.Device("a"); *v.Newest[1].Value != 32 || *v.LastSeen != begin || v.Health != coolant.HealthOK {
		t.Errorf("%+v", v)
	}
}

// A fault of a series that later samples leave out counts for as long as the
// device may be silent, which the view states, and no longer.
func TestFaultOfASeriesThatEnded(t *testing.T) {
	c := &clock{at: start}
	h := newHub(c, Options{})
	h.DeviceAdded(registered("a"))
	h.Committed(1, []coolant.Sample{{Device: "a", Time: start, Readings: []coolant.Reading{
		{Metric: "water", Value: 30}, {Metric: "inlet", Quality: coolant.CRC},
	}}})
	v, _ := h.Device("a")
	silence := coolant.UnixMilli(v.SilenceMS)
	if v.Health != coolant.HealthFault || silence != 3*coolant.Minute {
		t.Fatalf("%s, silence %d", v.Health, silence)
	}
	for _, moment := range []struct {
		at   coolant.UnixMilli
		want coolant.Health
	}{{start + coolant.Minute, coolant.HealthFault}, {start + silence, coolant.HealthFault}, {start + silence + 1, coolant.HealthOK}} {
		c.at = moment.at
		h.Committed(2, []coolant.Sample{{Device: "a", Time: moment.at, Readings: []coolant.Reading{{Metric: "water", Value: 30}}}})
		if v, _ := h.Device("a"); v.Health != moment.want {
			t.Errorf("%d ms later it is %s, want %s", moment.at-start, v.Health, moment.want)
		}
	}
}
