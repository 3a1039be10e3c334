package live

import (
	"bytes"
	"encoding/json"

	"coolant"
)

// TwinView is what is desired of a device and what the device says of that, as the
// outside sees it. A view never changes after it was handed out.
type TwinView struct {
	Device   coolant.DeviceID  `json:"device"`
	Phase    coolant.TwinPhase `json:"phase" enum:"unset,applying,applied,refused" doc:"How the two stand to each other. unset: nothing was ever desired, and the device does what it does by itself"`
	Desired  *DesiredView      `json:"desired" doc:"The newest version of what is desired; null if the phase is unset"`
	Reported *ReportedView     `json:"reported" doc:"What the device judged last; null if it never judged anything"`
	State    json.RawMessage   `json:"state" doc:"What the device last said of its outputs, claims and faults (contract topic reported); null if nothing"`
}

// DesiredView is one version of what is desired of a device.
type DesiredView struct {
	Version uint64            `json:"version" minimum:"1" doc:"Counts the versions of the device"`
	Epoch   string            `json:"epoch" doc:"Changes when the versions that the device knows are lost here, as after a backup was restored"`
	At      coolant.UnixMilli `json:"at" doc:"When it was changed, Unix milliseconds"`
	By      string            `json:"by" doc:"Who changed it" example:"page"`
	Note    string            `json:"note" doc:"What for, in the editor's words"`
	From    uint64            `json:"from" doc:"The version that it goes back to; 0: none"`
	Refused string            `json:"refused" doc:"Why the device did not apply it, in English; empty if it did, or has not judged it"`
	Body    json.RawMessage   `json:"body" doc:"The object of the contract's topic desired, without epoch and version"`
}

// ReportedView is how far a device got.
type ReportedView struct {
	Version uint64 `json:"version" doc:"The version that the device judged last"`
	Epoch   string `json:"epoch"`
	Refused string `json:"refused" doc:"Why it did not apply that version, in English; empty if it did"`
}

// DesiredOf returns the outside form of a version.
func DesiredOf(d coolant.Desired) DesiredView {
	return DesiredView{
		Version: d.Version, Epoch: d.Epoch, At: d.Edit.At, By: d.Edit.By, Note: d.Edit.Note, From: d.Edit.From, Refused: d.Refused, Body: d.Body,
	}
}

// Twin says how desired and reported of a device stand to each other. Snapshots do not
// contain it.
type Twin struct{ View *TwinView }

// twin is what the board knows of a device's twin.
type twin struct {
	coolant.Twin
	state json.RawMessage // the newest reported document
	alarm bool            // by it, something is wrong now
}

func (t *twin) show(id coolant.DeviceID) *TwinView {
	v := &TwinView{Device: id, Phase: t.Phase, State: t.state}
	if v.Phase == "" {
		v.Phase = coolant.TwinUnset
	}
	if t.Desired.Version != 0 {
		v.Desired = new(DesiredOf(t.Desired))
	}
	if t.Reported.Epoch != "" {
		v.Reported = &ReportedView{Version: t.Reported.Version, Epoch: t.Reported.Epoch, Refused: t.Reported.Refused}
	}
	return v
}

// Twin takes a twin as it is now. One of a device that is not on the board is
// forgotten.
func (h *Hub) Twin(tw coolant.Twin) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.devices[tw.Device]
	if d == nil {
		return
	}
	d.twin.Twin = tw
	h.twinChanged(d)
	h.wake()
}

// TwinOf returns the twin of a device; false if the device is not on the board.
func (h *Hub) TwinOf(id coolant.DeviceID) (*TwinView, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d := h.devices[id]
	if d == nil {
		return nil, false
	}
	return d.twin.show(id), true
}

// report keeps a reported document. It reports whether that is news.
func (t *twin) report(body json.RawMessage) bool {
	if bytes.Equal(body, t.state) {
		return false
	}
	t.state = bytes.Clone(body)
	t.alarm = alarmed(body)
	return true
}

// ofReadings are the alarms that repeat what readings without a value say already.
var ofReadings = map[string]bool{"input_lost": true, "probe_stuck": true}

// alarmed says whether a reported document has an alarm whose cause is still there, and
// that says more than the readings do. One that is over waits for a person to clear it, and is not wrong any more.
func alarmed(reported json.RawMessage) bool {
	var said struct {
		Alarms []struct {
			Name   string `json:"name"`
			Active bool   `json:"active"`
		} `json:"alarms"`
	}
	if json.Unmarshal(reported, &said) != nil {
		return false
	}
	for _, a := range said.Alarms {
		if a.Active && !ofReadings[a.Name] {
			return true
		}
	}
	return false
}

func (h *Hub) twinChanged(d *device) {
	if h.heard() {
		h.publish(&Twin{View: d.twin.show(d.ID)})
	}
}

func (*Twin) name() string                   { return "twin" }
func (e *Twin) appendJSON(dst []byte) []byte { return appendAny(dst, e.View) }

func (e *Twin) cost() int {
	n := 2*baseCost + 2*len(e.View.State)
	if e.View.Desired != nil {
		n += 2 * (baseCost + len(e.View.Desired.Body) + len(e.View.Desired.Note))
	}
	return n
}
