package control

import "time"

// Times and limits of the trials; firmware's cool/commission.h says why each is as it is.
const (
	restMin    = 2 * time.Second
	restMax    = 15 * time.Second
	riseTime   = 3 * time.Second
	fullMin    = 6 * time.Second
	fullMax    = 20 * time.Second
	settleTime = 10 * time.Second
	fallTime   = 5 * time.Second
	steadyTime = 2 * time.Second
	dryAfter   = 5 * time.Second
	dryRest    = 10 * time.Minute
	sweepMax   = 8 * time.Minute
	sweepStep  = 2.0  // percent
	turnsRPM   = 60.0 // what turns slower cools nothing
	steadyPart = 0.02
	// followsPart: less than this many times the speed at the duty 0 is no answer to full duty.
	followsPart = 1.1
	twice       = 2 // measurements in succession
)

// CommissionConfig is a trial of an output, with what the law has to know of the device.
type CommissionConfig struct {
	Test   ExperimentKind // [Run] or [Sweep]
	Output int            // its index
	Duty   float64        // of a [Run]: percent, 0 to 100
	Time   time.Duration  // of a [Run]: [MinRun] to [MaxRun]
	Filled bool           // a person has seen water move
	Pump   bool           // the output is one
	// FlowMeter says that there is one in the loop.
	FlowMeter bool
	Tachos    []bool // by index of the output: it has a tachometer
}

// check says why a trial cannot be begun with this device; "": it can.
func (c *CommissionConfig) check() string {
	switch {
	case c.Test != Sweep:
	case !c.Tachos[c.Output]:
		return "a sweep needs a tachometer; the output has none"
	case c.Pump && !c.FlowMeter && !c.Filled:
		return "a sweep of a pump needs a flow meter, or somebody who has seen water move (filled)"
	}
	return ""
}

// trialPhase is where a trial is.
type trialPhase uint8

const (
	phaseRest trialPhase = iota
	phaseRun             // of a run
	phaseRising
	phaseFull
	phaseFalling
)

// Commission is the law of a trial: what is asked of the output, and what it turned out to be.
// It is pure, and the same as that of the firmware (cool/commission.h, which describes it), held
// together by contract/commission.json. It is not safe for concurrent use.
type Commission struct {
	cfg    CommissionConfig
	state  ExperimentState
	phase  trialPhase
	reason string

	turned []float64 // the greatest speed of each tachometer in a run
	flow   float64   // the greatest flow
	swept  Swept

	duty    float64       // asked for now
	rpm     float64       // of the output, as last measured
	least   float64       // the least duty at which it turned while falling; 0: none yet
	restRPM float64       // at the duty 0; 0: it stood
	earlier float64       // the speed 2 s ago, at full
	total   time.Duration // since it began
	inPhase time.Duration // since the phase began
	inStep  time.Duration // since the duty changed, or since `earlier`
	still   time.Duration // at rest: since something turned
	dry     time.Duration // of running without flow, or without anybody who knows of water
	turns   int           // measurements in succession that say that it turns; twice is also more
	stands  int           // and that it does not
}

// NewCommission begins a trial. It asks for 0 until the first step.
func NewCommission(cfg CommissionConfig) *Commission {
	return &Commission{cfg: cfg, state: ExperimentRunning, turned: make([]float64, len(cfg.Tachos))}
}

// Step advances by dt, in which the output was driven by what [Commission.Duty] said, and looks at
// what is sensed. After the end it changes nothing.
func (c *Commission) Step(in *Senses, dt time.Duration) {
	if !c.Active() {
		return
	}
	dt = max(dt, 0)
	c.inPhase += dt
	if c.state == ExperimentResting {
		if c.inPhase >= dryRest {
			c.state = ExperimentFailed
		}
		return
	}
	c.total += dt
	c.inStep += dt
	c.still += dt
	c.look(in)
	if c.runsDry(in, dt) {
		c.end(ExperimentResting, "dry: no flow after 5 s")
		if !c.cfg.FlowMeter {
			c.reason = "dry: stopped after 5 s, since there is no flow meter and nobody has seen water move"
		}
		return
	}
	switch c.phase {
	case phaseRest:
		c.stepRest()
	case phaseRun:
		if c.inPhase >= c.cfg.Time {
			c.end(ExperimentDone, "")
		}
	case phaseRising:
		c.stepRising()
	case phaseFull:
		c.stepFull()
	case phaseFalling:
		c.stepFalling()
	}
	if c.state == ExperimentRunning && c.cfg.Test == Sweep && c.total >= sweepMax {
		c.fail("it did not come to an end within 8 min: its tachometer says now this and now that")
	}
}

// ask asks for another duty. What turned before says nothing about it.
func (c *Commission) ask(duty float64) {
	c.duty, c.inStep, c.turns, c.stands = duty, 0, 0, 0
}

func (c *Commission) enter(p trialPhase, duty float64) {
	c.phase, c.inPhase = p, 0
	c.ask(duty)
}

func (c *Commission) end(s ExperimentState, reason string) {
	c.state, c.reason, c.duty, c.inPhase = s, reason, 0, 0
}

func (c *Commission) fail(reason string) { c.end(ExperimentFailed, reason) }

// said is what a tachometer or a flow meter said; nonsense counts as nothing.
func said(v float64) float64 {
	if !finite(v) {
		return 0
	}
	return max(v, 0)
}

