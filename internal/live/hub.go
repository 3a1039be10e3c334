package live

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
)

// Options say how a hub judges and how much it keeps. The zero value works.
type Options struct {
	// Limits are the water temperatures at which health changes; zero is
	// [coolant.DefaultLimits].
	Limits coolant.Limits
	// Silence is the least time after which a device that says nothing is offline;
	// a device that reports rarely gets three of its intervals. 0 is 90 s.
	Silence time.Duration
	// Primary is the device that /data and /temp_chart show. If it is empty or
	// not there, it is the only device, or else the oldest.
	Primary coolant.DeviceID
	// Ring is how many events are kept for subscribers that come back; 0 is 16384.
	Ring int
	// RingBytes bounds the memory of those events; 0 is 16 MiB.
	RingBytes int
	// Tick is the pace of [Tick] events; 0 is 15 s.
	Tick time.Duration
	// Linger is how long events are kept after the last subscriber left; 0 is
	// 2 min. Nobody could resume from them before the first one came.
	Linger time.Duration

	Now        func() time.Time      // nil is time.Now
	Log        *slog.Logger          // nil is slog.Default
	Registerer prometheus.Registerer // nil keeps no metrics
}

// none ends a chain of samples; see Hub.Committed.
const none = int32(-1)

// Hub is the board of all devices and the sequence of events about them. Its
// methods are safe for concurrent use, and none of them waits for a subscriber.
type Hub struct {
	opts    Options
	silence coolant.UnixMilli
	epoch   string
	metrics *metrics

	mu      sync.Mutex
	devices map[coolant.DeviceID]*device
	ordered []*device // oldest first
	primary *device
	// removed remembers which devices were removed, so that a commit that was
	// under way does not bring one back.
	removed map[coolant.DeviceID]bool
	seq     uint64
	ring    ring
	subs    map[*Subscription]struct{}
	idle    bool                 // nobody could resume: events are counted, not kept
	left    time.Time            // when the last subscriber left
	broker  coolant.BrokerStatus // as last told
	recent  *Entry               // the newest snapshot that was handed out
	taken   time.Time            // when it was
	closed  bool
	next    []int32           // scratch: chains the samples of a commit by device
	touched []*device         // scratch: the devices of a commit
	points  []*coolant.Sample // scratch: the samples of an event
}

// New makes an empty board with a new epoch.
func New(opts Options) *Hub {
	if opts.Limits == (coolant.Limits{}) {
		opts.Limits = coolant.DefaultLimits()
	}
	setDefault(&opts.Silence, 90*time.Second)
	setDefault(&opts.Ring, 16384)
	setDefault(&opts.RingBytes, 16<<20)
	setDefault(&opts.Tick, 15*time.Second)
	setDefault(&opts.Linger, 2*time.Minute)
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	var epoch [8]byte
	_, _ = rand.Read(epoch[:]) // never fails
	h := &Hub{
		opts:    opts,
		silence: coolant.UnixMilli(opts.Silence.Milliseconds()),
		epoch:   hex.EncodeToString(epoch[:]),
		devices: map[coolant.DeviceID]*device{},
		removed: map[coolant.DeviceID]bool{},
		ring:    ring{maxCount: opts.Ring, maxBytes: opts.RingBytes},
		subs:    map[*Subscription]struct{}{},
		idle:    true,
	}
	h.metrics = newMetrics(opts.Registerer, h)
	return h
}

func setDefault[T int | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// Epoch names this run of the hub; event ids begin with it.
func (h *Hub) Epoch() string { return h.epoch }

// Load fills the board with what the store knows, before anything is published.
func (h *Hub) Load(devices []coolant.Device, newest map[coolant.DeviceID][]coolant.Newest, documents []coolant.DeviceDocument) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, d := range devices {
		h.put(d)
	}
	for id, list := range newest {
		if d := h.devices[id]; d != nil {
			d.recall(list)
		}
	}
	for _, doc := range documents {
		switch d := h.devices[doc.Device]; {
		case d == nil:
		case doc.Kind == coolant.DocReported:
			d.twin.report(doc.Body)
		default:
			d.learn(doc)
		}
	}
	now := h.now()
	for _, d := range h.ordered {
		d.judge(h.opts.Limits, h.silence, now)
	}
	h.choosePrimary()
}

