package api

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"coolant"
)

func TestGap(t *testing.T) {
	every := func(step coolant.UnixMilli, n int, without ...int) []coolant.UnixMilli {
		var times []coolant.UnixMilli
		for i := range n {
			if !slices.Contains(without, i) {
				times = append(times, coolant.UnixMilli(i)*step)
			}
		}
		return times
	}
	const s, m, h = coolant.Second, coolant.Minute, coolant.Hour
	for name, c := range map[string]struct {
		cols     coolant.Columns
		interval coolant.UnixMilli
		want     coolant.UnixMilli
	}{
		"one a minute":                    {coolant.Columns{Times: every(m, 1440)}, m, 150 * s},
		"one a minute, some missing":      {coolant.Columns{Times: every(m, 100, 3, 50, 51, 52, 53, 54)}, m, 150 * s},
		"every ten seconds":               {coolant.Columns{Times: every(10*s, 100)}, 10 * s, 90 * s},
		"once an hour":                    {coolant.Columns{Times: every(h, 24)}, h, 150 * m},
		"faster now than then":            {coolant.Columns{Times: every(m, 100)}, 10 * s, 150 * s},
		"slower now than then":            {coolant.Columns{Times: every(10*s, 100)}, m, 150 * s},
		"buckets of a minute":             {coolant.Columns{Step: m, Times: every(m, 100)}, 10 * s, 150 * s},
		"buckets of nine hours":           {coolant.Columns{Step: 9 * h, Times: every(9*h, 100)}, m, 9 * h * 5 / 2},
		"buckets finer than the interval": {coolant.Columns{Step: m, Times: every(10*m, 100)}, m, 25 * m},
		"nothing":                         {coolant.Columns{}, m, 150 * s},
		"one point":                       {coolant.Columns{Times: every(m, 1)}, 2 * s, 90 * s},
	} {
		t.Run(name, func(t *testing.T) {
			if got := gapOf(c.cols, c.interval); got != c.want {
				t.Errorf("gap %d, want %d", got, c.want)
			}
		})
	}
}

// What the encoder writes is what the documented type reads, value for value.
func TestColumnsAreExact(t *testing.T) {
	nan := math.NaN()
	cols := coolant.Columns{
		Resolution: coolant.PerMinute, Step: 60_000, Times: []coolant.UnixMilli{0, 60_000, 180_000},
		Series: []coolant.Column{
			{
				Metric: "water", Mean: []float64{0.1 + 1e-17, nan, 31.062500000000004}, Min: []float64{-0.0625, nan, 1e-7},
				Max: []float64{math.MaxFloat64, nan, 1.0 / 3}, Last: []float64{2, nan, math.Inf(1)},
			},
			{Metric: "fan2_rpm", Mean: []float64{nan, nan, nan}, Min: []float64{nan, nan, nan}, Max: []float64{nan, nan, nan}, Last: []float64{nan, nan, nan}},
		},
	}
	w := coolant.Window{Device: "loop", From: 1, To: 200_000}
	for _, step := range []coolant.UnixMilli{60_000, 0} {
		cols.Step = step
		data := appendColumns(nil, w, cols, 150_000)
		doc := golden(t)
		if err := doc.check(doc.Components.Schemas["SeriesColumns"], data); err != nil {
			t.Fatalf("%v\n%s", err, data)
		}
		var got seriesColumns
		if err := json.Unmarshal(data, &got); err != nil {
			t.Fatal(err)
		}
		if got.Device != "loop" || got.From != 1 || got.To != 200_000 || got.Gap != 150_000 || got.Step != int64(step) ||
			got.Resolution != coolant.PerMinute || !slices.Equal(got.Times, cols.Times) {
			t.Errorf("%s", data)
		}
		for i, want := range cols.Series {
			g := got.Series[i]
			if g.Metric != want.Metric || g.Unit != want.Metric.Unit() {
				t.Errorf("series %+v", g)
			}
			same(t, g.Mean, want.Mean)
			if step == 0 {
				if g.Min != nil || g.Max != nil || g.Last != nil {
					t.Errorf("samples with extremes: %s", data)
				}
				continue
			}
			same(t, g.Min, want.Min)
			same(t, g.Max, want.Max)
			same(t, g.Last, want.Last)
		}
	}
}

