package physics

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"coolant"
)

const (
	// How long answers are kept: what changes by the minute, by the quarter of an hour, and
	// over weeks.
	keepNow      = 5 * time.Second
	keepSettling = 2 * time.Minute
	keepTrend    = 15 * time.Minute
	// forgetAfter is how long a device that nobody asks about is remembered.
	forgetAfter = time.Hour

	// What is read for each. A store answers with samples if there are no more than that, and
	// with buckets otherwise.
	nowWidth = 1500
	// A span begins within a bucket and ends within one: with one less than these, the buckets
	// would be of two minutes, or of two hours.
	settlingWidth = int((SettlingSpan+ahead)/coolant.Minute) + 1
	trendWidth    = int((TrendSpan+ahead)/coolant.Hour) + 2

	ahead = 5 * coolant.Minute // how far a sample's time may be ahead of the server's
)

// Store is what the figures are read from.
type Store interface {
	// Columns answers a window; a metric without data has a column of NaN. The error has the
	// code not_found for a device that does not exist.
	Columns(ctx context.Context, w coolant.Window) (coolant.Columns, error)
}

// Options say what a [Reader] reads. Store and Loop are required.
type Options struct {
	Store Store
	// Loop says what is known of a device beside its readings.
	Loop func(ctx context.Context, id coolant.DeviceID) (Loop, error)
	Now  func() time.Time // nil is time.Now
}

// Reader answers with the physics of devices. It keeps answers for some seconds, and what
// takes a long history for some minutes, so that many viewers cost no more than one. It
// is safe for concurrent use.
type Reader struct {
	o    Options
	mu   sync.Mutex
	kept map[coolant.DeviceID]*kept
}

// kept is what was found out about a device.
type kept struct {
	asked time.Time // under the reader's lock

	mu       sync.Mutex // held while something is found out, so that it is once
	loop     Loop
	at       time.Time
	physics  coolant.Physics
	settling coolant.Figure
	settled  time.Time
	trend    coolant.Trend
	trended  time.Time
}

// NewReader makes a reader.
func NewReader(o Options) (*Reader, error) {
	if o.Store == nil || o.Loop == nil {
		return nil, errors.New("physics: Store and Loop are required")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Reader{o: o, kept: map[coolant.DeviceID]*kept{}}, nil
}

// Physics returns what the readings of a device say now. The answer is not to be changed. The
// error is that of the store or of Options.Loop.
func (r *Reader) Physics(ctx context.Context, id coolant.DeviceID) (coolant.Physics, error) {
	now := r.o.Now()
	k := r.of(id, now)
	k.mu.Lock()
	defer k.mu.Unlock()
	if fresh(k.at, now, keepNow) {
		return k.physics, nil
	}
	loop, err := r.o.Loop(ctx, id)
	if err != nil {
		return coolant.Physics{}, err
	}
	if !k.loop.same(&loop) {
		k.settled, k.trended = time.Time{}, time.Time{}
	}
	k.loop = loop
	if err := r.look(ctx, k, id, now); err != nil {
		return coolant.Physics{}, fmt.Errorf("find out the physics of %s: %w", id, err)
	}
	return k.physics, nil
}

// of returns what is kept of a device, and forgets what nobody asks for.
func (r *Reader) of(id coolant.DeviceID, now time.Time) *kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	k := r.kept[id]
	if k == nil {
		for other, o := range r.kept {
			if now.Sub(o.asked) > forgetAfter {
				delete(r.kept, other)
			}
		}
		k = &kept{}
		r.kept[id] = k
	}
	k.asked = now
	return k
}

// fresh says whether what was found out at a time still holds. A clock that was set back
// makes nothing last.
func fresh(at, now time.Time, keep time.Duration) bool {
	age := now.Sub(at)
	return !at.IsZero() && age >= 0 && age < keep
}

// look finds out what is not fresh.
func (r *Reader) look(ctx context.Context, k *kept, id coolant.DeviceID, now time.Time) error {
	at := coolant.Milli(now)
	read := func(span coolant.UnixMilli, width int) (coolant.Columns, error) {
		return r.o.Store.Columns(ctx, coolant.Window{Device: id, Metrics: k.loop.metrics(), From: at - span, To: at + ahead, Width: width})
	}
	if !fresh(k.settled, now, keepSettling) {
		c, err := read(SettlingSpan, settlingWidth)
		if err != nil {
			return err
		}
		k.settling, k.settled = TimeConstant(TableOf(c), &k.loop), now
	}
	if !fresh(k.trended, now, keepTrend) {
		c, err := read(TrendSpan, trendWidth)
		if err != nil {
			return err
		}
		k.trend, k.trended = Resistance(HoursOf(c), &k.loop), now
	}
	c, err := read(max(Settled, 3*k.loop.Interval)+k.loop.window(), nowWidth)
	if err != nil {
		return err
	}
	tau := 0.0
	if k.settling.Value != nil {
		tau = *k.settling.Value
	}
	t := TableOf(c)
	k.physics = Now(t, &k.loop, at, tau)
	k.physics.Device = id
	k.physics.TimeConstant, k.physics.Trend = k.settling, k.trend
	k.physics.Dew = Guard(t, &k.loop, at)
	k.at = now
	return nil
}

// same says whether two loops have the same probes and outputs, whatever their chillers do now.
func (l *Loop) same(o *Loop) bool {
	return l.ProbesSince == o.ProbesSince && reflect.DeepEqual(l.Zeroed, o.Zeroed) && reflect.DeepEqual(l.metrics(), o.metrics())
}
