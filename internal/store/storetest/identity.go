package storetest

import (
	"reflect"
	"slices"
	"testing"

	"coolant"
)

func testIdentity(t *testing.T, open Open) {
	// A step delivers samples by number, each a second after the one before.
	type step struct {
		seqs    []uint64
		fresh   []bool
		through uint64
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"in order", []step{{[]uint64{1, 2}, []bool{true, true}, 2}, {[]uint64{3}, []bool{true}, 3}}},
		{"redelivered in another batch", []step{
			{[]uint64{1, 2, 3}, []bool{true, true, true}, 3},
			{[]uint64{2}, []bool{false}, 3},
			{[]uint64{3, 4, 5}, []bool{false, true, true}, 5},
			{[]uint64{5, 4, 1}, []bool{false, false, false}, 5},
		}},
		{"a hole stays until it is filled", []step{
			{[]uint64{1, 4, 5}, []bool{true, true, true}, 1},
			{[]uint64{5, 6}, []bool{false, true}, 1},
			{[]uint64{3}, []bool{true}, 1},
			{[]uint64{2}, []bool{true}, 6},
			{[]uint64{1, 2, 3, 4, 5, 6}, make([]bool, 6), 6},
		}},
		{"a start that begins late stays at 0", []step{
			{[]uint64{7}, []bool{true}, 0},
			{[]uint64{8, 7}, []bool{true, false}, 0},
			{[]uint64{1, 2, 3, 4, 5}, []bool{true, true, true, true, true}, 5},
			{[]uint64{6}, []bool{true}, 8},
		}},
		{"backwards", []step{
			{[]uint64{5, 4, 3, 2}, []bool{true, true, true, true}, 0},
			{[]uint64{1}, []bool{true}, 5},
		}},
		{"every second, then the others", []step{
			{[]uint64{2, 4, 6, 8, 10}, []bool{true, true, true, true, true}, 0},
			{[]uint64{1, 3, 5, 7, 9}, []bool{true, true, true, true, true}, 10},
			{[]uint64{2, 3}, []bool{false, false}, 10},
		}},
		{"twice in one batch", []step{{[]uint64{1, 1, 3, 3}, []bool{true, false, true, false}, 1}}},
		{"far numbers", []step{
			{[]uint64{1, 1 << 40, 1<<64 - 1}, []bool{true, true, true}, 1},
			{[]uint64{1<<64 - 1, 1 << 40, 2}, []bool{false, false, true}, 2},
		}},
	}
	for _, test := range tests {
		for _, restart := range []bool{false, true} {
			name := test.name
			if restart {
				name += ", restarting in between"
			}
			t.Run(name, func(t *testing.T) {
				f := newFixture(t, open)
				for i, s := range test.steps {
					var batch []coolant.Sample
					for _, seq := range s.seqs {
						batch = append(batch, sample("a", 77, seq, noon+coolant.UnixMilli(seq%1000)*1000, good("water", float64(seq))))
					}
					c := f.append(batch...)
					want := []coolant.Watermark{{Device: "a", Boot: 77, Through: s.through}}
					if !slices.Equal(c.Fresh, s.fresh) || !reflect.DeepEqual(c.Watermarks, want) {
						t.Fatalf("step %d: fresh %v and watermarks %v, want %v and %v", i, c.Fresh, c.Watermarks, s.fresh, want)
					}
					if restart {
						f.reopen()
					}
				}
			})
		}
	}
	t.Run("starts and devices do not mix", testBoots(open))
	t.Run("refused samples only move the watermark", func(t *testing.T) {
		f := newFixture(t, open)
		c := f.append(sample("a", 1, 1, noon, good("water", 1)), sample("a", 1, 2, 0), sample("a", 1, 3, noon+2, good("water", 2)))
		if slices.Contains(c.Fresh, false) || c.Watermarks[0].Through != 3 {
			t.Errorf("got %+v", c)
		}
		if c := f.append(sample("a", 1, 2, 0)); c.Fresh[0] || c.No != 1 {
			t.Errorf("its redelivery is %+v", c)
		}
		if c := f.append(sample("a", 1, 4, 0)); !c.Fresh[0] || c.No != 2 || c.Watermarks[0].Through != 4 {
			t.Errorf("one by itself is %+v", c)
		}
		cols := f.columns(coolant.Window{Device: "a", From: 0, To: always, Width: 10})
		if len(cols.Times) != 2 {
			t.Errorf("there are %d rows, want 2", len(cols.Times))
		}
	})
	t.Run("a known reading under a new number is not fresh", func(t *testing.T) {
		f := newFixture(t, open)
		f.append(sample("a", 1, 1, noon, good("water", 1)))
		c := f.append(sample("a", 1, 2, noon, good("water", 1)))
		if c.Fresh[0] || c.No != 1 || c.Watermarks[0].Through != 2 {
			t.Errorf("got %+v, want it not fresh and the watermark at 2", c)
		}
		f.reopen()
		if c := f.append(sample("a", 1, 3, noon+1, good("water", 1))); c.Watermarks[0].Through != 3 {
			t.Errorf("got %+v, want the watermark at 3", c)
		}
	})
	t.Run("many holes are survived", func(t *testing.T) {
		f := newFixture(t, open)
		for seq := uint64(2); seq <= 2000; seq += 2 {
			f.append(sample("a", 1, seq, noon+coolant.UnixMilli(seq), good("water", 1)))
		}
		var all []coolant.Sample
		for seq := uint64(1); seq <= 2000; seq++ {
			all = append(all, sample("a", 1, seq, noon+coolant.UnixMilli(seq), good("water", 1)))
		}
		c := f.append(all...)
		if c.Watermarks[0].Through != 2000 {
			t.Errorf("through is %d after everything was sent again, want 2000", c.Watermarks[0].Through)
		}
		for i, fresh := range c.Fresh {
			if fresh != (all[i].Seq%2 == 1) {
				t.Fatalf("fresh of %d is %v", all[i].Seq, fresh)
			}
		}
	})
}

