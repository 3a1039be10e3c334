package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"coolant"
	"coolant/internal/app"
)

// likelyOffset is as far as a healthy DS18B20 can be from the mean of several: each is within 0.5 K (its datasheet, -10 to
// +85 C).
const likelyOffset = 1.0

type deviceZeroCommand struct {
	askFlags
	Roles []string      `arg:"" name:"role" help:"Probes that stand in the same water now, by their roles: water inlet outlet .."`
	For   time.Duration `help:"How long to average them, 5s to 5m." default:"30s"`
	Apply bool          `help:"Take the offsets over: they become part of what is desired."`
}

// Run is called by the parser.
func (z *deviceZeroCommand) Run(p *process) error {
	args, err := app.ZeroArgs(z.Roles, z.For)
	if err != nil {
		return err
	}
	return z.twins(p, z.ID, func(id coolant.DeviceID, to app.DeviceTwins) error {
		roms, err := app.ProbesByRole(p.ctx, to, id)
		if err != nil {
			return err
		}
		// Before anybody waits for what cannot be found or kept. A device that says nothing of its probes may know them.
		if err := missingProbes(id, z.Roles, roms); (z.Apply || len(roms) > 0) && err != nil {
			return err
		}
		command, err := z.ask(p, id, to, app.CommandZero, args)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(p.stderr, "%s averages them for %v\n", id, z.For); err != nil {
			return err
		}
		offsets, err := app.FollowZero(p.ctx, to, id, command, z.For)
		if err != nil {
			return err
		}
		if err := z.answer(p, id, offsets); err != nil {
			return err
		}
		for _, role := range slices.Sorted(maps.Keys(offsets)) {
			if math.Abs(offsets[role]) > likelyOffset {
				fmt.Fprintf(p.stderr, "%s is %.1f K off, more than two good probes can differ: do all of them stand in the same water, without any heat?\n", role, math.Abs(offsets[role]))
			}
		}
		if !z.Apply {
			return nil
		}
		return z.assign(p, id, to, "offsets found by zeroing", func(body json.RawMessage) (json.RawMessage, error) {
			return withOffsets(body, roms, offsets)
		})
	})
}

// missingProbes says which roles no probe fills by itself; those of a device that takes over the role of
// another have a ROM id as well.
func missingProbes(id coolant.DeviceID, roles []string, roms map[string]string) error {
	for _, role := range roles {
		if roms[role] == "" {
			known := "no role at all"
			if len(roms) > 0 {
				known = strings.Join(slices.Sorted(maps.Keys(roms)), ", ")
			}
			return coolant.Errorf(coolant.CodeInvalid, "%s: no probe of %s fills that role; its probes fill %s", role, id, known)
		}
	}
	return nil
}

func (z *deviceZeroCommand) answer(p *process, id coolant.DeviceID, offsets map[string]float64) error {
	if z.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]any{"id": id, "offsets": offsets})
	}
	for _, role := range slices.Sorted(maps.Keys(offsets)) {
		if _, err := fmt.Fprintf(p.stdout, "%-10s %+.2f K\n", role, offsets[role]); err != nil {
			return err
		}
	}
	return nil
}

// withOffsets gives the probes that fill roles now these roles and their offsets. Probes that nothing
// was desired of are named too: as soon as one has its role by what is desired, all have.
func withOffsets(body json.RawMessage, roms map[string]string, offsets map[string]float64) (json.RawMessage, error) {
	var values []string
	listed, _ := lookup(body, "probes")
	list, _ := listed.([]any)
	for i, e := range slices.Backward(list) {
		// Whose role another one took over meanwhile has none any more.
		probe, _ := e.(map[string]any)
		role, _ := probe["role"].(string)
		if _, zeroed := offsets[role]; zeroed && probe["rom"] != roms[role] {
			values = append(values, fmt.Sprintf("probes.%d=", i))
		}
	}
	for _, role := range slices.Sorted(maps.Keys(roms)) {
		path := "probes." + roms[role] + "."
		offset, zeroed := offsets[role]
		if zeroed || len(list) == 0 {
			values = append(values, path+"role="+role)
		}
		if zeroed {
			values = append(values, path+"offset_k="+number(offset))
		}
	}
	return assign(body, values)
}
