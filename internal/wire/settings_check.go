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
	// Busy from 0 W on is "not watched", and sets no bound.
	watched := s.BusyW == nil || *s.BusyW > 0
	if s.Standby != nil && watched && above(s.Standby.IdleW, s.BusyW) {
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
		s.checkShare(in, o)
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
	if o.Auto == nil || o.Auto.Follow != nil {
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

// checkShare checks what an output has to do with a shared demand, as far as the settings say what
// the outputs are; the board may have some that they do not name.
func (s *Settings) checkShare(n *node, o *OutputSetting) {
	if o.Auto == nil {
		return
	}
	member, part := "auto.pi", (*Pair)(nil)
	switch {
	case o.Auto.Follow != nil:
		member, part = "auto.follow", &o.Auto.Follow.Range
		s.checkLeader(n, o.Auto.Follow.Output)
	case o.Auto.PI != nil:
		part = o.Auto.PI.Range
	}
	switch {
	case part == nil:
	case o.Role != nil && *o.Role != RolePump && *o.Role != RoleFan || o.Kind != nil && *o.Kind == KindSwitch:
		n.fail(coolant.RejectedField, member, "pumps and fans share work, but no switches")
	case part[0] >= part[1]:
		n.fail(coolant.RejectedField, member+".range", "it ends where it begins, or before")
	}
}

// checkLeader checks the output that another one follows.
func (s *Settings) checkLeader(n *node, name string) {
	i := slices.IndexFunc(s.Outputs, func(o *OutputSetting) bool { return o.Name == name })
	if i < 0 {
		return
	}
	switch leader := s.Outputs[i]; {
	case leader.Kind != nil && *leader.Kind == KindGivenUp:
		n.fail(coolant.RejectedField, "auto.follow.output", "that output is given up")
	case leader.Auto != nil && (leader.Auto.PI == nil || leader.Auto.PI.Range == nil):
		n.fail(coolant.RejectedField, "auto.follow.output", "that output has no pi with a range, of which a part could be done")
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
