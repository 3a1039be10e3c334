package storetest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"coolant"
)

func testAppend(t *testing.T, open Open) {
	t.Run("numbers commits from 1 without gaps, across restarts", func(t *testing.T) {
		f := newFixture(t, open)
		for want := uint64(1); want <= 9; want++ {
			if c := f.append(sample("a", 1, want, noon+coolant.UnixMilli(want), good("water", 1))); c.No != want {
				t.Fatalf("commit %d has the number %d", want, c.No)
			}
			if want%3 == 0 {
				f.reopen()
			}
			_, err := f.Append(f.ctx, []coolant.Sample{sample("a", 1, want+1, noon, good("water", math.NaN()))})
			f.wantCode(err, coolant.CodeInvalid)
		}
	})
	t.Run("a batch without news gets the last number", func(t *testing.T) {
		f := newFixture(t, open)
		if c := f.append(); c.No != 0 {
			t.Errorf("an empty batch in an empty store gets number %d", c.No)
		}
		s := sample("a", 1, 1, noon, good("water", 1))
		f.append(s)
		if c := f.append(s); c.No != 1 || c.Fresh[0] {
			t.Errorf("a redelivery is %+v", c)
		}
		if c := f.append(sample("a", 1, 2, noon+1, good("water", 1))); c.No != 2 {
			t.Errorf("the next news gets number %d, want 2", c.No)
		}
	})
	t.Run("a batch is stored as a whole or not at all", testRefused(open))
	t.Run("samples without identity are fresh unless they exist", testAnonymous(open))
	t.Run("keeps values bit by bit", func(t *testing.T) {
		f := newFixture(t, open)
		values := []float64{0, math.Copysign(0, -1), 1, -127.94, 0.1, 31.0625, 1e-300, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}
		for i, v := range values {
			f.append(sample("a", 1, uint64(i+1), noon+coolant.UnixMilli(i), good("water", v)))
		}
		cols := f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: 100})
		for i, v := range values {
			got := cols.Series[0].Last[i]
			if got != v { // -0 equals 0: a store may drop the sign
				t.Errorf("stored %v, got %v", v, got)
			}
		}
	})
	t.Run("registers devices that it does not know", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "known", Name: "Known", Created: 5}))
		f.append(sample("known", 1, 1, noon, good("water", 1)), sample("new", 1, 1, noon, good("water", 1)))
		devices, err := f.Devices(f.ctx)
		f.must(err)
		if len(devices) != 2 || devices[0] != (coolant.Device{ID: "known", Name: "Known", Created: 5}) || devices[1].ID != "new" || devices[1].Created == 0 {
			t.Errorf("devices are %+v", devices)
		}
	})
	t.Run("an ended context stores nothing", func(t *testing.T) {
		f := newFixture(t, open)
		ctx, cancel := context.WithCancel(f.ctx)
		cancel()
		if _, err := f.Append(ctx, []coolant.Sample{sample("a", 1, 1, noon, good("water", 1))}); !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v", err)
		}
		if c := f.append(sample("a", 1, 1, noon, good("water", 1))); !c.Fresh[0] {
			t.Error("the sample was stored")
		}
	})
	t.Run("a large batch of many devices", func(t *testing.T) {
		f := newFixture(t, open)
		var batch []coolant.Sample
		for seq := range 10 {
			for d := range 300 {
				id := coolant.DeviceID("dev-" + string(rune('a'+d%26)) + string(rune('a'+d/26)))
				batch = append(batch, sample(id, coolant.Boot(d+1), uint64(seq+1), noon+coolant.UnixMilli(seq)*1000,
					good("water", float64(seq)), good("ambient", float64(d)), bad("inlet", coolant.CRC)))
			}
		}
		c := f.append(batch...)
		if slices.Contains(c.Fresh, false) || len(c.Watermarks) != 300 {
			t.Errorf("not all are fresh, or there are %d watermarks", len(c.Watermarks))
		}
		if c := f.append(batch...); slices.Contains(c.Fresh, true) {
			t.Error("a redelivered sample is fresh")
		}
	})
}

