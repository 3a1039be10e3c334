package sim

import (
	"fmt"
	"slices"
	"time"

	"coolant"
	"coolant/internal/wire"
)

const (
	watchInterval = 2 * time.Second
	watchLease    = 5 * time.Minute
	// remembered is how many executed commands the flash keeps.
	remembered = 32
)

// flash is what survives a restart.
type flash struct {
	settings settings // the board's, with the last desired state that was applied on top
	epoch    string   // of the desired state that was judged last
	version  uint64
	refused  string // why, if it was
	executed []wire.ReplyPayload
	home     residence
}

// obey does what a message from the server asks for.
func (b *boot) obey(m inbound) {
	switch m.kind {
	case wire.Desired:
		b.desired(m.payload)
	case wire.Command:
		b.command(m.payload)
	case wire.Input:
		b.input(m.payload)
	default: // nothing else is sent down to be obeyed
	}
}

// desired judges a desired state. It is applied as a whole or refused as a whole, so that the
// twin never claims what is not so.
func (b *boot) desired(payload []byte) {
	f := &b.d.flash
	want, err := wire.DecodeDesired(payload)
	if err != nil {
		// Which one it was cannot be said; the next one is taken.
		b.d.log.Warn("the server sent nonsense", "topic", "desired", "err", err)
		f.epoch, f.version, f.refused = "", 0, err.Error()
		return
	}
	if want.Epoch == f.epoch && want.Version == f.version {
		return
	}
	f.epoch, f.version, f.refused = want.Epoch, want.Version, ""
	s, err := b.d.judge(payload)
	if err == nil {
		err = b.d.rig.apply(s)
	}
	if err != nil {
		f.refused = err.Error()
		return
	}
	f.settings = s
	b.voice.tell(wire.Info, b.info())
}

// judge is what a desired state makes of the board's settings. The error says which member
// cannot be applied and why.
func (d *device) judge(payload []byte) (settings, error) {
	s, err := theBoard().take(d.board, payload)
	if err != nil {
		return settings{}, err
	}
	return s, s.control.CheckOverrides(coolant.Milli(d.now()))
}

// input takes the heat of the host, until it is no longer valid or the device restarts.
func (b *boot) input(payload []byte) {
	in, err := wire.DecodeInput(payload)
	if err != nil {
		b.d.log.Warn("the server sent nonsense", "topic", "input", "err", err)
		return
	}
	b.d.rig.setHost(in.HostW, b.d.now().Add(in.Valid))
}

// command carries out a command once, however often it is delivered.
func (b *boot) command(payload []byte) {
	c, err := wire.DecodeCommand(payload)
	if err != nil {
		b.d.log.Warn("the server sent nonsense", "topic", "command", "err", err)
		return
	}
	f := &b.d.flash
	if i := slices.IndexFunc(f.executed, func(r wire.ReplyPayload) bool { return r.ID == c.ID }); i >= 0 {
		b.voice.reply(f.executed[i], nil)
		return
	}
	reply := wire.ReplyPayload{ID: c.ID, OK: true}
	var after func()
	switch {
	case coolant.Milli(b.d.now()) > c.Expires:
		err = fmt.Errorf("the command expired at %s", c.Expires.Time().Format(time.RFC3339))
	case c.Name == wire.CommandRestart:
		after = func() {
			select {
			case b.restart <- struct{}{}:
			default:
			}
		}
	case c.Name == wire.CommandEndpoint:
		after, err = b.endpoint(c)
	default:
		err = b.execute(c)
	}
	if err != nil {
		reply.OK, reply.Error = false, err.Error()
	}
	// Remembered before it acts: a redelivered restart must not loop.
	f.executed = append(f.executed, reply)
	f.executed = f.executed[max(0, len(f.executed)-remembered):]
	b.voice.reply(reply, after)
}

func (b *boot) execute(c wire.CommandPayload) error {
	switch c.Name {
	case wire.CommandIdentify:
		b.d.log.Info("identify: the light of the simulated device blinks")
		return nil
	case wire.CommandWatch:
		b.watchUntil = b.d.now().Add(watchLease)
		return nil
	case wire.CommandClearFault:
		args, err := wire.DecodeClearFault(c.Args)
		if err != nil {
			return err
		}
		return b.d.rig.ClearFault(args.Fault, int(args.Occurrence))
	case wire.CommandZero:
		args, err := wire.DecodeZero(c.Args)
		if err != nil {
			return err
		}
		b.zero.begin(c.ID, args, b.d.now())
		return nil
	case wire.CommandAutotune, wire.CommandCommission, wire.CommandAbort:
		return b.experiment(c)
	default:
		return fmt.Errorf("the simulated device does not know the command %q", c.Name)
	}
}
