package control

import (
	"slices"

	"coolant"
)

// The faults of a device, beside the stall of an output, which is its name and "_stall".
const (
	FaultLeak       = "leak"
	FaultOverTemp   = "over_temperature"
	FaultInputLost  = "input_lost"
	FaultDisagree   = "probes_disagree"
	FaultNoFlow     = "no_flow" // the flow meter stands still while a pump should run
	FaultNoTransfer = "no_heat_transfer"
	FaultInterlock  = "chiller_interlock" // a chiller is wanted and not allowed to run
	FaultStuck      = "probe_stuck"
	FaultReplaced   = "probe_replaced" // a probe took over the role of one that does not answer
)

// FaultStall is the fault of an output that does not turn.
func FaultStall(output string) string { return output + "_stall" }

// Fault is something that is wrong, or was and has not been acknowledged. It is latched from
// its beginning until a person clears it, and active as long as its cause is there.
type Fault struct {
	Name       string
	Occurrence int // from 1, by name, since the start: an acknowledgement cannot hit a later one than it meant
	Active     bool
	Critical   bool // it calls for somebody now
}

// faults are those that are latched, oldest first, and how often each name has occurred.
type faults struct {
	list   []Fault
	counts map[string]int
}

func (f *faults) find(name string) int {
	return slices.IndexFunc(f.list, func(g Fault) bool { return g.Name == name })
}

// set says that a fault's cause is there, or is not.
func (f *faults) set(name string, active, critical bool) {
	i := f.find(name)
	if active && (i < 0 || !f.list[i].Active) {
		if i >= 0 {
			f.list = slices.Delete(f.list, i, i+1)
		}
		if f.counts == nil {
			f.counts = make(map[string]int)
		}
		f.counts[name]++
		f.list = append(f.list, Fault{Name: name, Occurrence: f.counts[name], Active: true, Critical: critical})
		return
	}
	if i >= 0 {
		f.list[i].Active = active
	}
}

// event notes something that happened and is over: a new occurrence, latched and not active.
func (f *faults) event(name string) {
	f.set(name, true, false)
	f.set(name, false, false)
}

// critical says whether a critical fault is active.
func (f *faults) critical() bool {
	return slices.ContainsFunc(f.list, func(g Fault) bool { return g.Active && g.Critical })
}

// clear forgets a latched fault; there says that its cause is still there.
func (f *faults) clear(name string, occurrence int, there bool) error {
	i := f.find(name)
	switch {
	case i < 0:
		return coolant.Errorf(coolant.CodeNotFound, "there is no fault %s", name)
	case occurrence != 0 && occurrence != f.list[i].Occurrence:
		return coolant.Errorf(coolant.CodeConflict, "fault %s is at its occurrence %d, not %d", name, f.list[i].Occurrence, occurrence)
	case there:
		return coolant.Errorf(coolant.CodeConflict, "what raised %s is still there", name)
	}
	f.list = slices.Delete(f.list, i, i+1)
	return nil
}
