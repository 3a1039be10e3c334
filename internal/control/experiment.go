package control

import (
	"time"
)

// Limits of experiments, from the contract.
const (
	MinTune     = 10 * time.Minute
	MaxTune     = 120 * time.Minute
	DefaultTune = time.Hour
	MinRun      = 2 * time.Second
	MaxRun      = time.Minute
	DefaultRun  = 10 * time.Second
	// DefaultRunDuty is the duty of a run, in percent, where nothing is said.
	DefaultRunDuty = 60.0
)

// ExperimentKind is what is tried.
type ExperimentKind string

// The kinds of experiments.
const (
	Autotune ExperimentKind = "autotune"
	Run      ExperimentKind = "run"
	Sweep    ExperimentKind = "sweep"
)

// ExperimentState is how far an experiment is. Its words are those of `reported`.
type ExperimentState string

// The states of an experiment; the last three have a reason.
const (
	ExperimentRunning ExperimentState = "running"
	ExperimentDone    ExperimentState = "done"
	ExperimentFailed  ExperimentState = "failed"
	ExperimentAborted ExperimentState = "aborted"
	ExperimentResting ExperimentState = "resting" // a pump that ran dry rests
)

// AutotuneAsk is what the command `autotune` asks for.
type AutotuneAsk struct {
	Output   string
	Setpoint *float64      // C, or K where the input is a difference; -20 to below 60; nil: that of the output's PI
	Time     time.Duration // [MinTune] to [MaxTune]; 0 means [DefaultTune]
}

// CommissionAsk is what the command `commission` asks for.
type CommissionAsk struct {
	Output string
	Test   ExperimentKind // [Run] or [Sweep]
	Duty   float64        // percent, of a [Run]; 0 to 100
	Time   time.Duration  // of a [Run]: [MinRun] to [MaxRun]
	Filled bool           // a person has seen water move
}

// Tuned is what an [Autotune] found.
type Tuned struct {
	Setpoint, Kp float64       // of a [PIConfig], as are the next two
	Ti           time.Duration //
	Deadband     float64       //
	Delay        float64       // s, effective
	Gain         float64       // K per second per percent
	Swing        float64       // K, from crest to trough of the water in the last cycles
	Settle       float64       // s, expected until the loop is back within 0.25 K after a step of the heat
}

// Turned is what a tachometer said at most during a [Run].
type Turned struct {
	Output string
	RPM    float64
}

// Swept is what a [Sweep] found.
type Swept struct {
	Start, Stop    float64 // percent: where it began to turn, and where it stood still again
	MinRPM, MaxRPM float64 // the slowest that it turned steadily, and at full duty
}

// Experiment is what is told of the last experiment since the start.
type Experiment struct {
	Kind   ExperimentKind
	Output string
	State  ExperimentState
	Reason string   // of one that failed, was aborted, or rests
	Phase  string   // the contract's word while it runs; "" where there is none
	Cycles int      // of an [Autotune]: complete ones so far
	Tuned  *Tuned   // of an [Autotune] that is done
	Turned []Turned // of a [Run] that is done: outputs with a tachometer
	Flow   *float64 // L/min, likewise, at most; nil without a flow meter
	Swept  *Swept   // of a [Sweep] that is done
}
