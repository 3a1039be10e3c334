package wire

import (
	"strings"

	"coolant"
)

// DecodeSettings reads a desired state as a device does: with a type and a range
// for each member, unknown members ignored. How members go together is for
// [Settings.Check]. The error is a [*Problem].
func DecodeSettings(p []byte) (*Settings, error) {
	if len(p) > MaxDesired {
		return nil, tooLarge(len(p), MaxDesired)
	}
	o := parseObject(p)
	s := &Settings{Epoch: o.word("epoch", maxWord)}
	if o.need("version") {
		s.Version = uint64(o.integer("version", 1))
	}
	n := &node{members: o.members, mistake: &o.problem}
	s.IntervalMS = n.integer("interval_ms", 1000, 3600000)
	s.CriticalC = n.below("critical_c", 30, 60)
	s.DewMarginK = n.number("dew_margin_k", 2, 20)
	if standby := n.object("standby"); standby != nil {
		s.Standby = &StandbySetting{Enabled: standby.flag("enabled"), IdleW: standby.number("idle_w", 0, 1000)}
	}
	s.BusyW = n.number("busy_w", 0, 1000)
	s.Probes = list(n, "probes", MaxProbes, readProbe)
	s.Outputs = list(n, "outputs", MaxOutputs, readOutput)
	if err := o.err(); err != nil {
		return nil, err
	}
	return s, nil
}

func readProbe(n *node) (p ProbeSetting) {
	n.need("rom")
	rom, _ := n.text("rom")
	p.ROM = strings.ToLower(rom)
	if _, ok := parseBoot([]byte(rom)); (!ok || len(rom) != 16) && n.there("rom") {
		n.fail(coolant.RejectedField, "rom", "16 hexadecimal digits that are not all 0 are expected")
	}
	n.need("role")
	p.Role = n.role("role")
	p.OffsetK = n.number("offset_k", -5, 5)
	return p
}

func readOutput(n *node) *OutputSetting {
	o := &OutputSetting{}
	n.need("name")
	o.Name = string(n.metric("name"))
	o.Role = n.choice("role", RolePump, RoleFan, RoleChiller, RoleBuzzer)
	o.Kind = n.choice("kind", KindPWM4, KindDCPWM, KindSwitch, KindGivenUp)
	if w := n.object("wiring"); w != nil {
		o.Wiring = readWiring(w, o.Kind)
	}
	o.MinDuty = n.number("min_duty", 0, 100)
	o.MaxDuty = n.number("max_duty", 0, 100)
	o.FailsafeDuty = n.number("failsafe_duty", 50, 100)
	o.StartDuty = n.number("start_duty", 0, 100)
	o.StopDuty = n.number("stop_duty", 0, 100)
	o.Skip = n.pairs("skip", MaxBands)
	for _, band := range o.Skip {
		if !within(band[0], 0, 100) || !within(band[1], 0, 100) {
			n.fail(coolant.RejectedRange, "skip", "duties are within 0 to 100")
		}
	}
	o.SpinUpMS = n.integer("spin_up_ms", 0, 5000)
	o.StallRPM = n.number("stall_rpm", 0, 10000)
	o.SlewUp = n.number("slew_up", 0, 100)
	o.SlewDown = n.number("slew_down", 0, 100)
	o.MinOnS = n.integer("min_on_s", 0, 3600)
	o.MinOffS = n.integer("min_off_s", 0, 3600)
	if law := n.object("auto"); law != nil {
		if o.Role != nil && *o.Role == RoleBuzzer {
			n.fail(coolant.RejectedField, "auto", "a buzzer has none")
		}
		o.Auto = readLaw(law)
	}
	if v := n.object("override"); v != nil {
		o.Override = &Override{Duty: v.required("duty", 0, 100)}
		v.need("until")
		o.Override.Until = coolant.UnixMilli(v.natural("until", 1))
	}
	return o
}

// readWiring reads the pins of an output. Without a kind the frequency may be that
// of any: the device knows which one it has.
func readWiring(n *node, kind *string) *WiringSetting {
	w := &WiringSetting{Pin: n.integer("pin", -1, 63), Inverted: n.flag("inverted"), TachoPulses: n.integer("tacho_pulses", 1, 12)}
	low, high := int64(0), int64(40000)
	if kind != nil {
		switch *kind {
		case KindPWM4:
			low, high = 21000, 28000
		case KindDCPWM:
			low, high = 100, 40000
		case KindSwitch:
			high = 0
		}
	}
	w.Hz = n.integer("hz", low, high)
	if string(n.members["tacho_pin"]) == "null" {
		none := int64(-1)
		w.TachoPin = &none
	} else {
		w.TachoPin = n.integer("tacho_pin", -1, 63)
	}
	return w
}

func readLaw(n *node) *LawSetting {
	curve, pi, follow := n.object("curve"), n.object("pi"), n.object("follow")
	count := 0
	for _, law := range []*node{curve, pi, follow} {
		if law != nil {
			count++
		}
	}
	if count != 1 {
		n.fail(coolant.RejectedField, "", "exactly one of curve, pi and follow is expected")
		return &LawSetting{}
	}
	if follow != nil {
		if n.there("input") {
			n.fail(coolant.RejectedField, "input", "one that follows has none; it looks at what its leader looks at")
		}
		return &LawSetting{Follow: readFollow(follow)}
	}
	n.need("input")
	l := &LawSetting{Input: n.input("input")}
	if curve != nil {
		l.Curve = readCurve(curve)
	} else {
		l.PI = readPI(pi)
	}
	return l
}

func readFollow(n *node) *FollowSetting {
	n.need("output")
	f := &FollowSetting{Output: string(n.metric("output"))}
	n.need("range")
	if part := readRange(n); part != nil {
		f.Range = *part
	}
	return f
}

// readRange reads the part of a demand; nil if it is missing.
func readRange(n *node) *Pair {
	if !n.there("range") {
		return nil
	}
	pair := n.pair("range", n.members["range"])
	if pair == nil {
		return nil
	}
	if !within(pair[0], 0, 100) || !within(pair[1], 0, 100) {
		n.fail(coolant.RejectedRange, "range", "demands are within 0 to 100")
	}
	return pair
}

func readCurve(n *node) *CurveSetting {
	n.need("points")
	c := &CurveSetting{Points: n.pairs("points", MaxPoints)}
	if len(c.Points) == 0 {
		n.fail(coolant.RejectedField, "points", "1 to %d points are expected", MaxPoints)
	}
	for _, point := range c.Points {
		if !within(point[1], 0, 100) {
			n.fail(coolant.RejectedRange, "points", "duties are within 0 to 100")
		}
	}
	c.HysteresisK = n.number("hysteresis_k", 0, 20)
	return c
}

func readPI(n *node) *PISetting {
	p := &PISetting{}
	n.need("setpoint")
	if v := n.below("setpoint", -20, 60); v != nil {
		p.Setpoint = *v
	}
	p.KP = n.required("kp", 0, 100)
	if p.KP <= 0 {
		n.fail(coolant.RejectedRange, "kp", "it must be above 0")
	}
	p.TiS = n.required("ti_s", 1, 36000)
	p.DeadbandK = n.number("deadband_k", 0, 2)
	p.FFDutyPerW = n.number("ff_duty_per_w", 0, 5)
	p.Range = readRange(n)
	return p
}

func within(v, low, high float64) bool { return v >= low && v <= high }
