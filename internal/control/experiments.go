package control

import (
	"slices"
	"time"

	"coolant"
)

const (
	experimentBelow = 5.0  // K; so far below critical every experiment ends
	commissionBelow = 10.0 // K; and so far below it a commission has to begin
)

// experiment is the regulator's, with what it keeps of the last one.
type experiment struct {
	report  Experiment  // Kind "": there was none
	output  int         // the index of the one that is tried
	stepped bool        // the law has seen a step; the first one was not driven by it
	trial   *Commission // of a run and a sweep
	tune    *Tune       // of an autotune
}

// law is what the laws of experiments tell alike.
type law interface {
	State() ExperimentState
	Reason() string
	Phase() string
}

func (e *experiment) law() law {
	if e.tune != nil {
		return e.tune
	}
	return e.trial
}

// active says that it runs, or that a pump that ran dry rests.
func (e *experiment) active() bool {
	return e.report.State == ExperimentRunning || e.report.State == ExperimentResting
}

// alone says that all other pumps and fans rest for it.
func (e *experiment) alone() bool { return e.commissions() && e.trial.Alone() }

// commissions says that a run or a sweep is active, tunes that an autotune is.
func (e *experiment) commissions() bool { return e.active() && e.trial != nil }

func (e *experiment) tunes() bool { return e.active() && e.tune != nil }

// holds says whether it decides output i, unless something stronger does: it is the one that is
// tried, or rests for it, or shares its work.
func (e *experiment) holds(r *Regulator, i int) bool {
	if !e.active() || !r.cfg.Outputs[i].moves() {
		return false
	}
	return i == e.output || e.alone() || e.tunes() && r.leader(i) == e.output
}

// pauses says whether the law of output i waits meanwhile: what it saw would not be its doing. Where others go
// on by its demand it does not wait.
func (e *experiment) pauses(r *Regulator, i int) bool {
	for k := range r.cfg.Outputs {
		if r.leader(k) == i && !e.holds(r, k) {
			return false
		}
	}
	return e.holds(r, i)
}

// claim is what it asks of an output that it holds. A relay is to act at once, but within what the output
// may do otherwise; a commission is there to find out what that is.
func (e *experiment) claim(r *Regulator, i int) decision {
	switch {
	case e.tune != nil && r.cfg.Outputs[i].Auto.shares():
		return decision{ByAutotune, ask{duty: r.outputs[i].law.Duty, urgent: true, atOnce: true}}
	case e.tune != nil:
		return decision{ByAutotune, ask{duty: e.tune.Duty(), urgent: true, atOnce: true}}
	case i == e.output:
		return decision{ByCommissioning, ask{duty: e.trial.Duty(), raw: true}}
	}
	return decision{ByCommissioning, ask{raw: true}}
}

// tries says whether a law looks at the tachometer of output i itself: that it stands is no stall. Of a
// run that is all of them, since all but one rest.
func (e *experiment) tries(i int) bool { return e.commissions() && (i == e.output || e.alone()) }

// seesFlow says whether the law looks at the flow itself: that there is none claims nothing.
func (e *experiment) seesFlow() bool {
	return e.commissions() && (e.trial.cfg.Pump || e.trial.cfg.Test == Run)
}

// end ends one that runs, or a pump's rest, from outside.
func (e *experiment) end(s ExperimentState, reason string) {
	if e.active() {
		e.report.State, e.report.Phase, e.report.Reason = s, "", reason
	}
}

// disturbance says what stronger wants to decide; "": nothing. The faults of what is tried are what
// it is there to find.
func (r *Regulator) disturbance() string {
	e, water := &r.experiment, r.probes.role(coolant.Water)
	switch {
	case r.hazards.leak:
		return "there is a leak"
	case r.hazards.overTemp:
		return "the water is too warm"
	case !water.usable():
		return "the water is not known"
	case water.value >= r.cfg.Critical-experimentBelow:
		return "the water came within 5 K of critical"
	}
	for i := range r.cfg.Outputs {
		o := &r.cfg.Outputs[i]
		if !o.moves() {
			continue
		}
		if _, state := r.input(i); state != inputKnown {
			return o.Name + ": its input is not known"
		}
		if !e.tries(i) && r.outputs[i].stall.stalled {
			return o.Name + ": it stands still"
		}
	}
	switch {
	case r.hazards.disagree.on:
		return "the probes contradict each other"
	case r.dry.on && !e.seesFlow():
		return "there is no flow"
	case r.hazards.noTransfer:
		return "the heat of the host does not arrive in the water"
	}
	return ""
}

// stepExperiment ends the experiment where something stronger wants to decide, and advances it
// otherwise.
func (r *Regulator) stepExperiment(in *Senses, dt time.Duration) {
	e := &r.experiment
	if !e.active() {
		return
	}
	if reason := r.disturbance(); reason != "" {
		e.end(ExperimentFailed, reason)
		return
	}
	switch {
	case !e.stepped:
		e.stepped = true
	case e.tune != nil:
		value, _ := r.input(e.output) // it is known, or would be a disturbance
		e.tune.Step(value, dt)
	default:
		e.trial.Step(in, dt)
	}
	r.reportExperiment()
}

