package quota

import (
	"time"

	"coolant"
)

// use is what was used. Both are whole numbers, so that adding loses nothing.
type use struct {
	SessionMS int64 `json:"session_ms"` // milliseconds of clients with a session
	Bytes     int64 `json:"bytes"`
}

func (u *use) add(v use) {
	u.SessionMS += v.SessionMS
	u.Bytes += v.Bytes
}

func (u use) minutes() float64 { return float64(u.SessionMS) / float64(coolant.Minute) }

// month is the count of one calendar month.
type month struct {
	from, to coolant.UnixMilli
	since    coolant.UnixMilli // from when on it was metered
	use      use
	level    coolant.QuotaLevel
	said     coolant.QuotaLevel // the highest level that was logged
	limits   Limits             // by which level and said were judged
	unsaved  bool
}

// monthOf returns the bounds of the calendar month, in UTC, that t is in.
func monthOf(t time.Time) (from, to coolant.UnixMilli) {
	y, m, _ := t.UTC().Date()
	return coolant.Milli(time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)), coolant.Milli(time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC))
}

// hour is what was used in one hour, as far as it was metered.
type hour struct {
	Start   coolant.UnixMilli `json:"start"`
	Metered int64             `json:"metered_ms"` // how long the meter ran in it
	use
}

// hours are the last ones, ascending. They go across the ends of months: a new
// month goes on as the old one ended.
type hours []hour

// window is how far back the rate looks: a whole day, because people and machines
// have days and nights.
const window = coolant.Day

func (h hours) add(at coolant.UnixMilli, metered int64, u use) hours {
	start := at.Truncate(coolant.Hour)
	i := len(h)
	for i > 0 && h[i-1].Start > start {
		i--
	}
	if i == 0 || h[i-1].Start != start {
		h = append(h, hour{})
		copy(h[i+1:], h[i:])
		h[i] = hour{Start: start}
		i++
	}
	h[i-1].Metered += metered
	h[i-1].add(u)
	return h
}

// prune drops what is not of the day before now, which after a change of the clock
// can be hours that are still to come.
func (h hours) prune(now coolant.UnixMilli) hours {
	kept := h[:0]
	for _, b := range h {
		if b.Start > now-window && b.Start <= now {
			kept = append(kept, b)
		}
	}
	return kept
}

// rate is what was used in how much metered time.
type rate struct {
	use
	metered int64 // milliseconds
}

const (
	// ripe is how much must have been metered before a projection may raise the
	// level: what the broker kept while the service was away comes at once.
	ripe = int64(coolant.Hour)
	// leastMetered is how much must have been metered to project at all.
	leastMetered = int64(coolant.Minute)
)

func (h hours) rate() (r rate) {
	for _, b := range h {
		r.add(b.use)
		r.metered += b.Metered
	}
	return r
}

// ahead is what will be used in the time that remains, if it goes on at this rate:
// minutes and bytes. Only metered time counts, because devices stay connected and
// keep their messages while the service is off.
func (r rate) ahead(remaining coolant.UnixMilli) (minutes, bytes float64) {
	if r.metered < leastMetered || remaining <= 0 {
		return 0, 0
	}
	times := float64(remaining) / float64(r.metered)
	return r.minutes() * times, float64(r.Bytes) * times
}

// calm is the part of a limit below which a projection must fall again before its
// warning ends, so that one near the limit does not warn and calm by turns.
const calm = 0.95

// judge says how near q is to its limits. was is the level before.
func judge(q coolant.Quota, was coolant.QuotaLevel, projections bool) coolant.QuotaLevel {
	level := coolant.QuotaOK
	for _, u := range []coolant.QuotaUse{q.SessionMinutes, q.Bytes} {
		if u.Limit == 0 {
			continue
		}
		if u.Used >= u.Limit {
			return coolant.QuotaOver
		}
		bound := u.Limit
		if was == coolant.QuotaWarning {
			bound *= calm
		}
		if u.Used >= coolant.QuotaWarnAt*u.Limit || projections && u.Projected > bound {
			level = coolant.QuotaWarning
		}
	}
	return level
}

// rank orders the levels; that of an unknown word is 0, as that of ok.
func rank(l coolant.QuotaLevel) int {
	switch l {
	case coolant.QuotaWarning:
		return 1
	case coolant.QuotaOver:
		return 2
	case coolant.QuotaOK:
	}
	return 0
}
