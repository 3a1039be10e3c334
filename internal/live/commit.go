package live

import (
	"cmp"
	"slices"

	"coolant"
)

const (
	// maxPushed is how many samples of a device one event brings; more of them at
	// once are a backlog, and fetching the range is cheaper for everyone.
	maxPushed = 128
	// leastLate is how much older than the newest a sample may be and still be
	// pushed.
	leastLate = coolant.Minute
)

// Committed takes the samples of a commit that were new. It keeps nothing of
// fresh. Each device gets at most three events: the range of what is much older
// than its newest sample, the samples that are not, and the device itself if
// more than its readings changed.
func (h *Hub) Committed(_ uint64, fresh []coolant.Sample) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.chain(fresh)
	now := h.now()
	for _, d := range h.touched {
		h.settle(d, fresh, now)
		d.head, d.tail = none, none
	}
	clear(h.touched)
	h.touched = h.touched[:0]
	h.wake()
}

// chain links the samples of each device, in order, without memory per device.
func (h *Hub) chain(fresh []coolant.Sample) {
	h.next = slices.Grow(h.next[:0], len(fresh))[:len(fresh)]
	var d *device
	for i := range fresh {
		s := &fresh[i]
		if len(s.Readings) == 0 {
			continue // refused for good: only its number counted
		}
		if d == nil || d.ID != s.Device {
			if d = h.known(s.Device); d == nil {
				continue
			}
		}
		h.next[i] = none
		if d.head == none {
			d.head = int32(i)
			h.touched = append(h.touched, d)
		} else {
			h.next[d.tail] = int32(i)
		}
		d.tail = int32(i)
	}
}

// settle brings one device up to date and publishes what is new.
func (h *Hub) settle(d *device, fresh []coolant.Sample, now coolant.UnixMilli) {
	news := false
	for i := d.head; i != none; i = h.next[i] {
		news = d.take(&fresh[i], now) || news
	}
	news = d.paced() || news
	news = d.judge(h.opts.Limits, h.silence, now) || news
	if !h.heard() {
		return
	}
	late := d.last - max(leastLate, 3*d.interval)
	points := h.points[:0]
	var old Backfill
	for i := d.head; i != none; i = h.next[i] {
		s := &fresh[i]
		switch {
		case s.Time < late:
			old.include(s.Time)
		case len(points) < maxPushed:
			points = append(points, s)
		default:
			at := oldest(points)
			if s.Time > points[at].Time {
				points[at], s = s, points[at]
			}
			old.include(s.Time)
		}
	}
	if old.To != 0 {
		old.Device = d.ID
		h.publish(&old)
		news = news || d.newestWithin(old.From, old.To)
	}
	if len(points) > 0 {
		h.publish(samplesOf(d.ID, points))
		clear(points)
		h.points = points[:0]
	}
	if news {
		h.changed(d)
	}
}

func (e *Backfill) include(t coolant.UnixMilli) {
	if e.To == 0 || t < e.From {
		e.From = t
	}
	e.To = max(e.To, t)
}

func oldest(points []*coolant.Sample) int {
	at := 0
	for i, p := range points {
		if p.Time < points[at].Time {
			at = i
		}
	}
	return at
}

// newestWithin reports whether the newest reading of some series may have come
// with samples that are not pushed.
func (d *device) newestWithin(from, to coolant.UnixMilli) bool {
	for i := range d.newest {
		if t := d.newest[i].Time; t >= from && t <= to {
			return true
		}
	}
	return false
}

// samplesOf copies the samples into an event: two allocations however many
// there are.
func samplesOf(id coolant.DeviceID, list []*coolant.Sample) *Samples {
	slices.SortStableFunc(list, func(a, b *coolant.Sample) int { return cmp.Compare(a.Time, b.Time) })
	n := 0
	for _, s := range list {
		n += len(s.Readings)
	}
	all := make([]coolant.Reading, 0, n)
	e := &Samples{Device: id, Points: make([]Point, len(list))}
	for i, s := range list {
		start := len(all)
		all = append(all, s.Readings...)
		e.Points[i] = Point{Time: s.Time, Readings: all[start:len(all):len(all)]}
	}
	return e
}
