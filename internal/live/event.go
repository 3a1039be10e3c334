package live

import (
	"encoding/json"
	"math"
	"strconv"
	"sync"

	"coolant"
)

// Event is something that happened to the board. The types in this file are all
// there are.
type Event interface {
	// name is the event's name on the wire.
	name() string
	// appendJSON appends the event's data as one line of JSON.
	appendJSON(dst []byte) []byte
	// cost estimates the memory in bytes that the event and its encoding hold.
	cost() int
}

// Snapshot is the whole board at one point of the sequence. It is an event only
// for the subscriber that starts with it.
type Snapshot struct {
	Epoch   string            `json:"epoch"`
	Seq     uint64            `json:"seq"` // of the last event that the snapshot contains
	Time    coolant.UnixMilli `json:"time"`
	Devices []*DeviceView     `json:"devices"` // oldest first
}

// Samples are fresh samples of one device, ascending by time.
type Samples struct {
	Device coolant.DeviceID
	Points []Point
}

// Point is what a device measured at one moment.
type Point struct {
	Time     coolant.UnixMilli
	Readings []coolant.Reading
}

// Backfill says that samples arrived that are much older than the newest: what
// is known of the range from From through To is out of date.
type Backfill struct {
	Device coolant.DeviceID  `json:"device"`
	From   coolant.UnixMilli `json:"from"`
	To     coolant.UnixMilli `json:"to"` // inclusive
}

// Changed says that a device is new, or differs by more than its readings.
type Changed struct{ View *DeviceView }

// Removed says that a device is gone.
type Removed struct {
	Device coolant.DeviceID `json:"device"`
}

// Rejected says that something was refused.
type Rejected struct{ View RejectionView }

// Broker says how the way to the devices is now. Snapshots do not contain it.
type Broker struct{ Status coolant.BrokerStatus }

// Tick comes at a steady pace, so that a silent stream is a broken one.
type Tick struct {
	Time coolant.UnixMilli `json:"time"`
}

func (*Snapshot) name() string { return "snapshot" }
func (*Samples) name() string  { return "samples" }
func (*Backfill) name() string { return "backfill" }
func (*Changed) name() string  { return "device" }
func (*Removed) name() string  { return "removed" }
func (*Rejected) name() string { return "rejected" }
func (*Broker) name() string   { return "broker" }
func (*Tick) name() string     { return "tick" }

func (e *Snapshot) appendJSON(dst []byte) []byte { return appendAny(dst, e) }
func (e *Backfill) appendJSON(dst []byte) []byte { return appendAny(dst, e) }
func (e *Changed) appendJSON(dst []byte) []byte  { return appendAny(dst, e.View) }
func (e *Removed) appendJSON(dst []byte) []byte  { return appendAny(dst, e) }
func (e *Rejected) appendJSON(dst []byte) []byte { return appendAny(dst, e.View) }
func (e *Broker) appendJSON(dst []byte) []byte   { return appendAny(dst, e.Status) }
func (e *Tick) appendJSON(dst []byte) []byte     { return appendAny(dst, e) }

// What the fixed parts of an event hold in memory, by order of magnitude: the
// entry, its slices, and the names of an encoding.
const (
	baseCost    = 256
	pointCost   = 64
	readingCost = 64
)

func (e *Snapshot) cost() int { return baseCost }
func (*Backfill) cost() int   { return baseCost }
func (*Removed) cost() int    { return baseCost }
func (*Tick) cost() int       { return baseCost }

func (e *Changed) cost() int {
	return 2*baseCost + len(e.View.Newest)*2*readingCost + 2*(len(e.View.Info)+len(e.View.public))
}

func (e *Rejected) cost() int {
	return baseCost + 2*(len(e.View.Detail)+len(e.View.Excerpt)+len(e.View.Topic))
}

func (e *Samples) cost() int {
	n := baseCost + len(e.Points)*pointCost
	for _, p := range e.Points {
		n += len(p.Readings) * readingCost
	}
	return n
}

func appendAny(dst []byte, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // cannot be: documents are checked before they are kept
		return append(dst, "null"...)
	}
	return append(dst, data...)
}

// appendJSON is written by hand because samples are nearly all that a busy
// stream carries.
func (e *Samples) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"device":`...)
	dst = appendString(dst, string(e.Device))
	dst = append(dst, `,"samples":[`...)
	for i := range e.Points {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.Points[i].appendJSON(dst)
	}
	return append(dst, "]}"...)
}

func (p *Point) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"time":`...)
	dst = strconv.AppendInt(dst, int64(p.Time), 10)
	dst = append(dst, `,"values":{`...)
	faults, some := 0, false
	for _, r := range p.Readings {
		if r.Quality != coolant.Good {
			faults++
			continue
		}
		if math.IsNaN(r.Value) || math.IsInf(r.Value, 0) {
			continue
		}
		dst = appendKey(dst, some, r.Metric)
		dst = AppendNumber(dst, r.Value)
		some = true
	}
	dst = append(dst, '}')
	if faults > 0 {
		dst = append(dst, `,"faults":{`...)
		some = false
		for _, r := range p.Readings {
			if r.Quality != coolant.Good {
				dst = appendKey(dst, some, r.Metric)
				dst = appendString(dst, r.Quality.String())
				some = true
			}
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func appendKey(dst []byte, comma bool, m coolant.Metric) []byte {
	if comma {
		dst = append(dst, ',')
	}
	dst = appendString(dst, string(m))
	return append(dst, ':')
}

// Entry is an event with its place in the sequence. It never changes, and all
// its subscribers share one encoding, made when the first of them asks, and those
// that may see less share another.
type Entry struct {
	Seq   uint64
	Event Event

	once, oncePublic sync.Once
	json, public     []byte
}

// Name is the event's name on the wire.
func (e *Entry) Name() string { return e.Event.name() }

// JSON is the event's data as one line of JSON, shared: do not change it.
func (e *Entry) JSON() []byte {
	e.once.Do(func() { e.json = e.Event.appendJSON(nil) })
	return e.json
}
