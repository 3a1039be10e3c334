package control

import (
	"cmp"

	"coolant"
)

// tuneBelow is how far below critical a setpoint of the water has to be: experiments end 5 K below, and the water swings.
const tuneBelow = 6.0 // K

// Autotune begins to look for the gains of an output's PI. It is refused as [Regulator.Commission] is, and where the output is a
// switch, follows another one, or shares its work with one that is overridden; where nobody says a setpoint, and where there is nothing to
// choose between least and full cooling. Errors have the same codes.
func (r *Regulator) Autotune(ask AutotuneAsk) error {
	i, err := r.mayTry(ask.Output)
	if err != nil {
		return err
	}
	cfg, err := r.relay(i, ask)
	if err != nil {
		return err
	}
	return r.begin(experiment{report: Experiment{Kind: Autotune, Output: ask.Output}, output: i, tune: NewTune(cfg)})
}

// relay is the experiment with an output. The error says why there can be none.
func (r *Regulator) relay(i int, ask AutotuneAsk) (TuneConfig, error) {
	o := &r.cfg.Outputs[i]
	cfg := TuneConfig{Time: cmp.Or(ask.Time, DefaultTune)}
	switch {
	case cfg.Time < MinTune || cfg.Time > MaxTune:
		return cfg, coolant.Errorf(coolant.CodeInvalid, "autotune: %v is not within %v to %v", cfg.Time, MinTune, MaxTune)
	case o.Kind == Switch:
		return cfg, cannotTry("a switch has one speed; there is nothing to tune")
	case o.Auto.Follow != "":
		return cfg, cannotTry("%s: it follows; tune its leader %s", o.Name, o.Auto.Follow)
	}
	for k := range r.cfg.Outputs {
		if r.leader(k) == i && r.overridden(k) {
			return cfg, cannotTry("%s: it is overridden; end that first", r.cfg.Outputs[k].Name)
		}
	}
	switch {
	case ask.Setpoint != nil:
		cfg.Setpoint = *ask.Setpoint
	case o.Auto.PI == nil:
		return cfg, cannotTry("%s: its curve has no setpoint; say the one that it is to be tuned for", o.Name)
	default:
		cfg.Setpoint = o.Auto.PI.Setpoint
	}
	cfg.Least, cfg.Full = r.bounds(i)
	switch {
	case !(cfg.Setpoint >= -20 && cfg.Setpoint < 60):
		return cfg, coolant.Errorf(coolant.CodeInvalid, "autotune: setpoint %v is not within -20 to below 60", cfg.Setpoint)
	case o.Auto.Input == coolant.Water && o.Auto.Minus == "" && cfg.Setpoint > r.cfg.Critical-tuneBelow:
		return cfg, cannotTry("the setpoint has to be at least 6 K below critical")
	case cfg.Full-cfg.Least < tuneApart:
		return cfg, cannotTry("%s: its least and its greatest duty are too near to each other", o.Name)
	}
	return cfg, nil
}

// bounds are least and full cooling of an output. Least is where nobody rests: the step from rest to the least speed is larger than any other, and
// what it does to the loop is not what the PI does between. Of shared work it is the demand at which the last one who may rest has begun.
func (r *Regulator) bounds(i int) (least, full float64) {
	o := &r.cfg.Outputs[i]
	if !o.Auto.shares() {
		return o.above(max(o.Min, o.Stop)), o.Max
	}
	for k := range r.cfg.Outputs {
		if p := &r.cfg.Outputs[k]; r.leader(k) == i && p.Start > 0 {
			least = max(least, p.Auto.Range.From, 1) // at a demand of 0 it rests, whatever its range
		}
	}
	return least, 100
}

// above is the duty that is done where one within a skipped band is asked for.
func (o *OutputConfig) above(duty float64) float64 {
	for _, b := range o.Skip {
		if duty > b.From && duty < b.To {
			return b.To
		}
	}
	return duty
}
