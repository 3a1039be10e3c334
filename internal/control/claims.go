package control

import (
	"time"

	"coolant"
)

// Claim is who decides an output. Its words are those of `reported`.
type Claim string

// The claims, strongest first, and the states in which there is none yet.
const (
	ByBoot          Claim = "boot" // nothing is known yet; failsafe
	ByLeak          Claim = "leak"
	ByInterlock     Claim = "chiller_interlock"
	ByOverTemp      Claim = "over_temperature"
	ByFailsafe      Claim = "input_failsafe"
	ByStall         Claim = "stall"
	ByNoTransfer    Claim = "no_heat_transfer"
	ByAutotune      Claim = "autotune"
	ByCommissioning Claim = "commissioning" // it is tried, or rests while another one is
	ByOverride      Claim = "override"
	ByStandby       Claim = "standby" // the automatic part rests
	ByAuto          Claim = "auto"
)

// atFull says that a claim drives everything at full speed; the automatic part then takes over
// from there, not from where it would have been.
func (c Claim) atFull() bool { return c == ByOverTemp || c == ByStall || c == ByNoTransfer }

// scene is what concerns all outputs in a step.
type scene struct {
	in       *Senses
	stalled  bool // something that should turn or flow does not
	chilling bool // a chiller is wanted, so fans do not rest
	critical bool // a critical fault is active
}

// decision is who decides an output, and what it asks for.
type decision struct {
	by  Claim
	ask ask
}

// inputState is how the input of an automatic part is, better first.
type inputState uint8

const (
	inputKnown inputState = iota
	inputNotYet
	inputLost
)

func (p *probe) state() inputState {
	switch {
	case p == nil || p.lost:
		return inputLost
	case !p.seen:
		return inputNotYet
	}
	return inputKnown
}

// input is what the law of output i looks at; the value is set where it is known.
func (r *Regulator) input(i int) (value float64, state inputState) {
	a := &r.cfg.Outputs[i].Auto
	p := r.probes.role(a.Input)
	state = p.state()
	var minus *probe
	if a.Minus != "" {
		minus = r.probes.role(a.Minus)
		state = max(state, minus.state())
	}
	if state != inputKnown {
		return 0, state
	}
	value = p.value
	if minus != nil {
		value -= minus.value
	}
	return value, inputKnown
}

func (a *AutoConfig) seesWater() bool {
	return waterRole(a.Input) || a.Minus != "" && waterRole(a.Minus)
}

// watched says whether a frozen probe would be noticed: by another one that moves. With one
// probe the least duties have to hold the load by themselves, so nothing rests.
func (r *Regulator) watched() bool {
	usable := 0
	for _, p := range r.probes.list {
		if p.water && p.usable() {
			usable++
		}
	}
	return usable >= 2
}

func safety(by Claim, duty float64) decision {
	return decision{by, ask{duty: duty, urgent: true}}
}

func offAtOnce(by Claim) decision { return decision{by, ask{atOnce: true}} }

// claim decides output i.
func (r *Regulator) claim(s *scene, i int) decision {
	o := &r.cfg.Outputs[i]
	switch o.Role {
	case Buzzer:
		return r.claimBuzzer(s, i)
	case Chiller:
		switch {
		case r.hazards.leak:
			return offAtOnce(ByLeak)
		case !r.outputs[i].mayChill:
			return offAtOnce(ByInterlock)
		}
		return r.ordinary(s, i)
	case Pump, Fan:
	}
	return r.claimMover(s, i)
}

