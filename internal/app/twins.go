package app

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/control"
	"coolant/internal/live"
	"coolant/internal/wire"
)

// DeviceTwins is what a running service offers to whoever regulates its devices.
type DeviceTwins interface {
	DeviceCommands
	// Twin returns the twin of a device; [coolant.CodeNotFound] if there is none.
	Twin(ctx context.Context, id coolant.DeviceID) (coolant.Twin, error)
	// EditTwin makes body the next version on top of base; see [control.Twins.Edit].
	EditTwin(ctx context.Context, id coolant.DeviceID, base uint64, body json.RawMessage, edit coolant.Edit) (coolant.Twin, error)
	// ReturnTwin makes an earlier version the next one.
	ReturnTwin(ctx context.Context, id coolant.DeviceID, base, to uint64, edit coolant.Edit) (coolant.Twin, error)
	// Input tells a device a value from outside, once.
	Input(ctx context.Context, id coolant.DeviceID, in coolant.Input) error
	// TwinHistory returns the versions below before (0: all), the newest first.
	TwinHistory(ctx context.Context, id coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error)
	// Physics returns what the readings of a device say together.
	Physics(ctx context.Context, id coolant.DeviceID) (coolant.Physics, error)
}

// WithTwins calls do with the service that runs on the data directory. Without one
// it fails with [coolant.CodeUnavailable]: only a service is connected to the devices.
func WithTwins(c config.Config, do func(DeviceTwins) error) error {
	client := dialAdmin(dataDir(c.Data))
	if client == nil {
		return coolant.Errorf(coolant.CodeUnavailable,
			"no coolant service runs on the data directory %s, and only a running service reaches the devices; start it with coolant serve --data %s, or name its directory with --data", c.Data, c.Data)
	}
	return do(client)
}

// newTwins joins the twins to the store and the brokers.
func (h *house) newTwins(ctx context.Context, documents []coolant.DeviceDocument) (err error) {
	said := map[coolant.DeviceID]coolant.Reported{}
	for _, doc := range documents {
		if doc.Kind != coolant.DocReported {
			continue
		}
		if r, err := wire.TwinReported(doc.Body); err == nil {
			said[doc.Device] = r
		}
	}
	h.twins, err = control.NewTwins(ctx, control.TwinsOptions{
		Store: h.store, Publish: h.sendDesired, Check: h.checkDesired, Changed: h.hub.Twin, Log: h.Log,
	}, said)
	if err != nil {
		return err
	}
	for _, tw := range h.twins.All() {
		h.hub.Twin(tw)
	}
	return nil
}

// checkDesired holds what is to be asked of a device against the contract, and against
// what the device says that it can do. One that never said anything is not known yet: it judges by itself.
func (h *house) checkDesired(device coolant.DeviceID, body json.RawMessage) error {
	message, err := wire.EncodeTwin(coolant.Desired{Epoch: "check", Version: 1, Body: body})
	if err != nil {
		return coolant.Errorf(coolant.CodeInvalid, "%w", err)
	}
	settings, err := wire.DecodeSettings(message)
	if err == nil {
		err = settings.Check()
	}
	if err == nil {
		err = checkTyping(settings, message)
	}
	if v, known := h.hub.Device(device); err == nil && known && v.Info != nil {
		err = settings.CheckFor(wire.AbilitiesOf(v.Info))
	}
	if err != nil {
		return coolant.Errorf(coolant.CodeInvalid, "%w", err)
	}
	return nil
}

// secondsLimit tells seconds from milliseconds: as Unix time it is 2001 in milliseconds and the
// year 33658 in seconds.
const secondsLimit = coolant.UnixMilli(1_000_000_000_000)

// checkTyping finds what a device would take without a word and a person did not mean.
func checkTyping(s *wire.Settings, message []byte) error {
	if unknown, nearest := s.Unknown(message); len(unknown) > 0 {
		if nearest != "" {
			return coolant.Errorf(coolant.CodeInvalid, "%s: there is no such member; did you mean %s?", unknown[0], nearest)
		}
		return coolant.Errorf(coolant.CodeInvalid, "%s: there is no such member", unknown[0])
	}
	for i, o := range s.Outputs {
		if o.Override != nil && o.Override.Until < secondsLimit {
			return coolant.Errorf(coolant.CodeInvalid, "outputs[%d].override.until: %d has passed long ago; Unix milliseconds are expected", i, o.Override.Until)
		}
	}
	return nil
}

