package live

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"coolant"
)

// device is one device on the board. The hub's lock guards it.
type device struct {
	coolant.Device
	primary  bool
	presence coolant.Presence
	newest   []coolant.Newest // by metric
	last     coolant.UnixMilli
	cadence  cadence
	interval coolant.UnixMilli
	health   coolant.Health
	info     json.RawMessage
	public   json.RawMessage // the part of info that anyone may see
	twin     twin
	// due is when health may change without any news; 0 is never.
	due coolant.UnixMilli
	// view is what was handed out last; nil when it is out of date.
	view *DeviceView
	// told is the interval that subscribers know, and toldKnown whether they know
	// it for more than an assumption.
	told      coolant.UnixMilli
	toldKnown bool
	// head and tail chain the device's samples of the commit at hand; see
	// Hub.Committed.
	head, tail int32
}

func newDevice(d coolant.Device) *device {
	return &device{Device: d, interval: defaultInterval, told: defaultInterval, health: coolant.HealthWaiting, head: none, tail: none}
}

// compareAge orders devices oldest first, then by id.
func compareAge(a, b *device) int {
	return cmp.Or(cmp.Compare(a.Created, b.Created), cmp.Compare(a.ID, b.ID))
}

// take notes one sample that arrived now. It reports whether a series is new.
func (d *device) take(s *coolant.Sample, now coolant.UnixMilli) (grown bool) {
	if s.Time > d.last {
		if d.last != 0 && now-s.Time <= prompt {
			d.cadence.add(s.Time - d.last)
		}
		d.last = s.Time
	}
	for i, r := range s.Readings {
		// Samples of a device mostly name all its metrics in the same order, so
		// the guess is right but for the order of the alphabet.
		at := i
		if at >= len(d.newest) || d.newest[at].Metric != r.Metric {
			var found bool
			at, found = slices.BinarySearchFunc(d.newest, r.Metric, func(n coolant.Newest, m coolant.Metric) int {
				return cmp.Compare(n.Metric, m)
			})
			if !found {
				d.newest = slices.Insert(d.newest, at, coolant.Newest{Metric: r.Metric})
				grown = true
			}
		}
		// The first of two readings of the same moment is the one that is stored.
		if n := &d.newest[at]; s.Time > n.Time {
			n.Value, n.Quality, n.Time = r.Value, r.Quality, s.Time
		}
	}
	d.view = nil
	return grown
}

// recall takes the last readings of a stored history; one of the same series
// that is newer stays. They say nothing of how often the device reports now.
func (d *device) recall(list []coolant.Newest) {
	for _, n := range list {
		at, found := slices.BinarySearchFunc(d.newest, n.Metric, func(n coolant.Newest, m coolant.Metric) int {
			return cmp.Compare(n.Metric, m)
		})
		switch {
		case !found:
			d.newest = slices.Insert(d.newest, at, n)
		case n.Time > d.newest[at].Time:
			d.newest[at] = n
		}
		d.last = max(d.last, n.Time)
	}
	d.view = nil
}

// hear notes what the device says of its connection. It reports whether that
// is news. An offline counts only if it is about the connection that is online:
// the will of an old connection can arrive after the device came back.
func (d *device) hear(doc coolant.DeviceDocument) bool {
	var body struct {
		State string `json:"state"`
		Boot  string `json:"boot"`
		Conn  uint64 `json:"conn"`
	}
	if json.Unmarshal(doc.Body, &body) != nil {
		return false
	}
	boot, err := coolant.ParseBoot(body.Boot)
	if err != nil {
		boot = 0 // a device without such an identity
	}
	p := coolant.Presence{Online: body.State == "online", Boot: boot, Conn: body.Conn, Since: doc.Received}
	old := d.presence
	same := old.Boot == p.Boot && old.Conn == p.Conn
	switch {
	case body.State != "online" && body.State != "offline":
		return false
	case !p.Online && old.Since != 0 && (!old.Online || !same):
		return false
	case p.Online && old.Online && same:
		return false
	}
	d.presence, d.view = p, nil
	return true
}

// describe keeps what the device says about itself. It reports whether that is
// news.
func (d *device) describe(body json.RawMessage) bool {
	var object map[string]json.RawMessage
	if json.Unmarshal(body, &object) != nil || object == nil || bytes.Equal(body, d.info) {
		return false
	}
	d.info, d.public, d.view = bytes.Clone(body), publicPart(object), nil
	var stated float64
	if json.Unmarshal(object["interval_ms"], &stated) == nil && stated > 0 {
		d.cadence.stated = believed(coolant.UnixMilli(min(stated, float64(maxInterval))))
	} else {
		d.cadence.stated = 0
	}
	d.paced()
	return true
}

// silence is how long the device may say nothing before it counts as offline.
func (d *device) silence(least coolant.UnixMilli) coolant.UnixMilli {
	return max(3*d.interval, least)
}

// judge brings health up to date and reports whether it changed.
func (d *device) judge(limits coolant.Limits, least, now coolant.UnixMilli) bool {
	silence := d.silence(least)
	h := coolant.Assess(coolant.Vitals{Newest: d.newest, Presence: d.presence, Silence: silence, Alarm: d.twin.alarm}, limits, now)
	d.due = 0
	for i := range d.newest {
		if end := d.newest[i].Time + silence + 1; end > now && (d.due == 0 || end < d.due) {
			d.due = end
		}
	}
	if h == d.health {
		return false
	}
	d.health, d.view = h, nil
	return true
}

// paced brings the interval up to date and reports whether it moved by so much
// that subscribers should hear of it.
func (d *device) paced() bool {
	now := d.cadence.interval()
	if now != d.interval {
		d.interval, d.view = now, nil
	}
	known := d.cadence.known()
	diff := max(now-d.told, d.told-now)
	if 4*diff <= d.told && known == d.toldKnown {
		return false
	}
	d.told, d.toldKnown, d.view = now, known, nil
	return true
}

// show returns the outside form, made anew only after a change.
func (d *device) show(limits coolant.Limits, least coolant.UnixMilli) *DeviceView {
	if d.view != nil {
		return d.view
	}
	v := &DeviceView{
		ID: d.ID, Name: cmp.Or(d.Name, string(d.ID)), Created: d.Created, Primary: d.primary,
		Health: d.health, IntervalMS: int64(d.interval), IntervalKnown: d.cadence.known(), Limits: Limits(limits), Info: d.info, public: d.public,
		SilenceMS: int64(d.silence(least)), Newest: make([]Newest, len(d.newest)),
	}
	if d.presence.Since != 0 {
		v.Presence = &Presence{Online: d.presence.Online, Since: d.presence.Since}
	}
	if d.last != 0 {
		v.LastSeen = new(d.last)
	}
	values := make([]float64, len(d.newest))
	for i, n := range d.newest {
		v.Newest[i] = Newest{Metric: n.Metric, Unit: n.Metric.Unit(), Quality: n.Quality.String(), Time: n.Time}
		if n.Quality == coolant.Good && !math.IsNaN(n.Value) && !math.IsInf(n.Value, 0) {
			values[i] = n.Value
			v.Newest[i].Value = &values[i]
		}
	}
	d.view = v
	return v
}
