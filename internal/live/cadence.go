package live

import (
	"slices"

	"coolant"
)

// The report interval that is assumed until enough of it was seen, and the
// bounds of what is believed.
const (
	defaultInterval = coolant.Minute
	minInterval     = coolant.Second / 10
	maxInterval     = 6 * coolant.Hour
	wantedGaps      = 3
)

// cadence observes how often a device reports: the median of the last spacings
// of its samples, so that a pause or a burst does not change it.
type cadence struct {
	gaps [9]coolant.UnixMilli // a ring
	n    int                  // spacings seen in all
}

func (c *cadence) add(gap coolant.UnixMilli) {
	c.gaps[c.n%len(c.gaps)] = gap
	c.n++
}

// interval returns the typical spacing.
func (c *cadence) interval() coolant.UnixMilli {
	if c.n < wantedGaps {
		return defaultInterval
	}
	recent := c.gaps
	known := recent[:min(c.n, len(recent))]
	slices.Sort(known)
	return min(max(known[len(known)/2], minInterval), maxInterval)
}
