package storetest

import (
	"testing"
	"time"

	"coolant"
)

func testRollups(t *testing.T, open Open) {
	t.Run("work in slices, across restarts", func(t *testing.T) {
		f := newFixture(t, open)
		model := newModel()
		for i, v := range f.wave(1, noon, coolant.Minute, 14400) {
			model.put("a", "water", noon+coolant.UnixMilli(i)*coolant.Minute, v)
		}
		w := coolant.Window{Device: "a", From: 0, To: always, Width: 700}
		slices := 0
		for more := true; more; slices++ {
			var err error
			more, err = f.RollUp(f.ctx, time.Microsecond)
			f.must(err)
			if slices%50 == 0 {
				f.reopen()
				model.check(t, w, f.columns(w))
			}
			if slices > 100000 {
				t.Fatal("it does not come to an end")
			}
		}
		if slices < 10 {
			t.Errorf("ten days were rolled up in %d slices of a microsecond", slices)
		}
		if more, err := f.RollUp(f.ctx, time.Second); more || err != nil {
			t.Errorf("afterwards there is more: %v, %v", more, err)
		}
		model.check(t, w, f.columns(w))
	})
	t.Run("again and again in the same hour", func(t *testing.T) {
		f := newFixture(t, open)
		model := newModel()
		w := coolant.Window{Device: "a", From: noon, To: noon + coolant.Hour, Width: 10}
		for i := range uint64(40) {
			at, v := noon+coolant.UnixMilli(i*7919%3600)*coolant.Second, float64(i*7919%101)
			f.append(sample("a", 1, i+1, at, good("water", v)))
			model.put("a", "water", at, v)
			if i%3 > 0 {
				f.rollUp()
			}
			model.check(t, w, f.columns(w))
		}
	})
	t.Run("the hour that is not over", func(t *testing.T) {
		f := newFixture(t, open)
		model := newModel()
		now := coolant.Milli(time.Now())
		for i, v := range f.wave(1, now-3*coolant.Hour, 5*coolant.Second, 2100) {
			model.put("a", "water", now-3*coolant.Hour+coolant.UnixMilli(i)*5*coolant.Second, v)
		}
		w := coolant.Window{Device: "a", From: now - coolant.Day, To: now + coolant.Day, Width: 100}
		f.rollUp()
		model.check(t, w, f.columns(w))
		f.append(sample("a", 2, 1, now-1, good("water", 77)))
		model.put("a", "water", now-1, 77)
		f.rollUp()
		model.check(t, w, f.columns(w))
	})
}

func testRetention(t *testing.T, open Open) {
	t.Run("what is cut is served from rollups", func(t *testing.T) {
		f, model := tenDays(t, open)
		cut := noon + 4*coolant.Day + 20*coolant.Minute
		f.expire(cut, 0)
		model.lost = cut.Truncate(coolant.Hour)
		if first, n := f.rows("a"); first != model.lost || n != int((noon+10*coolant.Day-model.lost)/coolant.Minute) {
			t.Errorf("%d samples from %d on are left, want all from the whole hour %d on", n, first, model.lost)
		}
		f.checkWindows(model, coolant.PerMinute)
		f.reopen()
		f.checkWindows(model, coolant.PerMinute)
	})
	t.Run("minutes that are cut are served from hours", func(t *testing.T) {
		f, model := tenDays(t, open)
		cut := noon + 4*coolant.Day
		f.expire(cut, cut)
		model.lost = cut
		f.checkWindows(model, coolant.PerHour)
	})
	t.Run("minutes may go before raw", func(t *testing.T) {
		f, model := tenDays(t, open)
		f.expire(0, noon+4*coolant.Day)
		f.checkWindows(model, coolant.Raw)
	})
	t.Run("never cuts what is not rolled up", func(t *testing.T) {
		f := newFixture(t, open)
		f.wave(1, noon, coolant.Minute, 1440)
		f.expire(noon+20*coolant.Day, noon+20*coolant.Day)
		if _, n := f.rows("a"); n != 1440 {
			t.Errorf("%d samples are left, want all: none was rolled up", n)
		}
		f.rollUp()
		f.append(sample("a", 2, 1, noon+5*coolant.Hour+1, good("water", 130)))
		f.expire(noon+20*coolant.Day, 0)
		if first, _ := f.rows("a"); first != noon+5*coolant.Hour {
			t.Errorf("samples are left from %d on, want from the dirty hour %d on", first, noon+5*coolant.Hour)
		}
		f.rollUp()
		f.expire(noon+20*coolant.Day, 0)
		if _, n := f.rows("a"); n != 0 {
			t.Errorf("%d samples are left, want none", n)
		}
		cols := f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: 30})
		if cols.Series[0].Max[5] != 130 {
			t.Errorf("the late maximum is not in its hour: %v", cols.Series[0].Max)
		}
	})
	t.Run("zero cuts nothing", func(t *testing.T) {
		f, _ := tenDays(t, open)
		f.expire(0, 0)
		if _, n := f.rows("a"); n != 14400 {
			t.Errorf("%d samples are left", n)
		}
	})
	t.Run("works in slices, and starts of devices go too", func(t *testing.T) {
		f, _ := tenDays(t, open)
		slices := 0
		for more := true; more; slices++ {
			var err error
			more, err = f.Expire(f.ctx, noon+9*coolant.Day, noon+5*coolant.Day, time.Microsecond)
			f.must(err)
		}
		if slices < 10 {
			t.Errorf("nine days went in %d slices of a microsecond", slices)
		}
		if c := f.append(sample("a", 1, 14401, noon+10*coolant.Day, good("water", 1))); c.Watermarks[0].Through != 14401 {
			t.Errorf("the last start of the device was forgotten: %+v", c)
		}
	})
	t.Run("a start of a device is known as long as its newest sample", func(t *testing.T) {
		f := newFixture(t, open)
		f.append(sample("a", 1, 1, noon+9*coolant.Day, good("water", 1)))
		f.reopen()
		f.append(sample("a", 1, 2, noon+coolant.Day, good("water", 2)))
		f.append(sample("a", 2, 1, noon+9*coolant.Day+1, good("water", 3)))
		f.append(sample("a", 3, 1, noon+coolant.Day+1, good("water", 4)), sample("a", 4, 1, noon+9*coolant.Day+2, good("water", 5)))
		f.rollUp()
		f.expire(noon+5*coolant.Day, 0)
		if c := f.append(sample("a", 1, 3, noon+9*coolant.Day+10, good("water", 1))); c.Watermarks[0].Through != 3 {
			t.Errorf("a start that has a sample left was forgotten: %+v", c)
		}
		if c := f.append(sample("a", 3, 2, noon+9*coolant.Day+20, good("water", 1))); c.Watermarks[0].Through != 0 {
			t.Errorf("a start whose samples have all gone is still known: %+v", c)
		}
	})
	t.Run("samples that come late for hours that were cut", testVeryLate(open))
	t.Run("or that are just being cut", func(t *testing.T) {
		f, model := tenDays(t, open)
		cut := noon + 4*coolant.Day
		if more, err := f.Expire(f.ctx, cut, 0, time.Nanosecond); !more || err != nil {
			t.Fatalf("a nanosecond was enough, or %v", err)
		}
		model.lost = cut
		for i := range 6 {
			at := noon + 3*coolant.Day + coolant.UnixMilli(i+1)*10*coolant.Minute + 1
			f.append(sample("a", 3, uint64(i+1), at, good("water", 100+float64(i))))
			model.put("a", "water", at, 100+float64(i))
			f.checkWindows(model, coolant.PerMinute)
			if i%2 == 1 {
				f.rollUp()
			}
		}
		f.expire(cut, 0)
		f.rollUp()
		f.expire(cut, 0)
		f.checkWindows(model, coolant.PerMinute)
	})
}

