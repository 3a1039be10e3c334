package storetest

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
)

// testProperty does random things to a store and to a model of it, and compares
// what they say.
func testProperty(t *testing.T, open Open) {
	rapid.Check(t, func(rt *rapid.T) {
		f := &fixture{t: t, ctx: t.Context(), name: t.TempDir(), open: open}
		f.Store = open(t, f.name)
		m := &machine{f: f, model: newModel(), next: make(map[bootKey]uint64)}
		defer func() {
			if err := f.Close(); err != nil {
				rt.Errorf("close: %v", err)
			}
		}()
		if _, err := f.Cursor(f.ctx, "reader"); err != nil {
			rt.Fatal(err)
		}
		rt.Repeat(map[string]func(*rapid.T){
			"append":     m.append,
			"redeliver":  m.redeliver,
			"fill holes": m.fillHoles,
			"reopen":     func(*rapid.T) { f.reopen() },
			"roll up":    m.rollUp,
			"read":       m.read,
			"chart":      m.chart,
			"":           func(*rapid.T) {},
		})
		m.read(rt)
		m.chart(rt)
	})
}

// machine is a store next to the model of it.
type machine struct {
	f     *fixture
	model *model
	sent  []coolant.Sample   // everything that was ever delivered
	held  []coolant.Sample   // made by a device and not delivered: holes
	next  map[bootKey]uint64 // the next number of each start
	acks  []coolant.Change   // what the journal should have
}

// deliver appends a batch to both and compares the answers.
func (m *machine) deliver(t *rapid.T, batch []coolant.Sample) {
	got, err := m.f.Append(m.f.ctx, batch)
	if err != nil {
		t.Fatal(err)
	}
	before := m.model.no
	want := m.model.append(batch)
	marks := func(c coolant.Commit) map[coolant.Watermark]bool {
		set := make(map[coolant.Watermark]bool)
		for _, w := range c.Watermarks {
			set[w] = true
		}
		return set
	}
	if got.No != want.No || !slices.Equal(got.Fresh, want.Fresh) || !reflect.DeepEqual(marks(got), marks(want)) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if want.No > before {
		change := coolant.Change{No: want.No}
		for i, s := range batch {
			if want.Fresh[i] {
				change.Samples = append(change.Samples, s)
			}
		}
		m.acks = append(m.acks, change)
	}
	m.sent = append(m.sent, batch...)
}

func (m *machine) append(t *rapid.T) {
	var batch []coolant.Sample
	for range rapid.IntRange(1, 30).Draw(t, "size") {
		s := m.make(t)
		if len(m.held) < 30 && s.Identified() && rapid.IntRange(0, 9).Draw(t, "hole") == 0 {
			m.held = append(m.held, s)
			continue
		}
		batch = append(batch, s)
	}
	m.deliver(t, batch)
}

// make draws a sample as a device would send it.
func (m *machine) make(t *rapid.T) coolant.Sample {
	s := coolant.Sample{
		Device: rapid.SampledFrom([]coolant.DeviceID{"a", "b"}).Draw(t, "device"),
		Boot:   coolant.Boot(rapid.IntRange(0, 3).Draw(t, "boot")),
		Time: noon + coolant.UnixMilli(rapid.IntRange(-2, 2).Draw(t, "day"))*coolant.Day +
			coolant.UnixMilli(rapid.IntRange(0, 7200).Draw(t, "second"))*coolant.Second,
	}
	if s.Boot != 0 {
		key := bootKey{s.Device, s.Boot}
		m.next[key]++
		s.Seq = m.next[key]
	}
	for _, metric := range []coolant.Metric{"water", "ambient", "inlet"} {
		switch rapid.IntRange(0, 4).Draw(t, "reading") {
		case 0:
		case 1:
			s.Readings = append(s.Readings, bad(metric, coolant.Quality(rapid.IntRange(1, 6).Draw(t, "quality"))))
		default:
			s.Readings = append(s.Readings, good(metric, float64(rapid.IntRange(-880, 2000).Draw(t, "value"))/16))
		}
	}
	return s
}

func (m *machine) redeliver(t *rapid.T) {
	if len(m.sent) == 0 {
		return
	}
	m.deliver(t, rapid.SliceOfN(rapid.SampledFrom(m.sent), 1, 40).Draw(t, "again"))
}

func (m *machine) fillHoles(t *rapid.T) {
	n := rapid.IntRange(0, len(m.held)).Draw(t, "filled")
	batch := slices.Clone(m.held[:n])
	m.held = m.held[n:]
	m.deliver(t, batch)
}

func (m *machine) rollUp(t *rapid.T) {
	if _, err := m.f.RollUp(m.f.ctx, time.Duration(rapid.IntRange(0, 2000).Draw(t, "budget"))*time.Microsecond); err != nil {
		t.Fatal(err)
	}
}

// read compares everything that is not a chart.
func (m *machine) read(t *rapid.T) {
	f := m.f
	newest, err := f.Newest(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	got := make(map[coolant.DeviceID]map[coolant.Metric]coolant.Newest)
	for id, list := range newest {
		got[id] = make(map[coolant.Metric]coolant.Newest)
		for _, n := range list {
			got[id][n.Metric] = n
		}
	}
	if want := m.model.newest(); !reflect.DeepEqual(got, want) {
		t.Fatalf("the newest are %v, want %v", got, want)
	}
	list, err := f.LatestWatermarks(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	latest := make(map[coolant.DeviceID]coolant.Watermark)
	for _, w := range list {
		latest[w.Device] = w
	}
	if want := m.model.latestWatermarks(); !maps.Equal(latest, want) {
		t.Fatalf("the latest watermarks are %v, want %v", latest, want)
	}
	changes, err := f.Since(f.ctx, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := fmt.Sprint(changes), fmt.Sprint(m.acks); a != b {
		t.Fatalf("the journal has\n%s, want\n%s", a, b)
	}
}

// chart compares a chart of a random range and width.
func (m *machine) chart(t *rapid.T) {
	if m.model.no == 0 {
		return
	}
	w := coolant.Window{
		Device: m.sent[0].Device,
		From:   noon + coolant.UnixMilli(rapid.IntRange(-70, 50).Draw(t, "from"))*coolant.Hour,
		Width:  rapid.SampledFrom([]int{1, 7, 60, 300, 2000}).Draw(t, "width"),
	}
	w.To = w.From + coolant.UnixMilli(rapid.IntRange(1, 120*3600).Draw(t, "seconds"))*coolant.Second
	cols, err := m.f.Columns(m.f.ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	m.model.check(t, w, cols)
}
