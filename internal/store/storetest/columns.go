package storetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"coolant"
)

func (f *fixture) columns(w coolant.Window) coolant.Columns {
	f.t.Helper()
	cols, err := f.Columns(f.ctx, w)
	f.must(err)
	checkShape(f.t, w, cols)
	return cols
}

// checkShape holds an answer to what every answer promises.
func checkShape(t interface {
	Helper()
	Fatalf(string, ...any)
}, w coolant.Window, cols coolant.Columns,
) {
	t.Helper()
	n := len(cols.Times)
	if n > w.Width {
		t.Fatalf("%d points are more than the width of %d", n, w.Width)
	}
	for i, at := range cols.Times {
		if i > 0 && at <= cols.Times[i-1] {
			t.Fatalf("times are not in order: %d after %d", at, cols.Times[i-1])
		}
		if cols.Step > 0 && at.Truncate(cols.Step) != at {
			t.Fatalf("bucket %d is not aligned to its width %d", at, cols.Step)
		}
		if at+max(cols.Step, 1) <= w.From || at >= w.To {
			t.Fatalf("point %d lies outside of %d to %d", at, w.From, w.To)
		}
	}
	for _, s := range cols.Series {
		if len(s.Min) != n || len(s.Mean) != n || len(s.Max) != n || len(s.Last) != n {
			t.Fatalf("%s has %d, %d, %d, %d points for %d times", s.Metric, len(s.Min), len(s.Mean), len(s.Max), len(s.Last), n)
		}
	}
	divides := map[coolant.Resolution]coolant.UnixMilli{coolant.Raw: 1, coolant.PerMinute: coolant.Minute, coolant.PerHour: coolant.Hour}
	width, known := divides[cols.Resolution]
	if !known || cols.Step%width != 0 || cols.Step == 0 && cols.Resolution != coolant.Raw {
		t.Fatalf("resolution %q cannot make steps of %d", cols.Resolution, cols.Step)
	}
}

// wave appends n samples of water, spaced apart, to device a: a sine with a spike
// up and one down. It returns the values.
func (f *fixture) wave(boot coolant.Boot, from, apart coolant.UnixMilli, n int) []float64 {
	f.t.Helper()
	values := make([]float64, n)
	var batch []coolant.Sample
	for i := range values {
		values[i] = math.Round(16*(25+5*math.Sin(float64(i)/100))) / 16
		switch i {
		case n / 3:
			values[i] = 99.5
		case n / 2:
			values[i] = -40.25
		}
		batch = append(batch, sample("a", boot, uint64(i+1), from+coolant.UnixMilli(i)*apart, good("water", values[i])))
		if len(batch) == 5000 || i == n-1 {
			f.append(batch...)
			batch = batch[:0]
		}
	}
	return values
}

func testColumns(t *testing.T, open Open) {
	t.Run("samples that fit are returned as they are", func(t *testing.T) {
		f := newFixture(t, open)
		values := f.wave(1, noon, coolant.Minute, 1440)
		cols := f.columns(coolant.Window{Device: "a", From: noon, To: noon + coolant.Day, Width: 1440})
		if cols.Resolution != coolant.Raw || cols.Step != 0 || !slices.Equal(cols.Series[0].Mean, values) {
			t.Errorf("got %s in steps of %d with %d points", cols.Resolution, cols.Step, len(cols.Times))
		}
	})
	t.Run("from is inclusive and to is not", func(t *testing.T) {
		f := newFixture(t, open)
		f.wave(1, noon, coolant.Minute, 10)
		cols := f.columns(coolant.Window{Device: "a", From: noon + coolant.Minute, To: noon + 3*coolant.Minute, Width: 10})
		if want := []coolant.UnixMilli{noon + coolant.Minute, noon + 2*coolant.Minute}; !slices.Equal(cols.Times, want) {
			t.Errorf("times are %v, want %v", cols.Times, want)
		}
	})
	t.Run("series with different times share one axis", testUnion(open))
	t.Run("buckets keep the extremes", testBuckets(open))
	t.Run("late samples are seen at once", testLate(open))
	t.Run("only the part with data counts for the width of buckets", func(t *testing.T) {
		f := newFixture(t, open)
		f.wave(1, noon, 10*coolant.Second, 8640)
		f.rollUp()
		day := f.columns(coolant.Window{Device: "a", From: noon, To: noon + coolant.Day, Width: 1000})
		for _, w := range []coolant.Window{
			{Device: "a", From: 0, To: always, Width: 1000},
			{Device: "a", From: math.MinInt64, To: math.MaxInt64, Width: 1000},
			{Device: "a", From: noon - 300*coolant.Day, To: noon + 40*coolant.Day, Width: 1000},
		} {
			if cols := f.columns(w); cols.Step != day.Step || len(cols.Times) != len(day.Times) {
				t.Errorf("%d to %d: %d buckets of %d, want %d of %d", w.From, w.To, len(cols.Times), cols.Step, len(day.Times), day.Step)
			}
		}
	})
	t.Run("empty answers and mistakes", testColumnsEdges(open))
}

