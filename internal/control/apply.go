package control

import (
	"reflect"
	"slices"
)

// Apply takes another configuration while the regulator runs. Latched faults, the watches for
// stalls and the duty in effect of outputs with the same name stay; laws start from the duty
// in effect, without a jump. One that differs in overrides only disturbs nothing else, but for an
// experiment, which any change of an output ends. Errors
// are those of [RegulatorConfig.Check], and then nothing changes.
func (r *Regulator) Apply(cfg RegulatorConfig) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	cfg = cfg.clone()
	r.endStalls(&cfg)
	if !reflect.DeepEqual(r.cfg.Outputs, cfg.Outputs) {
		r.experiment.end(ExperimentAborted, "the settings of an output were changed")
	}
	outputs, drives := make([]output, len(cfg.Outputs)), make([]Drive, len(cfg.Outputs))
	for i := range cfg.Outputs {
		is := &cfg.Outputs[i]
		j := r.cfg.named(is.Name)
		if j < 0 || r.cfg.Outputs[j].Role != is.Role {
			outputs[i], drives[i] = begin(is)
		} else {
			outputs[i], drives[i] = r.outputs[j], r.drives[j]
			outputs[i].goOn(&r.cfg.Outputs[j], is, drives[i].Duty)
		}
		outputs[i].bind(is)
	}
	r.cfg, r.outputs, r.drives = cfg, outputs, drives
	r.probes.apply(cfg.Probes)
	for i := range cfg.Outputs {
		r.drives[i].Supervised = r.supervised(&r.cfg.Outputs[i])
	}
	return nil
}

// clone is a copy that shares nothing that its owner could change.
func (c RegulatorConfig) clone() RegulatorConfig {
	c.Probes = slices.Clone(c.Probes)
	c.Outputs = slices.Clone(c.Outputs)
	for i := range c.Outputs {
		o := &c.Outputs[i]
		o.Skip = slices.Clone(o.Skip)
		if o.Auto.Curve != nil {
			curve := *o.Auto.Curve
			curve.Points = slices.Clone(curve.Points)
			o.Auto.Curve = &curve
		}
		if o.Auto.PI != nil {
			pi := *o.Auto.PI
			o.Auto.PI = &pi
		}
		if o.Override != nil {
			override := *o.Override
			o.Override = &override
		}
	}
	return c
}

func (c *RegulatorConfig) named(name string) int {
	return slices.IndexFunc(c.Outputs, func(o OutputConfig) bool { return o.Name == name })
}

// begin is what an output does before anything is known.
func begin(o *OutputConfig) (output, Drive) {
	duty := 0.0
	switch {
	case o.moves() && o.Kind == Switch:
		duty = 100
	case o.moves():
		duty = o.Failsafe
	}
	d := Drive{Duty: duty, By: ByBoot}
	if o.Role == Chiller {
		d.By = ByInterlock
	}
	return output{motor: newMotor(duty)}, d
}

// goOn keeps what still holds of an output that goes on under another configuration.
func (out *output) goOn(was, is *OutputConfig, duty float64) {
	// A curve's state is the temperature that it holds, which is as true for another curve; a
	// PI's belongs to its parameters.
	if was.Auto.Input != is.Auto.Input || was.Auto.Minus != is.Auto.Minus {
		out.curve, out.pi = nil, nil
	}
	if was.Auto.PI == nil || is.Auto.PI == nil || !was.Auto.PI.same(is.Auto.PI) {
		out.pi = nil
	}
	if was.Kind != is.Kind {
		cycles := out.motor.cycles
		out.motor = newMotor(duty)
		out.motor.cycles = cycles
	}
	out.motor.band = -1 // the bands may be others
	if was.Tacho != is.Tacho {
		out.stall = stall{}
	}
	if (was.Override == nil) != (is.Override == nil) || was.Override != nil && *was.Override != *is.Override {
		out.cancelled = false
	}
}

// same says that the parameters that shape the law are equal; the bounds are the output's.
func (cfg *PIConfig) same(b *PIConfig) bool {
	return cfg.Setpoint == b.Setpoint && cfg.Kp == b.Kp && cfg.Ti == b.Ti && cfg.Deadband == b.Deadband && cfg.FeedForward == b.FeedForward
}

// bind gives the output its law, which was checked already. A law that goes on keeps its state.
func (out *output) bind(o *OutputConfig) {
	out.stalled = FaultStall(o.Name)
	curve, pi := out.curve, out.pi
	out.curve, out.pi = nil, nil
	switch {
	case o.Auto.Curve != nil:
		out.curve, _ = NewCurve(o.curve())
		if curve != nil {
			cfg := out.curve.cfg
			*out.curve = *curve
			out.curve.cfg = cfg
		}
	case o.Auto.PI != nil:
		out.pi, _ = NewPI(o.pi())
		if pi != nil {
			cfg := out.pi.cfg
			*out.pi = *pi
			out.pi.cfg = cfg
		}
	}
}

// endStalls: a stall of an output that is not supervised any more is over; it stays latched.
func (r *Regulator) endStalls(next *RegulatorConfig) {
	for i := range r.cfg.Outputs {
		name := r.cfg.Outputs[i].Name
		if j := next.named(name); j < 0 || !next.Outputs[j].Tacho {
			r.faults.set(FaultStall(name), false, false)
		}
	}
}
