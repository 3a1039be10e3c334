package control

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coolant"
)

// Check says whether a device can apply the configuration: ranges, names that repeat, laws
// without their role, bounds that contradict each other. An error has the code
// [coolant.CodeInvalid] and names the member as the contract does:
// "outputs.fan.min_duty: 120 is not within 0 to 100".
func (c *RegulatorConfig) Check() error {
	switch {
	case !(c.Critical >= 30 && c.Critical < 60):
		return wrong("critical_c", "%v is not within 30 to below 60 C, where pumps and soft tubing fail", c.Critical)
	case !within(c.DewMargin, 2, 20):
		return wrong("dew_margin_k", "%v is not within 2 to 20 K", c.DewMargin)
	case !within(c.BusyW, 0, 1000):
		return wrong("busy_w", "%v is not within 0 to 1000 W", c.BusyW)
	// Busy from 0 W on is "not watched", and then sets no bound.
	case !within(c.IdleW, 0, 1000) || c.BusyW > 0 && c.IdleW > c.BusyW:
		return wrong("standby.idle_w", "%v is not within 0 to 1000 W, or above busy_w", c.IdleW)
	}
	if err := c.checkProbes(); err != nil {
		return err
	}
	if len(c.Outputs) > MaxOutputs {
		return wrong("outputs", "%d of them; at most %d are expected", len(c.Outputs), MaxOutputs)
	}
	for i := range c.Outputs {
		if err := c.checkOutput(i); err != nil {
			return err
		}
	}
	return nil
}

func (c *RegulatorConfig) checkProbes() error {
	if len(c.Probes) > MaxProbes {
		return wrong("probes", "%d of them; at most %d are expected", len(c.Probes), MaxProbes)
	}
	water := len(c.Probes) == 0
	for i, p := range c.Probes {
		at := "probes[" + strconv.Itoa(i) + "]."
		switch {
		case p.ROM == 0:
			return wrong(at+"rom", "it is zero; a probe's id is expected")
		case !temperature(p.Role):
			return wrong(at+"role", "%q is not the name of a temperature, such as water", p.Role)
		case !within(p.Offset, -5, 5):
			return wrong(at+"offset_k", "%v is not within -5 to 5 K", p.Offset)
		case slices.ContainsFunc(c.Probes[:i], func(o ProbeConfig) bool { return o.ROM == p.ROM }):
			return wrong(at+"rom", "another entry has the same")
		case slices.ContainsFunc(c.Probes[:i], func(o ProbeConfig) bool { return o.Role == p.Role }):
			return wrong(at+"role", "another probe has %q", p.Role)
		}
		water = water || p.Role == coolant.Water
	}
	if !water {
		return wrong("probes", "none has the role water, without which nothing can be regulated")
	}
	return nil
}

func temperature(m coolant.Metric) bool { return coolant.ValidMetric(m) && m.Unit() == coolant.Celsius }

func (c *RegulatorConfig) checkOutput(i int) error {
	o := &c.Outputs[i]
	at := "outputs." + o.Name + "."
	same := func(p OutputConfig) bool { return p.Name == o.Name }
	switch {
	case !coolant.ValidMetric(o.Name + "_duty"):
		return wrong(at+"name", "%q: a letter a-z and then up to 26 of a-z, 0-9 and _ are expected", o.Name)
	case slices.ContainsFunc(c.Outputs[:i], same):
		return wrong(at+"name", "another output has %q", o.Name)
	case !slices.Contains([]Role{Pump, Fan, Chiller, Buzzer}, o.Role):
		return wrong(at+"role", "%q is not pump, fan, chiller or buzzer", o.Role)
	case !slices.Contains([]Kind{PWM4, DCPWM, Switch}, o.Kind):
		return wrong(at+"kind", "%q is not pwm4, dc_pwm or switch", o.Kind)
	}
	for _, check := range []func(*OutputConfig, string) error{checkRanges, checkSkip, c.checkAuto} {
		if err := check(o, at); err != nil {
			return err
		}
	}
	return nil
}

func checkRanges(o *OutputConfig, at string) error {
	for _, r := range []struct {
		member           string
		value, low, high float64
		expected         string
	}{
		{"min_duty", o.Min, 0, 100, "0 to 100"},
		{"max_duty", o.Max, o.Min, 100, "min_duty to 100"},
		{"failsafe_duty", o.Failsafe, 50, 100, "50 to 100"},
		{"start_duty", o.Start, 0, 100, "0 to 100"},
		{"stop_duty", o.Stop, 0, o.Start, "0 to start_duty"},
		{"spin_up_ms", float64(o.SpinUp.Milliseconds()), 0, 5000, "0 to 5000 ms"},
		{"stall_rpm", o.StallRPM, 0, 10000, "0 to 10000"},
		{"slew_up", o.SlewUp, 0, 100, "0 to 100 percent a second"},
		{"slew_down", o.SlewDown, 0, 100, "0 to 100 percent a second"},
		{"min_on_s", o.MinOn.Seconds(), 0, time.Hour.Seconds(), "0 to 3600 s"},
		{"min_off_s", o.MinOff.Seconds(), 0, time.Hour.Seconds(), "0 to 3600 s"},
	} {
		if !within(r.value, r.low, r.high) {
			return wrong(at+r.member, "%v is not within %s", r.value, r.expected)
		}
	}
	switch {
	case o.Override != nil && !within(o.Override.Duty, 0, 100):
		return wrong(at+"override.duty", "%v is not within 0 to 100", o.Override.Duty)
	case o.Max <= 0:
		return wrong(at+"max_duty", "0 would forbid it to run")
	case o.Role == Pump && o.Start > 0:
		return wrong(at+"start_duty", "a pump does not rest; 0 is expected")
	case o.Role == Pump && o.Min <= 0:
		return wrong(at+"min_duty", "a pump does not rest; the least duty at which it turns is expected")
	}
	return nil
}

