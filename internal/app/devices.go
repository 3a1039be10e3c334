package app

import (
	"context"
	"log/slog"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/auth"
)

// DeviceAdmin registers devices. The running service and a data directory at
// rest offer it alike.
type DeviceAdmin interface {
	List(ctx context.Context) ([]coolant.Device, error)
	Add(ctx context.Context, id coolant.DeviceID, name string) (password string, err error)
	Rotate(ctx context.Context, id coolant.DeviceID) (password string, err error)
	Remove(ctx context.Context, id coolant.DeviceID, withData bool) error
}

// WithDevices calls do with the devices of the data directory: those of the
// service that runs on it or, if none does, those in its database.
func WithDevices(ctx context.Context, c config.Config, log *slog.Logger, do func(DeviceAdmin) error) error {
	dir := dataDir(c.Data)
	if client := dialAdmin(dir); client != nil {
		return do(client)
	}
	store, err := dir.openStore(ctx, log, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	book, err := auth.OpenBook(ctx, store, nil)
	if err != nil {
		return err
	}
	gone, err := openRemoved(ctx, store)
	if err != nil {
		return err
	}
	return do(register{book, gone})
}

// liveDevices is the register of a running service: what changes there is seen
// at once by the page and by the broker.
type liveDevices struct {
	register
	newest     func(context.Context, coolant.DeviceID) ([]coolant.Newest, error)
	added      func(coolant.Device, ...coolant.Newest)
	log        *slog.Logger
	removed    func(coolant.DeviceID)
	disconnect func(coolant.DeviceID)
}

func (d *liveDevices) Add(ctx context.Context, id coolant.DeviceID, name string) (string, error) {
	password, err := d.register.Add(ctx, id, name)
	if err != nil {
		return "", err
	}
	list, err := d.List(ctx)
	if err != nil {
		return "", err
	}
	// The password is shown once, and the device exists: it is not lost for want
	// of the history that an earlier device of this id may have left.
	newest, err := d.newest(ctx, id)
	if err != nil {
		d.log.WarnContext(ctx, "the last readings of a device that was added again are not shown until it reports",
			slog.String("device", string(id)), slog.Any("error", err))
	}
	for _, known := range list {
		if known.ID == id {
			d.added(known, newest...)
		}
	}
	return password, nil
}

func (d *liveDevices) Rotate(ctx context.Context, id coolant.DeviceID) (string, error) {
	password, err := d.register.Rotate(ctx, id)
	if err == nil {
		d.disconnect(id)
	}
	return password, err
}

func (d *liveDevices) Remove(ctx context.Context, id coolant.DeviceID, withData bool) error {
	if err := d.register.Remove(ctx, id, withData); err != nil {
		return err
	}
	d.removed(id) // which ends its connections too
	return nil
}
