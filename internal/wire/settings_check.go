package wire

import (
	"slices"
	"strconv"
	"strings"

	"coolant"
)

// Check says where s contradicts itself, as far as that can be seen without
// knowing the device: names and roles that repeat, bounds that are upside down,
// inputs that no probe has. The device also checks pins, and what it fills in. The
// error is a [*Problem] with the code RejectedField.
func (s *Settings) Check() error {
	n := &node{mistake: new(*Problem)}
	s.checkProbes(n)
	if s.Standby != nil && above(s.Standby.IdleW, s.BusyW) {
		n.fail(coolant.RejectedField, "standby.idle_w", "it is above busy_w")
	}
	names := map[string]bool{}
	for i, o := range s.Outputs {
		in := &node{path: "outputs[" + strconv.Itoa(i) + "].", mistake: n.mistake}
		if names[o.Name] {
			in.fail(coolant.RejectedField, "name", "another output has the same")
		}
		names[o.Name] = true
		o.check(in)
		s.checkInput(in, o)
	}
	if *n.mistake != nil {
		return *n.mistake
	}
	return nil
}

func (s *Settings) checkProbes(n *node) {
	if len(s.Probes) == 0 {
		return
	}
	roms, roles := map[string]bool{}, map[coolant.Metric]bool{}
	for i, p := range s.Probes {
		in := &node{path: "probes[" + strconv.Itoa(i) + "].", mistake: n.mistake}
		if roms[p.ROM] {
			in.fail(coolant.RejectedField, "rom", "another entry has the same")
		}
		if roles[p.Role] {
			in.fail(coolant.RejectedField, "role", "another probe has it")
		}
		roms[p.ROM], roles[p.Role] = true, true
	}
	if !roles[coolant.Water] {
		n.fail(coolant.RejectedField, "probes", "none has the role water, without which nothing can be regulated")
	}
}

// checkInput checks that a probe has the roles that an output looks at. Without
// probes in the settings the device names them itself.
func (s *Settings) checkInput(n *node, o *OutputSetting) {
	if o.Auto == nil {
		return
	}
	role, minus, difference := strings.Cut(o.Auto.Input, "-")
	if difference && role == minus {
		n.fail(coolant.RejectedField, "auto.input", "a difference is of the roles of two probes")
	}
	if len(s.Probes) == 0 {
		return
	}
	has := func(role string) bool {
		return slices.ContainsFunc(s.Probes, func(p ProbeSetting) bool { return string(p.Role) == role })
	}
	if !has(role) || difference && !has(minus) {
		n.fail(coolant.RejectedField, "auto.input", "no probe has that role")
	}
}

func (o *OutputSetting) check(n *node) {
	switch {
	case above(o.MinDuty, o.MaxDuty):
		n.fail(coolant.RejectedField, "min_duty", "it is above max_duty")
	case above(o.StopDuty, o.StartDuty):
		n.fail(coolant.RejectedField, "stop_duty", "it is above start_duty")
	}
	for i, band := range o.Skip {
		switch {
		case band[0] >= band[1]:
			n.fail(coolant.RejectedField, "skip", "band %d ends where it begins, or before", i+1)
		case i > 0 && band[0] <= o.Skip[i-1][1]:
			n.fail(coolant.RejectedField, "skip", "band %d is not above the one before it", i+1)
		}
	}
	if o.Auto == nil || o.Auto.Curve == nil {
		return
	}
	points := o.Auto.Curve.Points
	for i := 1; i < len(points); i++ {
		switch {
		case points[i][0] <= points[i-1][0]:
			n.fail(coolant.RejectedField, "auto.curve.points", "the temperature of point %d is not above the one before it", i+1)
		case points[i][1] < points[i-1][1]:
			n.fail(coolant.RejectedField, "auto.curve.points", "the duty of point %d is below the one before it; less cooling for hotter water is a mistake", i+1)
		}
	}
}

// above says whether both are there and a is above b.
func above(a, b *float64) bool { return a != nil && b != nil && *a > *b }