// reportExperiment reports what the law found, and how it stands.
func (r *Regulator) reportExperiment() {
	e := &r.experiment
	to, trial, law := &e.report, e.trial, e.law()
	to.State, to.Phase, to.Reason = law.State(), law.Phase(), law.Reason()
	if e.tune != nil {
		to.Cycles = e.tune.Cycles()
	}
	switch {
	case to.State != ExperimentDone:
	case to.Kind == Autotune:
		tuned := e.tune.Tuned()
		to.Tuned = &tuned
	case to.Kind == Sweep:
		swept := trial.Swept()
		to.Swept = &swept
	default:
		rpm, flow := trial.Turned()
		to.Turned = []Turned{}
		for i, has := range trial.cfg.Tachos {
			if has {
				to.Turned = append(to.Turned, Turned{Output: r.cfg.Outputs[i].Name, RPM: rpm[i]})
			}
		}
		if trial.cfg.FlowMeter {
			to.Flow = &flow
		}
	}
}

// Commission begins to try an output in the next step. It is refused where the output is unknown or of
// another kind than is needed, where an override of it holds, where an experiment runs already, while
// a critical fault is active that it is not there to find, and while its input or the water is not
// known, or is too warm. A pump that rests because it ran dry does not stand in the way. Errors have
// the code [coolant.CodeConflict], or [coolant.CodeInvalid] for what no device could be asked.
func (r *Regulator) Commission(ask CommissionAsk) error {
	i, err := r.mayTry(ask.Output)
	if err != nil {
		return err
	}
	o := &r.cfg.Outputs[i]
	cfg := CommissionConfig{
		Test: ask.Test, Output: i, Duty: ask.Duty, Time: ask.Time, Filled: ask.Filled,
		Pump: o.Role == Pump, FlowMeter: r.cfg.FlowMeter, Tachos: make([]bool, len(r.cfg.Outputs)),
	}
	for k := range r.cfg.Outputs {
		cfg.Tachos[k] = r.cfg.Outputs[k].Tacho
	}
	switch reason := cfg.check(); {
	case cfg.Test == Sweep && o.Kind == Switch:
		return cannotTry("a switch has one speed; there is nothing to sweep")
	case reason != "":
		return cannotTry("%s", reason)
	}
	if water := r.probes.role(coolant.Water); water.usable() && water.value >= r.cfg.Critical-commissionBelow {
		return cannotTry("the water has to be more than 10 K below critical")
	}
	return r.begin(experiment{
		report: Experiment{Kind: cfg.Test, Output: ask.Output},
		output: i, trial: NewCommission(cfg),
	})
}

// begin begins an experiment, unless something that is stronger speaks against it now.
func (r *Regulator) begin(e experiment) error {
	before := r.experiment
	e.report.State, e.report.Phase = ExperimentRunning, e.law().Phase()
	r.experiment = e
	reason := r.criticalFault()
	if reason == "" {
		reason = r.disturbance()
	}
	if reason != "" {
		r.experiment = before
		return cannotTry("%s", reason)
	}
	return nil
}

// Abort ends an experiment that runs, or the rest of a pump that ran dry. The error has the code
// [coolant.CodeConflict].
func (r *Regulator) Abort() error {
	if !r.experiment.active() {
		return cannotTry("nothing is being tried")
	}
	r.experiment.end(ExperimentAborted, "somebody ended it")
	return nil
}

// Experiment is what is to be told of the last experiment since the start; ok is false where there was
// none. What it points to is not to be changed.
func (r *Regulator) Experiment() (e Experiment, ok bool) {
	return r.experiment.report, r.experiment.report.Kind != ""
}

func cannotTry(format string, args ...any) error {
	return coolant.Errorf(coolant.CodeConflict, format, args...)
}

// mayTry finds an output and says whether it may be tried, as far as concerns every experiment.
func (r *Regulator) mayTry(output string) (int, error) {
	i := r.cfg.named(output)
	switch {
	case i < 0:
		return 0, coolant.Errorf(coolant.CodeInvalid, "%s: there is no such output", output)
	case !r.cfg.Outputs[i].moves():
		return 0, coolant.Errorf(coolant.CodeInvalid, "%s: a pump or a fan is expected", output)
	case r.experiment.report.State == ExperimentRunning:
		return 0, cannotTry("%s: it is tried already; abort that, or wait for its end", r.experiment.report.Output)
	case r.overridden(i):
		return 0, cannotTry("%s: it is overridden; end that first", output)
	}
	return i, nil
}

// overridden says whether an override of output i holds, by the settings of now and the clock of the last step.
func (r *Regulator) overridden(i int) bool {
	out := r.outputs[i] // a copy: to ask cancels nothing
	return out.overridden(&r.cfg.Outputs[i], r.clock)
}

// criticalFault is an active one that the experiment is not there to find; "": there is none.
func (r *Regulator) criticalFault() string {
	for _, f := range r.faults.list {
		if f.Active && f.Critical && !r.excused(f.Name) {
			return f.Name + ": this fault is active"
		}
	}
	return ""
}

// excused says whether a fault is what the experiment may be there to find.
func (r *Regulator) excused(fault string) bool {
	if fault == FaultNoFlow {
		return r.experiment.seesFlow()
	}
	i := slices.IndexFunc(r.cfg.Outputs, func(o OutputConfig) bool { return FaultStall(o.Name) == fault })
	return i >= 0 && r.experiment.tries(i)
}