func testUnion(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		f := newFixture(t, open)
		for i := range uint64(10) {
			at := noon + coolant.UnixMilli(i)*1000
			readings := []coolant.Reading{good("water", float64(i))}
			if i%2 == 0 {
				readings = append(readings, good("ambient", 100+float64(i)))
			}
			f.append(sample("a", 1, i+1, at, readings...), sample("a", 2, i+1, at+500, good("inlet", 200+float64(i))))
		}
		cols := f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: 20})
		if cols.Step != 0 || len(cols.Times) != 20 {
			t.Fatalf("got %d points in steps of %d, want 20 samples", len(cols.Times), cols.Step)
		}
		for k, metric := range []coolant.Metric{"ambient", "inlet", "water"} {
			if cols.Series[k].Metric != metric {
				t.Fatalf("column %d is %s, want %s", k, cols.Series[k].Metric, metric)
			}
		}
		for k, at := range cols.Times {
			i := float64((at - noon) / 1000)
			want := []float64{math.NaN(), 200 + i, math.NaN()}
			if at%1000 == 0 {
				want = []float64{math.NaN(), math.NaN(), i}
				if math.Mod(i, 2) == 0 {
					want[0] = 100 + i
				}
			}
			for s := range want {
				if got := cols.Series[s].Last[k]; !same(got, want[s]) {
					t.Errorf("%s at %d is %v, want %v", cols.Series[s].Metric, at-noon, got, want[s])
				}
			}
		}
		// Each series fits, their union does not.
		cols = f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: 19})
		if cols.Step == 0 {
			t.Errorf("got %d samples for a width of 19, want buckets", len(cols.Times))
		}
		// A metric that is not there, and an order of one's own.
		cols = f.columns(coolant.Window{Device: "a", Metrics: []coolant.Metric{"water", "none", "inlet"}, From: 0, To: always, Width: 20})
		if len(cols.Series) != 3 || cols.Series[0].Metric != "water" || cols.Series[1].Metric != "none" || !math.IsNaN(cols.Series[1].Max[0]) {
			t.Errorf("series are %+v", cols.Series)
		}
	}
}

