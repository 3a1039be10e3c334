package coolant

import (
	"encoding/json"
	"fmt"
	"time"
)

// Desired is one version of what the owner wants of a device: the desired half of
// its twin. Versions of a device count from 1 and never end; a version that was
// written stays as it is.
type Desired struct {
	Device  DeviceID
	Version uint64
	// Epoch changes when the history of versions is not the one that the device knows,
	// as after a backup was restored. Together with Version it names a state: a device
	// applies any that is not the one it has.
	Epoch string // 1 to 64 printable ASCII characters
	// Body is the JSON object that the device is sent, without epoch and version.
	Body json.RawMessage
	Edit Edit
	// Refused is why the device did not apply it, in English; empty if it did, or has not
	// judged it.
	Refused string
}

// Edit says who changed something, when, and what for.
type Edit struct {
	At   UnixMilli
	By   string // a name for people: "page", "command line"; at most 64 bytes
	Note string // in the editor's words; may be empty, at most 256 bytes
	From uint64 // the version that this one goes back to; 0: none
}

// Reported is how far a device got with what is desired, by its own word.
type Reported struct {
	Epoch   string // of the state that it judged last; empty if it never saw one
	Version uint64
	Refused string // why it did not apply that state; empty if it did
}

// TwinPhase is how desired and reported stand to each other.
type TwinPhase string

// The phases of a twin.
const (
	TwinUnset    TwinPhase = "unset"    // nothing was ever desired: the device does what it does by itself
	TwinApplying TwinPhase = "applying" // the device has not judged the newest version yet
	TwinApplied  TwinPhase = "applied"
	TwinRefused  TwinPhase = "refused" // the device has judged the newest version and keeps the one before
)

// Twin is what is wanted of a device and what it says of that.
type Twin struct {
	Device   DeviceID
	Phase    TwinPhase
	Desired  Desired  // the zero value if Phase is TwinUnset
	Reported Reported // the zero value if the device never said anything
}

// Difference is one difference between two versions of what is desired.
type Difference struct {
	Path          string // such as outputs.fan.min_duty
	Before, After string // JSON; empty where it was not there, or is not any more
}

// MaxHostW is the greatest heat of a host that is believed, in watts: more than any
// desk has.
const MaxHostW = 5000.0

// Input is what control on a device may know of the world outside. It is never stored.
type Input struct {
	HostW float64       // heat of the host in watts, 0 to MaxHostW
	Valid time.Duration // how long it holds from receipt on, in whole seconds, 1 s to 24 h
}

// HeldInput is an input as a device has it.
type HeldInput struct {
	HostW float64   `json:"host_w" doc:"Heat of the host in watts"`
	Until UnixMilli `json:"until" doc:"Until when it holds, unless the device restarts"`
}

// StaleError says that an edit started from a version that is not the newest any
// more. Its code is [CodeConflict].
type StaleError struct {
	Base    uint64       // that the edit started from
	Newest  Desired      // what there is by now
	Changes []Difference // from Base to Newest, by path; some may be left out, and all where Base is not kept
}

// Error says who was faster, and what changed.
func (e *StaleError) Error() string {
	text := fmt.Sprintf("this starts from version %d of %s, but version %d is the newest: %s changed it at %s",
		e.Base, e.Newest.Device, e.Newest.Version, e.Newest.Edit.By, e.Newest.Edit.At.Time().UTC().Format(time.RFC3339))
	for i, c := range e.Changes {
		before := ", "
		if i == 0 {
			before = " ("
		}
		text += before + c.String()
	}
	if len(e.Changes) > 0 {
		text += ")"
	}
	return text + "; look at it and try again"
}

// String is the change in a few words.
func (c Difference) String() string {
	switch {
	case c.Before == "":
		return c.Path + " was added: " + c.After
	case c.After == "":
		return c.Path + " was removed"
	}
	return c.Path + " from " + c.Before + " to " + c.After
}
