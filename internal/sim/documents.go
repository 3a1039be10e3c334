package sim

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"time"

	"coolant/internal/wire"
)

// infoDocument is the contract's info with the members that only we send.
type infoDocument struct {
	wire.InfoPayload
	Name  string `json:"name,omitempty"`
	Boot  string `json:"boot"`
	Board board  `json:"board"`
}

// reportedDocument is the contract's reported with the members that only we
// send.
type reportedDocument struct {
	wire.ReportedPayload
	Outputs []outputDocument `json:"outputs"`
	Alarms  []alarmDocument  `json:"alarms,omitempty"`
	Zero    *zeroDocument    `json:"zero,omitempty"` // what came of the last one
	// Experiment is the last one of the boot.
	Experiment *wire.Experiment `json:"experiment,omitempty"`
}

// outputDocument is the contract's state of an output with the members that only we send.
type outputDocument struct {
	wire.OutputState
	Supervised bool `json:"supervised"`
	Cycles     int  `json:"cycles,omitempty"` // of a switch
}

// alarmDocument is what a person needs to clear a fault.
type alarmDocument struct {
	Name       string `json:"name"`
	Occurrence int    `json:"occurrence"`
	Active     bool   `json:"active"`
}

// info is what the device says about itself.
func (b *boot) info() []byte {
	d := b.d
	doc := infoDocument{
		InfoPayload: wire.InfoPayload{
			Firmware: "sim-2", Chip: "simulated",
			Capabilities: []string{
				wire.CommandIdentify, wire.CommandRestart, wire.CommandClearFault, wire.CommandWatch, wire.CommandEndpoint,
				wire.CommandZero, wire.CommandAutotune, wire.CommandCommission,
				wire.TakesDesired, "leak", "flow",
			},
			// An address for documentation (RFC 5737), because it has no Wi-Fi either.
			IP: fmt.Sprintf("192.0.2.%d", 10+d.seed%200), RSSI: -58,
			ResetReason: b.reason, IntervalMS: d.flash.settings.interval.Milliseconds(),
			Endpoint: d.flash.home.info(),
		},
		Name:  d.name,
		Boot:  b.id.String(),
		Board: theBoard().with(d.board),
	}
	for _, rom := range d.rig.roms {
		doc.Probes = append(doc.Probes, wire.ProbeInfo{ROM: fmt.Sprintf("%016x", rom), Role: d.rig.reg.Role(rom)})
	}
	for _, o := range d.rig.set.control.Outputs {
		doc.Outputs = append(doc.Outputs, o.Name)
	}
	for _, r := range d.rig.Readings() {
		doc.Metrics = append(doc.Metrics, r.Metric)
	}
	return mustJSON(doc)
}

// reported is what the server was last told of the state.
type reported struct {
	doc reportedDocument
	at  time.Time
}

const (
	// The duties change all the time; nobody wants a retained message for each
	// percent. A change of tellDuty is told at once, one of restDuty when the outputs
	// have come to rest, and a smaller one now and then.
	tellDuty  = 10.0
	restDuty  = 2.0
	restAfter = 5 * time.Second
	tellAfter = time.Minute
)

// report tells the server what the device does, where that is news.
func (b *boot) report() {
	doc := b.state()
	old, now := &b.reported, b.d.now()
	rests := slices.Equal(b.outputs, doc.Outputs)
	b.outputs = doc.Outputs
	same := old.doc.Epoch == doc.Epoch && old.doc.Version == doc.Version && old.doc.Refused == doc.Refused &&
		old.doc.IntervalMS == doc.IntervalMS && slices.Equal(old.doc.Alarms, doc.Alarms) &&
		slices.EqualFunc(old.doc.Outputs, doc.Outputs, sameDecision) && old.doc.Zero == doc.Zero &&
		reflect.DeepEqual(old.doc.Experiment, doc.Experiment)
	moved := 0.0
	if same {
		for i, out := range doc.Outputs {
			moved = max(moved, math.Abs(old.doc.Outputs[i].Duty-out.Duty))
		}
	}
	patience := tellAfter
	switch {
	case moved >= tellDuty:
		patience = 0
	case moved >= restDuty && rests:
		patience = restAfter
	}
	if same && (moved == 0 || now.Sub(old.at) < patience) {
		return
	}
	b.reported = reported{doc: doc, at: now}
	b.voice.tell(wire.Reported, mustJSON(doc))
}

// sameDecision says that two states of an output differ in nothing but its duty.
func sameDecision(a, b outputDocument) bool {
	a.Duty = b.Duty
	return a == b
}

func (b *boot) state() reportedDocument {
	d := b.d
	interval := d.flash.settings.interval
	if d.now().Before(b.watchUntil) {
		interval = min(interval, watchInterval)
	}
	doc := reportedDocument{ReportedPayload: wire.ReportedPayload{
		Epoch: d.flash.epoch, Version: d.flash.version, Refused: d.flash.refused, IntervalMS: interval.Milliseconds(),
	}}
	doc.Zero, doc.Experiment = b.zero.result, b.tried()
	for i, drive := range d.rig.duties {
		mode := "auto"
		if drive.Overridden {
			mode = "override"
		}
		doc.Outputs = append(doc.Outputs, outputDocument{
			OutputState: wire.OutputState{
				Name: d.rig.set.control.Outputs[i].Name, Mode: mode, Duty: math.Round(drive.Duty), Claim: string(drive.By),
			},
			Supervised: drive.Supervised, Cycles: drive.Cycles,
		})
	}
	for _, f := range d.rig.Faults() {
		doc.Faults = append(doc.Faults, f.Name)
		doc.Alarms = append(doc.Alarms, alarmDocument{Name: f.Name, Occurrence: f.Occurrence, Active: f.Active})
	}
	return doc
}

// mustJSON is for documents that are made of strings and finite numbers.
func mustJSON(v any) []byte {
	p, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return p
}
