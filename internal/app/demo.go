package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"coolant"
	"coolant/internal/auth"
	"coolant/internal/sim"
)

// Demo is a service with simulated devices.
type Demo struct {
	Service
	Seed    uint64
	Speed   float64 // how many times faster than life the loop's physics run
	Heat    float64 // W that the hosts give off all the time; 0 is that of a working day
	Devices int     // how many simulated devices, at least 1
	Faults  []string
	// FirmwareHost is the path of the firmware's host program, which then is the first
	// device; empty means that all are simulated.
	FirmwareHost string
	// Temporary says that the data directory is to be removed at the end.
	Temporary bool
}

// demoBackfill is the history that the simulated devices send as their backlog.
const demoBackfill = 24 * time.Hour

// Run runs the service and the devices until ctx ends. The devices come in
// through the front door: MQTT over TLS with their own passwords.
func (d Demo) Run(ctx context.Context) error {
	for key, address := range map[string]string{"http.addr": d.Config.HTTP.Addr, "mqtts.addr": d.Config.MQTTS.Addr} {
		if !auth.IsLoopback(address) {
			return coolant.Errorf(coolant.CodeInvalid, "%s: the demo listens on loopback only, and %q is not a loopback address", key, address)
		}
	}
	faults := make([]sim.Fault, 0, len(d.Faults))
	for _, text := range d.Faults {
		f, err := sim.ParseFault(text)
		if err != nil {
			return coolant.Errorf(coolant.CodeInvalid, "--fault %s: %w", text, err)
		}
		faults = append(faults, f)
	}
	if d.FirmwareHost != "" {
		program, err := findFirmware(d.FirmwareHost)
		if err != nil {
			return err
		}
		d.FirmwareHost = program
	}
	if d.Temporary {
		dir, err := os.MkdirTemp("", "coolant-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		d.Config.Data = dir
	}

	// The devices stop first, so that they can say goodbye to a broker that still
	// listens.
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	devices, stopDevices := context.WithCancel(ctx)
	defer stopDevices()

	started := make(chan Running, 1)
	tell := d.Ready
	d.Ready = func(r Running) {
		if tell != nil {
			tell(r)
		}
		started <- r
	}
	served := make(chan error, 1)
	go func() { served <- d.Service.Run(serving) }()
	var running Running
	select {
	case running = <-started:
	case err := <-served:
		return err
	}
	simulated := make(chan error, 1)
	go func() { simulated <- d.simulate(devices, running, faults) }()
	select {
	case err := <-served:
		stopDevices()
		d.Log.Debug("simulated devices stopped", "error", <-simulated)
		return err
	case err := <-simulated:
		stop()
		if errors.Is(err, context.Canceled) {
			err = nil
		}
		return errors.Join(err, <-served)
	}
}

func (d Demo) simulate(ctx context.Context, r Running, faults []sim.Fault) error {
	host, _, err := net.SplitHostPort(r.Addresses.MQTTS)
	if err != nil {
		return err
	}
	options := sim.Options{
		Broker:   r.Addresses.MQTTS,
		TLS:      &tls.Config{RootCAs: r.Authority.Pool(), ServerName: host, MinVersion: tls.VersionTLS12},
		Speed:    d.Speed,
		Heat:     d.Heat,
		Faults:   faults,
		Backfill: demoBackfill,
		Log:      d.Log,
	}
	for _, device := range sim.Fleet(d.Devices, d.Seed) {
		password, err := r.Devices.Add(ctx, device.ID, device.Name)
		if coolant.CodeOf(err) == coolant.CodeConflict { // from an earlier demo on the same data
			password, err = r.Devices.Rotate(ctx, device.ID)
		}
		if err != nil {
			return fmt.Errorf("add the simulated device %s: %w", device.ID, err)
		}
		device.Username, device.Password = string(device.ID), password
		options.Devices = append(options.Devices, device)
	}
	if d.FirmwareHost == "" {
		return sim.Run(ctx, options)
	}
	return d.withFirmware(ctx, r, options)
}

// withFirmware lets the firmware's program be the first device, with the faults,
// which are the first device's, and simulates the others.
func (d Demo) withFirmware(ctx context.Context, r Running, options sim.Options) error {
	first := options.Devices[0]
	program := &firmware{
		program: d.FirmwareHost, broker: options.Broker, ca: filepath.Join(dataDir(r.Data).tls(), "ca.crt"),
		device: first, faults: options.Faults, backlog: options.Backfill,
		state: dataDir(r.Data).path(filepath.Join(stateFolder, string(first.ID))),
		log:   d.Log.With("device", string(first.ID)),
	}
	if d.Speed != 1 {
		program.log.Info("the firmware's loop runs at the tempo of life; --speed is for simulated devices")
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return program.run(ctx) })
	options.Devices, options.Faults = options.Devices[1:], nil
	if len(options.Devices) > 0 {
		group.Go(func() error { return sim.Run(ctx, options) })
	}
	return group.Wait()
}
