package app

import (
	"context"
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

// add keeps that a device was removed, and whether its traces are gone.
func (r *removed) add(ctx context.Context, id coolant.DeviceID, cleared bool) error {
	r.mu.Lock()
	r.devices[id] = cleared
	r.mu.Unlock()
	value := "0"
	if cleared {
		value = "1"
	}
	return r.store.PutRecord(ctx, removedBucket, string(id), []byte(value))
}

// drop forgets it: the device was added again.
func (r *removed) drop(ctx context.Context, id coolant.DeviceID) error {
	r.mu.Lock()
	_, known := r.devices[id]
	delete(r.devices, id)
	r.mu.Unlock()
	if !known {
		return nil
	}
	return r.store.DeleteRecord(ctx, removedBucket, string(id))
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

// Remove implements [DeviceAdmin].
func (r register) Remove(ctx context.Context, id coolant.DeviceID, withData bool) error {
	if err := r.Book.Remove(ctx, id, withData); err != nil {
		return err
	}
	if err := r.removed.add(ctx, id, false); err != nil {
		return fmt.Errorf("the device %s was removed, and may come back through an outside broker: %w", id, err)
	}
	return nil
}
