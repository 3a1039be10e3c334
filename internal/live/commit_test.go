package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coolant"
)

// steady reports n samples, one every interval, the last at end.
func steady(id coolant.DeviceID, n int, interval, end coolant.UnixMilli) []coolant.Sample {
	list := make([]coolant.Sample, n)
	for i := range list {
		at := end - coolant.UnixMilli(n-1-i)*interval
		list[i] = sample(id, at, reading(coolant.Water, float64(i)))
	}
	return list
}

func TestCommitted(t *testing.T) {
	water := func(v float64) coolant.Reading { return reading(coolant.Water, v) }
	for name, c := range map[string]struct {
		before []coolant.Sample
		commit []coolant.Sample
		want   []string // each the beginning of an event
	}{
		"fresh sample": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{sample("a", start+10_000, water(31.25))},
			want:   []string{`samples {"device":"a","samples":[{"time":1764000010000,"values":{"water":31.25}}]}`},
		},
		"first sample changes health": {
			commit: []coolant.Sample{sample("a", start, water(20))},
			want:   []string{`samples {"device":"a"`, `device {"id":"a"`},
		},
		"hot water changes health": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{sample("a", start+10_000, water(50))},
			want:   []string{`samples {"device":"a"`, `device {"id":"a","name":"a","created":1763913600000,"primary":true,"health":"critical"`},
		},
		"new series": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{sample("a", start+10_000, water(20), reading("ambient", 19))},
			want:   []string{`samples {"device":"a"`, `device {"id":"a"`},
		},
		"a little late": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{sample("a", start-45_000, water(20))},
			want:   []string{`samples {"device":"a","samples":[{"time":1763999955000,"values":{"water":20}}]}`},
		},
		"backlog beside a fresh one": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{
				sample("a", start-coolant.Hour, water(20)),
				sample("a", start+10_000, water(31)),
				sample("a", start-3*coolant.Hour, water(20)),
				sample("a", start-2*coolant.Hour, water(20)),
			},
			want: []string{
				fmt.Sprintf(`backfill {"device":"a","from":%d,"to":%d}`, start-3*coolant.Hour, start-coolant.Hour),
				`samples {"device":"a","samples":[{"time":1764000010000,"values":{"water":31}}]}`,
			},
		},
		"backlog alone": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{sample("a", start-coolant.Hour, water(20))},
			want:   []string{fmt.Sprintf(`backfill {"device":"a","from":%d,"to":%d}`, start-coolant.Hour, start-coolant.Hour)},
		},
		"backlog with the newest of a series": {
			before: append(steady("a", 5, 10*coolant.Second, start), sample("a", start-2*coolant.Hour, reading("inlet", 20))),
			commit: []coolant.Sample{sample("a", start-coolant.Hour, reading("inlet", 21))},
			want:   []string{`backfill {"device":"a"`, `device {"id":"a"`},
		},
		"devices apart, samples together and sorted": {
			before: slices.Concat(steady("a", 5, 10*coolant.Second, start), steady("b", 5, 10*coolant.Second, start)),
			commit: []coolant.Sample{
				sample("a", start+20_000, water(2)),
				sample("b", start+10_000, water(3)),
				sample("a", start+10_000, water(1)),
			},
			want: []string{
				`samples {"device":"a","samples":[{"time":1764000010000,"values":{"water":1}},{"time":1764000020000,"values":{"water":2}}]}`,
				`samples {"device":"b","samples":[{"time":1764000010000,"values":{"water":3}}]}`,
			},
		},
		"refused for good": {
			before: steady("a", 5, 10*coolant.Second, start),
			commit: []coolant.Sample{sample("a", start+10_000)},
		},
		"nothing": {},
		"unknown device": {
			commit: []coolant.Sample{sample("new", start, water(20))},
			want:   []string{`device {"id":"new"`, `samples {"device":"new"`, `device {"id":"new"`},
		},
		"removed device": {
			commit: []coolant.Sample{sample("gone", start, water(20))},
		},
	} {
		t.Run(name, func(t *testing.T) {
			clk := &clock{at: start}
			h := newHub(clk, Options{})
			h.Load([]coolant.Device{registered("a"), registered("b"), registered("gone")}, nil, nil)
			h.DeviceRemoved("gone")
			if c.before != nil {
				h.Committed(1, c.before)
			}
			sub := h.Subscribe("")
			defer sub.Close()
			drain(t, sub)
			h.Committed(2, c.commit)
			got := lines(drain(t, sub))
			if !slices.EqualFunc(got, c.want, strings.HasPrefix) {
				t.Errorf("events:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

// A burst becomes one small event and one range, together exactly the burst.
func TestCommittedBurst(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	h.Committed(1, steady("a", 5000, 10, start))
	var pushed, ranges int
	for _, e := range drain(t, sub) {
		switch e := e.Event.(type) {
		case *Samples:
			pushed += len(e.Points)
			first, last := e.Points[0].Time, e.Points[len(e.Points)-1].Time
			if last != start || first != start-10*(maxPushed-1) {
				t.Errorf("pushed %d to %d, want the newest %d samples", first, last, maxPushed)
			}
		case *Backfill:
			ranges++
			if e.From != start-4999*10 || e.To != start-10*maxPushed {
				t.Errorf("backfill %d to %d", e.From, e.To)
			}
		}
	}
	if pushed != maxPushed || ranges != 1 {
		t.Errorf("%d pushed, %d ranges; want %d and 1", pushed, ranges, maxPushed)
	}
}

func TestLateSampleKeepsNewest(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.Committed(1, []coolant.Sample{
		sample("a", start, reading(coolant.Water, 30)),
		sample("a", start-1000, reading(coolant.Water, 20), reading(coolant.Ambient, 19)),
		sample("a", start, reading(coolant.Water, 99)), // the same moment: the store kept the first
	})
	if n := newestOf(t, h, "a", coolant.Water); *n.Value != 30 || n.Time != start {
		t.Errorf("water is %v at %d", *n.Value, n.Time)
	}
	if n := newestOf(t, h, "a", coolant.Ambient); *n.Value != 19 || n.Time != start-1000 {
		t.Errorf("ambient is %v at %d", *n.Value, n.Time)
	}
	h.Committed(2, []coolant.Sample{sample("a", start+1, coolant.Reading{Metric: coolant.Water, Value: 85, Quality: coolant.POR85})})
	if n := newestOf(t, h, "a", coolant.Water); n.Value != nil || n.Quality != "por85" {
		t.Errorf("a fault shows as %v %s", n.Value, n.Quality)
	}
}

// The caller may use its samples again for the next commit.
func TestCommittedKeepsNothing(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	sub := h.Subscribe("")
	defer sub.Close()
	batch := []coolant.Sample{sample("a", start, reading(coolant.Water, 30))}
	h.Committed(1, batch)
	batch[0].Readings[0] = coolant.Reading{Metric: "overwritten", Value: -1}
	batch[0].Device = "other"
	for _, line := range lines(drain(t, sub)) {
		if strings.Contains(line, "overwritten") || strings.Contains(line, "other") {
			t.Error(line)
		}
	}
}

func TestInterval(t *testing.T) {
	const s = coolant.Second
	every := func(n int, interval, end coolant.UnixMilli) (times []coolant.UnixMilli) {
		for i := n - 1; i >= 0; i-- {
			times = append(times, end-coolant.UnixMilli(i)*interval)
		}
		return times
	}
	backlog := every(60, coolant.Minute, -10*s)
	for name, c := range map[string]struct {
		info  string
		times []coolant.UnixMilli
		want  coolant.UnixMilli
		known bool
	}{
		"nothing known":        {"", nil, coolant.Minute, false},
		"too little":           {"", []coolant.UnixMilli{0, 10_000, 20_000}, coolant.Minute, false},
		"steady":               {"", []coolant.UnixMilli{0, 10_000, 20_000, 30_000}, 10_000, true},
		"a pause":              {"", []coolant.UnixMilli{0, 10_000, 20_000, 8_000_000, 8_010_000, 8_020_000}, 10_000, true},
		"late ones do nothing": {"", []coolant.UnixMilli{0, 10_000, 5_000, 20_000, 1_000, 30_000}, 10_000, true},
		"faster now":           {"", []coolant.UnixMilli{0, 10_000, 20_000, 30_000, 32_000, 34_000, 36_000, 38_000, 40_000}, 2_000, true},
		"absurdly fast":        {"", []coolant.UnixMilli{0, 1, 2, 3, 4, 5}, minInterval, true},
		"absurdly slow":        {"", []coolant.UnixMilli{0, coolant.Day, 2 * coolant.Day, 3 * coolant.Day}, maxInterval, true},
		"a backlog alone":      {"", backlog[:58], coolant.Minute, false},
		"after a backlog":      {"", append(slices.Clone(backlog), every(4, 10*s, 30*s)...), 10_000, true},
		"stated":               {`{"interval_ms":10000}`, nil, 10_000, true},
		"stated, a backlog":    {`{"interval_ms":10000}`, backlog[:58], 10_000, true},
		"stated, but faster":   {`{"interval_ms":10000}`, every(8, 2*s, 0), 2_000, true},
		"stated nonsense":      {`{"interval_ms":-3}`, nil, coolant.Minute, false},
		"stated in words":      {`{"interval_ms":"often"}`, nil, coolant.Minute, false},
		"stated for ever":      {`{"interval_ms":1e300}`, nil, maxInterval, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(&clock{at: start}, Options{})
			h.DeviceAdded(registered("a"))
			if c.info != "" {
				h.Document(coolant.DeviceDocument{Device: "a", Kind: coolant.DocInfo, Body: []byte(c.info), Received: start})
			}
			for _, at := range c.times {
				h.Committed(1, []coolant.Sample{sample("a", start+at, reading(coolant.Water, 20))})
			}
			if v, _ := h.Device("a"); v.IntervalMS != int64(c.want) || v.IntervalKnown != c.known {
				t.Errorf("interval %d, known %v, want %d, %v", v.IntervalMS, v.IntervalKnown, c.want, c.known)
			}
		})
	}
}

func TestPresence(t *testing.T) {
	const id, boot, other = "a", "9f3c51d27ab04e66", "1111111111111111"
	for name, c := range map[string]struct {
		docs   []coolant.DeviceDocument
		online bool
		since  coolant.UnixMilli
		events int
	}{
		"online":                   {[]coolant.DeviceDocument{status(id, "online", boot, 1, start)}, true, start, 1},
		"offline first":            {[]coolant.DeviceDocument{status(id, "offline", boot, 1, start)}, false, start, 1},
		"said twice":               {[]coolant.DeviceDocument{status(id, "online", boot, 1, start), status(id, "online", boot, 1, start+9)}, true, start, 1},
		"goodbye":                  {[]coolant.DeviceDocument{status(id, "online", boot, 1, start), status(id, "offline", boot, 1, start+9)}, false, start + 9, 2},
		"goodbye twice":            {[]coolant.DeviceDocument{status(id, "offline", boot, 1, start), status(id, "offline", boot, 2, start+9)}, false, start, 1},
		"will of the old one":      {[]coolant.DeviceDocument{status(id, "online", boot, 1, start), status(id, "online", boot, 2, start+5), status(id, "offline", boot, 1, start+9)}, true, start + 5, 2},
		"will of an older boot":    {[]coolant.DeviceDocument{status(id, "online", other, 1, start), status(id, "offline", boot, 1, start+9)}, true, start, 1},
		"device without a boot":    {[]coolant.DeviceDocument{status(id, "online", "", 0, start), status(id, "offline", "", 0, start+9)}, false, start + 9, 2},
		"a word that is not known": {[]coolant.DeviceDocument{status(id, "online", boot, 1, start), status(id, "asleep", boot, 1, start+9)}, true, start, 1},
		"not an object": {[]coolant.DeviceDocument{
			status(id, "online", boot, 1, start),
			{Device: id, Kind: coolant.DocStatus, Body: json.RawMessage(`[`), Received: start + 9},
		}, true, start, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHub(&clock{at: start}, Options{})
			h.DeviceAdded(registered(id))
			sub := h.Subscribe("")
			defer sub.Close()
			drain(t, sub)
			for _, d := range c.docs {
				h.Document(d)
			}
			v, _ := h.Device(id)
			if v.Presence == nil || v.Presence.Online != c.online || v.Presence.Since != c.since {
				t.Errorf("presence %+v, want online %v since %d", v.Presence, c.online, c.since)
			}
			if got := drain(t, sub); len(got) != c.events {
				t.Errorf("%d events, want %d: %v", len(got), c.events, lines(got))
			}
		})
	}
}

func TestInfo(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.DeviceAdded(registered("a"))
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	for _, body := range []string{"{\"chip\":\n\"esp32\"}", "{\"chip\":\n\"esp32\"}", `null`, `[1]`, `{`, `"x"`} {
		h.Document(coolant.DeviceDocument{Device: "a", Kind: coolant.DocInfo, Body: json.RawMessage(body), Received: start})
	}
	got := lines(drain(t, sub))
	if len(got) != 1 || !strings.Contains(got[0], `"info":{"chip":"esp32"}`) {
		t.Errorf("events: %q", got)
	}
}
