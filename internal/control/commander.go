package control

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"coolant"
)

const (
	// A command is sent again after firstAgain, and then ever less often: a device
	// that is there answers within a second, and one that is away may come back at
	// any moment.
	firstAgain = time.Second
	lastAgain  = 5 * time.Second
	// maxPendingCommands is how many commands to one device may wait for their
	// answer at the same time.
	maxPendingCommands = 8
	maxLife            = 24 * time.Hour
	// maxMoment is how long a command may live that answers to what somebody sees now. Occurrences of faults count from the start of a device, so
	// that a later clear_fault could mean another fault after a restart; and nobody expects a pump to rest for an experiment of an hour ago.
	maxMoment = time.Minute
	maxArgs   = 48 << 10 // bytes; the whole message has at most 64 KiB
)

// CommanderOptions says what a [Commander] works with.
type CommanderOptions struct {
	// Publish sends a command to a device once. It may block for a while, and fail:
	// the command is sent again. Required.
	Publish func(coolant.DeviceID, coolant.Command) error
	Now     func() time.Time // nil means time.Now
	Log     *slog.Logger     // nil discards
}

// Commander sends commands to devices until they answer. Nothing else about it
// lasts: what was sent when the service stopped is for the caller to send again.
// It is safe for concurrent use.
type Commander struct {
	CommanderOptions

	mu      sync.Mutex
	pending map[coolant.DeviceID]map[string]chan coolant.CommandReply
	ended   chan struct{} // closed when Run has ended
	end     sync.Once
}

// NewCommander makes a Commander, which works until [Commander.Run] ends.
func NewCommander(o CommanderOptions) (*Commander, error) {
	if o.Publish == nil {
		return nil, errors.New("commander: Publish is missing")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Commander{
		CommanderOptions: o,
		pending:          map[coolant.DeviceID]map[string]chan coolant.CommandReply{},
		ended:            make(chan struct{}),
	}, nil
}

// Run waits for the end of ctx; then whoever waits for an answer hears that there
// will be none, and no command is sent any more.
func (c *Commander) Run(ctx context.Context) error {
	<-ctx.Done()
	c.end.Do(func() { close(c.ended) })
	return nil
}

// Send sends a command to a device, again and again, until it answers or ttl has
// passed, 1 s to 24 h, or to a minute for what answers to something seen now: clear_fault,
// autotune, commission and abort. The answer is what the device said, also if it refused; ID
// is the command's. An error has the code [coolant.CodeInvalid] for what can never
// be sent, [coolant.CodeConflict] while too many commands to the device are
// pending, and [coolant.CodeUnavailable] if no answer came: then the device may or
// may not have heard the command, and will not begin with it after its expiry.
func (c *Commander) Send(ctx context.Context, to coolant.DeviceID, name string, args json.RawMessage, ttl time.Duration) (coolant.CommandReply, error) {
	if err := validCommand(name, args, ttl); err != nil {
		return coolant.CommandReply{}, err
	}
	command := coolant.Command{ID: newID(), Name: name, Expires: coolant.Milli(c.Now().Add(ttl)), Args: args}
	answer, err := c.expect(to, command.ID)
	if err != nil {
		return coolant.CommandReply{}, err
	}
	defer c.forget(to, command.ID)
	return c.repeat(ctx, to, command, ttl, answer)
}

// repeat sends until something ends it.
func (c *Commander) repeat(ctx context.Context, to coolant.DeviceID, command coolant.Command, ttl time.Duration, answer <-chan coolant.CommandReply) (coolant.CommandReply, error) {
	expired := time.NewTimer(ttl)
	defer expired.Stop()
	select {
	case <-c.ended:
		return coolant.CommandReply{}, stopping(to, command.Name)
	default:
	}
	again := time.NewTimer(0)
	defer again.Stop()
	var last error // of the newest attempt
	for pause := firstAgain; ; {
		select {
		case reply := <-answer:
			return reply, nil
		case <-expired.C:
			return coolant.CommandReply{}, noAnswer(to, command.Name, ttl, last)
		case <-ctx.Done():
			return coolant.CommandReply{}, coolant.Errorf(coolant.CodeUnavailable, "%s to %s: nobody waits for the answer any more: %w", command.Name, to, context.Cause(ctx))
		case <-c.ended:
			return coolant.CommandReply{}, stopping(to, command.Name)
		case <-again.C:
			if last = c.Publish(to, command); last != nil {
				c.Log.Debug("a command could not be published; it is sent again", "device", string(to), "command", command.Name, "error", last)
			}
			again.Reset(pause)
			pause = min(2*pause, lastAgain)
		}
	}
}

func stopping(to coolant.DeviceID, name string) error {
	return coolant.Errorf(coolant.CodeUnavailable, "%s to %s: the service stops; send it again when it runs", name, to)
}

func noAnswer(to coolant.DeviceID, name string, ttl time.Duration, last error) error {
	if last != nil {
		return coolant.Errorf(coolant.CodeUnavailable, "%s did not answer %s within %v, and it could not be sent: %w", to, name, ttl, last)
	}
	return coolant.Errorf(coolant.CodeUnavailable, "%s did not answer %s within %v; is it connected to a broker that this service hears?", to, name, ttl)
}

// Reply takes a device's answer. One that nobody waits for is of a command that
// expired, or a repeated one.
func (c *Commander) Reply(from coolant.DeviceID, reply coolant.CommandReply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case c.pending[from][reply.ID] <- reply: // never ready where there is none
	default:
	}
}

func (c *Commander) expect(from coolant.DeviceID, id string) (<-chan coolant.CommandReply, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.pending[from]
	if len(of) >= maxPendingCommands {
		return nil, coolant.Errorf(coolant.CodeConflict, "%d commands to %s wait for their answer already; try again when they are done", len(of), from)
	}
	if of == nil {
		of = map[string]chan coolant.CommandReply{}
		c.pending[from] = of
	}
	answer := make(chan coolant.CommandReply, 1)
	of[id] = answer
	return answer, nil
}

func (c *Commander) forget(from coolant.DeviceID, id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending[from], id)
	if len(c.pending[from]) == 0 {
		delete(c.pending, from)
	}
}

func validCommand(name string, args json.RawMessage, ttl time.Duration) error {
	switch {
	case name == "":
		return coolant.Errorf(coolant.CodeInvalid, "a command needs a name")
	case ttl < time.Second || ttl > maxLife:
		return coolant.Errorf(coolant.CodeInvalid, "a command lives 1 s to %v, not %v", maxLife, ttl)
	case momentary(name) && ttl > maxMoment:
		return coolant.Errorf(coolant.CodeInvalid, "%s lives 1 s to %v, not %v: it answers to what is seen now", name, maxMoment, ttl)
	case len(args) > maxArgs:
		return coolant.Errorf(coolant.CodeInvalid, "the arguments of %s have %d bytes; at most %d fit into a message", name, len(args), maxArgs)
	}
	var members map[string]json.RawMessage
	if args != nil && (json.Unmarshal(args, &members) != nil || members == nil) {
		return coolant.Errorf(coolant.CodeInvalid, "the arguments of %s are not a JSON object", name)
	}
	return nil
}

func momentary(name string) bool {
	switch name {
	case "clear_fault", "autotune", "commission", "abort":
		return true
	}
	return false
}

// newID draws 128 random bits: no device has seen the id before, whatever the
// service forgot in a restart.
func newID() string {
	return randomHex(16)
}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails since Go 1.24
	return hex.EncodeToString(b)
}
