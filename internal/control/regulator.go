package control

import (
	"slices"
	"time"

	"coolant"
)

const (
	maxStep = time.Minute
	// blockedAfter: a pump and a fan that just started need some seconds to prove that they turn.
	blockedAfter = 30 * time.Second
)

// Drive is what an output is to do.
type Drive struct {
	Duty float64 // percent at the motor, after spin-up, slew and skipped bands
	By   Claim
	// Overridden says that an override is set and holds, whoever decides.
	Overridden bool
	Supervised bool // a tachometer or a flow meter would notice if it stood still
	Cycles     int  // of a [Switch]: how often it went on since the start
}

// output is what is kept for each output.
type output struct {
	curve     *Curve
	pi        *PI
	demand    Output // of one that leads: what its PI asks for, in percent of demand
	law       Output // what the automatic part asks for now
	motor     motor
	stall     stall
	stalled   string // the name of its fault
	cancelled bool   // its override was cancelled
	mayChill  bool
}

// Regulator is a device's fast loop: from what it senses to the duty of each output. The
// claims, strongest first: leak, chiller interlock, over-temperature, input failsafe, stall,
// no heat transfer, an experiment, override, auto. It is pure, and the same rules as those of the firmware
// (cool/regulator.h), held together by contract/claims.json. It is not safe for concurrent use.
type Regulator struct {
	cfg      RegulatorConfig
	drives   []Drive
	outputs  []output
	faults   faults
	probes   probes
	hazards  hazards
	standby  standby
	flow     measured // L/min
	humidity measured // percent
	air      measured // C, where the humidity is measured
	dry      lasting  // no flow while a pump should run
	blocked  lasting  // a chiller is wanted and not allowed to run
	started  bool     // a step was taken
	clock    clock    // of the last step

	experiment experiment
}

// NewRegulator makes a regulator that has seen nothing: every pump and fan at its failsafe
// duty, claimed by "boot"; chillers off, claimed by their interlock, buzzers silent. Errors are
// those of [RegulatorConfig.Check].
func NewRegulator(cfg RegulatorConfig) (*Regulator, error) {
	r := &Regulator{}
	if err := r.Apply(cfg); err != nil {
		return nil, err
	}
	return r, nil
}

// Step advances by dt and decides every output; the answer is in [Regulator.Drives]. Call it at
// least once a second. More than a minute counts as a minute, a negative dt as 0.
func (r *Regulator) Step(in Senses, dt time.Duration) {
	dt = min(max(dt, 0), maxStep)
	r.probes.step(in.Probes, dt)
	if r.probes.replaced {
		r.faults.event(FaultReplaced)
	}
	r.flow.step(in.FlowFresh, in.FlowLPM, dt)
	r.humidity.step(in.HumidityFresh, in.HumidityRH, dt)
	r.air.step(in.HumidityFresh, in.HumidityC, dt)

	s := scene{in: &in}
	stalled, unproven := r.stepStalls(&in, dt)
	r.hazards.step(hazardsIn{
		senses: &in, probes: &r.probes, critical: r.cfg.Critical, busyW: r.cfg.BusyW,
		unproven: unproven, chilled: r.chills(),
	}, dt)
	r.raise()
	s.critical = r.faults.critical()
	r.stepExperiment(&in, dt)
	s.stalled = stalled || r.dry.on && !r.experiment.seesFlow()
	r.stepLaws(&in, dt)
	r.stepStandby(&in, s.stalled, dt)
	r.decide(&s, dt)
	r.started = true
	r.clock = in.clock()
}

