package wire

import "encoding/json"

// The kinds of experiments. The last two are also the tests of the command `commission`.
const (
	ExperimentAutotune = "autotune"
	TestRun            = "run"
	TestSweep          = "sweep"
)

// The states of an experiment.
const (
	ExperimentRunning = "running"
	ExperimentDone    = "done"
	ExperimentFailed  = "failed"  // Reason says why
	ExperimentAborted = "aborted" // likewise
	ExperimentResting = "resting" // a pump ran dry, and rests so that its loop can be filled
)

// Experiment is what `reported` says of the last experiment of a device's boot.
// What its kind or state does not have is nil or empty.
type Experiment struct {
	Command string `json:"command"` // the id of the command that asked for it
	Kind    string `json:"kind"`    // [ExperimentAutotune], [TestRun], [TestSweep], or one that a later version knows
	Output  string `json:"output"`
	State   string `json:"state"` // [ExperimentRunning], .., or one that a later version knows
	// Phase is told while it runs: "approaching", "heating" or "cooling" of an autotune;
	// "resting", "rising", "full" or "falling" of a sweep.
	Phase  string `json:"phase,omitempty"`
	Cycles *int64 `json:"cycles,omitempty"` // of an autotune that runs: how many are complete
	Reason string `json:"reason,omitempty"` // in English, of one that failed, was aborted, or rests

	// Of an autotune that is done: the gains with their setpoint, and how the loop answers.
	PI     *PISetting `json:"pi,omitempty"`
	DelayS *float64   `json:"delay_s,omitempty"`
	Gain   *float64   `json:"gain,omitempty"`    // K per second per percent
	SwingK *float64   `json:"swing_k,omitempty"` // from crest to trough
	// SettleS is the time after which the loop with these gains is back within 0.25 K
	// when the heat changes by as much as it can hold.
	SettleS *float64 `json:"settle_s,omitempty"`

	// Of a run that is done: the greatest speed of each tachometer, and the greatest flow
	// where there is a flow meter.
	Turned  []Turned `json:"turned,omitzero"`
	FlowLPM *float64 `json:"flow_lpm,omitempty"`

	// Of a sweep that is done. Start and stop are 0 for an output that its wire cannot stop.
	StartDuty *float64 `json:"start_duty,omitempty"` // percent
	StopDuty  *float64 `json:"stop_duty,omitempty"`  // percent
	MinRPM    *float64 `json:"min_rpm,omitempty"`    // at the least duty at which it kept turning
	MaxRPM    *float64 `json:"max_rpm,omitempty"`    // at full
}

// Turned is how fast the tachometer of an output turned at most while an output ran alone.
type Turned struct {
	Output string  `json:"output"`
	RPM    float64 `json:"rpm"`
}

// DecodeExperiment reads what a reported message says of an experiment; ok is false
// where it says nothing that could be shown: no id, kind, output or state. Any other
// member that is not what it should be is left out, since it is for people to see
// and nothing is done by it.
func DecodeExperiment(reported []byte) (e Experiment, ok bool) {
	o := parseObject(reported)
	raw, there := o.members["experiment"]
	if o.problem != nil || !there {
		return Experiment{}, false
	}
	x := &lenient{}
	if json.Unmarshal(raw, &x.members) != nil {
		return Experiment{}, false
	}
	e = Experiment{
		Command: x.text("command"), Kind: x.text("kind"), Output: x.text("output"), State: x.text("state"),
		Phase: x.text("phase"), Reason: x.text("reason"),
		DelayS: x.number("delay_s"), Gain: x.number("gain"), SwingK: x.number("swing_k"), SettleS: x.number("settle_s"),
		FlowLPM: x.number("flow_lpm"), StartDuty: x.number("start_duty"), StopDuty: x.number("stop_duty"),
		MinRPM: x.number("min_rpm"), MaxRPM: x.number("max_rpm"),
		Turned: x.turned("turned"),
	}
	if e.Command == "" || e.Kind == "" || e.Output == "" || e.State == "" {
		return Experiment{}, false
	}
	x.node(func(n *node) { e.Cycles = n.integer("cycles", 0, MaxInteger) })
	x.node(func(n *node) {
		if in := n.object("pi"); in != nil {
			if pi := readPI(in); *n.mistake == nil {
				e.PI = pi
			}
		}
	})
	return e, true
}

// lenient reads members each by itself: a mistake in one is none in another.
type lenient struct {
	members map[string]json.RawMessage
}

func (l *lenient) node(read func(*node)) {
	var mistake *Problem
	read(&node{members: l.members, mistake: &mistake})
}

func (l *lenient) text(field string) (text string) {
	l.node(func(n *node) { text, _ = n.text(field) })
	return text
}

func (l *lenient) number(field string) (v *float64) {
	l.node(func(n *node) { v = n.finite(field) })
	return v
}

// turned leaves out elements that are none.
func (l *lenient) turned(field string) (all []Turned) {
	var raws []json.RawMessage
	l.node(func(n *node) { raws = n.elements(field, MaxOutputs) })
	if raws == nil {
		return nil
	}
	all = []Turned{}
	for _, raw := range raws {
		in := &lenient{}
		if json.Unmarshal(raw, &in.members) != nil {
			continue
		}
		if output, rpm := in.text("output"), in.number("rpm"); output != "" && rpm != nil {
			all = append(all, Turned{Output: output, RPM: *rpm})
		}
	}
	return all
}

// EncodeExperiment returns the JSON form of e, the value of `experiment` in a reported message.
func EncodeExperiment(e Experiment) ([]byte, error) { return json.Marshal(e) }
