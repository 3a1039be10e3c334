package wire

import (
	"encoding/json"

	"coolant"
)

// Limits of the arguments of the commands `autotune` and `commission`.
const (
	MinTune, MaxTune, DefaultTune = 10, 120, 60 // minutes
	MinRun, MaxRun, DefaultRun    = 2, 60, 10   // seconds
	DefaultRunDuty                = 60.0        // percent
)

// AutotuneArgs are the arguments of the command `autotune`: the output whose gains
// are to be found.
type AutotuneArgs struct {
	Output   coolant.Metric `json:"output"`             // its name; a pump or a fan, no switch
	Setpoint *float64       `json:"setpoint,omitempty"` // -20 to below 60; nil: that of the output's PI
	Minutes  int            `json:"minutes,omitempty"`  // 10 to 120; 0 is written as nothing, which means 60
}

// EncodeAutotune returns the JSON form of a, for the args of a command.
func EncodeAutotune(a AutotuneArgs) ([]byte, error) { return json.Marshal(a) }

// DecodeAutotune reads the arguments of `autotune`. The error is a [*Problem].
func DecodeAutotune(p []byte) (AutotuneArgs, error) {
	o := parseObject(p)
	n := &node{members: o.members, mistake: &o.problem}
	n.need("output")
	a := AutotuneArgs{Output: n.metric("output"), Setpoint: n.below("setpoint", -20, 60), Minutes: DefaultTune}
	if v := n.integer("minutes", MinTune, MaxTune); v != nil {
		a.Minutes = int(*v)
	}
	if err := o.err(); err != nil {
		return AutotuneArgs{}, err
	}
	return a, nil
}

// CommissionArgs are the arguments of the command `commission`: the output that is
// to be tried, and how. Duty and Seconds are of a run.
type CommissionArgs struct {
	Output  coolant.Metric `json:"output"`            // its name
	Test    string         `json:"test"`              // [TestRun] or [TestSweep]
	Duty    *float64       `json:"duty,omitempty"`    // 0 to 100 percent; nil: 60
	Seconds int            `json:"seconds,omitempty"` // 2 to 60; 0 is written as nothing, which means 10
	Filled  bool           `json:"filled,omitempty"`  // a person has seen water move
}

// EncodeCommission returns the JSON form of a, for the args of a command.
func EncodeCommission(a CommissionArgs) ([]byte, error) { return json.Marshal(a) }

// DecodeCommission reads the arguments of `commission`; Duty is never nil then. The
// error is a [*Problem].
func DecodeCommission(p []byte) (CommissionArgs, error) {
	o := parseObject(p)
	n := &node{members: o.members, mistake: &o.problem}
	duty := DefaultRunDuty
	a := CommissionArgs{Duty: &duty, Seconds: DefaultRun}
	n.need("output")
	a.Output = n.metric("output")
	n.need("test")
	if test := n.choice("test", TestRun, TestSweep); test != nil {
		a.Test = *test
	}
	if v := n.number("duty", 0, 100); v != nil {
		a.Duty = v
	}
	if v := n.integer("seconds", MinRun, MaxRun); v != nil {
		a.Seconds = int(*v)
	}
	if v := n.flag("filled"); v != nil {
		a.Filled = *v
	}
	if err := o.err(); err != nil {
		return CommissionArgs{}, err
	}
	return a, nil
}
