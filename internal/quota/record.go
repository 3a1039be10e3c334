package quota

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"coolant"
)

const (
	// bucket holds one record a month, under its name in the form of monthKey.
	bucket   = "quota.month"
	monthKey = "2006-01"
	// format is the version of the records.
	format = 1
	// plausible bounds what a count may be: below it, JSON numbers are exact
	// everywhere, and adding to it does not overflow.
	plausible = 1 << 53
)

// record is a month on disk, with the hours that were the last when it was
// written.
type record struct {
	Version int                `json:"v"`
	Since   coolant.UnixMilli  `json:"since"`
	Use     use                `json:"use"`
	Level   coolant.QuotaLevel `json:"level"`
	Said    coolant.QuotaLevel `json:"said"`
	Limits  Limits             `json:"limits"`
	Hours   hours              `json:"hours,omitempty"`
}

// encode returns the key and the value of a month's record.
func encode(m *month, h hours) (key string, value []byte, err error) {
	value, err = json.Marshal(record{
		Version: format, Since: m.since, Use: m.use, Level: m.level, Said: m.said, Limits: m.limits, Hours: h,
	})
	return m.from.Time().Format(monthKey), value, err
}

// decode reads a record, and refuses one that cannot be true.
func decode(key string, value []byte) (*month, hours, error) {
	at, err := time.Parse(monthKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("%q is no month", key)
	}
	var r record
	if err := json.Unmarshal(value, &r); err != nil {
		return nil, nil, err
	}
	m := &month{since: r.Since, use: r.Use, level: r.Level, said: r.Said, limits: r.Limits}
	m.from, m.to = monthOf(at)
	switch {
	case r.Version != format:
		return nil, nil, fmt.Errorf("version %d is not known", r.Version)
	case !r.Use.plausible():
		return nil, nil, errors.New("the count cannot be")
	case r.Since < m.from || r.Since >= m.to:
		return nil, nil, errors.New("it was not metered from a time within the month")
	case !known(r.Level) || !known(r.Said):
		return nil, nil, fmt.Errorf("level %q or %q is not known", r.Level, r.Said)
	}
	if !r.Hours.plausible() {
		r.Hours = nil // only the projection begins anew
	}
	return m, r.Hours, nil
}

func (h hours) plausible() bool {
	for i, b := range h {
		if !b.plausible() || b.Metered < 0 || b.Metered >= plausible || b.Start != b.Start.Truncate(coolant.Hour) ||
			i > 0 && b.Start <= h[i-1].Start {
			return false
		}
	}
	return true
}

func (u use) plausible() bool {
	return u.SessionMS >= 0 && u.SessionMS < plausible && u.Bytes >= 0 && u.Bytes < plausible
}

func known(l coolant.QuotaLevel) bool {
	return l == coolant.QuotaOK || l == coolant.QuotaWarning || l == coolant.QuotaOver
}

// load reads every month that is stored. One that is damaged is left out: it is
// counted anew, and its Since says so.
func (m *Meter) load(ctx context.Context) error {
	err := m.o.Records.EachRecord(ctx, bucket, func(key string, value []byte) error {
		one, last, err := decode(key, value)
		if err != nil {
			m.o.Log.Warn("the stored use of the broker's allowance cannot be read; the month is counted from now on",
				"month", key, "error", err)
			return nil
		}
		m.months[one.from] = one
		for _, b := range last {
			m.hours = m.hours.recall(b)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the use of the broker's allowance: %w", err)
	}
	return nil
}

// recall puts a stored hour in; of two with the same start the fuller one counts.
func (h hours) recall(b hour) hours {
	for i := range h {
		if h[i].Start == b.Start {
			if b.Metered > h[i].Metered {
				h[i] = b
			}
			return h
		}
	}
	h = h.add(b.Start, b.Metered, b.use)
	return h
}