func testBoots(open Open) func(t *testing.T) {
	return func(t *testing.T) {
		f := newFixture(t, open)
		f.append(sample("a", 1, 1, noon, good("water", 1)), sample("a", 1, 2, noon+1, good("water", 1)))
		c := f.append(
			sample("a", 1<<63+5, 1, noon+2, good("water", 1)),
			sample("b", 1, 1, noon, good("water", 1)),
			sample("a", 1, 3, noon+3, good("water", 1)))
		if slices.Contains(c.Fresh, false) {
			t.Errorf("fresh is %v", c.Fresh)
		}
		byName := map[coolant.Watermark]bool{}
		for _, w := range c.Watermarks {
			byName[w] = true
		}
		want := map[coolant.Watermark]bool{
			{Device: "a", Boot: 1, Through: 3}:         true,
			{Device: "a", Boot: 1<<63 + 5, Through: 1}: true,
			{Device: "b", Boot: 1, Through: 1}:         true,
		}
		if !reflect.DeepEqual(byName, want) {
			t.Errorf("watermarks are %v, want %v", byName, want)
		}
		f.reopen()
		latest, err := f.LatestWatermarks(f.ctx)
		f.must(err)
		slices.SortFunc(latest, func(a, b coolant.Watermark) int { return int(a.Device[0]) - int(b.Device[0]) })
		if want := []coolant.Watermark{{Device: "a", Boot: 1<<63 + 5, Through: 1}, {Device: "b", Boot: 1, Through: 1}}; !reflect.DeepEqual(latest, want) {
			t.Errorf("latest watermarks are %v, want %v", latest, want)
		}
		for boot := range coolant.Boot(500) { // more than a store may want to remember
			f.append(sample("a", 1000+boot, 1, noon+coolant.UnixMilli(100+boot), good("water", 1)))
		}
		if c := f.append(sample("a", 1, 1, noon, good("water", 1))); c.Fresh[0] {
			t.Error("a redelivery from a start long ago is fresh")
		}
	}
}
