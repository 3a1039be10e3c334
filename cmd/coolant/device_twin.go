package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"coolant"
	"coolant/internal/app"
)

// lookEvery is how often the command line looks what became of an edit.
const lookEvery = 250 * time.Millisecond

// editor is who edits from here.
const editor = "command line"

type deviceGetCommand struct {
	deviceFlags
	ID      string `arg:"" name:"id" help:"Device id."`
	History bool   `help:"List the versions instead, the newest first."`
	Limit   int    `help:"How many versions at most." default:"20"`
}

// Run is called by the parser.
func (g *deviceGetCommand) Run(p *process) error {
	return g.twins(p, g.ID, func(id coolant.DeviceID, twins app.DeviceTwins) error {
		if g.History {
			return g.history(p, id, twins)
		}
		tw, err := twins.Twin(p.ctx, id)
		if err != nil {
			return err
		}
		return g.show(p, tw)
	})
}

func (g *deviceGetCommand) history(p *process, id coolant.DeviceID, twins app.DeviceTwins) error {
	if g.Limit < 1 {
		return coolant.Errorf(coolant.CodeInvalid, "--limit: at least 1 is expected")
	}
	list, err := twins.TwinHistory(p.ctx, id, 0, g.Limit)
	if err != nil {
		return err
	}
	for _, d := range list {
		if g.JSON {
			if err := json.NewEncoder(p.stdout).Encode(versionJSON(d)); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(p.stdout, "%6d  %s  %s%s\n", d.Version, d.Edit.At.Time().Local().Format("2006-01-02 15:04:05"), d.Edit.By, editNote(d.Edit)+refusedNote(d)); err != nil {
			return err
		}
	}
	return nil
}

type deviceSetCommand struct {
	deviceFlags
	ID          string        `arg:"" name:"id" help:"Device id."`
	Assignments []string      `arg:"" optional:"" name:"assignment" help:"What to change, such as interval_ms=5000 or outputs.fan.min_duty=30; without a value (outputs.fan.override=) the member is removed."`
	File        string        `help:"JSON file with the whole desired state; - reads standard input." placeholder:"FILE"`
	Return      uint64        `help:"Go back to an earlier version." placeholder:"VERSION"`
	Base        uint64        `help:"Refuse if this version is not the newest any more (default: take the newest)." placeholder:"VERSION"`
	Note        string        `help:"What the change is for."`
	Wait        time.Duration `help:"How long to wait until the device has applied or refused it; 0s does not wait." default:"15s"`
}

// Run is called by the parser.
func (s *deviceSetCommand) Run(p *process) error {
	ways := 0
	for _, given := range []bool{len(s.Assignments) > 0, s.File != "", s.Return != 0} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return coolant.Errorf(coolant.CodeInvalid, "give assignments, or --file, or --return: one of them")
	}
	return s.twins(p, s.ID, func(id coolant.DeviceID, twins app.DeviceTwins) error {
		tw, err := s.edit(p, id, twins)
		if err != nil {
			return err
		}
		return settle(p, twins, s.deviceFlags, tw, s.Wait)
	})
}

// settle shows a twin once the device has judged its newest version, or after wait.
func settle(p *process, twins app.DeviceTwins, f deviceFlags, tw coolant.Twin, wait time.Duration) (err error) {
	id := tw.Device
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for waiting := wait > 0; waiting && tw.Phase == coolant.TwinApplying; {
		select {
		case <-p.ctx.Done():
			return p.ctx.Err()
		case <-deadline.C:
			waiting = false
		case <-look.C:
			if tw, err = twins.Twin(p.ctx, id); err != nil {
				return err
			}
		}
	}
	if err := f.show(p, tw); err != nil {
		return err
	}
	switch {
	case tw.Phase == coolant.TwinRefused:
		return coolant.Errorf(coolant.CodeConflict, "%s refuses version %d: %s. It goes on as before, and the next change starts from what it did not refuse",
			id, tw.Desired.Version, tw.Reported.Refused)
	case tw.Phase == coolant.TwinApplying && wait > 0:
		return coolant.Errorf(coolant.CodeUnavailable, "%s has not judged version %d within %v; it gets it when it is connected. coolant device get %s says how it is",
			id, tw.Desired.Version, wait, id)
	}
	return nil
}

