package app

import (
	"context"
	"errors"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// Move says where devices are to go. It is the same for all of them but for who
// they are there.
type Move struct {
	URL        string // mqtts://host:port
	CA         string // PEM of whom to trust there; "" means the public roots
	ServerName string // in the certificate, if it is not the host of the URL
	// Trial is how long the new broker may take to prove itself, 5 s to 1 h in whole
	// seconds; 0 means 10 min.
	Trial time.Duration
	// Patience is how long a device is asked that does not answer, 1 s to 24 h.
	Patience time.Duration
}

// DefaultTrial is the time of a trial that names none.
const DefaultTrial = wire.DefaultTrial

const (
	// lookEvery is how often it is looked what a device says of its move.
	lookEvery = time.Second
	// homeward is how long a device may take to come back after a trial that failed,
	// and to say so.
	homeward = 45 * time.Second
)

// Login is who a device is at its new broker.
type Login struct {
	Username string // 1 to 128 printable ASCII characters
	Password string // the same
}

// Moved is what became of a move.
type Moved struct {
	URL string // of the broker that the device uses
	// State is confirmed or rolled_back.
	State  string
	Reason string // why it was rolled back
}

// args checks the move and returns the arguments of the command. The error has the
// code [coolant.CodeInvalid] and does not quote the password.
func (m Move) args(who Login) ([]byte, error) {
	if m.Trial%time.Second != 0 {
		return nil, coolant.Errorf(coolant.CodeInvalid, "trial: %v is not a whole number of seconds", m.Trial)
	}
	args, err := wire.EncodeEndpoint(wire.EndpointArgs{
		URL: m.URL, Username: who.Username, Password: who.Password, CA: m.CA, ServerName: m.ServerName, Trial: m.Trial,
	})
	if err == nil {
		_, err = wire.DecodeEndpoint(args)
	}
	if err != nil {
		return nil, coolant.Errorf(coolant.CodeInvalid, "%w", err)
	}
	return args, nil
}

// Check says what is wrong with a move, before any device hears of it.
func (m Move) Check(who Login) error {
	_, err := m.args(who)
	return err
}

// Ask sends the command to a device and returns the command's id once the device
// has taken it. The device begins with the move after that.
func (m Move) Ask(ctx context.Context, to DeviceCommands, id coolant.DeviceID, who Login) (command string, err error) {
	args, err := m.args(who)
	if err != nil {
		return "", err
	}
	reply, err := to.Command(ctx, id, wire.CommandEndpoint, args, m.Patience)
	if err != nil {
		return "", err
	}
	if !reply.OK {
		if reply.Error == "" {
			reply.Error = "it gives no reason"
		}
		return "", coolant.Errorf(coolant.CodeConflict, "%s refuses to move: %s", id, reply.Error)
	}
	return reply.ID, nil
}

// Wait returns what a device says of the move that a command began. Silence until
// after the trial is an error with [coolant.CodeUnavailable].
func (m Move) Wait(ctx context.Context, to DeviceCommands, id coolant.DeviceID, command string) (Moved, error) {
	trial := m.Trial
	if trial == 0 {
		trial = DefaultTrial
	}
	before, err := endpointOf(ctx, to, id)
	if err != nil {
		return Moved{}, err
	}
	deadline := time.NewTimer(trial + homeward)
	defer deadline.Stop()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		now, err := endpointOf(ctx, to, id)
		if err != nil {
			return Moved{}, err
		}
		switch {
		case now.Command == command && (now.State == wire.EndpointConfirmed || now.State == wire.EndpointRolledBack):
			return Moved{URL: now.URL, State: now.State, Reason: now.Reason}, nil
		case now.Command != command && now.Command != before.Command:
			return Moved{}, coolant.Errorf(coolant.CodeConflict, "another command moves %s meanwhile, to %s (%s)", id, now.URL, now.State)
		}
		select {
		case <-look.C:
		case <-deadline.C:
			return Moved{}, coolant.Errorf(coolant.CodeUnavailable,
				"%s has not said within %v what became of its move to %s. If this service does not hear that broker, it cannot say it here: a move that failed brings the device back, so look for it at the service there; if it is at neither, it has no network",
				id, trial+homeward, m.URL)
		case <-ctx.Done():
			return Moved{}, coolant.Errorf(coolant.CodeUnavailable, "stopped waiting for %s; its move goes on: %w", id, context.Cause(ctx))
		}
	}
}

// endpointOf is what a device last said of its endpoint; nothing, if it never did.
func endpointOf(ctx context.Context, to DeviceCommands, id coolant.DeviceID) (wire.EndpointInfo, error) {
	doc, err := to.Document(ctx, id, coolant.DocInfo)
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
		return wire.EndpointInfo{}, err
	}
	if doc.Received == 0 {
		return wire.EndpointInfo{}, nil
	}
	info, err := wire.DecodeInfo(doc.Body)
	if err != nil || info.Endpoint == nil {
		return wire.EndpointInfo{}, nil //nolint:nilerr // what ingest took, it could read
	}
	return *info.Endpoint, nil
}