// stepStalls judges by what the outputs were told in the step before. unproven says whether
// the water may stand.
func (r *Regulator) stepStalls(in *Senses, dt time.Duration) (stalled, unproven bool) {
	pumping, pumpStalled := false, false
	for i := range r.cfg.Outputs {
		o := &r.cfg.Outputs[i]
		tried := r.experiment.tries(i) // its law looks at it: it may stand
		pumping = pumping || o.Role == Pump && r.drives[i].Duty > 0 && !tried
		if !o.Tacho {
			continue
		}
		duty, rpm := 0.0, 0.0
		if r.started && !tried { // how long before the first step it was driven is not known
			duty = r.drives[i].Duty
		}
		if i < len(in.RPM) {
			rpm = in.RPM[i]
		}
		still := r.outputs[i].stall.step(o, duty, in.TachoFresh, rpm, dt) && o.moves()
		r.faults.set(r.outputs[i].stalled, still, o.Role == Pump)
		stalled = stalled || still
		pumpStalled = pumpStalled || still && o.Role == Pump
	}
	dry := r.dry.step(r.cfg.FlowMeter && pumping && !r.flows(), stallAfter, stallAfter, dt)
	r.faults.set(FaultNoFlow, dry, true)
	return stalled, pumpStalled || dry
}

// stepLaws finds what each automatic part asks for: first the laws, then the parts of those who share a demand.
func (r *Regulator) stepLaws(in *Senses, dt time.Duration) {
	host := 0.0
	if in.HostKnown {
		host = in.HostW
	}
	for i := range r.cfg.Outputs {
		out := &r.outputs[i]
		value, state := r.input(i)
		law := Input{Value: value, Good: state == inputKnown}
		switch {
		case out.pi != nil && r.experiment.pauses(r, i):
			// It goes on afterwards where it was: what it saw meanwhile was not its doing.
		case out.pi != nil:
			out.law = out.pi.Step(PIInput{Input: law, HostW: host, InEffect: r.takeOver(i)}, dt)
			out.demand = out.law
		case out.curve != nil:
			out.law = out.curve.Step(law, dt)
		}
	}
	if e := &r.experiment; e.tunes() {
		r.outputs[e.output].demand = Output{Duty: e.tune.Duty()} // looked at where the output leads others
	}
	r.share()
}

func (r *Regulator) chills() bool {
	for i := range r.cfg.Outputs {
		if r.cfg.Outputs[i].Role == Chiller && r.drives[i].Duty > 0 {
			return true
		}
	}
	return false
}

// inputLost says whether a role that anything goes by is lost: an output's input, and `water`
// in any case.
func (r *Regulator) inputLost() bool {
	if r.probes.role(coolant.Water).state() == inputLost {
		return true
	}
	for i := range r.cfg.Outputs {
		if r.cfg.Outputs[i].Role == Buzzer {
			continue
		}
		if _, state := r.input(i); state == inputLost {
			return true
		}
	}
	return false
}

func (r *Regulator) raise() {
	stuck := slices.ContainsFunc(r.probes.list, func(p *probe) bool { return p.latest.Quality == coolant.Stuck })
	r.faults.set(FaultLeak, r.hazards.leak, true)
	r.faults.set(FaultOverTemp, r.hazards.overTemp, true)
	r.faults.set(FaultInputLost, r.inputLost(), true)
	r.faults.set(FaultDisagree, r.hazards.disagree.on, true)
	r.faults.set(FaultNoTransfer, r.hazards.noTransfer, true)
	r.faults.set(FaultStuck, stuck, false)
}

func (r *Regulator) stepStandby(in *Senses, stalled bool, dt time.Duration) {
	s := standbyIn{
		allowed:   r.cfg.Standby && !stalled && !r.faults.critical(),
		hostKnown: in.HostKnown, hostW: in.HostW, idleW: r.cfg.IdleW,
	}
	if water := r.probes.role(coolant.Water); water.usable() {
		s.waterKnown, s.water = true, water.value
	}
	r.standby.step(s, dt)
}

// wanted says whether a chiller is wanted by its automatic part; standby and overrides aside.
func (r *Regulator) wanted(i int) bool {
	return r.cfg.Outputs[i].Role == Chiller && r.outputs[i].law.Duty > 0
}

