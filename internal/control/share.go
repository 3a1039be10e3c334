package control

// Part is what an output asks for of a demand, both in percent: its duty rises over its range from
// the least to the most that it may get. Its Auto must have a Range. One that may rest asks for nothing below its range, and where
// there is no demand at all; it begins at its stop point, so that it rests no sooner than its share of the work is over.
func (o *OutputConfig) Part(demand float64) float64 {
	from, to := o.Auto.Range.From, o.Auto.Range.To
	if o.Start > 0 && (demand < from || demand <= 0) {
		return 0
	}
	low := o.low()
	return low + (o.Max-low)*min(max((demand-from)/(to-from), 0), 1)
}

// Demand is the least demand at which the output asks for no less than a duty, or for the most that it
// asks for; both in percent. Its Auto must have a Range.
func (o *OutputConfig) Demand(duty float64) float64 {
	low, from, to := o.low(), o.Auto.Range.From, o.Auto.Range.To
	duty = min(duty, o.Max)
	switch {
	case duty > low:
		return from + (to-from)*(duty-low)/(o.Max-low)
	case o.Start > 0 && duty > 0:
		return from
	}
	return 0
}

// low is the duty at the begin of the output's range.
func (o *OutputConfig) low() float64 {
	if o.Start > 0 {
		return min(o.Stop, o.Max)
	}
	return o.Min
}

// shares says whether the automatic part of an output asks for its part of a demand, its own or another's.
func (a *AutoConfig) shares() bool { return a.Range != nil }

// lead finds out which output sets the demand of each, and lets followers look at what their leaders look at, so that
// they lose it together. The configuration has been checked.
func (c *RegulatorConfig) lead() {
	for i := range c.Outputs {
		a := &c.Outputs[i].Auto
		if a.Follow != "" {
			leader := &c.Outputs[c.named(a.Follow)].Auto
			a.Input, a.Minus = leader.Input, leader.Minus
		}
	}
}

// leader is the output that sets the demand of output i, which may be itself; -1: i does not share.
func (r *Regulator) leader(i int) int {
	switch a := &r.cfg.Outputs[i].Auto; {
	case !a.shares():
		return -1
	case a.Follow != "":
		return r.cfg.named(a.Follow)
	}
	return i
}

// inEffect is the duty that output i has, before the spin-up pulse and skipped bands.
func (r *Regulator) inEffect(i int) float64 {
	out := &r.outputs[i]
	if out.motor.slew.started && r.cfg.Outputs[i].Kind != Switch {
		return out.motor.slew.duty
	}
	return r.drives[i].Duty
}

// takeOver is from where the PI of output i starts: the duty in effect, or the least demand at which
// nobody who shares it asks for less than it has.
func (r *Regulator) takeOver(i int) float64 {
	if !r.cfg.Outputs[i].Auto.shares() {
		return r.inEffect(i)
	}
	demand := 0.0
	for k := range r.cfg.Outputs {
		if r.leader(k) == i {
			demand = max(demand, r.cfg.Outputs[k].Demand(r.inEffect(k)))
		}
	}
	return demand
}

// share gives everyone who shares a demand its part. A lost input is everyone's own failsafe.
func (r *Regulator) share() {
	for i := range r.cfg.Outputs {
		leader := r.leader(i)
		if leader < 0 {
			continue
		}
		o, demand := &r.cfg.Outputs[i], r.outputs[leader].demand
		if demand.Failsafe {
			r.outputs[i].law = Output{Duty: o.Failsafe, Failsafe: true}
		} else {
			r.outputs[i].law = Output{Duty: o.Part(demand.Duty)}
		}
	}
}