func checkSkip(o *OutputConfig, at string) error {
	at += "skip"
	if len(o.Skip) > MaxBands {
		return wrong(at, "%d bands; at most %d are expected", len(o.Skip), MaxBands)
	}
	for k, b := range o.Skip {
		switch {
		case !within(b.From, 0, 100) || !within(b.To, 0, 100):
			return wrong(at, "the band %v to %v is not within 0 to 100", b.From, b.To)
		case !(b.From < b.To):
			return wrong(at, "%v is not below the end of its band", b.From)
		case k > 0 && !(b.From > o.Skip[k-1].To):
			return wrong(at, "%v is not above the band before it", b.From)
		case b.To > o.Max: // a band is left upward
			return wrong(at, "%v is above max_duty, which would have to be lowered to the band's start", b.To)
		}
	}
	return nil
}

func (c *RegulatorConfig) checkAuto(o *OutputConfig, at string) error {
	at += "auto"
	a := &o.Auto
	if o.Role == Buzzer {
		if a.Curve != nil || a.PI != nil || a.Follow != "" {
			return wrong(at, "a buzzer has none; it sounds while a critical fault is present")
		}
		return nil
	}
	switch {
	case a.Curve == nil && a.PI == nil && a.Follow == "":
		return wrong(at, "it is missing; pumps, fans and chillers have a curve or a pi, or follow an output")
	case a.Curve != nil && (a.PI != nil || a.Follow != "") || a.PI != nil && a.Follow != "":
		return wrong(at, "exactly one of curve, pi and follow is expected")
	case a.Follow != "":
		return c.checkFollow(o, at+".follow")
	case !c.hasRole(a.Input):
		return wrong(at+".input", "no probe has the role %q", a.Input)
	case a.Minus != "" && (!c.hasRole(a.Minus) || a.Minus == a.Input):
		return wrong(at+".input", "a difference is of the roles of two probes, not %q and %q", a.Input, a.Minus)
	}
	if a.Curve != nil {
		if a.shares() {
			return wrong(at, "a curve has no range; only a pi asks for a demand")
		}
		_, err := NewCurve(o.curve())
		return inside(at+".curve", "curve: ", err)
	}
	if a.shares() {
		if err := checkRange(o, at+".pi"); err != nil {
			return err
		}
	}
	_, err := NewPI(o.pi())
	return inside(at+".pi", "pi: ", err)
}

func (c *RegulatorConfig) checkFollow(o *OutputConfig, at string) error {
	switch leader := c.named(o.Auto.Follow); {
	case o.Auto.Input != "" || o.Auto.Minus != "":
		return wrong(at, "one that follows has no input; it looks at what its leader looks at")
	case leader < 0:
		return wrong(at+".output", "there is no output %q", o.Auto.Follow)
	case c.Outputs[leader].Auto.PI == nil || !c.Outputs[leader].Auto.shares(): // that is also the output itself, and one that follows
		return wrong(at+".output", "%q has no pi with a range, of which a part could be done", o.Auto.Follow)
	case !o.Auto.shares():
		return wrong(at+".range", "it is missing; the demands at which it begins, and at which it is at its max_duty, are expected")
	}
	return checkRange(o, at)
}

// checkRange: a switch knows no parts, and a chiller does work of another sort than pumps and fans.
func checkRange(o *OutputConfig, at string) error {
	switch r := o.Auto.Range; {
	case !o.moves() || o.Kind == Switch:
		return wrong(at, "pumps and fans share work, but no switches")
	case !within(r.From, 0, 100) || !within(r.To, 0, 100):
		return wrong(at+".range", "%v to %v is not within 0 to 100", r.From, r.To)
	case !(r.From < r.To):
		return wrong(at+".range", "%v is not below its end", r.From)
	}
	return nil
}

// hasRole: without probes in the configuration the roles are water, temp2, temp3, .. in the
// order in which they are found.
func (c *RegulatorConfig) hasRole(role coolant.Metric) bool {
	if slices.ContainsFunc(c.Probes, func(p ProbeConfig) bool { return p.Role == role }) {
		return true
	}
	n, numbered := strings.CutPrefix(string(role), "temp")
	return len(c.Probes) == 0 && (role == coolant.Water || numbered && len(n) == 1 && n[0] >= '2' && n[0] <= '0'+MaxProbes)
}

// inside puts the place of a law before what is wrong with it.
func inside(at, prefix string, err error) error {
	if err == nil {
		return nil
	}
	var e *coolant.Error
	text := err.Error()
	if errors.As(err, &e) {
		text = e.Error()
	}
	return wrong(at, "%s", strings.TrimPrefix(text, prefix))
}

func wrong(member, format string, args ...any) error {
	return coolant.Errorf(coolant.CodeInvalid, "%s: %s", member, fmt.Sprintf(format, args...))
}