func (r *Regulator) decide(s *scene, dt time.Duration) {
	for i := range r.cfg.Outputs {
		if r.hazards.overTemp && r.cfg.Outputs[i].Role != Buzzer {
			r.outputs[i].cancelled = true
		}
		// One that ends too far ahead is cancelled also while something stronger decides, so
		// that it does not begin after that.
		r.outputs[i].overridden(&r.cfg.Outputs[i], s.in.clock())
		s.chilling = s.chilling || r.wanted(i)
	}
	// Pumps and fans first: a chiller goes by what they are told in this step.
	for i := range r.cfg.Outputs {
		if r.cfg.Outputs[i].moves() {
			r.drive(s, i, dt)
		}
	}
	blocked := false
	for i := range r.cfg.Outputs {
		o, out := &r.cfg.Outputs[i], &r.outputs[i]
		if o.moves() {
			continue
		}
		out.mayChill = o.Role == Chiller && r.mayChill(i)
		r.drive(s, i, dt)
		blocked = blocked || r.wanted(i) && !out.mayChill
	}
	r.faults.set(FaultInterlock, r.blocked.step(blocked, blockedAfter, 0, dt), false)
}

func (r *Regulator) drive(s *scene, i int, dt time.Duration) {
	o, out := &r.cfg.Outputs[i], &r.outputs[i]
	d := r.claim(s, i)
	if d.by.atFull() && out.pi != nil {
		out.pi.restart()
	}
	duty := out.motor.step(o, d.ask, dt)
	r.drives[i] = Drive{Duty: duty, By: d.by, Overridden: out.overridden(o, s.in.clock()), Supervised: r.supervised(o), Cycles: out.motor.cycles}
}

func (r *Regulator) supervised(o *OutputConfig) bool {
	return o.moves() && o.Tacho || o.Role == Pump && r.cfg.FlowMeter
}

// Clear forgets a latched fault whose cause is gone. Occurrence 0 means whichever there is. A
// leak is over once its input has been dry for half a second. Errors say why a fault stays, with
// the code [coolant.CodeNotFound] or [coolant.CodeConflict].
func (r *Regulator) Clear(fault string, occurrence int) error {
	i := r.faults.find(fault)
	there := i >= 0 && r.faults.list[i].Active
	if fault == FaultLeak {
		there = r.hazards.soaked()
	}
	if err := r.faults.clear(fault, occurrence, there); err != nil {
		return err
	}
	if fault == FaultLeak {
		r.hazards.leak = false
	}
	return nil
}

// Leaked says whether a leak is latched.
func (r *Regulator) Leaked() bool { return r.hazards.leak }

// LatchLeak latches a leak that was latched before the start, and that nobody has cleared.
func (r *Regulator) LatchLeak() { r.hazards.leak = true }

// Cancelled are the outputs whose override was cancelled, a bit each by their index: by
// over-temperature, or because it ends too far ahead.
func (r *Regulator) Cancelled() (outputs uint32) {
	for i := range r.outputs {
		if r.cfg.Outputs[i].Override != nil && r.outputs[i].cancelled {
			outputs |= 1 << i
		}
	}
	return outputs
}

// Cancel ends overrides of outputs, a bit each, that were cancelled before the start: what
// safety ended does not begin again by a restart.
func (r *Regulator) Cancel(outputs uint32) {
	for i := range r.outputs {
		if outputs&(1<<i) != 0 {
			r.outputs[i].cancelled = true
		}
	}
}

// Drives returns what the outputs are to do, by their index in the configuration.
func (r *Regulator) Drives() []Drive { return slices.Clone(r.drives) }

// Faults returns those that are latched, oldest first.
func (r *Regulator) Faults() []Fault { return slices.Clone(r.faults.list) }

// Readings returns each role's temperature as a sample tells it. What has no trustworthy value
// is there with its quality: a probe that is configured and not found does not vanish.
func (r *Regulator) Readings() []coolant.Reading {
	readings := make([]coolant.Reading, len(r.probes.list))
	for i, p := range r.probes.list {
		readings[i] = p.latest
		// An offset can carry it beyond what a probe measures; the server would refuse that.
		if low, high := p.role.Range(); p.latest.Quality == coolant.Good && !within(p.latest.Value, low, high) {
			readings[i].Quality = coolant.OutOfRange
		}
		if readings[i].Quality != coolant.Good {
			readings[i].Value = 0
		}
	}
	return readings
}

// Role is the role that a probe feeds; "" for one that has none.
func (r *Regulator) Role(rom uint64) coolant.Metric {
	if p := r.probes.rom(rom); p != nil && rom != 0 {
		return p.role
	}
	return ""
}