func (r *Regulator) claimMover(s *scene, i int) decision {
	o := &r.cfg.Outputs[i]
	switch {
	case r.hazards.leak && o.Role == Pump:
		return offAtOnce(ByLeak)
	case r.hazards.leak:
		return safety(ByLeak, 100)
	case r.hazards.overTemp:
		return safety(ByOverTemp, 100)
	}
	switch _, state := r.input(i); state {
	case inputLost:
		return safety(ByFailsafe, o.Failsafe)
	case inputNotYet:
		return safety(ByBoot, o.Failsafe)
	case inputKnown:
	}
	switch {
	case r.hazards.disagree.on && o.Auto.seesWater():
		// One of the probes is right. If it is the one that the law looks at, its duty must
		// not be less than without the contradiction.
		return safety(ByFailsafe, max(o.Failsafe, r.outputs[i].law.Duty))
	case s.stalled:
		return r.claimStalled(i)
	case r.hazards.noTransfer:
		return safety(ByNoTransfer, 100)
	case r.experiment.holds(r, i):
		return r.experiment.claim(r, i)
	}
	return r.ordinary(s, i)
}

// claimStalled: a pump that stands still gets full duty, since its tachometer may be what
// broke, and now and then a jerk.
func (r *Regulator) claimStalled(i int) decision {
	o := &r.cfg.Outputs[i]
	if o.Role == Pump && o.Kind != Switch && r.outputs[i].stall.jerk() {
		return decision{ByStall, ask{duty: o.Min, urgent: true, atOnce: true}}
	}
	return safety(ByStall, 100)
}

// ordinary is the override or the automatic part, which everything stronger has let pass.
func (r *Regulator) ordinary(s *scene, i int) decision {
	o, out := &r.cfg.Outputs[i], &r.outputs[i]
	if out.overridden(o, s.in.clock()) {
		return decision{ByOverride, ask{duty: o.Override.Duty}}
	}
	least := max(o.Min, o.Start)
	switch {
	case r.standby.resting && r.standby.pulse && o.Role != Chiller:
		return decision{ByStandby, ask{duty: max(least, antiSeizeDuty)}}
	case r.standby.resting:
		return decision{ByStandby, ask{}}
	case o.Role == Fan && s.chilling:
		return decision{ByAuto, ask{duty: max(out.law.Duty, least)}}
	case o.Role == Fan && !r.watched():
		return decision{ByAuto, ask{duty: max(out.law.Duty, o.Min)}}
	}
	return decision{ByAuto, ask{duty: out.law.Duty, rests: true}}
}

func (r *Regulator) claimBuzzer(s *scene, i int) decision {
	o := &r.cfg.Outputs[i]
	a := ask{urgent: true, atOnce: true}
	switch {
	case r.outputs[i].overridden(o, s.in.clock()):
		return decision{ByOverride, ask{duty: o.Override.Duty}}
	case s.critical:
		a.duty = 100
	}
	return decision{ByAuto, a}
}

// overridden says whether the output's override holds. One that ends too far ahead is
// cancelled, so that it does not begin by itself later; over-temperature cancels as well.
func (out *output) overridden(o *OutputConfig, c clock) bool {
	if o.Override == nil || !c.valid {
		return false
	}
	if o.tooFar(c.now) {
		out.cancelled = true
	}
	return !out.cancelled && c.now < o.Override.Until
}

// tooFar is written so that nothing can overflow: a clock may say anything.
func (o *OutputConfig) tooFar(now coolant.UnixMilli) bool {
	most := MaxOverride
	if o.Role == Pump && o.Override.Duty <= 0 {
		most = MaxPumpOff
	}
	limit := coolant.UnixMilli((most + clockSlack) / time.Millisecond)
	return o.Override.Until > limit && o.Override.Until-limit > now
}

// CheckOverrides says whether the overrides can be taken over at a time by the device's clock:
// each has ended, or ends within its limit. The error has the code [coolant.CodeInvalid].
func (c *RegulatorConfig) CheckOverrides(now coolant.UnixMilli) error {
	for i := range c.Outputs {
		o := &c.Outputs[i]
		if o.Override == nil || !o.tooFar(now) {
			continue
		}
		limit := "24 h ahead"
		if o.Role == Pump && o.Override.Duty <= 0 {
			limit = "30 min ahead, the most for a pump that is off"
		}
		return coolant.Errorf(coolant.CodeInvalid, "outputs.%s.override.until: %d is more than %s; the clock says %d", o.Name, o.Override.Until, limit, now)
	}
	return nil
}
