package quota

import (
	"math"
	"slices"
	"testing"
	"time"

	"coolant"
)

const day = 24 * time.Hour

func TestScenarios(t *testing.T) {
	for name, c := range map[string]struct {
		at      string
		play    func(*rig)
		minutes float64
		bytes   float64
		since   string // "" does not ask
		level   coolant.QuotaLevel
		log     []string
	}{
		"nothing": {
			at: "2026-11-10 12:00:00", play: func(*rig) {}, since: "2026-11-10 12:00:00", level: coolant.QuotaOK,
		},
		"an hour of three clients": {
			at: "2026-11-10 12:00:00", play: func(r *rig) { r.sessions = 3; r.step(); r.run(time.Hour, 100) },
			minutes: 180, bytes: 36_000, since: "2026-11-10 12:00:00", level: coolant.QuotaOK,
		},
		"a month ends": {
			at: "2026-11-30 22:59:57", play: func(r *rig) { r.sessions = 1; r.step(); r.run(3*time.Hour, 10) },
			minutes: 120 - 1./6, bytes: 7190, since: "2026-12-01 00:00:00", level: coolant.QuotaOK,
		},
		"a year ends": {
			at: "2026-12-31 23:59:00", play: func(r *rig) { r.sessions = 1; r.step(); r.run(2*time.Minute, 1) },
			minutes: 1, bytes: 6, since: "2027-01-01 00:00:00", level: coolant.QuotaOK,
		},
		"a month ends while it is off": {
			at: "2026-11-30 23:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(time.Hour/2, 10)
				r.setClock("2026-12-02 06:00:00")
				r.start()
				r.run(time.Hour, 10)
			},
			minutes: 60, bytes: 3600, since: "2026-12-02 06:00:00", level: coolant.QuotaOK,
		},
		"restart": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions = 2
				r.step()
				r.run(time.Hour, 10)
				r.stop()
				r.now = r.now.Add(time.Hour)
				r.start()
				r.run(time.Hour, 10)
			},
			minutes: 240, bytes: 7200, since: "2026-11-10 12:00:00", level: coolant.QuotaOK,
		},
		"kill loses less than a minute": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(10*time.Minute+50*time.Second, 1)
				r.start()
			},
			minutes: 10, bytes: 60, level: coolant.QuotaOK,
		},
		"sleep": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions = 5
				r.step()
				r.run(time.Hour, 10)
				r.now = r.now.Add(8 * time.Hour)
				r.run(time.Hour, 10)
			},
			// Of the first poll after the sleep only the bytes are known.
			minutes: 2*300 - 5./6, bytes: 7200, since: "2026-11-10 12:00:00", level: coolant.QuotaOK,
		},
		"sleep over the end of the month": {
			at: "2026-11-30 12:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(time.Hour, 10)
				r.now = r.now.Add(2 * day)
				r.run(time.Minute, 10)
			},
			minutes: 5. / 6, bytes: 60, since: "2026-12-02 13:00:10", level: coolant.QuotaOK,
		},
		"clock back": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(time.Hour, 10)
				r.now = r.now.Add(-30 * time.Minute)
				r.run(time.Hour, 10)
			},
			minutes: 120 - 1./6, bytes: 7200, since: "2026-11-10 12:00:00", level: coolant.QuotaOK,
		},
		"clock back over the start of the month": {
			at: "2026-10-31 23:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(2*time.Hour, 10) // 60 minutes in each month
				r.now = r.now.Add(-90 * time.Minute)
				r.run(time.Hour, 10) // and 30 more in each
			},
			minutes: 90, bytes: 5400, since: "2026-11-01 00:00:00", level: coolant.QuotaOK,
		},
		"a clock that was wrong at the start": {
			at: "1970-01-01 00:00:30", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(time.Minute, 10)
				r.setClock("2026-11-10 12:00:00")
				r.run(time.Hour, 10)
			},
			minutes: 60 - 1./6, bytes: 3600, since: "2026-11-10 12:00:10", level: coolant.QuotaOK,
		},
		"far forward and back": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(time.Hour, 10)
				r.setClock("2106-02-07 06:28:15")
				r.run(time.Minute, 10)
				r.setClock("2026-11-10 13:01:00")
				r.stop()
				r.start()
				r.run(time.Hour, 10)
			},
			minutes: 120, bytes: 7200, since: "2026-11-10 12:00:00", level: coolant.QuotaOK,
		},
		"full disk": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions, r.disk.full = 1, true
				r.step()
				r.run(time.Hour, 10)
				r.disk.full = false
				r.run(time.Minute, 10)
				r.start()
			},
			minutes: 61, bytes: 3660, log: []string{"ERROR", "INFO"}, level: coolant.QuotaOK,
		},
		"a full disk over the end of the month": {
			at: "2026-11-30 23:00:00", play: func(r *rig) {
				r.sessions, r.disk.full = 1, true
				r.step()
				r.run(2*time.Hour, 10)
				r.disk.full = false
				r.run(time.Minute, 10)
				r.setClock("2026-11-30 23:30:00")
				r.start()
			},
			minutes: 60, bytes: 3600, since: "2026-11-30 23:00:00", log: []string{"ERROR", "INFO"}, level: coolant.QuotaOK,
		},
		"a damaged record": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.sessions = 1
				r.step()
				r.run(time.Hour, 10)
				r.disk.records["2026-11"] = r.disk.records["2026-11"][:20]
				r.start()
				r.run(time.Minute, 10)
			},
			minutes: 1, bytes: 60, since: "2026-11-10 13:00:00", log: []string{"WARN 2026-11"}, level: coolant.QuotaOK,
		},
		"another month's damaged record": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.disk.records["2025-13"], r.disk.records["2026-10"] = []byte(`{}`), []byte(`{"v":2}`)
				r.start()
			},
			since: "2026-11-10 12:00:00", log: []string{"WARN 2025-13", "WARN 2026-10"}, level: coolant.QuotaOK,
		},
		"a burst at the start": {
			at: "2026-11-01 12:00:00", play: func(r *rig) {
				r.Count(5_000_000) // as if an hour used 300 MB
				r.run(59*time.Minute, 0)
			},
			bytes: 5_000_000, level: coolant.QuotaOK,
		},
		"80 % by one burst": {
			at: "2026-11-30 23:59:00", play: func(r *rig) { r.Count(800_000_000); r.run(Poll, 0) },
			bytes: 800_000_000, level: coolant.QuotaWarning, log: []string{"WARN warning"},
		},
		"just below 80 %": {
			at: "2026-11-30 23:59:00", play: func(r *rig) { r.Count(799_999_999); r.run(Poll, 0) },
			bytes: 799_999_999, level: coolant.QuotaOK,
		},
		"over at once": {
			at: "2026-11-10 12:00:00", play: func(r *rig) { r.Count(1_000_000_000); r.run(time.Hour, 0) },
			bytes: 1_000_000_000, level: coolant.QuotaOver, log: []string{"WARN over"},
		},
		"warned before the restart": {
			at: "2026-11-30 20:00:00", play: func(r *rig) {
				r.Count(900_000_000)
				r.run(Poll, 0)
				r.start() // killed right after the warning
				r.run(time.Minute, 0)
				r.Count(100_000_000)
				r.run(Poll, 0)
				r.start()
				r.run(time.Minute, 0)
			},
			bytes: 1_000_000_000, level: coolant.QuotaOver, log: []string{"WARN warning", "WARN over"},
		},
		"warned again in the next month": {
			at: "2026-11-30 23:00:00", play: func(r *rig) {
				r.Count(900_000_000)
				r.run(2*time.Hour, 0)
				r.Count(900_000_000)
				r.run(time.Minute, 0)
			},
			// The projection warns as soon as the month begins, by the rate of the day.
			bytes: 900_000_000, level: coolant.QuotaWarning, log: []string{"WARN warning", "WARN warning"},
		},
		"a raised limit is warned of anew": {
			at: "2026-11-30 12:00:00", play: func(r *rig) {
				r.Count(1_000_000_000)
				r.run(time.Minute, 0)
				r.limits.Bytes *= 2
				r.start()
				r.run(time.Minute, 0)
				r.Count(600_000_000)
				r.run(time.Minute, 0)
			},
			bytes: 1_600_000_000, level: coolant.QuotaWarning, log: []string{"WARN over", "WARN warning"},
		},
		"no limits": {
			at: "2026-11-10 12:00:00", play: func(r *rig) {
				r.limits = Limits{}
				r.start()
				r.sessions = 1000
				r.step()
				r.run(time.Hour, 1_000_000)
			},
			minutes: 60_000, bytes: 360_000_000, level: coolant.QuotaOK,
		},
		"a count below nothing": {
			at: "2026-11-10 12:00:00", play: func(r *rig) { r.sessions = -5; r.Count(-100); r.step(); r.run(time.Hour, -1) },
			level: coolant.QuotaOK,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.at)
			c.play(r)
			q := r.Status()
			if math.Abs(q.SessionMinutes.Used-c.minutes) > 1e-9 || q.Bytes.Used != c.bytes || q.Level != c.level {
				t.Errorf("%v session minutes, %v bytes, %s; want %v, %v, %s",
					q.SessionMinutes.Used, q.Bytes.Used, q.Level, c.minutes, c.bytes, c.level)
			}
			if since := q.Since.Time().Format("2006-01-02 15:04:05"); c.since != "" && since != c.since {
				t.Errorf("metered since %s, want %s", since, c.since)
			}
			if now := coolant.Milli(r.now); now < q.From || now >= q.To || q.Since < q.From || q.Since >= q.To {
				t.Errorf("month %d to %d, metered since %d, now %d", q.From, q.To, q.Since, now)
			}
			if !slices.Equal(r.log.lines, c.log) {
				t.Errorf("log %q, want %q", r.log.lines, c.log)
			}
		})
	}
}
