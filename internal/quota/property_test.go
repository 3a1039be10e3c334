package quota

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
)

// Whatever clocks, clients and traffic do: within a month nothing is taken back, a
// projection is never below what is used, and the use is exactly the sum of what
// happened while the meter ran.
func TestProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 31).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		d, sessions := &disk{}, 0
		open := func() *Meter {
			m, err := New(context.Background(), Options{
				Limits: EMQXServerless(), Records: d, Sessions: func() int { return sessions },
				Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		m := open()
		before := map[coolant.UnixMilli]coolant.Quota{}
		connected := int64(0) // at the last step
		var sumMS, sumBytes int64
		check := func() {
			q := m.Status()
			b := before[q.From]
			if q.SessionMinutes.Used < b.SessionMinutes.Used || q.Bytes.Used < b.Bytes.Used {
				t.Fatalf("within a month %+v became %+v", b, q)
			}
			for _, u := range []coolant.QuotaUse{q.SessionMinutes, q.Bytes} {
				if u.Projected < u.Used || math.IsNaN(u.Projected) || math.IsInf(u.Projected, 0) || u.Used < 0 {
					t.Fatalf("used %v, projected %v", u.Used, u.Projected)
				}
			}
			if q.From >= q.To || q.Since < q.From || q.Since >= q.To {
				t.Fatalf("month %+v", q)
			}
			before[q.From] = q
		}
		t.Repeat(map[string]func(*rapid.T){
			"pass": func(t *rapid.T) {
				n := rapid.IntRange(0, 1e6).Draw(t, "bytes")
				m.Count(n)
				sumBytes += int64(n)
				step := time.Duration(rapid.Int64Range(0, maxStep.Milliseconds()).Draw(t, "ms")) * time.Millisecond
				now = now.Add(step)
				sumMS += connected * step.Milliseconds()
				m.step()
				connected = int64(sessions)
				check()
			},
			"connect": func(t *rapid.T) { sessions = rapid.IntRange(0, 1000).Draw(t, "sessions") },
			"jump": func(t *rapid.T) {
				far := rapid.Int64Range(-40*24*3600, 40*24*3600).Draw(t, "seconds")
				if far >= 0 && far <= 60 {
					far = 61
				}
				now = now.Add(time.Duration(far) * time.Second)
				m.step()
				connected = int64(sessions)
				check()
			},
			"restart": func(*rapid.T) {
				m.step()
				m.save(context.Background())
				m = open()
				connected = 0
				check()
			},
			"": func(t *rapid.T) {
				var all use
				for _, one := range m.months {
					all.add(one.use)
				}
				// What was sent since the last step is counted and not yet in a month.
				if all.SessionMS != sumMS || all.Bytes != sumBytes {
					t.Fatalf("counted %+v, want %d ms and %d bytes", all, sumMS, sumBytes)
				}
			},
		})
	})
}

// Traffic that is counted from many goroutines while the meter runs is all there.
func TestCountIsConcurrent(t *testing.T) {
	r := newRig(t, "2026-11-10 12:00:00")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 10_000 {
				r.Count(3)
				_ = r.Status()
			}
		})
	}
	for range 1000 {
		r.step()
	}
	group.Wait()
	if got := r.Status().Bytes.Used; got != 240_000 {
		t.Errorf("%v bytes, want 240000", got)
	}
	r.step()
	if got := r.Status().Bytes.Used; got != 240_000 {
		t.Errorf("%v bytes after the last step, want 240000", got)
	}
}

// A record that was not written by us never stops the meter, and none makes it
// count below nothing.
func FuzzRecord(f *testing.F) {
	from, to := monthOf(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	key, value, err := encode(&month{from: from, to: to, since: from, use: use{1, 2}, level: coolant.QuotaOK, said: coolant.QuotaOver, limits: EMQXServerless()},
		hours{{Start: from, Metered: 1, use: use{1, 2}}, {Start: from + coolant.Hour}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(key, value)
	f.Add("2026-11", []byte(`{"v":1,"since":1793491200000,"use":{"session_ms":-1},"level":"ok","said":"ok"}`))
	f.Add("2026-11", []byte(`{"v":1,"since":1793491200000,"use":{"bytes":9007199254740992},"level":"ok","said":"ok"}`))
	f.Add("2026-11", []byte(`{"v":1,"since":0,"level":"ok","said":"ok"}`))
	f.Add("2026-11", []byte(`{"v":1,"since":1793491200000,"level":"","said":"ok"}`))
	f.Add("2026-11", []byte(`{"v":1,"since":1793491200000,"level":"ok","said":"ok","hours":[{"start":1}]}`))
	f.Add("2026-11", []byte(`null`))
	f.Add("x", []byte(`{}`))
	f.Fuzz(func(t *testing.T, key string, value []byte) {
		now := time.Date(2026, 11, 1, 0, 30, 0, 0, time.UTC)
		m, err := New(t.Context(), Options{
			Records: &disk{records: map[string][]byte{key: value}}, Sessions: func() int { return 1 }, Limits: EMQXServerless(),
			Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		before := m.Status()
		m.step()
		now = now.Add(Poll)
		m.Count(1)
		m.step()
		after := m.Status()
		if before.Bytes.Used < 0 || before.SessionMinutes.Used < 0 || after.Bytes.Used != before.Bytes.Used+1 ||
			after.SessionMinutes.Used <= before.SessionMinutes.Used || after.Bytes.Projected < after.Bytes.Used {
			t.Errorf("%+v became %+v", before, after)
		}
		if one, last, err := decode(key, value); err == nil {
			again, value, err := encode(one, last)
			if err != nil || again != key {
				t.Fatalf("%s is written as %s, %v", key, again, err)
			}
			if two, _, err := decode(again, value); err != nil || *two != *one {
				t.Errorf("%+v reads back as %+v, %v", one, two, err)
			}
		}
	})
}

func BenchmarkCount(b *testing.B) {
	r := &Meter{}
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r.Count(300)
		}
	})
	b.Run("all", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r.Count(300)
			}
		})
	})
}
