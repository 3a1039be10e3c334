package storetest

import (
	"reflect"
	"testing"

	"coolant"
)

func testJournal(t *testing.T, open Open) {
	t.Run("a cursor begins at the present end and survives", func(t *testing.T) {
		f := newFixture(t, open)
		f.append(sample("a", 1, 1, noon, good("water", 1)))
		if no := f.cursor("alerts"); no != 1 {
			t.Fatalf("a new cursor is at %d, want 1", no)
		}
		f.append(sample("a", 1, 2, noon+1, good("water", 2)))
		f.reopen()
		if no := f.cursor("alerts"); no != 1 {
			t.Fatalf("the cursor is at %d after a restart, want 1", no)
		}
		if got := f.since(1, 0); len(got) != 1 || got[0].No != 2 {
			t.Fatalf("changes are %+v", got)
		}
	})
	t.Run("changes are what was fresh, in order", func(t *testing.T) {
		f := newFixture(t, open)
		f.cursor("x")
		first := []coolant.Sample{
			sample("b", 9, 1, noon, good("water", 31.0625), bad("inlet", coolant.Disconnected)),
			sample("a", 1<<63, 1<<63, noon-5000, good("water", -1.5), good("fan2_rpm", 900)),
			sample("c", 0, 0, noon, good("water", 1)),
			sample("b", 9, 2, 0),
		}
		f.append(first...)
		f.append(first...) // no news
		f.append(first[0], sample("b", 9, 3, noon+1, bad("water", coolant.POR85)))
		want := []coolant.Change{
			{No: 1, Samples: first},
			{No: 2, Samples: []coolant.Sample{sample("b", 9, 3, noon+1, bad("water", coolant.POR85))}},
		}
		if got := f.since(0, 0); !reflect.DeepEqual(got, want) {
			t.Errorf("changes are\n%+v, want\n%+v", got, want)
		}
		if got := f.since(0, 1); !reflect.DeepEqual(got, want[:1]) {
			t.Errorf("with limit 1 changes are %+v", got)
		}
		if got := f.since(2, 0); len(got) != 0 {
			t.Errorf("after the last there are %+v", got)
		}
	})
	t.Run("is kept for the slowest and no longer", func(t *testing.T) {
		f := newFixture(t, open)
		f.cursor("fast")
		f.cursor("slow")
		for seq := range uint64(6) {
			f.append(sample("a", 1, seq+1, noon+coolant.UnixMilli(seq), good("water", 2)))
		}
		f.must(f.Advance(f.ctx, "fast", 6))
		if got := f.since(0, 0); len(got) != 6 {
			t.Errorf("the slow reader gets %d changes, want 6", len(got))
		}
		f.must(f.Advance(f.ctx, "slow", 4))
		if got := f.since(4, 0); len(got) != 2 || got[0].No != 5 {
			t.Errorf("after 4 there are %+v", got)
		}
		_, err := f.Since(f.ctx, 3, 0)
		f.wantCode(err, coolant.CodeNotFound)
		f.must(f.Advance(f.ctx, "slow", 1)) // going back changes nothing
		if no := f.cursor("slow"); no != 4 {
			t.Errorf("the cursor went back to %d", no)
		}
	})
	t.Run("mistakes are told", func(t *testing.T) {
		f := newFixture(t, open)
		f.append(sample("a", 1, 1, noon, good("water", 1)))
		f.wantCode(f.Advance(f.ctx, "nobody", 1), coolant.CodeNotFound)
		_, err := f.Since(f.ctx, 0, 0)
		f.wantCode(err, coolant.CodeNotFound) // nothing was kept before the first cursor
		if got := f.since(1, 0); len(got) != 0 {
			t.Errorf("there are %+v", got)
		}
		f.cursor("x")
		f.wantCode(f.Advance(f.ctx, "x", 2), coolant.CodeInvalid)
		_, err = f.Since(f.ctx, 2, 0)
		f.wantCode(err, coolant.CodeInvalid)
		_, err = f.Since(f.ctx, 0, 0)
		f.wantCode(err, coolant.CodeNotFound)
		f.must(f.Health())
		if no := f.cursor("x"); no != 1 {
			t.Errorf("the cursor is at %d, want 1", no)
		}
	})
}

func (f *fixture) cursor(name string) uint64 {
	f.t.Helper()
	no, err := f.Cursor(f.ctx, name)
	f.must(err)
	return no
}

func (f *fixture) since(cursor uint64, limit int) []coolant.Change {
	f.t.Helper()
	changes, err := f.Since(f.ctx, cursor, limit)
	f.must(err)
	return changes
}
