package coolant

import "time"

// UnixMilli is a point in time in whole milliseconds since 1970-01-01 UTC. The
// zero value means "no time known".
type UnixMilli int64

// Minute and Hour are the widths of the two rollup resolutions, in milliseconds.
const (
	Second UnixMilli = 1000
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
)

// Milli converts t, cutting off what is finer than a millisecond.
func Milli(t time.Time) UnixMilli { return UnixMilli(t.UnixMilli()) }

// Time converts to a [time.Time] in UTC.
func (m UnixMilli) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Add returns m moved by d, cut to whole milliseconds.
func (m UnixMilli) Add(d time.Duration) UnixMilli { return m + UnixMilli(d.Milliseconds()) }

// Sub returns the time from o to m.
func (m UnixMilli) Sub(o UnixMilli) time.Duration { return time.Duration(m-o) * time.Millisecond }

// Truncate rounds m down to a multiple of step counted from 1970, also for times
// before it. A step of 0 or less returns m.
func (m UnixMilli) Truncate(step UnixMilli) UnixMilli {
	if step <= 0 {
		return m
	}
	r := m % step
	if r < 0 {
		r += step
	}
	return m - r
}
