package sim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"coolant"
)

const (
	defaultInterval = 10 * time.Second
	maxHeat         = 200.0 // W
	backfillStep    = time.Minute
	// ringHours is what the ring holds at one sample a minute. A longer backfill
	// gets a larger ring, because nothing of it may be dropped.
	ringHours = 24
	// ringRoom is the part of the ring for fresh samples beside a full backlog.
	ringRoom = 600
)

// Options describes a simulation of one device or of many.
type Options struct {
	Broker  string      // host:port of an MQTT 5 broker with TLS
	TLS     *tls.Config // whom to trust; the server's name is taken from Broker if it names none
	Devices []DeviceOptions
	// Speed is how much faster than life the physics and the day pass, 1 to 100,000;
	// 0 means 1. Timestamps are those of the wall clock all the same.
	Speed float64
	// Heat is what the hosts give off from the start on, in W, up to 200; 0 means that of a working day. A
	// search for gains takes one that is steady.
	Heat float64
	// Faults happen to the first device, so that in a fleet it is the one that
	// stands out.
	Faults []Fault
	// Backfill is how much of the past each device has in its ring when it starts,
	// at one sample a minute and in the tempo of life. 0 means none.
	Backfill time.Duration
	Interval time.Duration    // between samples, 1 s to 1 h; 0 means 10 s
	Now      func() time.Time // nil means time.Now; its location says when it is morning
	// After waits in the time of Now, where that has a pace of its own: something comes
	// over due once d has passed, and release is called when nobody waits any more. Nil
	// waits in the time of the machine, as the network always does.
	After func(d time.Duration) (due <-chan time.Time, release func())
	Log   *slog.Logger // nil means slog.Default
}

// DeviceOptions describes one simulated device.
type DeviceOptions struct {
	ID       coolant.DeviceID
	Name     string // what its owner calls it; goes into its info
	Username string // empty means the id
	Password string
	// Seed decides everything about the device and its loop that is not the time:
	// equal seeds and equal times give equal samples.
	Seed uint64
}

// names are what the owners of a fleet call their loops.
var names = [...]string{
	"Desk loop", "Studio", "Build box", "Living room", "Laptop dock", "Attic server", "Workshop", "Spare loop",
}

// Fleet returns the options of n devices without their passwords: "demo", or
// demo-1 to demo-n where there is more than one, each with a seed of its own
// that follows from the given one.
func Fleet(n int, seed uint64) []DeviceOptions {
	fleet := make([]DeviceOptions, n)
	for i := range fleet {
		id, name := "demo", names[i%len(names)]
		if n > 1 {
			id = "demo-" + strconv.Itoa(i+1)
		}
		if i >= len(names) {
			name += " " + strconv.Itoa(i/len(names)+1)
		}
		fleet[i] = DeviceOptions{ID: coolant.DeviceID(id), Name: name, Seed: seed}
		if i > 0 {
			fleet[i].Seed = mix(seed + uint64(i))
		}
	}
	return fleet
}

// Run simulates the devices until ctx is done, and then lets them say goodbye. A
// broker that is away or refuses them is tried again and again. An error means
// that the options are wrong; it has the code [coolant.CodeInvalid].
func Run(ctx context.Context, o Options) error {
	if err := o.complete(); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	start := o.clock().now().Truncate(time.Millisecond)
	for i := range o.Devices {
		d := newDevice(&o, i, start)
		group.Go(func() error { return d.run(ctx) })
	}
	return group.Wait()
}

// complete checks the options and fills in defaults.
func (o *Options) complete() error {
	var wrong []error
	invalid := func(format string, args ...any) {
		wrong = append(wrong, fmt.Errorf(format, args...))
	}
	if _, _, err := net.SplitHostPort(o.Broker); err != nil {
		invalid("broker %q is not host:port", o.Broker)
	}
	if o.TLS == nil {
		invalid("TLS is not configured")
	}
	if len(o.Devices) == 0 {
		invalid("there is no device")
	}
	seen := make(map[coolant.DeviceID]bool)
	for _, d := range o.Devices {
		if _, err := coolant.ParseDeviceID(string(d.ID)); err != nil {
			wrong = append(wrong, err)
		}
		if seen[d.ID] {
			invalid("device %q is there twice", d.ID)
		}
		seen[d.ID] = true
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if !(o.Speed >= 1 && o.Speed <= 100_000) {
		invalid("speed %v is not within 1 to 100000", o.Speed)
	}
	if !(o.Heat >= 0 && o.Heat <= maxHeat) {
		invalid("a heat of %v W is not within 0 to %v", o.Heat, maxHeat)
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	if o.Interval < minInterval || o.Interval > maxInterval {
		invalid("interval %v is not within %v to %v", o.Interval, minInterval, maxInterval)
	}
	if o.Backfill < 0 || o.Backfill > 31*24*time.Hour {
		invalid("backfill %v is not within 0 to 744h", o.Backfill)
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if err := errors.Join(wrong...); err != nil {
		return coolant.Errorf(coolant.CodeInvalid, "simulation: %w", err)
	}
	return nil
}
