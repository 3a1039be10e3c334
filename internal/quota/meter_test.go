package quota

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
)

// The numbers that people ask about, by the allowance of EMQX Cloud Serverless.
func TestWholeMonths(t *testing.T) {
	for name, c := range map[string]struct {
		clients int
		bytes   int // in each minute
		warning float64
		over    float64 // days after the start; 0 is never
	}{
		"22 clients last":                   {clients: 22, warning: 800_000. / 22 / 1440},
		"23 clients do not":                 {clients: 23, warning: 1. / 24, over: 1_000_000. / 23 / 1440},
		"one device, 300 B a second, twice": {clients: 2, bytes: 36_000, warning: 1. / 24, over: 1e9 / 36_000 / 1440},
		"one device, batched":               {clients: 2, bytes: 3600},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, "2026-10-01 00:00:00")
			r.sessions, r.pace, r.due = c.clients, time.Minute, 60 // as fast as it may go
			r.step()
			start, reached := r.now, map[coolant.QuotaLevel]float64{}
			for r.now.Before(start.Add(31*day - time.Minute)) {
				r.run(time.Minute, c.bytes)
				if q := r.Status(); reached[q.Level] == 0 {
					reached[q.Level] = r.now.Sub(start).Hours() / 24
				}
			}
			if math.Abs(reached[coolant.QuotaWarning]-c.warning) > .01 || math.Abs(reached[coolant.QuotaOver]-c.over) > .01 {
				t.Errorf("warning after %.2f days and over after %.2f; want %.2f and %.2f",
					reached[coolant.QuotaWarning], reached[coolant.QuotaOver], c.warning, c.over)
			}
			var want []string
			if c.warning > 0 {
				want = append(want, "WARN warning")
			}
			if c.over > 0 {
				want = append(want, "WARN over")
			}
			if !slices.Equal(r.log.lines, want) {
				t.Errorf("log %q, want %q", r.log.lines, want)
			}
		})
	}
}

// A change of behaviour shows in the projection within the day.
func TestProjectionFollowsTheLastDay(t *testing.T) {
	r := newRig(t, "2026-11-01 00:00:00")
	projected := func() float64 { return r.Status().Bytes.Projected }
	if got := projected(); got != 0 {
		t.Errorf("without data %v", got)
	}
	r.run(30*time.Minute, 10) // 60 B a minute
	if got, want := projected(), 60.*30*1440; math.Abs(got-want) > want/1e6 {
		t.Errorf("after half an hour %v, want the plain average %v", got, want)
	}
	r.run(10*day-30*time.Minute, 10)
	if got, want := projected(), 60.*30*1440; math.Abs(got-want) > want/1000 {
		t.Errorf("steady: %v, want %v", got, want)
	}
	r.run(day, 100) // ten times as much
	used := 60.*10*1440 + 600*1440
	if got, want := projected(), used+600*19*1440; math.Abs(got-want) > want/100 {
		t.Errorf("a day after the change %v, want %v", got, want)
	}
	r.sessions = 0
	r.run(2*day, 0)
	if got := projected(); got != used {
		t.Errorf("when nothing comes any more %v, want what is used, %v", got, used)
	}
	// A restart knows the rate still.
	r.run(day, 100)
	before := projected()
	r.stop()
	r.start()
	if got := projected(); math.Abs(got-before) > before/1000 {
		t.Errorf("after a restart %v, before %v", got, before)
	}
}

// The hours of two months are put together after a restart.
func TestHoursSurviveTheEndOfAMonth(t *testing.T) {
	r := newRig(t, "2026-10-31 20:00:30") // October is stored last when the new hour has begun
	r.sessions = 1
	r.run(6*time.Hour+30*time.Minute, 10)
	r.stop()
	before := slices.Clone(r.hours)
	r.start()
	if len(before) != 7 || !slices.Equal(r.hours, before) {
		t.Errorf("hours %+v, before the restart %+v", r.hours, before)
	}
}

