package wire

import (
	"encoding/json"
	"slices"
	"strconv"

	"coolant"
)

// Board is what the pins of a device can do, by its info.
type Board struct {
	OutputPins  []int64 `json:"output_pins"`  // GPIOs that can drive an output
	InputPins   []int64 `json:"input_pins"`   // GPIOs that can count a tachometer
	PWMChannels int     `json:"pwm_channels"` // outputs with PWM at once
	Counters    int     `json:"counters"`     // tachometers and flow meters at once
	Leak        bool    `json:"leak"`         // whether such an input is wired
	Flow        bool    `json:"flow"`
	Humidity    bool    `json:"humidity"`
	// Outputs are the board's own, as the device came; nil: it does not say which they are.
	Outputs []BoardOutput `json:"outputs,omitempty"`
}

// BoardOutput is an output that a board has by itself.
type BoardOutput struct {
	Name     string `json:"name"`
	Role     string `json:"role"`      // one of the roles of outputs
	Kind     string `json:"kind"`      // one of the kinds
	Pin      int64  `json:"pin"`       // GPIO; -1: none
	TachoPin int64  `json:"tacho_pin"` // likewise
}

// TakesDesired is the capability of a device that takes a desired state.
const TakesDesired = "desired"

// Abilities is what a device can be asked for, by its info.
type Abilities struct {
	Capabilities []string `json:"capabilities"`
	Board        *Board   `json:"board"` // nil: it does not say
}

// AbilitiesOf reads what an info says of a device's abilities. Members of another type
// than expected count as not said: a device that says more than we know is no mistake.
func AbilitiesOf(info json.RawMessage) (a Abilities) {
	var members map[string]json.RawMessage
	if json.Unmarshal(info, &members) != nil {
		return a
	}
	if json.Unmarshal(members["capabilities"], &a.Capabilities) != nil {
		a.Capabilities = nil
	}
	if json.Unmarshal(members["board"], &a.Board) != nil {
		a.Board = nil
	}
	return a
}

// CheckFor says what of s a device with these abilities cannot do. What a device does
// not say of itself is left to its own judgement. The error is a [*Problem] with the code
// RejectedField.
func (s *Settings) CheckFor(a Abilities) error {
	n := &node{mistake: new(*Problem)}
	if !slices.Contains(a.Capabilities, TakesDesired) {
		n.fail(coolant.RejectedField, "", "this device takes no desired state: it does not list the capability %q", TakesDesired)
		return *n.mistake
	}
	if a.Board == nil {
		return nil
	}
	drive, count := map[int64]bool{}, map[int64]bool{}
	for i, o := range s.Outputs {
		if o.Wiring == nil {
			continue
		}
		in := &node{path: "outputs[" + strconv.Itoa(i) + "].wiring.", mistake: n.mistake}
		in.pin("pin", o.Wiring.Pin, a.Board.OutputPins, drive, count, "drive an output")
		in.pin("tacho_pin", o.Wiring.TachoPin, a.Board.InputPins, count, drive, "count a tachometer")
	}
	if *n.mistake != nil {
		return *n.mistake
	}
	return nil
}

// pin checks that a board offers a pin, and that nothing else has it.
func (n *node) pin(field string, pin *int64, offered []int64, used, others map[int64]bool, ability string) {
	switch {
	case pin == nil || *pin < 0:
		return
	case !slices.Contains(offered, *pin):
		n.fail(coolant.RejectedField, field, "GPIO %d of this board cannot %s; those that can are %v", *pin, ability, offered)
	case used[*pin] || others[*pin]:
		n.fail(coolant.RejectedField, field, "GPIO %d is used twice", *pin)
	}
	used[*pin] = true
}
