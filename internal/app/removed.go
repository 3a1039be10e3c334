package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"coolant"
	"coolant/internal/auth"
)

// removedBucket keeps, by device, whether what an outside broker retained of it is
// gone.
const removedBucket = "removed-devices"

// records is what is needed of a store to keep small values.
type records interface {
	PutRecord(ctx context.Context, bucket, key string, value []byte) error
	DeleteRecord(ctx context.Context, bucket, key string) error
	EachRecord(ctx context.Context, bucket string, fn func(key string, value []byte) error) error
}

// removed remembers the devices that people took out. Behind an outside broker a
// device registers by what it publishes, and its user there lives on: without this
// one that was removed would be back with its next reading. It grows by what people
// do, not by what devices send. It is safe for concurrent use.
type removed struct {
	store records

	mu      sync.Mutex
	devices map[coolant.DeviceID]bool // true: nothing of it is retained any more
}

func openRemoved(ctx context.Context, store records) (*removed, error) {
	r := &removed{store: store, devices: map[coolant.DeviceID]bool{}}
	err := store.EachRecord(ctx, removedBucket, func(key string, value []byte) error {
		r.devices[coolant.DeviceID(key)] = string(value) == "1"
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read which devices were removed: %w", err)
	}
	return r, nil
}

func (r *removed) has(id coolant.DeviceID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.devices[id]
	return ok
}

// add keeps that a device was removed.
func (r *removed) add(ctx context.Context, id coolant.DeviceID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.store.PutRecord(ctx, removedBucket, string(id), []byte("0")); err != nil {
		return err
	}
	r.devices[id] = false
	return nil
}

// cleared keeps that nothing of a device is retained any more, unless it was added
// again meanwhile.
func (r *removed) cleared(ctx context.Context, id coolant.DeviceID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, still := r.devices[id]; !still {
		return nil
	}
	if err := r.store.PutRecord(ctx, removedBucket, string(id), []byte("1")); err != nil {
		return err
	}
	r.devices[id] = true
	return nil
}

// drop forgets it: the device was added again.
func (r *removed) drop(ctx context.Context, id coolant.DeviceID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.devices[id]; !known {
		return nil
	}
	if err := r.store.DeleteRecord(ctx, removedBucket, string(id)); err != nil {
		return err
	}
	delete(r.devices, id)
	return nil
}

// traces lists the devices of which an outside broker may still retain something.
func (r *removed) traces() (ids []coolant.DeviceID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, cleared := range r.devices {
		if !cleared {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// register is the register of devices with the memory of those that were removed.
// A running service and a data directory at rest use it alike.
type register struct {
	*auth.Book
	removed *removed
}

// Add implements [DeviceAdmin].
func (r register) Add(ctx context.Context, id coolant.DeviceID, name string) (string, error) {
	password, err := r.Book.Add(ctx, id, name)
	if err != nil {
		return "", err
	}
	if err := r.removed.drop(ctx, id); err != nil {
		return "", fmt.Errorf("the device %s was added, and is still noted as removed: %w", id, err)
	}
	return password, nil
}

// Remove implements [DeviceAdmin]. The note comes first: whatever interrupts the
// removal, a device that was removed does not come back.
func (r register) Remove(ctx context.Context, id coolant.DeviceID, withData bool) error {
	before := r.removed.has(id)
	if err := r.removed.add(ctx, id); err != nil {
		return fmt.Errorf("note that the device %s is removed: %w", id, err)
	}
	err := r.Book.Remove(ctx, id, withData)
	if err != nil && !before {
		err = errors.Join(err, r.removed.drop(ctx, id))
	}
	return err
}

// withoutRemoved takes out the devices that were removed while samples of theirs
// were on their way to the store, which brought them back.
func (h *house) withoutRemoved(ctx context.Context, all []coolant.Device) ([]coolant.Device, error) {
	var kept []coolant.Device
	for _, d := range all {
		if !h.removed.has(d.ID) {
			kept = append(kept, d)
			continue
		}
		if err := h.store.RemoveDevice(ctx, d.ID, false); err != nil && coolant.CodeOf(err) != coolant.CodeNotFound {
			return nil, err
		}
	}
	return kept, nil
}
