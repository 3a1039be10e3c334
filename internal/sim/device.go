package sim

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"log/slog"
	"time"

	"coolant"
)

const (
	minInterval = time.Second
	maxInterval = time.Hour
	// A device that has been alone for a while thins its samples, so that its ring
	// reaches back a day: without a broker, with one that takes everything while the
	// server behind it is away, and with a server whose disk is full.
	thinAfter    = 2 * time.Minute
	thinInterval = time.Minute

	rebootTime = 2 * time.Second // from the loss of power to the first sample
	// Longer gaps between the planned time of a sample and the present mean that
	// the machine slept; the samples in between were never taken.
	sleptAfter = 30 * time.Second
)

// device is a virtual ESP32 on its loop. What it holds survives a restart: the
// loop itself, and what real firmware keeps in its flash.
type device struct {
	id       coolant.DeviceID
	name     string
	seed     uint64
	plan     faultPlan
	speed    float64
	heat     float64 // W; 0: the day's
	backfill time.Duration
	phase    time.Duration // of its second sample, so that a fleet does not send in step
	start    time.Time     // of the simulation, by the wall clock
	clock
	log     *slog.Logger
	newLink func(linkOptions) link
	newBoot func() coolant.Boot

	board settings // as it came
	rig   *Rig
	flash flash
}

// link is a connection of one boot; see [mqttLink].
type link interface {
	publisher
	start() error
	stop(goodbye bool)
	network(there bool)
}

func newDevice(o *Options, index int, start time.Time) *device {
	d := o.Devices[index]
	v := &device{
		id: d.ID, name: d.Name, seed: d.Seed,
		speed: o.Speed, heat: o.Heat, backfill: o.Backfill,
		phase: o.Interval + o.Interval*time.Duration(index)/time.Duration(len(o.Devices)),
		start: start, clock: o.clock(), log: o.Log.With("device", string(d.ID)),
		newLink: func(lo linkOptions) link { return newMQTTLink(lo) },
		newBoot: randomBoot,
		board:   boardSettings(d.Seed, o.Interval),
	}
	v.flash.settings = v.board
	v.flash.home.confirmed = endpoint{url: "mqtts://" + o.Broker, host: o.Broker, tls: o.TLS, user: d.Username, password: d.Password}
	if d.Username == "" {
		v.flash.home.confirmed.user = string(d.ID)
	}
	if index == 0 {
		v.plan = o.Faults
	}
	return v
}

// randomBoot does not come from the seed: a restart with the same seed is a new
// boot, or the server would take its samples for ones that it has.
func randomBoot() coolant.Boot {
	for {
		var b [8]byte
		_, _ = rand.Read(b[:]) // never fails
		if boot := coolant.Boot(binary.BigEndian.Uint64(b[:])); boot != 0 {
			return boot
		}
	}
}

// run is the device's life, from boot to boot.
func (d *device) run(ctx context.Context) error {
	box := newOutbox(d.newBoot(), d.capacity())
	d.fill(box)
	at, reason := d.start, "power_on"
	for {
		b := newBoot(d, box, reason)
		again, ended, err := b.run(ctx, at)
		if err != nil || !again {
			return err
		}
		// What the ring held is gone with the power, as it is on a real device.
		at, reason = ended.Add(rebootTime), b.endedBy
		if !d.sleepUntil(ctx, at) {
			return nil
		}
		d.rig.Reset()
		box = newOutbox(d.newBoot(), d.capacity())
	}
}

func (d *device) capacity() int {
	return max(ringHours*60, int(d.backfill/backfillStep)) + ringRoom
}

// fill puts the past into the outbox: one sample at every whole minute before
// the start. Whole minutes make the pasts of two starts meet in the same
// points.
func (d *device) fill(box *outbox) {
	oldest := d.start.Add(-d.backfill)
	first := oldest.Truncate(backfillStep)
	if first.Before(oldest) {
		first = first.Add(backfillStep)
	}
	if first.After(d.start) {
		first = d.start
	}
	d.rig = NewRig(RigOptions{Seed: d.seed, Start: first, Clock: d.wall})
	for t := first; t.Before(d.start); t = t.Add(backfillStep) {
		d.rig.Advance(t)
		box.push(coolant.Milli(t), d.rig.Readings())
	}
	d.rig.Advance(d.start)
	if d.heat > 0 {
		d.rig.day = steady{d.rig.day, d.heat}
	}
}

// virtual is the simulated time at a wall time: the same until the start, and
// faster from there on.
func (d *device) virtual(wall time.Time) time.Time {
	return d.start.Add(time.Duration(float64(wall.Sub(d.start)) * d.speed))
}

// wall is the wall time at a simulated time.
func (d *device) wall(virtual time.Time) time.Time {
	since := virtual.Sub(d.start)
	if since > 0 {
		since = time.Duration(float64(since) / d.speed)
	}
	return d.start.Add(since)
}