func same(t *testing.T, got []*float64, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i, v := range want {
		finite := !math.IsNaN(v) && !math.IsInf(v, 0)
		if finite != (got[i] != nil) || finite && *got[i] != v {
			t.Errorf("value %d is %v, want %v", i, got[i], v)
		}
	}
}

func TestSeriesAsksTheStore(t *testing.T) {
	f, h := busy(t)
	get(h, "/api/v1/devices/loop/series?metrics=water,ambient&from=1769842800000&to=2026-01-31T08:00:00Z&width=500")
	want := coolant.Window{
		Device: "loop", Metrics: []coolant.Metric{"water", "ambient"}, From: present - coolant.Hour, To: present, Width: 500,
	}
	if got := f.store.asked; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("asked %+v, want %+v", got, want)
	}
}

// columns makes an answer as a store gives it, with means that have all their
// digits.
func columns(points, metrics int, step coolant.UnixMilli) coolant.Columns {
	c := coolant.Columns{Resolution: coolant.Raw, Step: step}
	for i := range points {
		c.Times = append(c.Times, present-coolant.UnixMilli(points-i)*max(step, coolant.Minute))
	}
	for m := range metrics {
		col := coolant.Column{Metric: coolant.Metric(fmt.Sprintf("m%d", m))}
		for i := range points {
			v := 20 + float64((i*7+m)%200)/16
			col.Min, col.Max, col.Last = append(col.Min, v-1), append(col.Max, v+1), append(col.Last, v)
			if step > 0 {
				v += float64(i%59) / 59
			}
			col.Mean = append(col.Mean, v)
		}
		c.Series = append(c.Series, col)
	}
	return c
}

// benchStore answers at once, so that a benchmark sees the interface alone.
type benchStore struct {
	*fakeStore
	cols coolant.Columns
}

func (b benchStore) Columns(context.Context, coolant.Window) (coolant.Columns, error) {
	return b.cols, nil
}

func BenchmarkSeries(b *testing.B) {
	for _, c := range []struct {
		name            string
		points, metrics int
		step            coolant.UnixMilli
	}{
		{"24h-raw-1-metric", 1440, 1, 0},
		{"24h-raw-8-metrics", 1440, 8, 0},
		{"1y-1000-buckets-1-metric", 1000, 1, 9 * coolant.Hour},
		{"1y-1000-buckets-8-metrics", 1000, 8, 9 * coolant.Hour},
	} {
		for _, encoding := range []string{"identity", "gzip"} {
			b.Run(c.name+"/"+encoding, func(b *testing.B) {
				f := newFixture()
				f.hub.DeviceAdded(coolant.Device{ID: "loop", Created: 1})
				f.opts.Store = benchStore{cols: columns(c.points, c.metrics, c.step), fakeStore: f.store}
				h := f.handler(b)
				r := httptest.NewRequest(http.MethodGet, "/api/v1/devices/loop/series?from=0&to=100000&width=2000", nil)
				r.Header.Set("Accept-Encoding", encoding)
				size := 0
				b.ReportAllocs()
				for b.Loop() {
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					size = w.Body.Len()
				}
				b.ReportMetric(float64(size), "bytes")
			})
		}
	}
}

func BenchmarkAppendColumns(b *testing.B) {
	cols := columns(1000, 8, 9*coolant.Hour)
	var dst []byte
	for b.Loop() {
		dst = appendColumns(dst[:0], coolant.Window{Device: "loop"}, cols, 1)
	}
	b.SetBytes(int64(len(dst)))
}
