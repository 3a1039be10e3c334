package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"text/tabwriter"

	"coolant"
	"coolant/internal/app"
)

type deviceCommand struct {
	Add        deviceAddCommand        `cmd:"" help:"Register devices and print their passwords, once."`
	List       deviceListCommand       `cmd:"" help:"List the registered devices."`
	Remove     deviceRemoveCommand     `cmd:"" help:"Take devices' access away; their history stays unless asked otherwise."`
	Rotate     deviceRotateCommand     `cmd:"" help:"Give devices new passwords; the old ones are void at once."`
	Move       deviceMoveCommand       `cmd:"" help:"Send devices to another broker; they come back if it does not work."`
	Get        deviceGetCommand        `cmd:"" help:"Show what is desired of a device and how far it got with it."`
	Set        deviceSetCommand        `cmd:"" help:"Change what is desired of a device, and wait for its word."`
	Input      deviceInputCommand      `cmd:"" help:"Tell a device how much heat its host makes."`
	Watch      deviceWatchCommand      `cmd:"" help:"Follow what a device does: duties, claims, faults, the state of its twin."`
	Tune       deviceTuneCommand       `cmd:"" help:"Have a device find the gains of an output's target, and follow it."`
	Commission deviceCommissionCommand `cmd:"" help:"Try one output: let it turn alone, or find where it starts and stops."`
	Abort      deviceAbortCommand      `cmd:"" help:"End what a device tries."`
	Zero       deviceZeroCommand       `cmd:"" help:"Find the offsets of probes that stand in the same water."`
	Physics    devicePhysicsCommand    `cmd:"" help:"Show what a device's readings say together: heat, resistance, time constant."`
	Clear      deviceClearCommand      `cmd:"" help:"Clear a fault that is over and still latched."`
	Command    deviceCommandCommand    `cmd:"" help:"Send any other command."`
}

// deviceFlags are common to all commands about devices.
type deviceFlags struct {
	dataFlags
	JSON bool `name:"json" help:"Answer as JSON, one object a line."`
}

func (f deviceFlags) with(p *process, do func(app.DeviceAdmin) error) error {
	c, err := f.load(p, nil)
	if err != nil {
		return err
	}
	return app.WithDevices(p.ctx, c, app.NewLogger(p.stderr, c.Log), do)
}

// secret answers with a device's new password.
func (f deviceFlags) secret(p *process, id coolant.DeviceID, password string) error {
	if f.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]string{"id": string(id), "username": string(id), "password": password})
	}
	_, err := fmt.Fprintf(p.stdout, "device    %s\nuser name %s\npassword  %s\n", id, id, password)
	return err
}

