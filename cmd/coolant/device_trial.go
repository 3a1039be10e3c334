package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"coolant"
	"coolant/internal/app"
)

const (
	// grace is how much longer than the device may take it is followed: for a network that was away.
	grace = 5 * time.Minute
	// longestCommission bounds a run or a sweep with the rest before it.
	longestCommission = 10 * time.Minute
)

// trialFlags are common to what a device tries while somebody waits.
type trialFlags struct {
	askFlags
	Wait bool `help:"Follow it until it is over. An interrupt ends the following, not the trial." default:"true" negatable:""`
}

// try begins an experiment and follows it for at most so long; apply is done with one that succeeded.
func (t trialFlags) try(p *process, name string, args json.RawMessage, most time.Duration, apply func(coolant.DeviceID, app.DeviceTwins, app.Trial) error) error {
	return t.twins(p, t.ID, func(id coolant.DeviceID, to app.DeviceTwins) error {
		command, err := t.ask(p, id, to, name, args)
		if err != nil {
			return err
		}
		if !t.Wait {
			return t.done(p, id, command, "it begins")
		}
		ctx, cancel := context.WithTimeout(p.ctx, most+grace)
		defer cancel()
		var told error
		end, err := app.FollowTrial(ctx, to, id, command, func(now app.Trial) {
			if told == nil {
				told = t.told(p, id, now)
			}
		})
		switch {
		case p.ctx.Err() != nil:
			_, err = fmt.Fprintf(p.stderr, "%s goes on with it; coolant device abort %s%s ends it\n", id, id, t.dataFlag())
			return err
		case err != nil:
			return err
		case told != nil:
			return told
		case end.State == app.TrialFailed, end.State == app.TrialAborted, end.State == app.TrialResting:
			return coolant.Errorf(coolant.CodeConflict, "%s: %s of %s %s: %s", id, end.Kind, end.Output, map[bool]string{true: "was aborted", false: "failed"}[end.State == app.TrialAborted], end.Reason)
		case apply == nil:
			return nil
		}
		return apply(id, to, end)
	})
}

// told answers with what a device says of an experiment.
func (t trialFlags) told(p *process, id coolant.DeviceID, now app.Trial) error {
	if t.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]any{"id": id, "experiment": now})
	}
	_, err := fmt.Fprintf(p.stdout, "%s  %s\n", time.Now().Format("15:04:05"), trialText(now))
	return err
}

// trialText tells of an experiment in a line.
func trialText(e app.Trial) string {
	parts := []string{e.Kind + " of " + e.Output + ": " + e.State}
	add := func(format string, v *float64) {
		if v != nil {
			parts = append(parts, fmt.Sprintf(format, *v))
		}
	}
	if e.Phase != "" {
		parts = append(parts, e.Phase)
	}
	if e.Cycles != nil && *e.Cycles == 1 {
		parts = append(parts, "one cycle")
	} else if e.Cycles != nil && *e.Cycles > 1 {
		parts = append(parts, fmt.Sprintf("%d cycles", *e.Cycles))
	}
	if e.Reason != "" {
		parts = append(parts, e.Reason)
	}
	if e.PI != nil {
		parts = append(parts, fmt.Sprintf("%.4g %% per K and %.0f s at %g C", e.PI.KP, e.PI.TiS, e.PI.Setpoint))
	}
	add("delay %.1f s", e.DelayS)
	add("%.2g K/s per %%", e.Gain)
	add("the water swung by %.2f K", e.SwingK)
	add("expected to settle within %.0f s", e.SettleS)
	for _, t := range e.Turned {
		parts = append(parts, fmt.Sprintf("%s %.0f rpm", t.Output, t.RPM))
	}
	add("flow %.2f L/min", e.FlowLPM)
	add("starts at %.0f %%", e.StartDuty)
	add("stops at %.0f %%", e.StopDuty)
	add("least %.0f rpm", e.MinRPM)
	add("most %.0f rpm", e.MaxRPM)
	return strings.Join(parts, ", ")
}