func (c *Commission) look(in *Senses) {
	if in.FlowFresh && c.phase == phaseRun {
		c.flow = max(c.flow, said(in.FlowLPM))
	}
	if !in.TachoFresh {
		return
	}
	for i, has := range c.cfg.Tachos {
		if !has {
			continue
		}
		rpm := 0.0
		if i < len(in.RPM) {
			rpm = said(in.RPM[i])
		}
		if c.phase == phaseRun {
			c.turned[i] = max(c.turned[i], rpm)
		}
		if rpm >= turnsRPM && (c.cfg.Test == Run || i == c.cfg.Output) {
			c.still = 0
		}
		if i == c.cfg.Output {
			c.rpm = rpm
		}
	}
	if c.rpm >= turnsRPM {
		c.turns, c.stands = min(c.turns+1, twice), 0
	} else {
		c.turns, c.stands = 0, min(c.stands+1, twice)
	}
}

// runsDry says whether the pump runs dry, as far as can be known.
func (c *Commission) runsDry(in *Senses, dt time.Duration) bool {
	judged := c.cfg.Pump && c.duty > 0
	if c.cfg.FlowMeter {
		flows := in.FlowFresh && said(in.FlowLPM) >= leastFlow
		judged = judged && !flows && (c.phase == phaseRun || c.phase == phaseFull)
	} else {
		judged = judged && !c.cfg.Filled
	}
	if !judged {
		c.dry = 0
		return false
	}
	c.dry += dt
	// Without a flow meter a run that is just through has shown what it was to show.
	return c.dry >= dryAfter && (c.cfg.FlowMeter || c.phase != phaseRun || c.inPhase < c.cfg.Time)
}

func (c *Commission) stepRest() {
	switch {
	case c.still < restMin && c.inPhase < restMax:
	case c.cfg.Test == Run:
		c.enter(phaseRun, c.cfg.Duty)
	case c.turns < twice:
		c.enter(phaseRising, sweepStep)
	default:
		c.restRPM = c.rpm
		c.enter(phaseFull, 100)
	}
}

func (c *Commission) stepRising() {
	switch {
	case c.turns == twice:
		c.swept.Start = min(c.duty+2*sweepStep, 100)
		c.enter(phaseFull, 100)
	case c.duty >= 100:
		if c.inStep >= fullMin {
			c.fail("no pulses at full duty: is the tachometer wired to this pin?")
		}
	case c.inStep >= riseTime:
		c.duty += sweepStep // what began to turn goes on with more, so a measurement before counts
		c.inStep = 0
	}
}

// steady says whether the speed has come to rest; it looks every steadyTime.
func (c *Commission) steady() bool {
	if c.inStep < steadyTime {
		return false
	}
	by := c.rpm - c.earlier
	c.earlier, c.inStep = c.rpm, 0
	return c.turns == twice && by <= c.rpm*steadyPart && by >= -c.rpm*steadyPart
}

func (c *Commission) stepFull() {
	c.swept.MaxRPM = max(c.swept.MaxRPM, c.rpm)
	steady := c.steady()
	switch {
	case c.inPhase < fullMax && (!steady || c.inPhase < fullMin):
	case c.stands == twice:
		c.fail("it stood still at full duty, after it had turned: does it have power, and is the tachometer wired well?")
	case c.restRPM <= 0:
		c.enter(phaseFalling, c.swept.Start)
	case c.swept.MaxRPM < c.restRPM*followsPart:
		c.fail("the speed does not follow the duty: is the PWM wire on this pin, and is this the output's own tachometer?")
	default:
		c.swept.MinRPM = c.restRPM
		c.end(ExperimentDone, "")
	}
}

func (c *Commission) stepFalling() {
	hold := settleTime
	if c.least > 0 {
		hold = fallTime
	}
	switch {
	case c.inStep >= hold && c.duty > 0 && c.turns == twice:
		c.least, c.swept.MinRPM = c.duty, c.rpm
		c.ask(max(c.duty-sweepStep, 0))
	case c.stands < twice && c.inStep < restMax:
	case c.least <= 0:
		c.fail("it stood still again at the duty at which it had started; try again")
	default:
		c.swept.Stop = min(c.least+sweepStep, c.swept.Start)
		c.end(ExperimentDone, "")
	}
}

// Duty is that of the output that is tried, 0 to 100 percent. It is to be driven as it is: without
// least duty, slew, skipped bands and spin-up.
func (c *Commission) Duty() float64 { return c.duty }

// Active says whether it decides the output now: it runs, or the pump that ran dry rests.
func (c *Commission) Active() bool {
	return c.state == ExperimentRunning || c.state == ExperimentResting
}

// Alone says whether all other pumps and fans are to rest now: as long as a run lasts.
func (c *Commission) Alone() bool { return c.state == ExperimentRunning && c.cfg.Test == Run }

// State is how it stands: running, done, failed or resting; the last two have a [Commission.Reason].
func (c *Commission) State() ExperimentState { return c.state }

// Reason says why it failed, or why the pump rests; "" otherwise.
func (c *Commission) Reason() string { return c.reason }

// Phase is the word of `reported` for a sweep that runs; "" where none is told.
func (c *Commission) Phase() string {
	if c.state != ExperimentRunning || c.cfg.Test != Sweep {
		return ""
	}
	switch c.phase {
	case phaseRising:
		return "rising"
	case phaseFull:
		return "full"
	case phaseFalling:
		return "falling"
	case phaseRest, phaseRun:
	}
	return "resting"
}

// Turned is the greatest speed that each tachometer showed in a run, by index of the output. Flow is
// the greatest flow, in L/min, where there is a flow meter.
func (c *Commission) Turned() (rpm []float64, flow float64) { return c.turned, c.flow }

// Swept is what a sweep found, once it is done.
func (c *Commission) Swept() Swept { return c.swept }