// edit makes the next version.
func (s *deviceSetCommand) edit(p *process, id coolant.DeviceID, twins app.DeviceTwins) (coolant.Twin, error) {
	now, err := twins.Twin(p.ctx, id)
	if err != nil {
		return now, err
	}
	base := s.Base
	if base == 0 {
		base = now.Desired.Version
	}
	edit := coolant.Edit{By: editor, Note: s.Note}
	if s.Return != 0 {
		return twins.ReturnTwin(p.ctx, id, base, s.Return, edit)
	}
	var body json.RawMessage
	switch {
	case s.File == "-":
		body, err = io.ReadAll(os.Stdin)
	case s.File != "":
		body, err = os.ReadFile(s.File)
	default:
		if body, err = soundBody(p, twins, now); err == nil {
			body, err = assign(body, s.Assignments)
		}
	}
	if err != nil {
		return now, err
	}
	if !json.Valid(body) {
		return now, coolant.Errorf(coolant.CodeInvalid, "--file %s: it is not JSON", s.File)
	}
	return twins.EditTwin(p.ctx, id, base, body, edit)
}

// soundBody is what a change starts from: the newest version that the device did not refuse. A mistake
// that it refused would make it refuse every change after it.
func soundBody(p *process, twins app.DeviceTwins, now coolant.Twin) (json.RawMessage, error) {
	switch {
	case now.Desired.Version == 0:
		return json.RawMessage("{}"), nil
	case now.Phase != coolant.TwinRefused:
		return now.Desired.Body, nil
	}
	versions, err := twins.TwinHistory(p.ctx, now.Device, now.Desired.Version, 0)
	if err != nil {
		return nil, err
	}
	for _, d := range versions {
		if d.Refused == "" {
			return d.Body, nil
		}
	}
	return json.RawMessage("{}"), nil
}

type deviceInputCommand struct {
	deviceFlags
	ID    string        `arg:"" name:"id" help:"Device id."`
	HostW float64       `required:"" help:"Heat of the cooled machine in watts." placeholder:"W"`
	For   time.Duration `help:"How long it holds; send it again before that." default:"1m"`
}

// Run is called by the parser.
func (i *deviceInputCommand) Run(p *process) error {
	if i.HostW < 0 || i.HostW > coolant.MaxHostW {
		return coolant.Errorf(coolant.CodeInvalid, "--host-w: %g is not within 0 to %g", i.HostW, coolant.MaxHostW)
	}
	if i.For < time.Second || i.For > 24*time.Hour || i.For%time.Second != 0 {
		return coolant.Errorf(coolant.CodeInvalid, "--for: whole seconds from 1s to 24h are expected, not %v", i.For)
	}
	return i.twins(p, i.ID, func(id coolant.DeviceID, twins app.DeviceTwins) error {
		if err := twins.Input(p.ctx, id, coolant.Input{HostW: i.HostW, Valid: i.For}); err != nil {
			return err
		}
		if i.JSON {
			return json.NewEncoder(p.stdout).Encode(map[string]any{"id": id, "host_w": i.HostW, "valid_s": int(i.For / time.Second)})
		}
		_, err := fmt.Fprintf(p.stdout, "%s: its host makes %g W, for %v from now\n", id, i.HostW, i.For)
		return err
	})
}

type deviceWatchCommand struct {
	deviceFlags
	ID string `arg:"" name:"id" help:"Device id."`
}

// Run is called by the parser. It ends with the service or by an interrupt.
func (w *deviceWatchCommand) Run(p *process) error {
	return w.twins(p, w.ID, func(id coolant.DeviceID, twins app.DeviceTwins) error {
		look := time.NewTicker(lookEvery)
		defer look.Stop()
		var said []byte
		var shown coolant.Twin
		for {
			tw, err := twins.Twin(p.ctx, id)
			if err != nil {
				return ended(p, err)
			}
			doc, err := twins.Document(p.ctx, id, coolant.DocReported)
			if err != nil {
				return ended(p, err)
			}
			if tw.Phase != shown.Phase || tw.Desired.Version != shown.Desired.Version || !bytes.Equal(doc.Body, said) {
				if err := w.line(p, tw, doc.Body); err != nil {
					return err
				}
			}
			shown, said = tw, doc.Body
			select {
			case <-p.ctx.Done():
				return nil
			case <-look.C:
			}
		}
	})
}