func testRefused(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		fine := sample("a", 1, 1, noon, good("water", 1))
		tests := map[string]coolant.Sample{
			"not a number":     sample("b", 1, 1, noon, good("water", math.NaN())),
			"infinite":         sample("b", 1, 1, noon, good("water", math.Inf(1))),
			"minus infinite":   sample("b", 1, 1, noon, good("ambient", 1), good("water", math.Inf(-1))),
			"without a time":   sample("b", 1, 1, 0, good("water", 1)),
			"malformed metric": sample("b", 1, 1, noon, good("Water!", 1)),
			"malformed device": sample("B/C", 1, 1, noon, good("water", 1)),
		}
		for name, wrong := range tests {
			t.Run(name, func(t *testing.T) {
				f := newFixture(t, open)
				_, err := f.Append(f.ctx, []coolant.Sample{fine, wrong})
				f.wantCode(err, coolant.CodeInvalid)
				f.must(f.Health())
				devices, err := f.Devices(f.ctx)
				f.must(err)
				if len(devices) != 0 {
					t.Errorf("devices %v were registered", devices)
				}
				c := f.append(fine)
				want := []coolant.Watermark{{Device: "a", Boot: 1, Through: 1}}
				if c.No != 1 || !c.Fresh[0] || !reflect.DeepEqual(c.Watermarks, want) {
					t.Errorf("afterwards the good sample is %+v", c)
				}
			})
		}
		t.Run("a fault's value does not matter", func(t *testing.T) {
			f := newFixture(t, open)
			c := f.append(sample("a", 1, 1, noon, coolant.Reading{Metric: "water", Value: math.NaN(), Quality: coolant.CRC}))
			if !c.Fresh[0] {
				t.Error("it is not fresh")
			}
		})
	}
}

func testAnonymous(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		f := newFixture(t, open)
		at := func(t coolant.UnixMilli, r ...coolant.Reading) coolant.Sample { return sample("a", 0, 0, t, r...) }
		steps := []struct {
			name  string
			batch []coolant.Sample
			fresh []bool
			no    uint64
		}{
			{"new", []coolant.Sample{at(noon, good("water", 1)), at(noon+1, bad("water", coolant.CRC))}, []bool{true, true}, 1},
			{"again", []coolant.Sample{at(noon+1, bad("water", coolant.CRC)), at(noon, good("water", 1))}, []bool{false, false}, 1},
			{"another value at the same time", []coolant.Sample{at(noon, good("water", 2))}, []bool{false}, 1},
			{"new among old", []coolant.Sample{at(noon, good("water", 1)), at(noon+2, good("water", 3))}, []bool{false, true}, 2},
			{"one reading of two is new", []coolant.Sample{at(noon, good("water", 9), good("ambient", 4))}, []bool{true}, 3},
			{"twice in one batch", []coolant.Sample{at(noon+3, good("water", 5)), at(noon+3, good("water", 6))}, []bool{true, false}, 4},
			{"nothing in it", []coolant.Sample{at(noon + 9)}, []bool{false}, 4},
		}
		for _, s := range steps {
			c := f.append(s.batch...)
			if !slices.Equal(c.Fresh, s.fresh) || c.No != s.no || len(c.Watermarks) != 0 {
				t.Errorf("%s: %+v, want fresh %v and number %d", s.name, c, s.fresh, s.no)
			}
		}
		cols := f.columns(coolant.Window{Device: "a", Metrics: []coolant.Metric{"water"}, From: 0, To: always, Width: 10})
		if want := []float64{1, 3, 5}; !slices.Equal(cols.Series[0].Last, want) {
			t.Errorf("stored are %v, want %v", cols.Series[0].Last, want)
		}
	}
}