// A projection near its limit does not warn and calm by turns.
func TestProjectionWarningIsCalm(t *testing.T) {
	u := func(used, projected float64) coolant.Quota {
		return coolant.Quota{Bytes: coolant.QuotaUse{Limit: 100, Used: used, Projected: projected}}
	}
	for name, c := range map[string]struct {
		q    coolant.Quota
		was  coolant.QuotaLevel
		ripe bool
		want coolant.QuotaLevel
	}{
		"below":                {u(10, 100), coolant.QuotaOK, true, coolant.QuotaOK},
		"passes":               {u(10, 101), coolant.QuotaOK, true, coolant.QuotaWarning},
		"too little data":      {u(10, 101), coolant.QuotaOK, false, coolant.QuotaOK},
		"a little less again":  {u(10, 96), coolant.QuotaWarning, true, coolant.QuotaWarning},
		"clearly less again":   {u(10, 94), coolant.QuotaWarning, true, coolant.QuotaOK},
		"used":                 {u(80, 80), coolant.QuotaOK, false, coolant.QuotaWarning},
		"used up":              {u(100, 100), coolant.QuotaWarning, false, coolant.QuotaOver},
		"no limit":             {coolant.Quota{Bytes: coolant.QuotaUse{Used: 1e12, Projected: 1e13}}, coolant.QuotaOK, true, coolant.QuotaOK},
		"the other is used up": {coolant.Quota{SessionMinutes: coolant.QuotaUse{Limit: 1, Used: 2}, Bytes: u(85, 85).Bytes}, coolant.QuotaOK, true, coolant.QuotaOver},
	} {
		if got := judge(c.q, c.was, c.ripe); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestChangedIsToldOnceAMinute(t *testing.T) {
	r := newRig(t, "2026-11-10 12:00:00")
	r.run(10*time.Minute, 10)
	if n := len(r.told); n != 11 { // at the start, and each minute
		t.Errorf("told %d times", n)
	}
	r.Count(900_000_000)
	r.run(Poll, 0)
	if n := len(r.told); n != 12 || r.told[11].Level != coolant.QuotaWarning {
		t.Errorf("the level was not told at once: %d, %+v", n, r.told[n-1])
	}
}

// Run itself, on a clock that is fast.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, told := &disk{}, 0
		m, err := New(t.Context(), Options{
			Limits: EMQXServerless(), Records: d, Sessions: func() int { return 2 }, Log: slog.New(slog.DiscardHandler),
			Changed: func(coolant.Quota) { told++ },
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		time.Sleep(2*time.Hour + Poll/2)
		m.Count(7)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if q := m.Status(); math.Abs(q.SessionMinutes.Used-240) > .2 || q.Bytes.Used != 7 {
			t.Errorf("%+v", q)
		}
		if told != 121 {
			t.Errorf("told %d times", told)
		}
		again, err := New(t.Context(), m.o)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := again.Status(), m.Status(); a != b {
			t.Errorf("the last step is not on disk: %+v, want %+v", a, b)
		}
	})
}

func TestNew(t *testing.T) {
	ok := Options{Records: &disk{}, Sessions: func() int { return 0 }}
	if _, err := New(t.Context(), ok); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	for name, change := range map[string]func(*Options){
		"no records":     func(o *Options) { o.Records = nil },
		"no sessions":    func(o *Options) { o.Sessions = nil },
		"negative limit": func(o *Options) { o.Limits.Bytes = -1 },
		"broken records": func(o *Options) { o.Records = &disk{broken: errors.New("i/o error")} },
	} {
		o := ok
		change(&o)
		if _, err := New(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		} else if name == "broken records" && !strings.Contains(err.Error(), "i/o error") {
			t.Error(err)
		}
	}
}

func TestAllowance(t *testing.T) {
	free := EMQXServerless()
	for name, c := range map[string]struct {
		preset string
		own    Limits
		want   Limits
		name   string
	}{
		"none":            {"none", Limits{}, Limits{}, "none"},
		"unknown":         {"what", Limits{}, Limits{}, "none"},
		"preset":          {"emqx-serverless", Limits{}, free, "emqx-serverless"},
		"own":             {"none", Limits{Bytes: 5}, Limits{Bytes: 5}, "custom"},
		"own over preset": {"emqx-serverless", Limits{Bytes: 5}, Limits{SessionMinutes: 1_000_000, Bytes: 5}, "custom"},
	} {
		if got, preset := Allowance(c.preset, c.own); got != c.want || preset != c.name {
			t.Errorf("%s: %+v of %s", name, got, preset)
		}
	}
}