func testBuckets(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		tests := []struct {
			name  string
			apart coolant.UnixMilli
			n     int
			width int
			res   coolant.Resolution
		}{
			{"half a day of seconds", coolant.Second, 43200, 1000, coolant.PerMinute},
			{"an hour of seconds", coolant.Second, 3600, 400, coolant.Raw},
			{"a month of minutes", coolant.Minute, 43200, 500, coolant.PerHour},
			{"a day at 100 points", 10 * coolant.Second, 8640, 100, coolant.PerMinute},
			{"one point for all", coolant.Minute, 3000, 1, coolant.PerHour},
		}
		for _, test := range tests {
			t.Run(test.name, func(t *testing.T) {
				f := newFixture(t, open)
				model := newModel()
				for i, v := range f.wave(1, noon, test.apart, test.n) {
					model.put("a", "water", noon+coolant.UnixMilli(i)*test.apart, v)
				}
				w := coolant.Window{Device: "a", From: noon, To: noon + coolant.UnixMilli(test.n)*test.apart, Width: test.width}
				dirty := f.columns(w)
				model.check(t, w, dirty)
				if dirty.Resolution != test.res {
					t.Errorf("resolution is %s, want %s", dirty.Resolution, test.res)
				}
				if len(dirty.Times) < test.width/4 {
					t.Errorf("only %d buckets for a width of %d", len(dirty.Times), test.width)
				}
				f.rollUp()
				rolled := f.columns(w)
				model.check(t, w, rolled)
				if a, b := fmt.Sprint(dirty), fmt.Sprint(rolled); a != b {
					t.Errorf("the answer changed with the rollup, from\n%.300s to\n%.300s", a, b)
				}
			})
		}
	}
}

func testLate(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		f := newFixture(t, open)
		model := newModel()
		for i, v := range f.wave(1, noon, 10*coolant.Second, 8640) {
			model.put("a", "water", noon+coolant.UnixMilli(i)*10*coolant.Second, v)
		}
		f.rollUp()
		windows := []coolant.Window{
			{Device: "a", From: noon - coolant.Day, To: noon + 2*coolant.Day, Width: 50},
			{Device: "a", From: noon - coolant.Day, To: noon + 2*coolant.Day, Width: 500},
		}
		for i, late := range []struct {
			at coolant.UnixMilli
			v  float64
		}{
			{noon + 3*coolant.Hour + 5, 120},                // a new maximum
			{noon + 3*coolant.Hour + 4, -50},                // and minimum
			{noon + 4*coolant.Hour - 1, 61},                 // the last of its bucket
			{noon - 7*coolant.Hour - 30*coolant.Minute, 62}, // before everything
			{noon + 30*coolant.Hour, 63},                    // after everything
		} {
			f.append(sample("a", 2, uint64(i+1), late.at, good("water", late.v)))
			model.put("a", "water", late.at, late.v)
			for _, w := range windows {
				model.check(t, w, f.columns(w))
			}
			if i%2 == 0 {
				f.reopen()
			}
		}
		f.rollUp()
		for _, w := range windows {
			model.check(t, w, f.columns(w))
		}
	}
}

func testColumnsEdges(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		f := newFixture(t, open)
		f.append(sample("a", 1, 1, noon, good("water", 1), bad("inlet", coolant.CRC)))
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "silent"}))
		for _, w := range []coolant.Window{
			{Device: "a", From: noon + 1, To: always, Width: 10},
			{Device: "a", From: 0, To: noon, Width: 10},
			{Device: "a", From: noon, To: noon, Width: 10},
			{Device: "a", From: noon, To: noon - 1, Width: 10},
			{Device: "a", Metrics: []coolant.Metric{"inlet"}, From: 0, To: always, Width: 10},
			{Device: "silent", From: 0, To: always, Width: 10},
		} {
			if cols := f.columns(w); len(cols.Times) != 0 || cols.Resolution != coolant.Raw || cols.Step != 0 {
				t.Errorf("%+v: got %+v, want nothing", w, cols)
			}
		}
		_, err := f.Columns(f.ctx, coolant.Window{Device: "nobody", From: 0, To: always, Width: 10})
		f.wantCode(err, coolant.CodeNotFound)
		for _, width := range []int{0, -1, coolant.MaxWidth + 1} {
			_, err = f.Columns(f.ctx, coolant.Window{Device: "a", From: 0, To: always, Width: width})
			f.wantCode(err, coolant.CodeInvalid)
		}
		if cols := f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: coolant.MaxWidth}); len(cols.Times) != 1 {
			t.Errorf("the greatest width gives %d points, want 1", len(cols.Times))
		}
	}
}

// same compares numbers, taking NaN for equal to itself.
func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
