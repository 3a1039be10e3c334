package app

import (
	"sync"
	"time"

	"coolant"
)

// inputs remembers what was passed on to each device last, for people to see. A device keeps
// it no longer than that either, and forgets it when it restarts, which is not known here.
// It is safe for concurrent use.
type inputs struct {
	now func() time.Time

	mu   sync.Mutex
	held map[coolant.DeviceID]coolant.HeldInput // some may have run out
}

func newInputs(now func() time.Time) *inputs {
	return &inputs{now: now, held: map[coolant.DeviceID]coolant.HeldInput{}}
}

// passed notes an input that is on its way to a device.
func (i *inputs) passed(id coolant.DeviceID, in coolant.Input) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.held[id] = coolant.HeldInput{HostW: in.HostW, Until: coolant.Milli(i.now().Add(in.Valid))}
}

// of returns what a device was told last; false where it was told nothing, or nothing that
// still holds.
func (i *inputs) of(id coolant.DeviceID) (coolant.HeldInput, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	in, ok := i.held[id]
	if ok && in.Until <= coolant.Milli(i.now()) {
		delete(i.held, id)
		return coolant.HeldInput{}, false
	}
	return in, ok
}