// each does one thing for every id, goes on after a failure, and reports all.
func each(ids []string, do func(coolant.DeviceID) error) error {
	var errs []error
	for _, text := range ids {
		id, err := coolant.ParseDeviceID(text)
		if err == nil {
			err = do(id)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

type deviceAddCommand struct {
	deviceFlags
	emqxFlags
	IDs  []string `arg:"" name:"id" help:"Device ids: a-z, 0-9 and -, at most 32 characters. The id is the MQTT user name."`
	Name string   `help:"What people call the device."`
}

// Run is called by the parser.
func (a *deviceAddCommand) Run(p *process) error {
	there, err := a.open(p, a.dataFlags)
	if err != nil {
		return err
	}
	return a.with(p, func(devices app.DeviceAdmin) error {
		err := each(a.IDs, func(id coolant.DeviceID) error {
			password, err := devices.Add(p.ctx, id, a.Name)
			if coolant.CodeOf(err) == coolant.CodeConflict {
				again := fmt.Sprintf("%s device rotate %s%s", program(), id, a.dataFlag())
				if there != nil {
					again = a.again("rotate", id, a.dataFlags)
				}
				return coolant.Errorf(coolant.CodeConflict, "the device %s exists already; for a new password: %s", id, again)
			}
			if err != nil {
				return err
			}
			if err := a.secret(p, id, password); err != nil || there == nil {
				return err
			}
			if err := there.Put(p.ctx, id, password); err != nil {
				return fmt.Errorf("%s is registered here, but not at EMQX: %w. To repeat it: %s", id, err, a.again("rotate", id, a.dataFlags))
			}
			return nil
		})
		a.warn(p, there)
		if err == nil && !a.JSON {
			_, err = fmt.Fprintf(p.stdout, "\nThe password is shown this once. If it is lost: %s device rotate %s%s\n", program(), a.IDs[0], a.dataFlag())
			if c, loadErr := a.load(p, nil); err == nil && loadErr == nil && c.Broker != coolant.BrokerEmbedded && a.EMQXAPI == "" {
				_, err = fmt.Fprintf(p.stdout, "At the outside broker (%s) it has to be entered too.\n", c.Remote.URL)
			}
		}
		return err
	})
}

type deviceListCommand struct{ deviceFlags }

// Run is called by the parser.
func (l *deviceListCommand) Run(p *process) error {
	return l.with(p, func(devices app.DeviceAdmin) error {
		list, err := devices.List(p.ctx)
		if err != nil {
			return err
		}
		if l.JSON {
			out := json.NewEncoder(p.stdout)
			for _, d := range list {
				if err := out.Encode(map[string]any{"id": d.ID, "name": d.Name, "created": d.Created}); err != nil {
					return err
				}
			}
			return nil
		}
		if len(list) == 0 {
			_, err := fmt.Fprintln(p.stdout, "No devices yet. Add one: "+program()+" device add my-loop"+l.dataFlag())
			return err
		}
		w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tADDED")
		for _, d := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\n", d.ID, d.Name, d.Created.Time().Local().Format("2006-01-02 15:04"))
		}
		return w.Flush()
	})
}

type deviceRemoveCommand struct {
	deviceFlags
	emqxFlags
	IDs      []string `arg:"" name:"id" help:"Device ids."`
	WithData bool     `help:"Delete the history too. It cannot be brought back."`
}

// Run is called by the parser.
func (r *deviceRemoveCommand) Run(p *process) error {
	there, err := r.open(p, r.dataFlags)
	if err != nil {
		return err
	}
	return r.with(p, func(devices app.DeviceAdmin) error {
		return each(r.IDs, func(id coolant.DeviceID) error {
			err := devices.Remove(p.ctx, id, r.WithData)
			if there != nil && (err == nil || coolant.CodeOf(err) == coolant.CodeNotFound) {
				// One that is gone here may still be there, after an attempt that failed.
				if err := there.Remove(p.ctx, id); err != nil {
					return fmt.Errorf("%s is removed here, but not at EMQX: %w. To repeat it: %s", id, err, r.again("remove", id, r.dataFlags))
				}
				err = nil
			}
			if err != nil {
				return err
			}
			if r.JSON {
				return json.NewEncoder(p.stdout).Encode(map[string]any{"id": id, "removed": true, "data": r.WithData})
			}
			history := "its history stays"
			if r.WithData {
				history = "and its history"
			}
			_, err = fmt.Fprintf(p.stdout, "removed %s, %s\n", id, history)
			return err
		})
	})
}

type deviceRotateCommand struct {
	deviceFlags
	emqxFlags
	IDs []string `arg:"" name:"id" help:"Device ids."`
}

// Run is called by the parser.
func (r *deviceRotateCommand) Run(p *process) error {
	there, err := r.open(p, r.dataFlags)
	if err != nil {
		return err
	}
	return r.with(p, func(devices app.DeviceAdmin) error {
		defer r.warn(p, there)
		return each(r.IDs, func(id coolant.DeviceID) error {
			password, err := devices.Rotate(p.ctx, id)
			if err != nil {
				return err
			}
			if err := r.secret(p, id, password); err != nil || there == nil {
				return err
			}
			if err := there.Rotate(p.ctx, id, password); err != nil {
				return fmt.Errorf("%s has the new password here, but not at EMQX: %w. To repeat it, with another password: %s", id, err, r.again("rotate", id, r.dataFlags))
			}
			return nil
		})
	})
}
