package app

import (
	"context"
	"sync"

	"coolant"
)

// maxGuests bounds how many devices may join by what they publish through an
// outside broker, whose users are not ours to know: what its smallest plan lets
// connect (EMQX Cloud Serverless: 1,000).
const maxGuests = 1000

// guests decides which devices are heard through an outside broker: those that are
// registered, and new ones, which register by what they publish. A device that was
// removed stays out until it is added again.
type guests struct {
	ensure  func(ctx context.Context, d coolant.Device) error
	devices func(ctx context.Context) ([]coolant.Device, error)
	joined  func(coolant.Device)
	removed *removed

	joining sync.Mutex // one new device at a time; known ones do not wait for the disk
	mu      sync.RWMutex
	known   map[coolant.DeviceID]bool
}

func newGuests(known []coolant.Device, removed *removed) *guests {
	g := &guests{known: map[coolant.DeviceID]bool{}, removed: removed}
	for _, d := range known {
		g.known[d.ID] = true
	}
	return g
}

// admit is fast for devices that are known.
func (g *guests) admit(ctx context.Context, id coolant.DeviceID) error {
	if g.knows(id) {
		return nil
	}
	g.joining.Lock()
	defer g.joining.Unlock()
	g.mu.RLock()
	known, count := g.known[id], len(g.known)
	g.mu.RUnlock()
	switch {
	case known:
		return nil
	case g.removed.has(id):
		return coolant.Errorf(coolant.CodeForbidden, "the device was removed here: take its user away at the outside broker, or add it again")
	case count >= maxGuests:
		return coolant.Errorf(coolant.CodeForbidden, "a new device, and there are %d already: add it with coolant device add", maxGuests)
	}
	if err := g.ensure(ctx, coolant.Device{ID: id}); err != nil {
		return coolant.Errorf(coolant.CodeUnavailable, "the new device could not be registered: %w", err)
	}
	g.added(id)
	all, err := g.devices(ctx)
	if err != nil {
		return nil // the board learns of it by its samples
	}
	for _, d := range all {
		if d.ID == id {
			g.joined(d)
		}
	}
	return nil
}

func (g *guests) knows(id coolant.DeviceID) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.known[id]
}

func (g *guests) added(id coolant.DeviceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.known[id] = true
}

func (g *guests) forget(id coolant.DeviceID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.known, id)
}
