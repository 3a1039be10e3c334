package sim

import (
	"encoding/json"
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
	interval time.Duration // between samples, as last desired
	epoch    string        // of the desired state that was judged last
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
	default: // input is for laws that the simulated firmware does not have
	}
}

// desired judges a desired state. Only the interval can be taken; anything else
// is refused as a whole, so that the twin never claims what is not so.
func (b *boot) desired(payload []byte) {
	f := &b.d.flash
	want, err := wire.DecodeDesired(payload)
	if err != nil {
		b.d.log.Warn("the server sent nonsense", "topic", "desired", "err", err)
		return
	}
	if want.Epoch == f.epoch && want.Version == f.version {
		return
	}
	f.epoch, f.version = want.Epoch, want.Version
	f.refused = refuse(want)
	if f.refused == "" && want.IntervalMS != 0 {
		f.interval = time.Duration(want.IntervalMS) * time.Millisecond
		b.voice.tell(wire.Info, b.info())
	}
}

// refuse says why a desired state cannot be applied; "" if it can.
func refuse(want wire.DesiredPayload) string {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(want.Raw, &members); err != nil {
		return err.Error()
	}
	var unknown []string
	for name := range members {
		if !slices.Contains([]string{"epoch", "version", "interval_ms"}, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	switch ms := want.IntervalMS; {
	case len(unknown) > 0:
		return fmt.Sprintf("the simulated device takes interval_ms only, not %v", unknown)
	case ms != 0 && (ms < minInterval.Milliseconds() || ms > maxInterval.Milliseconds()):
		return fmt.Sprintf("interval_ms %d is not within %d to %d", ms, minInterval.Milliseconds(), maxInterval.Milliseconds())
	}
	return ""
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
		var args struct {
			Fault      string `json:"fault"`
			Occurrence int    `json:"occurrence"`
		}
		if err := json.Unmarshal(c.Args, &args); err != nil || args.Fault == "" {
			return fmt.Errorf(`args: {"fault":name,"occurrence":number} is expected`)
		}
		return b.d.rig.ClearAlarm(args.Fault, args.Occurrence)
	default:
		return fmt.Errorf("the simulated device does not know the command %q", c.Name)
	}
}
