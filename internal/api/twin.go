package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"coolant"
	"coolant/internal/live"
)

const (
	maxVersions     = 1000 // what the store keeps
	defaultVersions = 50
	// replyWait is how long a command waits for the device's answer.
	replyWait    = 10 * time.Second
	maxReplyWait = time.Minute
	// pageEditor is who edits where nobody says otherwise; there are no accounts yet.
	pageEditor = "page"
)

// Twins is what changes devices. Errors have codes: invalid for what can never be asked,
// conflict for an edit of a version that is not the newest any more.
type Twins interface {
	EditTwin(ctx context.Context, id coolant.DeviceID, base uint64, body json.RawMessage, edit coolant.Edit) (coolant.Twin, error)
	ReturnTwin(ctx context.Context, id coolant.DeviceID, base, to uint64, edit coolant.Edit) (coolant.Twin, error)
	TwinHistory(ctx context.Context, id coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error)
	// Input tells a device a value from outside, once; it is not kept.
	Input(ctx context.Context, id coolant.DeviceID, in coolant.Input) error
	// HeldInput returns what a device was told last; false where nothing of it still holds.
	HeldInput(id coolant.DeviceID) (coolant.HeldInput, bool)
	// Command sends a command until the device answers or ttl has passed.
	Command(ctx context.Context, id coolant.DeviceID, name string, args json.RawMessage, ttl time.Duration) (coolant.CommandReply, error)
}

type versionsInput struct {
	ID     deviceParam  `path:"id" doc:"Device id"`
	Before versionParam `query:"before" doc:"Only versions below this one. Default: all"`
	Limit  manyParam    `query:"limit" doc:"Greatest number of versions"`
}

// editInput and the two after it take the body as bytes: our own reader says what is
// wrong with it.
type editInput struct {
	ID      deviceParam `path:"id" doc:"Device id"`
	RawBody []byte      `contentType:"application/json"`
}

// twinEdit is the body of an edit.
type twinEdit struct {
	Base uint64          `json:"base" doc:"The version that the edit starts from, 0 if there is none; refused with conflict if it is not the newest any more"`
	Body json.RawMessage `json:"body" doc:"Everything that is desired: the object of the contract's topic desired, without epoch and version"`
	Note string          `json:"note,omitempty" maxLength:"256" doc:"What it is for"`
}

// twinReturn is the body of a return.
type twinReturn struct {
	Base uint64 `json:"base" doc:"The newest version"`
	To   uint64 `json:"to" minimum:"1" doc:"The version to go back to"`
	Note string `json:"note,omitempty" maxLength:"256" doc:"What it is for"`
}

// commandRequest is the body of a command.
type commandRequest struct {
	Name  string          `json:"name" doc:"One of the contract's commands" example:"clear_fault"`
	Args  json.RawMessage `json:"args,omitempty" doc:"An object; what it holds is the command's"`
	WaitS int             `json:"wait_s,omitempty" minimum:"1" maximum:"60" doc:"Seconds to wait for the answer. Default: 10"`
}

// inputRequest is the body of a value from outside.
type inputRequest struct {
	HostW  *float64 `json:"host_w" minimum:"0" maximum:"5000" doc:"Heat of the host in watts"`
	ValidS int64    `json:"valid_s" minimum:"1" maximum:"86400" doc:"How long it holds from now on, in seconds; send it again before that"`
}

// inputAnswer answers GET /api/v1/devices/{id}/input.
type inputAnswer struct {
	Input *coolant.HeldInput `json:"input" doc:"null: nothing that still holds"`
}

// versionList answers GET /api/v1/devices/{id}/twin/versions.
type versionList struct {
	Versions []live.DesiredView `json:"versions" doc:"Newest first"`
}

func (s *server) getTwin(_ context.Context, in *deviceInput) (*output[*live.TwinView], error) {
	var wrong problems
	id := wrong.device(string(in.ID))
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return s.twin(id)
}

func (s *server) twin(id coolant.DeviceID) (*output[*live.TwinView], error) {
	v, ok := s.opts.Hub.TwinOf(id)
	if !ok {
		return nil, newProblem(coolant.CodeNotFound, fmt.Sprintf("There is no device %s.", id))
	}
	return &output[*live.TwinView]{v}, nil
}

func (s *server) editTwin(ctx context.Context, in *editInput) (*output[*live.TwinView], error) {
	var edit twinEdit
	id, err := s.change(in, &edit)
	if err != nil {
		return nil, err
	}
	if len(edit.Body) == 0 {
		return nil, newProblem(coolant.CodeInvalid, "The request is not valid: body.body is missing.", ProblemDetail{Location: "body.body", Message: "is missing"})
	}
	if _, err := s.opts.Twins.EditTwin(ctx, id, edit.Base, edit.Body, coolant.Edit{By: pageEditor, Note: edit.Note}); err != nil {
		return nil, err
	}
	return s.twin(id)
}

