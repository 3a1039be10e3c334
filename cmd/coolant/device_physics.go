package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"coolant"
	"coolant/internal/app"
)

type devicePhysicsCommand struct {
	deviceFlags
	ID string `arg:"" name:"id" help:"Device id."`
}

// Run is called by the parser.
func (c *devicePhysicsCommand) Run(p *process) error {
	return c.twins(p, c.ID, func(id coolant.DeviceID, to app.DeviceTwins) error {
		found, err := to.Physics(p.ctx, id)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(p.stdout).Encode(found)
		}
		return tellPhysics(p.stdout, found)
	})
}

// tellPhysics answers with each figure and its band, or why it is not known.
func tellPhysics(to io.Writer, f coolant.Physics) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	line := func(name, unit string, digits int, figure coolant.Figure) {
		fmt.Fprintf(w, "%s\t%s\n", name, figureText(figure, unit, digits, "minutes"))
	}
	line("outlet - inlet", "K", 2, f.Difference)
	line("heat", "W", 0, f.Heat)
	line("water - air", "K", 2, f.Rise)
	line("water to air", "K/W", 3, f.Resistance)
	fmt.Fprintf(w, "its trend\t%s\n", figureText(f.Trend.Change, "% in 30 days", 1, "days"))
	line("time constant", "s", 0, f.TimeConstant)
	if f.Dew != nil {
		line("dew point", "C", 1, f.Dew.Point)
	}
	if f.Heat.Value != nil && !f.Zeroed {
		fmt.Fprintln(w, "\nThe probes were never zeroed, which is most of the heat's band: coolant device zero")
	}
	return w.Flush()
}

// figureText tells a figure; history is the unit of the history that it takes.
func figureText(f coolant.Figure, unit string, digits int, history string) string {
	switch {
	case f.Value != nil && f.Error != nil:
		return fmt.Sprintf("%.*f ± %.*f %s", digits, *f.Value, digits, *f.Error, unit)
	case f.Value != nil:
		return fmt.Sprintf("%.*f %s", digits, *f.Value, unit)
	}
	return "not known: " + unknownText(f, history)
}

func unknownText(f coolant.Figure, history string) string {
	switch f.Unknown {
	case coolant.UnknownMissing:
		names := make([]string, len(f.Missing))
		for i, m := range f.Missing {
			names[i] = string(m)
		}
		return "it takes " + strings.Join(names, " and ")
	case coolant.UnknownSilent:
		return "there are no recent samples"
	case coolant.UnknownStill:
		return "the water does not move"
	case coolant.UnknownUncertain:
		return "the heat is not well above its own error"
	case coolant.UnknownLittleHeat:
		return "there is too little heat to divide by"
	case coolant.UnknownUnsettled:
		return "the water still follows a change"
	case coolant.UnknownCollecting:
		if f.Need == 1 {
			history = strings.TrimSuffix(history, "s")
		}
		return fmt.Sprintf("it takes %d %s of history, and there are %d", f.Need, history, f.Have)
	case coolant.UnknownSteady:
		return "the loop is too steady to show it"
	}
	return string(f.Unknown)
}
