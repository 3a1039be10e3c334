package app

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"time"

	"coolant"
	"coolant/internal/wire"
)

const (
	// trialLook is how often it is looked what a device says of what it was asked to try.
	trialLook = 250 * time.Millisecond
	// trialBegins is how long a device may take, once it has taken a command, to say something of it:
	// longer than a short outage of its network.
	trialBegins = time.Minute
)

// Trial is what a device says of an experiment (contract, "Experiments").
type Trial = wire.Experiment

// The states of a [Trial] that did not succeed, and of a pump that rests after one.
const (
	TrialFailed  = wire.ExperimentFailed
	TrialAborted = wire.ExperimentAborted
	TrialResting = wire.ExperimentResting
)

// The commands of trials.
const (
	CommandAutotune   = wire.CommandAutotune
	CommandCommission = wire.CommandCommission
	CommandAbort      = wire.CommandAbort
	CommandZero       = wire.CommandZero
	CommandClearFault = wire.CommandClearFault
)

// AutotuneArgs returns the arguments of the command `autotune`. Setpoint may be nil for that of the
// output's PI; minutes are 10 to 120, or 0 for what is usual. Errors have the code [coolant.CodeInvalid].
func AutotuneArgs(output string, setpoint *float64, minutes int) (json.RawMessage, error) {
	return checked(wire.CommandAutotune)(wire.EncodeAutotune(wire.AutotuneArgs{Output: coolant.Metric(output), Setpoint: setpoint, Minutes: minutes}))
}

// RunArgs returns the arguments of `commission` that have one output turn alone: duty is in percent,
// and d, whole seconds, 2 s to a minute. filled says that a person has seen water move.
func RunArgs(output string, duty float64, d time.Duration, filled bool) (json.RawMessage, error) {
	if d%time.Second != 0 {
		return nil, coolant.Errorf(coolant.CodeInvalid, "seconds: %v is not a whole number of seconds", d)
	}
	return checked(wire.CommandCommission)(wire.EncodeCommission(wire.CommissionArgs{
		Output: coolant.Metric(output), Test: wire.TestRun, Duty: &duty, Seconds: int(d / time.Second), Filled: filled,
	}))
}

// SweepArgs returns the arguments of `commission` that find where an output starts and stops.
func SweepArgs(output string, filled bool) (json.RawMessage, error) {
	return checked(wire.CommandCommission)(wire.EncodeCommission(wire.CommissionArgs{Output: coolant.Metric(output), Test: wire.TestSweep, Filled: filled}))
}

// ZeroArgs returns the arguments of `zero`: roles of two to eight probes that stand in the same water,
// and how long to average them, whole seconds from 5 s to 5 min.
func ZeroArgs(roles []string, d time.Duration) (json.RawMessage, error) {
	if d%time.Second != 0 {
		return nil, coolant.Errorf(coolant.CodeInvalid, "seconds: %v is not a whole number of seconds", d)
	}
	args := wire.ZeroArgs{Time: d}
	for _, role := range roles {
		args.Roles = append(args.Roles, coolant.Metric(role))
	}
	return checked(wire.CommandZero)(wire.EncodeZero(args))
}

// checked refuses what no device would take.
func checked(name string) func([]byte, error) (json.RawMessage, error) {
	return func(args []byte, err error) (json.RawMessage, error) {
		if err == nil {
			err = wire.CheckArgs(name, args)
		}
		if err != nil {
			return nil, coolant.Errorf(coolant.CodeInvalid, "%w", err)
		}
		return args, nil
	}
}

// FollowTrial calls changed with what a device says of the experiment that a command began,
// whenever it says something else, and returns the last of it. It ends when the experiment does, or when a pump
// that ran dry begins to rest. Errors: [coolant.CodeConflict] where another one took its place, or the device
// forgot it by a restart; [coolant.CodeUnavailable] where it says nothing of it for a minute, or ctx is done.
func FollowTrial(ctx context.Context, to DeviceCommands, id coolant.DeviceID, command string, changed func(Trial)) (Trial, error) {
	var last Trial
	err := follow(ctx, to, id, func(said []byte) (seen, over bool, err error) {
		now, ok := wire.DecodeExperiment(said)
		switch {
		case ok && now.Command == command:
			if !reflect.DeepEqual(last, now) {
				changed(now)
			}
			last = now
			return true, now.State != wire.ExperimentRunning, nil
		case last.Command == "":
			return false, false, nil
		case ok:
			return true, true, coolant.Errorf(coolant.CodeConflict, "%s tries %s meanwhile; what became of this one is not known", id, now.Output)
		}
		return true, true, coolant.Errorf(coolant.CodeConflict, "%s has restarted, which ends whatever it tries", id)
	})
	return last, err
}

// FollowZero returns the offsets, in K by role, that a device found by the command `zero`. Errors are
// those of [FollowTrial], and [coolant.CodeConflict] with the device's reason.
func FollowZero(ctx context.Context, to DeviceCommands, id coolant.DeviceID, command string, d time.Duration) (offsets map[string]float64, err error) {
	until := time.Now().Add(d)
	err = follow(ctx, to, id, func(said []byte) (seen, over bool, err error) {
		var reported struct {
			Zero struct {
				Command string             `json:"command"`
				Offsets map[string]float64 `json:"offsets"`
				Error   string             `json:"error"`
			} `json:"zero"`
		}
		if json.Unmarshal(said, &reported) != nil || reported.Zero.Command != command {
			return time.Now().Before(until), false, nil // it averages
		}
		if reported.Zero.Error != "" {
			return true, true, coolant.Errorf(coolant.CodeConflict, "%s did not find offsets: %s", id, reported.Zero.Error)
		}
		offsets = reported.Zero.Offsets
		return true, true, nil
	})
	return offsets, err
}

// follow looks at what a device reports until it is over, or until nothing has been seen for too long.
func follow(ctx context.Context, to DeviceCommands, id coolant.DeviceID, look func(said []byte) (seen, over bool, err error)) error {
	again := time.NewTicker(trialLook)
	defer again.Stop()
	last := time.Now()
	for {
		doc, err := to.Document(ctx, id, coolant.DocReported)
		if err != nil {
			if ctx.Err() != nil {
				err = errors.Join(context.Cause(ctx), err)
			}
			return err
		}
		seen, over, err := look(doc.Body)
		if over || err != nil {
			return err
		}
		if seen {
			last = time.Now()
		}
		if time.Since(last) > trialBegins {
			return coolant.Errorf(coolant.CodeUnavailable, "%s took the command, and has said nothing of it for %v", id, trialBegins)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return coolant.Errorf(coolant.CodeUnavailable, "stopped waiting for %s, which goes on with it: %w", id, context.Cause(ctx))
		}
	}
}

// ProbesByRole returns the ROM id of the probe that fills each role, by what a device said of itself.
func ProbesByRole(ctx context.Context, to DeviceCommands, id coolant.DeviceID) (map[string]string, error) {
	doc, err := to.Document(ctx, id, coolant.DocInfo)
	if err != nil {
		return nil, err
	}
	roms := map[string]string{}
	if doc.Received == 0 {
		return roms, nil
	}
	info, err := wire.DecodeInfo(doc.Body)
	if err != nil {
		return nil, err
	}
	for _, p := range info.Probes {
		if p.Role != "" {
			roms[string(p.Role)] = p.ROM
		}
	}
	return roms, nil
}
