package main

import (
	"fmt"

	"coolant"
	"coolant/internal/app"
)

// emqxFlags name a broker at which devices are registered too.
type emqxFlags struct {
	EMQXAPI string `name:"emqx-api" help:"Do the same at this EMQX 5, by its management API. The key is taken from COOLANT_EMQX_API_KEY and COOLANT_EMQX_API_SECRET (or _FILE)." placeholder:"URL"`
}

// open returns nil where no EMQX is named.
func (f emqxFlags) open(p *process, d dataFlags) (*app.EMQX, error) {
	if f.EMQXAPI == "" {
		return nil, nil
	}
	c, err := d.load(p, nil)
	if err != nil {
		return nil, err
	}
	return app.OpenEMQX(f.EMQXAPI, p.env, c)
}

// warn says on standard error what lets devices get around the rules that were set.
func (f emqxFlags) warn(p *process, there *app.EMQX) {
	if there == nil {
		return
	}
	if loophole := there.Loophole(p.ctx); loophole != "" {
		fmt.Fprintf(p.stderr, "Warning: %s.\n", loophole)
	}
}

// again is the command that repeats what failed at EMQX.
func (f emqxFlags) again(command string, id coolant.DeviceID, d dataFlags) string {
	return fmt.Sprintf("%s device %s %s --emqx-api %s%s", program(), command, id, f.EMQXAPI, d.dataFlag())
}