// sendDesired publishes what is desired of a device, retained: it hears it also when it
// connects later.
func (h *house) sendDesired(d coolant.Desired) error {
	payload, err := wire.EncodeTwin(d)
	if err != nil {
		return err
	}
	said, err := h.publish(wire.Topic(d.Device, wire.Desired), payload, 1, true)
	if err == nil && !said {
		err = coolant.Errorf(coolant.CodeUnavailable, "the outside broker was not connected")
	}
	return err
}

// twinWatch passes on what devices say of themselves, to the hub first, and tells the
// twins what concerns them.
type twinWatch struct {
	*live.Hub
	twins *control.Twins
}

// Document implements the observer of ingest.
func (w twinWatch) Document(d coolant.DeviceDocument) {
	w.Hub.Document(d)
	switch d.Kind {
	case coolant.DocReported:
		if r, err := wire.TwinReported(d.Body); err == nil {
			w.twins.Reported(context.Background(), d.Device, r)
		}
	case coolant.DocStatus:
		if s, err := wire.DecodeStatus(d.Body); err == nil && s.Online {
			w.twins.Online(d.Device)
		}
	case coolant.DocInfo:
	}
}

// registered is nil for a device that there is.
func (h *house) registered(ctx context.Context, id coolant.DeviceID) error {
	devices, err := h.store.Devices(ctx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(devices, func(d coolant.Device) bool { return d.ID == id }) {
		return coolant.Errorf(coolant.CodeNotFound, "there is no device %s; coolant device list shows those that there are", id)
	}
	return nil
}

// Twin implements [DeviceTwins] for the parts of a service.
func (h *house) Twin(ctx context.Context, id coolant.DeviceID) (coolant.Twin, error) {
	if err := h.registered(ctx, id); err != nil {
		return coolant.Twin{}, err
	}
	return h.twins.Twin(id), nil
}

// EditTwin implements [DeviceTwins].
func (h *house) EditTwin(ctx context.Context, id coolant.DeviceID, base uint64, body json.RawMessage, edit coolant.Edit) (coolant.Twin, error) {
	if err := h.registered(ctx, id); err != nil {
		return coolant.Twin{}, err
	}
	return h.twins.Edit(ctx, id, base, body, edit)
}

// ReturnTwin implements [DeviceTwins].
func (h *house) ReturnTwin(ctx context.Context, id coolant.DeviceID, base, to uint64, edit coolant.Edit) (coolant.Twin, error) {
	if err := h.registered(ctx, id); err != nil {
		return coolant.Twin{}, err
	}
	return h.twins.Return(ctx, id, base, to, edit)
}

// TwinHistory implements [DeviceTwins].
func (h *house) TwinHistory(ctx context.Context, id coolant.DeviceID, before uint64, limit int) ([]coolant.Desired, error) {
	if err := h.registered(ctx, id); err != nil {
		return nil, err
	}
	return h.twins.History(ctx, id, before, limit)
}

// Input implements [DeviceTwins].
func (h *house) Input(ctx context.Context, id coolant.DeviceID, in coolant.Input) error {
	if err := h.registered(ctx, id); err != nil {
		return err
	}
	payload, err := wire.EncodeInput(wire.InputPayload(in))
	if err == nil {
		_, err = wire.DecodeInput(payload)
	}
	if err != nil {
		return coolant.Errorf(coolant.CodeInvalid, "%w", err)
	}
	said, err := h.publish(wire.Topic(id, wire.Input), payload, 0, false)
	if err != nil || !said {
		return coolant.Errorf(coolant.CodeUnavailable, "the broker of %s cannot be reached now", id)
	}
	h.inputs.passed(id, in)
	return nil
}

// HeldInput returns what a device was told last, as long as it holds.
func (h *house) HeldInput(id coolant.DeviceID) (coolant.HeldInput, bool) { return h.inputs.of(id) }

// twinRequest is what the command line asks about twins.
type twinRequest struct {
	Base   uint64          `json:"base,omitempty"`
	To     uint64          `json:"to,omitempty"`
	Before uint64          `json:"before,omitempty"`
	Limit  int             `json:"limit,omitempty"`
	Body   json.RawMessage `json:"body,omitempty"`
	Edit   coolant.Edit    `json:"edit"`
	Input  coolant.Input   `json:"input"`
}

// twinRoutes adds what the socket answers about twins.
func (a *adminSocket) twinRoutes(mux *http.ServeMux) {
	handle := func(path string, do func(context.Context, coolant.DeviceID, twinRequest) (any, error)) {
		mux.HandleFunc("POST /devices/twin"+path, adminCall(func(ctx context.Context, q adminRequest) (any, error) {
			if q.Twin == nil {
				return nil, coolant.Errorf(coolant.CodeInvalid, "twin is missing")
			}
			return do(ctx, q.ID, *q.Twin)
		}))
	}
	handle("", func(ctx context.Context, id coolant.DeviceID, _ twinRequest) (any, error) {
		return a.twins.Twin(ctx, id)
	})
	handle("/edit", func(ctx context.Context, id coolant.DeviceID, q twinRequest) (any, error) {
		return a.twins.EditTwin(ctx, id, q.Base, q.Body, q.Edit)
	})
	handle("/return", func(ctx context.Context, id coolant.DeviceID, q twinRequest) (any, error) {
		return a.twins.ReturnTwin(ctx, id, q.Base, q.To, q.Edit)
	})
	handle("/input", func(ctx context.Context, id coolant.DeviceID, q twinRequest) (any, error) {
		return struct{}{}, a.twins.Input(ctx, id, q.Input)
	})
	handle("/physics", func(ctx context.Context, id coolant.DeviceID, _ twinRequest) (any, error) {
		return a.twins.Physics(ctx, id)
	})
	handle("/history", func(ctx context.Context, id coolant.DeviceID, q twinRequest) (any, error) {
		return a.twins.TwinHistory(ctx, id, q.Before, q.Limit)
	})
}

func (c *adminClient) twin(ctx context.Context, path string, id coolant.DeviceID, q twinRequest, answer any) error {
	return c.call(ctx, http.MethodPost, "/devices/twin"+path, adminRequest{ID: id, Twin: &q}, answer)
}

// Twin implements [DeviceTwins] through the socket.
func (c *adminClient) Twin(ctx context.Context, id coolant.DeviceID) (tw coolant.Twin, err error) {
	return tw, c.twin(ctx, "", id, twinRequest{}, &tw)
}

// EditTwin implements [DeviceTwins] through the socket.
func (c *adminClient) EditTwin(ctx context.Context, id coolant.DeviceID, base uint64, body json.RawMessage, edit coolant.Edit) (tw coolant.Twin, err error) {
	return tw, c.twin(ctx, "/edit", id, twinRequest{Base: base, Body: body, Edit: edit}, &tw)
}

// ReturnTwin implements [DeviceTwins] through the socket.
func (c *adminClient) ReturnTwin(ctx context.Context, id coolant.DeviceID, base, to uint64, edit coolant.Edit) (tw coolant.Twin, err error) {
	return tw, c.twin(ctx, "/return", id, twinRequest{Base: base, To: to, Edit: edit}, &tw)
}

// Input implements [DeviceTwins] through the socket.
func (c *adminClient) Input(ctx context.Context, id coolant.DeviceID, in coolant.Input) error {
	return c.twin(ctx, "/input", id, twinRequest{Input: in}, &struct{}{})
}

// TwinHistory implements [DeviceTwins] through the socket.
func (c *adminClient) TwinHistory(ctx context.Context, id coolant.DeviceID, before uint64, limit int) (list []coolant.Desired, err error) {
	return list, c.twin(ctx, "/history", id, twinRequest{Before: before, Limit: limit}, &list)
}

// Physics implements [DeviceTwins] through the socket.
func (c *adminClient) Physics(ctx context.Context, id coolant.DeviceID) (found coolant.Physics, err error) {
	return found, c.twin(ctx, "/physics", id, twinRequest{}, &found)
}

// ReportedState is what a reported message says of outputs and faults.
type ReportedState = wire.ReportedPayload
