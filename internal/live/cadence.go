package live

import (
	"cmp"
	"slices"

	"coolant"
)

// The report interval that is assumed of a device that neither stated one nor
// was observed for long enough, and the bounds of what is believed.
const (
	defaultInterval = coolant.Minute
	minInterval     = coolant.Second / 10
	maxInterval     = 6 * coolant.Hour
	wantedGaps      = 3
	// prompt is how old a sample may be when it arrives to say how often the
	// device reports. A backlog says nothing of that: devices thin it out.
	prompt = coolant.Minute
)

// cadence observes how often a device reports: the median of the last spacings
// of its samples, so that a pause or a burst does not change it.
type cadence struct {
	gaps   [9]coolant.UnixMilli // a ring
	n      int                  // spacings seen in all
	stated coolant.UnixMilli    // by the device's info; 0 if it states none
}

func (c *cadence) add(gap coolant.UnixMilli) {
	c.gaps[c.n%len(c.gaps)] = gap
	c.n++
}

// interval returns the typical spacing: observed, else stated, else assumed.
func (c *cadence) interval() coolant.UnixMilli {
	if c.n < wantedGaps {
		return cmp.Or(c.stated, defaultInterval)
	}
	recent := c.gaps
	known := recent[:min(c.n, len(recent))]
	slices.Sort(known)
	return believed(known[len(known)/2])
}

// known reports whether interval is more than an assumption.
func (c *cadence) known() bool { return c.stated != 0 || c.n >= wantedGaps }

func believed(interval coolant.UnixMilli) coolant.UnixMilli {
	return min(max(interval, minInterval), maxInterval)
}
