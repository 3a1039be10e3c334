package sqlite

import (
	"math"

	"coolant"
)

const (
	// maxCachedDevices bounds how many devices the writer remembers, at about 1 KB
	// each.
	maxCachedDevices = 16384
	// maxCachedBoots bounds how many starts of one device it remembers.
	maxCachedBoots = 4
)

// device is what the writer remembers of the rows of one device. Nothing in it
// differs from the file, except during a transaction.
type device struct {
	id     coolant.DeviceID
	series []*series
	boots  []*boot

	touched    bool // in the transaction that runs now
	prev, next *device
}

// series is a row of the series table.
type series struct {
	id     int64
	metric coolant.Metric
	// marked is an hour that is known to be dirty already, if epoch is that of the
	// rollup.
	marked int64
	epoch  uint64
}

// boot is a row of the boots table.
type boot struct {
	row      int64
	boot     coolant.Boot
	received received
	newest   coolant.UnixMilli
	changed  bool // and not yet written
	named    bool // in the batch that is being appended
}

// noHour is an hour that is never dirty.
const noHour = math.MinInt64

// deviceCache holds the devices that were used last.
type deviceCache struct {
	max     int
	devices map[coolant.DeviceID]*device
	ring    device // of all devices, the newest after it
	touched []*device
}

func newDeviceCache(limit int) *deviceCache {
	c := &deviceCache{max: limit, devices: make(map[coolant.DeviceID]*device)}
	c.ring.prev, c.ring.next = &c.ring, &c.ring
	return c
}

// get returns a device for use in the transaction that runs now, or nil.
func (c *deviceCache) get(id coolant.DeviceID) *device {
	d := c.devices[id]
	if d == nil {
		return nil
	}
	if c.ring.next != d {
		c.unlink(d)
		c.link(d)
	}
	c.touch(d)
	return d
}

// add takes in a device and lets go of the one that has not been used for
// longest, unless it is in use.
func (c *deviceCache) add(d *device) {
	c.devices[d.id] = d
	c.link(d)
	c.touch(d)
	if oldest := c.ring.prev; len(c.devices) > c.max && !oldest.touched {
		c.remove(oldest)
	}
}

func (c *deviceCache) touch(d *device) {
	if !d.touched {
		d.touched = true
		c.touched = append(c.touched, d)
	}
}

// settle begins a new transaction.
func (c *deviceCache) settle() {
	for _, d := range c.touched {
		d.touched = false
	}
	clear(c.touched)
	c.touched = c.touched[:0]
}

// forgetTouched drops what the failed transaction may have changed.
func (c *deviceCache) forgetTouched() {
	for _, d := range c.touched {
		c.forget(d.id)
	}
	c.settle()
}

// forget drops one device.
func (c *deviceCache) forget(id coolant.DeviceID) {
	if d := c.devices[id]; d != nil {
		c.remove(d)
	}
}

func (c *deviceCache) remove(d *device) {
	delete(c.devices, d.id)
	c.unlink(d)
}

func (c *deviceCache) link(d *device) {
	d.prev, d.next = &c.ring, c.ring.next
	d.prev.next, d.next.prev = d, d
}

func (c *deviceCache) unlink(d *device) {
	d.prev.next, d.next.prev = d.next, d.prev
}
