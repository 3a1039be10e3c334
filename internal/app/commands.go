package app

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// DeviceCommands is what a running service offers to whoever commands its devices.
type DeviceCommands interface {
	// Command sends a command to a device until it answers or ttl has passed. The
	// error is not the device's, which is in the answer.
	Command(ctx context.Context, id coolant.DeviceID, name string, args json.RawMessage, ttl time.Duration) (coolant.CommandReply, error)
	// Document returns the newest document of a device; one with the zero Received
	// if it has never sent one.
	Document(ctx context.Context, id coolant.DeviceID, kind coolant.Document) (coolant.DeviceDocument, error)
}

// Command implements [DeviceCommands] for the parts of a service.
func (h *house) Command(ctx context.Context, id coolant.DeviceID, name string, args json.RawMessage, ttl time.Duration) (coolant.CommandReply, error) {
	if err := h.registered(ctx, id); err != nil {
		return coolant.CommandReply{}, err
	}
	if err := h.checkCommand(id, name, args); err != nil {
		return coolant.CommandReply{}, coolant.Errorf(coolant.CodeInvalid, "%s: %w", name, err)
	}
	return h.commander.Send(ctx, id, name, args, ttl)
}

// checkCommand says what no device could do with a command, and what this one says that it
// cannot do. One that never said anything is not known yet: it judges by itself.
func (h *house) checkCommand(id coolant.DeviceID, name string, args json.RawMessage) error {
	if err := wire.CheckArgs(name, args); err != nil {
		return err
	}
	if v, known := h.hub.Device(id); known && v.Info != nil {
		return wire.AbilitiesOf(v.Info).CheckCommand(name)
	}
	return nil
}

// Document implements [DeviceCommands].
func (h *house) Document(ctx context.Context, id coolant.DeviceID, kind coolant.Document) (coolant.DeviceDocument, error) {
	return h.store.Document(ctx, id, kind)
}

// sendCommand puts a command on its way to a device, once.
func (h *house) sendCommand(to coolant.DeviceID, c coolant.Command) error {
	payload, err := wire.EncodeCommand(wire.CommandPayload(c))
	if err != nil {
		return err
	}
	said, err := h.publish(wire.Topic(to, wire.Command), payload, 1, false)
	if said || h.remote == nil {
		return err
	}
	if away := h.remote.Health(); away != nil {
		return coolant.Errorf(coolant.CodeUnavailable, "the outside broker %w", away)
	}
	return coolant.Errorf(coolant.CodeUnavailable, "the outside broker was not connected")
}

// Command implements [DeviceCommands] through the socket.
func (c *adminClient) Command(ctx context.Context, id coolant.DeviceID, name string, args json.RawMessage, ttl time.Duration) (reply coolant.CommandReply, err error) {
	err = c.call(ctx, http.MethodPost, "/devices/command", adminRequest{ID: id, Name: name, Args: args, TTL: ttl.Milliseconds()}, &reply)
	return reply, err
}

// Document implements [DeviceCommands] through the socket.
func (c *adminClient) Document(ctx context.Context, id coolant.DeviceID, kind coolant.Document) (doc coolant.DeviceDocument, err error) {
	err = c.call(ctx, http.MethodPost, "/devices/document", adminRequest{ID: id, Name: string(kind)}, &doc)
	return doc, err
}
