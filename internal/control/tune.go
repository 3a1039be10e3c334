package control

import (
	"math"
	"time"
)

// Limits of the relay experiment; firmware's cool/tune.h says why each is as it is.
const (
	tuneHysteresis = 0.16 // K
	tuneLeave      = 0.1  // K; so far from its turning point the value counts as having turned
	tuneStray      = 4.0  // K
	tuneAlike      = 3    // cycles
	tuneLikeness   = 1.25 // times
	tuneSlack      = 5.0  // s
	// tuneApart is how far full and least cooling have to be from each other, in percent.
	tuneApart = 20.0
	// maxTuneStep is what one step counts at most.
	maxTuneStep = time.Minute
)

// TuneConfig is a relay experiment.
type TuneConfig struct {
	Setpoint    float64       // of the value that is looked at; C, or K for a difference
	Least, Full float64       // percent of duty or of demand; Full is at least [tuneApart] more
	Time        time.Duration // after it the experiment has failed; [MinTune] to [MaxTune]
}

// tunePhase is how far a relay experiment is.
type tunePhase uint8

const (
	tuneApproaching tunePhase = iota
	tuneHeating               // least cooling
	tuneCooling               // full cooling
)

// Tune is the law of an [Autotune]: what is asked for, and which gains were found. It is pure, and the
// same as that of the firmware (cool/tune.h, which describes it and has the equations), held together by
// contract/tune.json. It is not safe for concurrent use.
type Tune struct {
	cfg    TuneConfig
	state  ExperimentState
	reason string
	tuned  Tuned

	phase   tunePhase
	least   bool // least cooling is asked for
	begun   bool // the first value was seen
	whole   bool // the phase began with a switch, so that it counts
	total   time.Duration
	inPhase time.Duration
	value   float64 // K, the last one that was a number, less the setpoint
	last    flank   // the phase before
	now     flank
	halves  int // phases that were complete
	cycle   tuneCycle
	cycles  [tuneAlike]tuneCycle // the last complete ones
}

// NewTune begins an experiment. It asks for full cooling until the first step.
func NewTune(cfg TuneConfig) *Tune { return &Tune{cfg: cfg, state: ExperimentRunning} }

// Step advances by dt, in which [Tune.Duty] was done, and looks at the value that was reached. What is
// not a number counts as the value before. After the end it changes nothing.
func (t *Tune) Step(value float64, dt time.Duration) {
	if t.state != ExperimentRunning {
		return
	}
	dt = min(max(dt, 0), maxTuneStep)
	t.total += dt
	t.inPhase += dt
	if finite(value) {
		t.value = value - t.cfg.Setpoint
		t.least = t.least || !t.begun && t.value < 0
		t.begun = true
	}
	if t.begun {
		t.look(dt)
	}
	if t.state == ExperimentRunning {
		t.late()
	}
}

// look goes by where the value is.
func (t *Tune) look(dt time.Duration) {
	ahead := t.value // in the direction in which the phase leads, K
	if !t.least {
		ahead = -t.value
	}
	if t.phase == tuneApproaching {
		if ahead < 0 {
			return
		}
		t.enter()
	}
	if math.Abs(t.value) > tuneStray {
		t.fail("the value strayed 4 K from the setpoint")
		return
	}
	t.now.add(ahead, t.inPhase, dt)
	if ahead < tuneHysteresis {
		return
	}
	t.now.end(t.inPhase)
	if t.whole {
		t.count()
	}
	t.last, t.whole, t.least = t.now, true, !t.least
	t.enter()
}

// enter begins a phase.
func (t *Tune) enter() {
	t.phase = tuneCooling
	if t.least {
		t.phase = tuneHeating
	}
	t.now, t.inPhase = flank{}, 0
}

// count takes a complete phase into its cycle. The first cycle is left out: the loop comes from somewhere else.
func (t *Tune) count() {
	half := t.halves % 2
	t.cycle.take(half, &t.last, &t.now, t.cfg.Full-t.cfg.Least)
	t.halves++
	if half == 0 {
		return
	}
	copy(t.cycles[:], t.cycles[1:])
	t.cycles[tuneAlike-1] = t.cycle
	if t.Cycles() > tuneAlike && alike(&t.cycles) {
		t.tuned = t.find()
		t.state = ExperimentDone
	}
}

// late ends an experiment that does not get on.
func (t *Tune) late() {
	switch {
	case t.inPhase < t.cfg.Time/2 && t.total < t.cfg.Time:
	case t.inPhase < t.cfg.Time/2 && t.Cycles() <= tuneAlike:
		t.fail("cycles did not become alike in time: allow more of it, or change setpoint or heat")
	case t.inPhase < t.cfg.Time/2:
		t.fail("cycles did not become alike: the heat, or the air, has to be steadier")
	case t.least:
		t.fail("the setpoint was not reached with least cooling: it takes more heat, or a lower one")
	default:
		t.fail("the setpoint was not reached with full cooling: it takes less heat, or a higher one")
	}
}

func (t *Tune) fail(reason string) { t.state, t.reason = ExperimentFailed, reason }

// Duty is what is to be done now, in percent: full or least cooling. It is to be done at once, without slew.
func (t *Tune) Duty() float64 {
	if t.least {
		return t.cfg.Least
	}
	return t.cfg.Full
}

// State is how it stands: running, done, or failed with a [Tune.Reason].
func (t *Tune) State() ExperimentState { return t.state }

// Reason says why it failed; "" otherwise.
func (t *Tune) Reason() string { return t.reason }

// Phase is the word of `reported` while it runs; "" after that.
func (t *Tune) Phase() string {
	if t.state != ExperimentRunning {
		return ""
	}
	return [...]string{tuneApproaching: "approaching", tuneHeating: "heating", tuneCooling: "cooling"}[t.phase]
}

// Cycles is how many are complete so far.
func (t *Tune) Cycles() int { return t.halves / 2 }

// Tuned is what it found, once it is done.
func (t *Tune) Tuned() Tuned { return t.tuned }