func (s *server) returnTwin(ctx context.Context, in *editInput) (*output[*live.TwinView], error) {
	var back twinReturn
	id, err := s.change(in, &back)
	if err != nil {
		return nil, err
	}
	if _, err := s.opts.Twins.ReturnTwin(ctx, id, back.Base, back.To, coolant.Edit{By: pageEditor, Note: back.Note}); err != nil {
		return nil, err
	}
	return s.twin(id)
}

func (s *server) listVersions(ctx context.Context, in *versionsInput) (*output[versionList], error) {
	var wrong problems
	id := wrong.device(string(in.ID))
	before := wrong.whole("query.before", string(in.Before), 1, 1<<53-1, 0)
	limit := wrong.whole("query.limit", string(in.Limit), 1, maxVersions, defaultVersions)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if _, err := s.find(id); err != nil {
		return nil, err
	}
	stored, err := s.opts.Twins.TwinHistory(ctx, id, uint64(before), limit)
	if err != nil {
		return nil, err
	}
	list := make([]live.DesiredView, len(stored))
	for i, d := range stored {
		list[i] = live.DesiredOf(d)
	}
	return &output[versionList]{versionList{Versions: list}}, nil
}

func (s *server) sendCommand(ctx context.Context, in *editInput) (*output[coolant.CommandReply], error) {
	var c commandRequest
	id, err := s.change(in, &c)
	if err != nil {
		return nil, err
	}
	wait := time.Duration(c.WaitS) * time.Second
	if c.WaitS == 0 {
		wait = replyWait
	}
	if wait < time.Second || wait > maxReplyWait {
		var wrong problems
		wrong.add("body.wait_s", fmt.Sprint(c.WaitS), "must be a whole number from 1 to %d", int(maxReplyWait.Seconds()))
		return nil, wrong.err()
	}
	reply, err := s.opts.Twins.Command(ctx, id, c.Name, c.Args, wait)
	if err != nil {
		return nil, err
	}
	return &output[coolant.CommandReply]{reply}, nil
}

// empty is the answer to what needs none.
type empty struct{}

func (s *server) sendInput(ctx context.Context, in *editInput) (*empty, error) {
	var value inputRequest
	id, err := s.change(in, &value)
	if err != nil {
		return nil, err
	}
	var wrong problems
	switch {
	case value.HostW == nil:
		wrong.add("body.host_w", "", "is missing")
	case *value.HostW < 0 || *value.HostW > coolant.MaxHostW:
		wrong.add("body.host_w", fmt.Sprint(*value.HostW), "must be a number from 0 to %d", int(coolant.MaxHostW))
	}
	if value.ValidS < 1 || value.ValidS > int64(coolant.Day/1000) {
		wrong.add("body.valid_s", fmt.Sprint(value.ValidS), "must be a whole number from 1 to %d", int64(coolant.Day/1000))
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	input := coolant.Input{HostW: *value.HostW, Valid: time.Duration(value.ValidS) * time.Second}
	return &empty{}, s.opts.Twins.Input(ctx, id, input)
}

func (s *server) getInput(_ context.Context, in *deviceInput) (*output[inputAnswer], error) {
	v, err := s.asked(in)
	if err != nil {
		return nil, err
	}
	var answer inputAnswer
	if held, ok := s.opts.Twins.HeldInput(v.ID); ok {
		answer.Input = &held
	}
	return &output[inputAnswer]{answer}, nil
}

// change reads a request that changes a device.
func (s *server) change(in *editInput, into any) (coolant.DeviceID, error) {
	var wrong problems
	id := wrong.device(string(in.ID))
	dec := json.NewDecoder(bytes.NewReader(in.RawBody))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		wrong.add("body", string(in.RawBody), "%s", bodyMistake(err))
	} else if dec.More() {
		wrong.add("body", string(in.RawBody), "must be one JSON object and nothing after it")
	}
	if err := wrong.err(); err != nil {
		return "", err
	}
	if _, err := s.find(id); err != nil {
		return "", err
	}
	return id, nil
}

func bodyMistake(err error) string {
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && mismatch.Field != "" {
		return fmt.Sprintf("has a %s at %s where a %s is expected", mismatch.Value, mismatch.Field, mismatch.Type)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "must be a JSON object; it ends too early"
	}
	return "must be a JSON object with the members that the documentation names: " + err.Error()
}
