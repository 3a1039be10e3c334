package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"coolant"
)

func testDesired(t *testing.T, open Open) {
	t.Run("versions", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "b"}))
		var all []coolant.Desired
		for v := uint64(1); v <= 5; v++ {
			d := desired("a", v)
			f.must(f.AddDesired(f.ctx, d))
			all = append([]coolant.Desired{d}, all...)
		}
		f.must(f.RefuseDesired(f.ctx, "a", "e1", 5, "no such pin"))
		f.must(f.RefuseDesired(f.ctx, "a", "e1", 3, "no"))
		f.must(f.RefuseDesired(f.ctx, "a", "e2", 4, "of another epoch"))
		f.must(f.RefuseDesired(f.ctx, "a", "e1", 99, "not there"))
		all[0].Refused, all[2].Refused = "no such pin", "no"
		other := desired("b", 1)
		f.must(f.AddDesired(f.ctx, other))
		f.reopen()
		f.wantDesired(all[0], other)
		for _, test := range []struct {
			before uint64
			limit  int
			want   []coolant.Desired
		}{
			{0, 0, all}, {0, 2, all[:2]}, {4, 2, all[2:4]}, {2, 9, all[4:]}, {1, 9, nil}, {99, 1, all[:1]},
		} {
			got, err := f.DesiredHistory(f.ctx, "a", test.before, test.limit)
			f.must(err)
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("before %d, at most %d: %+v, want %+v", test.before, test.limit, got, test.want)
			}
		}
	})
	t.Run("an edit of another version is refused", func(t *testing.T) {
		f := newFixture(t, open)
		f.wantCode(f.AddDesired(f.ctx, desired("a", 1)), coolant.CodeNotFound)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		for _, v := range []uint64{0, 2} {
			f.wantCode(f.AddDesired(f.ctx, desired("a", v)), coolant.CodeConflict)
		}
		f.must(f.AddDesired(f.ctx, desired("a", 1)))
		for _, v := range []uint64{1, 3} {
			f.wantCode(f.AddDesired(f.ctx, desired("a", v)), coolant.CodeConflict)
		}
		f.wantDesired(desired("a", 1))
		f.must(f.Health())
	})
	t.Run("one of two editors wins", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		var won atomic.Int32
		for v := uint64(1); v <= 20; v++ {
			var editors sync.WaitGroup
			for range 4 {
				editors.Go(func() {
					switch err := f.AddDesired(f.ctx, desired("a", v)); {
					case err == nil:
						won.Add(1)
					case coolant.CodeOf(err) != coolant.CodeConflict:
						t.Error(err)
					}
				})
			}
			editors.Wait()
		}
		if won.Load() != 20 {
			t.Errorf("%d edits won, want 20", won.Load())
		}
	})
	t.Run("with a device", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		f.must(f.AddDesired(f.ctx, desired("a", 1)))
		f.must(f.RemoveDevice(f.ctx, "a", false))
		f.wantDesired(desired("a", 1))
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		f.must(f.AddDesired(f.ctx, desired("a", 2)))
		f.must(f.RemoveDevice(f.ctx, "a", true))
		f.wantDesired()
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		f.must(f.AddDesired(f.ctx, desired("a", 1)))
	})
	t.Run("the newest thousand are kept", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "a"}))
		for v := uint64(1); v <= 1003; v++ {
			f.must(f.AddDesired(f.ctx, desired("a", v)))
		}
		got, err := f.DesiredHistory(f.ctx, "a", 0, 0)
		f.must(err)
		if len(got) != 1000 || got[0].Version != 1003 || got[999].Version != 4 {
			t.Errorf("%d versions are kept, from %d to %d", len(got), got[len(got)-1].Version, got[0].Version)
		}
	})
}

func desired(device coolant.DeviceID, version uint64) coolant.Desired {
	return coolant.Desired{
		Device: device, Version: version, Epoch: "e1", Body: fmt.Appendf(nil, `{"interval_ms":%d}`, 1000*version),
		Edit: coolant.Edit{At: coolant.UnixMilli(version), By: "page", Note: "für Elise", From: version / 2},
	}
}

func (f *fixture) wantDesired(want ...coolant.Desired) {
	f.t.Helper()
	got, err := f.Desired(f.ctx)
	f.must(err)
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		f.t.Errorf("desired is %+v, want %+v", got, want)
	}
}
