package storetest

import (
	"reflect"
	"testing"

	"coolant"
)

func testNewest(t *testing.T, open Open) {
	f := newFixture(t, open)
	f.append(
		sample("a", 1, 1, noon, good("water", 1), good("ambient", 20)),
		sample("a", 1, 2, noon+1000, good("water", 2), bad("inlet", coolant.CRC)),
		sample("b", 1, 1, noon+5, good("water", 3)))
	f.append(sample("a", 1, 3, noon-1000, good("water", 9), good("ambient", 21))) // late
	f.append(sample("a", 1, 4, noon+2000, bad("ambient", coolant.Stuck)))
	f.must(f.EnsureDevice(f.ctx, coolant.Device{ID: "silent"}))

	want := map[coolant.DeviceID][]coolant.Newest{
		"a": {
			{Metric: "ambient", Quality: coolant.Stuck, Time: noon + 2000},
			{Metric: "inlet", Quality: coolant.CRC, Time: noon + 1000},
			{Metric: "water", Value: 2, Time: noon + 1000},
		},
		"b": {{Metric: "water", Value: 3, Time: noon + 5}},
	}
	check := func(when string) {
		t.Helper()
		got, err := f.Newest(f.ctx)
		f.must(err)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the newest are\n%+v, want\n%+v", when, got, want)
		}
		times, err := f.LastTimes(f.ctx, "a")
		f.must(err)
		wantTimes := map[coolant.Metric]coolant.UnixMilli{}
		for _, n := range want["a"] {
			wantTimes[n.Metric] = n.Time
		}
		if !reflect.DeepEqual(times, wantTimes) {
			t.Errorf("%s: the last times are %v, want %v", when, times, wantTimes)
		}
	}
	check("at once")
	f.reopen()
	check("after a restart")
	f.rollUp()
	f.expire(noon+30*coolant.Day, 0)
	check("after retention took all of it")
	f.append(sample("a", 1, 5, noon+40*coolant.Day, good("water", 4)))
	want["a"][2] = coolant.Newest{Metric: "water", Value: 4, Time: noon + 40*coolant.Day}
	check("after a new sample")

	for _, id := range []coolant.DeviceID{"silent", "nobody"} {
		times, err := f.LastTimes(f.ctx, id)
		if err != nil || len(times) != 0 {
			t.Errorf("last times of %s are %v, %v; want none", id, times, err)
		}
	}
	f.must(f.RemoveDevice(f.ctx, "b", false))
	delete(want, "b")
	check("after a device was removed")
}
