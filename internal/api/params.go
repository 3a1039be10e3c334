package api

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coolant"
)

// What a request may ask for.
const (
	maxSpan           = 20 * 366 * coolant.Day // from to to
	maxMoment         = coolant.UnixMilli(253402300799999)
	defaultSpan       = coolant.Day
	defaultWidth      = 1000
	defaultRejections = 100
	maxRejections     = 1000 // what the store keeps
	maxValueShown     = 100  // characters of a wrong value that are sent back
)

// problems collects what is wrong with a request, so that all of it is reported
// at once.
type problems []ProblemDetail

func (p *problems) add(location, value, format string, args ...any) {
	*p = append(*p, ProblemDetail{Location: location, Value: shorten(value), Message: fmt.Sprintf(format, args...)})
}

// err is nil, or an invalid Problem that names each mistake.
func (p problems) err() error {
	if len(p) == 0 {
		return nil
	}
	parts := make([]string, len(p))
	for i, d := range p {
		parts[i] = d.Location + " " + d.Message
	}
	return newProblem(coolant.CodeInvalid, "The request is not valid: "+strings.Join(parts, "; ")+".", p...)
}

// shorten cuts s to what an answer repeats, as valid UTF-8.
func shorten(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := 0
	for i := range s {
		if n == maxValueShown {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// device reads the path's device id.
func (p *problems) device(s string) coolant.DeviceID {
	id, err := coolant.ParseDeviceID(s)
	if err != nil {
		p.add("path.id", s, "must be 1 to %d of a-z, 0-9 and - (not first)", coolant.MaxDeviceID)
	}
	return id
}

// moment reads a point in time: Unix milliseconds, or RFC 3339. A plus sign
// that was not escaped, and so arrived as a space, is understood.
func (p *problems) moment(location, s string, otherwise coolant.UnixMilli) coolant.UnixMilli {
	if s == "" {
		return otherwise
	}
	const allowed = "must be Unix milliseconds from 0 to 253402300799999, or an RFC 3339 time such as 2026-01-31T08:00:00Z"
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		if n < 0 || n > int64(maxMoment) {
			p.add(location, s, allowed)
			return otherwise
		}
		return coolant.UnixMilli(n)
	}
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "+", 1))
	m := coolant.Milli(t)
	if err != nil || m < 0 || m > maxMoment {
		p.add(location, s, allowed)
		return otherwise
	}
	return m
}

// span reads from and to. Without to it is now; without from it is a day before
// to.
func (p *problems) span(from, to string, now coolant.UnixMilli) (start, end coolant.UnixMilli) {
	before := len(*p)
	end = p.moment("query.to", to, now)
	start = p.moment("query.from", from, max(0, end-defaultSpan))
	switch {
	case len(*p) > before:
	case start >= end:
		p.add("query.from", from, "must be before to (%d)", end)
	case end-start > maxSpan:
		p.add("query.from", from, "must be at most 20 years before to (%d)", end)
	}
	return start, end
}

// metrics reads a comma-separated list; empty means all.
func (p *problems) metrics(s string) []coolant.Metric {
	if s == "" {
		return nil
	}
	if strings.Count(s, ",") >= coolant.MaxMetrics {
		p.add("query.metrics", s, "must name at most %d metrics", coolant.MaxMetrics)
		return nil
	}
	var list []coolant.Metric
	for name := range strings.SplitSeq(s, ",") {
		m, err := coolant.ParseMetric(strings.TrimSpace(name))
		if err != nil {
			p.add("query.metrics", name, "must be metric names (a letter a-z, then up to 31 of a-z, 0-9 and _) separated by commas")
			return nil
		}
		if !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// whole reads a whole number within bounds.
func (p *problems) whole(location, s string, low, high, otherwise int) int {
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < low || n > high {
		p.add(location, s, "must be a whole number from %d to %d", low, high)
		return otherwise
	}
	return n
}
