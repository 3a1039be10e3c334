package ingest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"

	"coolant"
	"coolant/internal/wire"
)

// devices holds what ingest must remember of every device that it has met.
type devices struct {
	mu sync.RWMutex
	of map[coolant.DeviceID]*device
}

// device is one of them. Its fields are guarded by their mutexes: samples by mu,
// presence, here, stored and sums by docs, which is held while a document is stored.
type device struct {
	id coolant.DeviceID

	mu     sync.Mutex
	loaded bool
	series []series

	docs     sync.Mutex
	presence wire.StatusPayload // Boot 0: the device never said
	// Documents are numbered as they arrive, so that one which had to be tried again
	// never replaces a newer one.
	arrivals atomic.Uint64
	stored   map[coolant.Document]uint64
	sums     map[coolant.Document][sha256.Size]byte // of the stored documents
	newest   atomic.Uint64                          // the status or last will that arrived last, but for kept ones
	here     bool                                   // presence is online, said over the embedded broker
	near     atomic.Int64                           // when it was heard over it last, a coolant.UnixMilli; 0 if never
}

// hear notes that a message came from the device.
func (d *device) hear(m *wire.Message) {
	if m.Live && m.Kind != wire.Article { // which does not say whose it is
		d.near.Store(int64(m.Received))
	}
}

// series is what is remembered of one metric of a device.
type series struct {
	metric    coolant.Metric
	celsius   bool
	low, high float64           // physical range
	newest    coolant.UnixMilli // the latest time that was given to a reading
	good      float64           // the value of the last good reading
	goodTime  coolant.UnixMilli // and its time; 0 if there was none yet
}

func newDevices(documents []coolant.DeviceDocument) *devices {
	ds := &devices{of: make(map[coolant.DeviceID]*device)}
	for _, doc := range documents {
		d := ds.get(doc.Device)
		d.remember(doc.Kind, sha256.Sum256(doc.Body))
		if doc.Kind != coolant.DocStatus {
			continue
		}
		if status, err := wire.DecodeStatus(doc.Body); err == nil {
			d.presence = status
		}
	}
	return ds
}

// get returns the device with that id.
func (ds *devices) get(id coolant.DeviceID) *device {
	ds.mu.RLock()
	d := ds.of[id]
	ds.mu.RUnlock()
	if d != nil {
		return d
	}
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if d = ds.of[id]; d == nil {
		d = &device{id: id}
		ds.of[id] = d
	}
	return d
}

func (ds *devices) forget(id coolant.DeviceID) {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	delete(ds.of, id)
}

// load reads the series that the store has of the device, once. The caller holds
// d.mu.
func (d *device) load(ctx context.Context, store Store) error {
	if d.loaded {
		return nil
	}
	times, err := store.LastTimes(ctx, d.id)
	if err != nil {
		return fmt.Errorf("read the newest times of %s: %w", d.id, err)
	}
	for metric, t := range times {
		s := newSeries(metric)
		s.newest = t
		d.series = append(d.series, s)
	}
	d.loaded = true
	return nil
}

// remember notes what is stored of a kind. The caller holds d.docs, or is alone.
func (d *device) remember(kind coolant.Document, sum [sha256.Size]byte) {
	if d.sums == nil {
		d.sums = map[coolant.Document][sha256.Size]byte{}
	}
	d.sums[kind] = sum
}

func newSeries(metric coolant.Metric) series {
	low, high := metric.Range()
	return series{metric: metric, celsius: metric.Unit() == coolant.Celsius, low: low, high: high}
}

// find returns the series of a metric, nil if the device has its full number of
// other ones. Hint is where the series probably is: devices send their metrics
// in one order. The caller holds d.mu; the pointer is valid until the next call.
func (d *device) find(metric coolant.Metric, hint int) *series {
	if hint < len(d.series) && d.series[hint].metric == metric {
		return &d.series[hint]
	}
	for i := range d.series {
		if d.series[i].metric == metric {
			return &d.series[i]
		}
	}
	if len(d.series) >= coolant.MaxMetrics {
		return nil
	}
	d.series = append(d.series, newSeries(metric))
	return &d.series[len(d.series)-1]
}
