package storetest

import (
	"fmt"
	"reflect"
	"testing"

	"coolant"
)

func testRejections(t *testing.T, open Open) {
	rejection := func(at coolant.UnixMilli, id coolant.DeviceID, code coolant.RejectionCode, words string, count int) coolant.Rejection {
		return coolant.Rejection{Time: at, Device: id, Topic: "coolant/x/telemetry", Code: code, Detail: words, Excerpt: "{" + words, Count: count}
	}
	get := func(f *fixture, limit int) []coolant.Rejection {
		f.t.Helper()
		got, err := f.Rejections(f.ctx, limit)
		f.must(err)
		seen := map[int64]bool{}
		for i := range got {
			if got[i].ID == 0 || seen[got[i].ID] {
				f.t.Errorf("rejection %d has the id %d", i, got[i].ID)
			}
			seen[got[i].ID] = true
			got[i].ID = 0
		}
		return got
	}
	t.Run("different mistakes are not one", func(t *testing.T) {
		f := newFixture(t, open)
		f.must(f.RecordRejections(f.ctx, []coolant.Rejection{
			rejection(noon+1, "a", coolant.RejectedField, "boot: it is missing", 1),
			rejection(noon+2, "a", coolant.RejectedField, "samples[0].seq: it is missing", 1),
			rejection(noon+3, "a", coolant.RejectedField, "samples[17].seq: it is missing", 1),
		}))
		f.must(f.RecordRejections(f.ctx, []coolant.Rejection{
			rejection(noon+4, "a", coolant.RejectedField, "samples[2].seq: an integer is expected, not true", 1),
			rejection(noon+5, "a", coolant.RejectedField, "samples[3].seq: an integer is expected, not \"x\"", 1),
			rejection(noon+6, "a", coolant.RejectedField, "boot: it is missing", 1),
		}))
		want := []coolant.Rejection{
			rejection(noon+6, "a", coolant.RejectedField, "boot: it is missing", 2),
			rejection(noon+5, "a", coolant.RejectedField, "samples[3].seq: an integer is expected, not \"x\"", 2),
			rejection(noon+3, "a", coolant.RejectedField, "samples[17].seq: it is missing", 2),
		}
		if got := get(f, 0); !reflect.DeepEqual(got, want) {
			t.Errorf("rejections are\n%+v, want\n%+v", got, want)
		}
	})
	t.Run("equal ones within a minute are one", func(t *testing.T) {
		f := newFixture(t, open)
		minute := noon
		f.must(f.RecordRejections(f.ctx, nil))
		f.must(f.RecordRejections(f.ctx, []coolant.Rejection{
			rejection(minute+1, "a", coolant.RejectedNotJSON, "the first of 3", 1),
			rejection(minute+2, "b", coolant.RejectedNotJSON, "other device", 1),
			rejection(minute+3, "a", coolant.RejectedRange, "other code", 0),
			rejection(minute+5, "a", coolant.RejectedNotJSON, "the first of 5", 3),
		}))
		f.must(f.RecordRejections(f.ctx, []coolant.Rejection{
			rejection(minute+4, "a", coolant.RejectedNotJSON, "the first of 4", 2),
			rejection(minute+coolant.Minute, "a", coolant.RejectedNotJSON, "next minute", 1),
		}))
		f.reopen()
		want := []coolant.Rejection{
			rejection(minute+coolant.Minute, "a", coolant.RejectedNotJSON, "next minute", 1),
			rejection(minute+5, "a", coolant.RejectedNotJSON, "the first of 5", 6),
			rejection(minute+3, "a", coolant.RejectedRange, "other code", 1),
			rejection(minute+2, "b", coolant.RejectedNotJSON, "other device", 1),
		}
		if got := get(f, 0); !reflect.DeepEqual(got, want) {
			t.Errorf("rejections are\n%+v, want\n%+v", got, want)
		}
		if got := get(f, 2); !reflect.DeepEqual(got, want[:2]) {
			t.Errorf("the newest two are\n%+v, want\n%+v", got, want[:2])
		}
	})
	t.Run("the newest 1000 are kept", func(t *testing.T) {
		f := newFixture(t, open)
		var all []coolant.Rejection
		for i := range 1500 {
			all = append(all, rejection(noon+coolant.UnixMilli(i), coolant.DeviceID(fmt.Sprintf("d%d", i)), coolant.RejectedTopic, "x", 1))
		}
		f.must(f.RecordRejections(f.ctx, all[500:]))
		f.must(f.RecordRejections(f.ctx, all[:500])) // older ones, later
		got := get(f, 0)
		if len(got) != 1000 || got[0].Device != "d1499" || got[999].Device != "d500" {
			t.Errorf("%d are kept, from %s to %s", len(got), got[0].Device, got[len(got)-1].Device)
		}
	})
}