// ended is no error where somebody asked for the end.
func ended(p *process, err error) error {
	if p.ctx.Err() != nil {
		return nil
	}
	return err
}

func (w *deviceWatchCommand) line(p *process, tw coolant.Twin, reported json.RawMessage) error {
	if w.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]any{"phase": tw.Phase, "version": tw.Desired.Version, "reported": orNull(reported)})
	}
	var state app.ReportedState
	if len(reported) > 0 {
		if err := json.Unmarshal(reported, &state); err != nil {
			return fmt.Errorf("read what the device reports: %w", err)
		}
	}
	parts := []string{time.Now().Format("15:04:05"), phaseText(tw)}
	for _, o := range state.Outputs {
		parts = append(parts, fmt.Sprintf("%s %.0f%% (%s)", o.Name, o.Duty, o.Claim))
	}
	if len(state.Faults) > 0 {
		parts = append(parts, "faults: "+strings.Join(state.Faults, ", "))
	}
	_, err := fmt.Fprintln(p.stdout, strings.Join(parts, "  "))
	return err
}

// twins calls do with the twins of the running service, once the id is checked.
func (f deviceFlags) twins(p *process, text string, do func(coolant.DeviceID, app.DeviceTwins) error) error {
	c, err := f.load(p, nil)
	if err != nil {
		return err
	}
	id, err := coolant.ParseDeviceID(text)
	if err != nil {
		return err
	}
	return app.WithTwins(c, func(twins app.DeviceTwins) error { return do(id, twins) })
}

// show answers with a twin.
func (f deviceFlags) show(p *process, tw coolant.Twin) error {
	if f.JSON {
		out := map[string]any{"id": tw.Device, "phase": tw.Phase}
		if tw.Desired.Version != 0 {
			out["desired"] = versionJSON(tw.Desired)
		}
		if tw.Reported.Version != 0 {
			out["reported"] = map[string]any{"epoch": tw.Reported.Epoch, "version": tw.Reported.Version, "refused": tw.Reported.Refused}
		}
		return json.NewEncoder(p.stdout).Encode(out)
	}
	if _, err := fmt.Fprintf(p.stdout, "%s: %s\n", tw.Device, phaseText(tw)); err != nil || tw.Desired.Version == 0 {
		return err
	}
	e := tw.Desired.Edit
	if _, err := fmt.Fprintf(p.stdout, "changed %s by %s%s\n", e.At.Time().Local().Format("2006-01-02 15:04:05"), e.By, editNote(e)); err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, tw.Desired.Body, "", "  "); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, pretty.String())
	return err
}

func versionJSON(d coolant.Desired) map[string]any {
	out := map[string]any{"version": d.Version, "epoch": d.Epoch, "at": d.Edit.At, "by": d.Edit.By, "body": orNull(d.Body)}
	if d.Edit.Note != "" {
		out["note"] = d.Edit.Note
	}
	if d.Edit.From != 0 {
		out["from"] = d.Edit.From
	}
	if d.Refused != "" {
		out["refused"] = d.Refused
	}
	return out
}

func refusedNote(d coolant.Desired) string {
	if d.Refused == "" {
		return ""
	}
	return "  (refused: " + d.Refused + ")"
}

func orNull(body json.RawMessage) json.RawMessage {
	if len(body) == 0 {
		return json.RawMessage("null")
	}
	return body
}

func editNote(e coolant.Edit) string {
	text := ""
	if e.From != 0 {
		text = fmt.Sprintf(", back to version %d", e.From)
	}
	if e.Note != "" {
		text += ": " + e.Note
	}
	return text
}

func phaseText(tw coolant.Twin) string {
	switch tw.Phase {
	case coolant.TwinApplied:
		return fmt.Sprintf("version %d is applied", tw.Desired.Version)
	case coolant.TwinRefused:
		return fmt.Sprintf("version %d is refused: %s", tw.Desired.Version, tw.Reported.Refused)
	case coolant.TwinApplying:
		if tw.Reported.Version != 0 {
			return fmt.Sprintf("version %d is on its way; the device has version %d", tw.Desired.Version, tw.Reported.Version)
		}
		return fmt.Sprintf("version %d is on its way", tw.Desired.Version)
	case coolant.TwinUnset:
	}
	return "nothing was changed; the device does what it does by itself"
}
