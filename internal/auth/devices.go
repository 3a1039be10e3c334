package auth

import (
	"context"
	"fmt"
	"sync"
	"time"

	"coolant"
)

// Store is what the book needs of the store.
type Store interface {
	AddDevice(ctx context.Context, d coolant.Device, c coolant.Credential) error
	RemoveDevice(ctx context.Context, id coolant.DeviceID, withData bool) error
	SetCredential(ctx context.Context, c coolant.Credential) error
	Credentials(ctx context.Context) ([]coolant.Credential, error)
	Devices(ctx context.Context) ([]coolant.Device, error)
}

// Book is the register of devices and their passwords. It answers Verify from
// memory, so that a storm of reconnecting devices never waits for the disk.
// All methods are safe for concurrent use.
type Book struct {
	store Store
	now   func() time.Time

	change sync.Mutex // one change at a time, so that memory follows the store's order
	mu     sync.RWMutex
	known  map[coolant.DeviceID]coolant.Credential
}

// OpenBook reads the credentials from the store. A nil now means time.Now.
func OpenBook(ctx context.Context, store Store, now func() time.Time) (*Book, error) {
	if now == nil {
		now = time.Now
	}
	list, err := store.Credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("read device credentials: %w", err)
	}
	b := &Book{store: store, now: now, known: make(map[coolant.DeviceID]coolant.Credential, len(list))}
	for _, c := range list {
		b.known[c.Device] = c
	}
	return b, nil
}

// Verify reports whether the password is that of the device with this user name.
func (b *Book) Verify(user string, password []byte) bool {
	b.mu.RLock()
	c, ok := b.known[coolant.DeviceID(user)]
	b.mu.RUnlock()
	// An unknown user costs as much as a wrong password, so that neither can be
	// told from the other by time.
	return matches(c, password) && ok
}

// Known reports whether there is a device of that id.
func (b *Book) Known(id coolant.DeviceID) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.known[id]
	return ok
}

// Add registers a device and returns its password, which is not kept and cannot
// be shown again. It fails with [coolant.CodeConflict] if the device exists.
func (b *Book) Add(ctx context.Context, id coolant.DeviceID, name string) (password string, err error) {
	password = NewPassword()
	c := NewCredential(id, password)
	d := coolant.Device{ID: id, Name: name, Created: coolant.Milli(b.now())}
	b.change.Lock()
	defer b.change.Unlock()
	if err := b.store.AddDevice(ctx, d, c); err != nil {
		return "", err
	}
	b.remember(c)
	return password, nil
}

// Rotate gives a device a new password and returns it. The old one is void at
// once. It fails with [coolant.CodeNotFound] if there is no such device.
func (b *Book) Rotate(ctx context.Context, id coolant.DeviceID) (password string, err error) {
	password = NewPassword()
	c := NewCredential(id, password)
	b.change.Lock()
	defer b.change.Unlock()
	if err := b.store.SetCredential(ctx, c); err != nil {
		return "", err
	}
	b.remember(c)
	return password, nil
}

// Remove takes a device's password away, and its history too if withData. It
// fails with [coolant.CodeNotFound] if there is no such device.
func (b *Book) Remove(ctx context.Context, id coolant.DeviceID, withData bool) error {
	b.change.Lock()
	defer b.change.Unlock()
	if err := b.store.RemoveDevice(ctx, id, withData); err != nil {
		return err
	}
	b.mu.Lock()
	delete(b.known, id)
	b.mu.Unlock()
	return nil
}

// List returns the registered devices, oldest first.
func (b *Book) List(ctx context.Context) ([]coolant.Device, error) { return b.store.Devices(ctx) }

func (b *Book) remember(c coolant.Credential) {
	b.mu.Lock()
	b.known[c.Device] = c
	b.mu.Unlock()
}