// testVeryLate can happen when the retention was shorter once.
func testVeryLate(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		f, model := tenDays(t, open)
		cut := noon + 4*coolant.Day
		f.expire(cut, 0)
		model.lost = cut
		for i, at := range []coolant.UnixMilli{
			noon + coolant.Hour + 1, noon + coolant.Hour + 2, noon + 2*coolant.Hour - 1, // in hours that have buckets
			noon - 5*coolant.Hour, // in one that has none
			noon + 3*coolant.Day + 7,
		} {
			v := 100 + float64(i)
			f.append(sample("a", 3, uint64(i+1), at, good("water", v)))
			model.put("a", "water", at, v)
			f.checkWindows(model, coolant.PerMinute)
			if i == 1 || i == 3 {
				f.rollUp()
				f.checkWindows(model, coolant.PerMinute)
				f.expire(cut, 0)
			}
			f.reopen()
		}
		f.rollUp()
		f.expire(cut, 0)
		f.checkWindows(model, coolant.PerMinute)
		if first, _ := f.rows("a"); first != cut {
			t.Errorf("samples are left from %d on, want from the cut %d on", first, cut)
		}
	}
}

// tenDays is a store with ten days of minutes, rolled up.
func tenDays(t *testing.T, open Open) (*fixture, *model) {
	t.Helper()
	f := newFixture(t, open)
	model := newModel()
	for i, v := range f.wave(1, noon, coolant.Minute, 14400) {
		model.put("a", "water", noon+coolant.UnixMilli(i)*coolant.Minute, v)
	}
	f.rollUp()
	return f, model
}

// checkWindows compares answers of several kinds with the model. old is the
// resolution that serves steps of a few minutes in the part before model.lost.
func (f *fixture) checkWindows(m *model, old coolant.Resolution) {
	f.t.Helper()
	for _, test := range []struct {
		w   coolant.Window
		res coolant.Resolution
	}{
		{coolant.Window{Device: "a", From: noon - coolant.Day, To: always, Width: 100}, coolant.PerHour},
		{coolant.Window{Device: "a", From: noon, To: noon + coolant.Day, Width: 500}, old},
		{coolant.Window{Device: "a", From: noon + 3*coolant.Day, To: noon + 5*coolant.Day, Width: 1000}, old},
		{coolant.Window{Device: "a", From: noon + 5*coolant.Day, To: noon + 6*coolant.Day, Width: 500}, coolant.PerMinute},
		{coolant.Window{Device: "a", From: noon + 5*coolant.Day, To: noon + 6*coolant.Day, Width: 2000}, coolant.Raw},
	} {
		cols := f.columns(test.w)
		m.check(f.t, test.w, cols)
		if cols.Resolution != test.res {
			f.t.Errorf("%+v was served from %s in steps of %d, want %s", test.w, cols.Resolution, cols.Step, test.res)
		}
	}
}

// rows counts the stored samples and says which is the first.
func (f *fixture) rows(id coolant.DeviceID) (first coolant.UnixMilli, n int) {
	f.t.Helper()
	f.must(f.EachRow(f.ctx, id, nil, 0, always, func(t coolant.UnixMilli, _ []float64, _ []coolant.Quality) error {
		if n == 0 {
			first = t
		}
		n++
		return nil
	}))
	return first, n
}
