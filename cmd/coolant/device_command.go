package main

import (
	"encoding/json"
	"fmt"
	"time"

	"coolant"
	"coolant/internal/app"
)

// askFlags are common to what asks a device to do something at once.
type askFlags struct {
	deviceFlags
	ID       string        `arg:"" name:"id" help:"Device id."`
	Patience time.Duration `help:"How long to ask a device that does not answer; at most 1m for what it is to try, and for clearing a fault." default:"15s"`
}

// ask sends a command and returns its id once the device has taken it. An error says
// why the device does not do it.
func (a askFlags) ask(p *process, id coolant.DeviceID, to app.DeviceTwins, name string, args json.RawMessage) (string, error) {
	if a.Patience < time.Second || a.Patience > 24*time.Hour {
		return "", coolant.Errorf(coolant.CodeInvalid, "--patience: 1s to 24h are expected, not %v", a.Patience)
	}
	reply, err := to.Command(p.ctx, id, name, args, a.Patience)
	if err != nil {
		return "", err
	}
	if !reply.OK {
		return reply.ID, coolant.Errorf(coolant.CodeConflict, "%s does not do it: %s", id, reply.Error)
	}
	return reply.ID, nil
}

// done answers that a device took a command.
func (a askFlags) done(p *process, id coolant.DeviceID, command, text string) error {
	if a.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]any{"id": id, "ok": true, "command": command})
	}
	_, err := fmt.Fprintf(p.stdout, "%s: %s\n", id, text)
	return err
}

type deviceCommandCommand struct {
	askFlags
	Name string `arg:"" name:"command" help:"identify, restart, watch, or another command that the device lists among its capabilities."`
	Args string `help:"Its arguments, a JSON object." placeholder:"JSON"`
}

// Run is called by the parser.
func (c *deviceCommandCommand) Run(p *process) error {
	var args json.RawMessage
	if c.Args != "" {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(c.Args), &object); err != nil || object == nil {
			return coolant.Errorf(coolant.CodeInvalid, `--args: a JSON object is expected, such as '{"fault":"leak"}'`)
		}
		args = json.RawMessage(c.Args)
	}
	return c.twins(p, c.ID, func(id coolant.DeviceID, to app.DeviceTwins) error {
		command, err := c.ask(p, id, to, c.Name, args)
		if err != nil {
			return err
		}
		return c.done(p, id, command, c.Name+" is taken")
	})
}

type deviceClearCommand struct {
	askFlags
	Fault      string `arg:"" name:"fault" help:"Name of the fault, such as leak or pump_stall; coolant device watch shows it."`
	Occurrence uint32 `help:"Which one, so that a later one is not cleared unseen (default: whichever there is)." placeholder:"N"`
}

// Run is called by the parser.
func (c *deviceClearCommand) Run(p *process) error {
	args := map[string]any{"fault": c.Fault}
	if c.Occurrence > 0 {
		args["occurrence"] = c.Occurrence
	}
	body, err := json.Marshal(args)
	if err != nil {
		return err
	}
	return c.twins(p, c.ID, func(id coolant.DeviceID, to app.DeviceTwins) error {
		command, err := c.ask(p, id, to, app.CommandClearFault, body)
		if err != nil {
			return err
		}
		return c.done(p, id, command, c.Fault+" is cleared")
	})
}