type deviceTuneCommand struct {
	trialFlags
	Output   string   `arg:"" name:"output" help:"Name of the output: fan, pump, .. Of outputs that share the work, the one that leads."`
	Setpoint *float64 `help:"Temperature to swing about, which the loop can reach at its present load (default: that of the output's target)." placeholder:"C"`
	Minutes  int      `help:"When to give up, 10 to 120." default:"60"`
	Apply    bool     `help:"Take the gains over: they become part of what is desired."`
}

// Run is called by the parser.
func (t *deviceTuneCommand) Run(p *process) error {
	if t.Apply && !t.Wait {
		return coolant.Errorf(coolant.CodeInvalid, "--apply and --no-wait: only who waits knows the gains")
	}
	if t.Minutes == 0 {
		return coolant.Errorf(coolant.CodeInvalid, "--minutes: 10 to 120 are expected")
	}
	args, err := app.AutotuneArgs(t.Output, t.Setpoint, t.Minutes)
	if err != nil {
		return err
	}
	apply := func(id coolant.DeviceID, to app.DeviceTwins, found app.Trial) error {
		if found.PI == nil {
			return coolant.Errorf(coolant.CodeConflict, "%s says that it is done, and not what it found", id)
		}
		path := "outputs." + t.Output + ".auto."
		values := []string{
			path + "curve=",
			path + "pi.kp=" + number(found.PI.KP), path + "pi.ti_s=" + number(found.PI.TiS),
		}
		if found.PI.DeadbandK != nil {
			values = append(values, path+"pi.deadband_k="+number(*found.PI.DeadbandK))
		}
		return t.assign(p, id, to, "gains found by an autotune", func(body json.RawMessage) (json.RawMessage, error) {
			// An output that had a target keeps it; one that had a curve gets the one at which the gains were found.
			if _, kept := lookup(body, "outputs", t.Output, "auto", "pi", "setpoint"); !kept {
				values = append(values, path+"pi.setpoint="+number(found.PI.Setpoint))
			}
			if _, kept := lookup(body, "outputs", t.Output, "auto", "input"); !kept {
				values = append(values, path+"input=water")
			}
			return assign(body, values)
		})
	}
	if !t.Apply {
		apply = nil
	}
	return t.try(p, app.CommandAutotune, args, time.Duration(t.Minutes)*time.Minute, apply)
}

type deviceCommissionCommand struct {
	trialFlags
	Output string        `arg:"" name:"output" help:"Name of the output: fan, pump, .."`
	Sweep  bool          `help:"Find the duties at which it starts and stops, and its speeds (needs its tachometer; minutes)."`
	Duty   float64       `help:"Duty at which it turns alone, in percent, where it is no sweep." default:"60"`
	For    time.Duration `help:"How long it turns alone, 2s to 1m." default:"10s"`
	Filled bool          `help:"The loop is filled: you have seen water move. Without, a pump that has no flow meter turns for 5 s only."`
}

// Run is called by the parser.
func (c *deviceCommissionCommand) Run(p *process) error {
	args, err := app.RunArgs(c.Output, c.Duty, c.For, c.Filled)
	if c.Sweep {
		args, err = app.SweepArgs(c.Output, c.Filled)
	}
	if err != nil {
		return err
	}
	return c.try(p, app.CommandCommission, args, longestCommission, nil)
}

type deviceAbortCommand struct{ askFlags }

// Run is called by the parser.
func (a *deviceAbortCommand) Run(p *process) error {
	return a.twins(p, a.ID, func(id coolant.DeviceID, to app.DeviceTwins) error {
		command, err := a.ask(p, id, to, app.CommandAbort, nil)
		if err != nil {
			return err
		}
		return a.done(p, id, command, "what it tried is over; everything goes on as before")
	})
}

// assign makes a change of what is desired of a device the next version, and says so.
func (a askFlags) assign(p *process, id coolant.DeviceID, to app.DeviceTwins, note string, change func(json.RawMessage) (json.RawMessage, error)) error {
	now, err := to.Twin(p.ctx, id)
	if err != nil {
		return err
	}
	body, err := soundBody(p, to, now)
	if err == nil {
		body, err = change(body)
	}
	if err != nil {
		return err
	}
	tw, err := to.EditTwin(p.ctx, id, now.Desired.Version, body, coolant.Edit{By: editor, Note: note})
	if err != nil {
		return err
	}
	return settle(p, to, a.deviceFlags, tw, a.Patience)
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