func (d *device) learn(doc coolant.DeviceDocument) bool {
	switch doc.Kind {
	case coolant.DocStatus:
		return d.hear(doc)
	case coolant.DocInfo:
		return d.describe(doc.Body)
	case coolant.DocReported:
	}
	return false
}

// DeviceAdded puts a device on the board, or changes its name. newest is what
// the store has of a device that was removed before and whose history was kept;
// readings that the board knows already and that are newer stay.
func (h *Hub) DeviceAdded(dev coolant.Device, newest ...coolant.Newest) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.removed, dev.ID)
	d := h.put(dev)
	if len(newest) > 0 {
		d.recall(newest)
		d.judge(h.opts.Limits, h.silence, h.now())
	}
	h.added(d)
	h.wake()
}

// DeviceRemoved takes a device off the board.
func (h *Hub) DeviceRemoved(id coolant.DeviceID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.removed[id] = true
	d := h.devices[id]
	if d == nil {
		return
	}
	delete(h.devices, id)
	h.ordered = slices.DeleteFunc(h.ordered, func(o *device) bool { return o == d })
	if h.heard() {
		h.publish(&Removed{Device: id})
	}
	if h.primary == d {
		h.choosePrimary()
		h.changed(h.primary)
	}
	h.wake()
}

// Document notes what a device published about itself.
func (h *Hub) Document(doc coolant.DeviceDocument) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.known(doc.Device)
	if d != nil && doc.Kind == coolant.DocReported && d.twin.report(doc.Body) {
		h.twinChanged(d)
		if d.judge(h.opts.Limits, h.silence, h.now()) {
			h.changed(d)
		}
		h.wake()
		return
	}
	if d == nil || !d.learn(doc) {
		return
	}
	d.judge(h.opts.Limits, h.silence, h.now())
	h.changed(d)
	h.wake()
}

// Rejected tells subscribers of a refusal.
func (h *Hub) Rejected(r coolant.Rejection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.heard() {
		h.publish(&Rejected{View: ViewOf(r)})
		h.wake()
	}
}

// put adds or renames a device; the caller publishes.
func (h *Hub) put(dev coolant.Device) *device {
	d := h.devices[dev.ID]
	if d != nil {
		d.Name, d.view = dev.Name, nil
		if d.Created == dev.Created {
			return d
		}
		h.ordered = slices.DeleteFunc(h.ordered, func(o *device) bool { return o == d })
		d.Created = dev.Created
	} else {
		d = newDevice(dev)
		h.devices[dev.ID] = d
	}
	at, _ := slices.BinarySearchFunc(h.ordered, d, compareAge)
	h.ordered = slices.Insert(h.ordered, at, d)
	return d
}

// added publishes a new or renamed device, and what its coming changes.
func (h *Hub) added(d *device) {
	before := h.primary
	h.choosePrimary()
	if before != nil && before != h.primary && before != d {
		h.changed(before)
	}
	h.changed(d)
	if h.primary != before && h.primary != d {
		h.changed(h.primary)
	}
}

// known finds a device. One that the store knows and nobody announced, such as
// the article's, gets on the board by what it sends.
func (h *Hub) known(id coolant.DeviceID) *device {
	d := h.devices[id]
	if d == nil && !h.removed[id] {
		d = h.put(coolant.Device{ID: id, Created: h.now()})
		h.added(d)
	}
	return d
}

func (h *Hub) choosePrimary() {
	p := h.devices[h.opts.Primary]
	if p == nil && len(h.ordered) > 0 {
		p = h.ordered[0]
	}
	if p == h.primary {
		return
	}
	if h.primary != nil {
		h.primary.primary, h.primary.view = false, nil
	}
	if p != nil {
		p.primary, p.view = true, nil
	}
	h.primary = p
}

// changed publishes a device as it is now.
func (h *Hub) changed(d *device) {
	if d != nil && h.heard() {
		h.publish(&Changed{View: d.show(h.opts.Limits, h.silence)})
	}
}

// Online counts the devices that say that they are connected.
func (h *Hub) Online() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, d := range h.ordered {
		if d.presence.Online {
			n++
		}
	}
	return n
}

func (h *Hub) now() coolant.UnixMilli { return coolant.Milli(h.opts.Now()) }
