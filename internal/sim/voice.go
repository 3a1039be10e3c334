package sim

import (
	"context"
	"sync"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// voice sends the documents that are kept in their newest form only, and the
// replies. A reply that is lost is asked for again by the server. Its methods
// are safe for concurrent use and do not wait.
type voice struct {
	device coolant.DeviceID
	link   publisher
	clock
	poked chan struct{}

	mu      sync.Mutex
	up      bool
	papers  [2]paper
	replies []pendingReply
}

// paper is a retained document.
type paper struct {
	kind   wire.Kind
	newest []byte
	told   bool // the newest, on this connection
}

type pendingReply struct {
	payload []byte
	after   func() // to be called once it is out, or cannot be got out
}

func newVoice(device coolant.DeviceID, link publisher, c clock) *voice {
	return &voice{
		device: device, link: link, clock: c, poked: make(chan struct{}, 1),
		papers: [2]paper{{kind: wire.Info}, {kind: wire.Reported}},
	}
}

func (v *voice) poke() {
	select {
	case v.poked <- struct{}{}:
	default:
	}
}

// connected has the documents told again: what was told on the connection before
// may have been lost.
func (v *voice) connected() {
	v.mu.Lock()
	v.up = true
	for i := range v.papers {
		v.papers[i].told = false
	}
	v.mu.Unlock()
	v.poke()
}

func (v *voice) disconnected() {
	v.mu.Lock()
	v.up = false
	v.mu.Unlock()
}

// tell takes the newest form of a document.
func (v *voice) tell(kind wire.Kind, document []byte) {
	v.mu.Lock()
	for i := range v.papers {
		if p := &v.papers[i]; p.kind == kind {
			p.newest, p.told = document, false
		}
	}
	v.mu.Unlock()
	v.poke()
}

// reply answers a command and then calls after, if there is one.
func (v *voice) reply(r wire.ReplyPayload, after func()) {
	payload, err := wire.EncodeReply(r)
	if err != nil {
		return // strings and a flag always encode
	}
	v.mu.Lock()
	v.replies = append(v.replies, pendingReply{payload, after})
	v.mu.Unlock()
	v.poke()
}

// run speaks until ctx is done.
func (v *voice) run(ctx context.Context) {
	for {
		said, failed := v.say(ctx)
		if said && !failed {
			continue
		}
		again, release := v.rest(failed)
		select {
		case <-ctx.Done():
			release()
			return
		case <-v.poked:
		case <-again:
		}
		release()
	}
}

// rest is how long nothing is said after a failure; for ever, without one.
func (v *voice) rest(failed bool) (over <-chan time.Time, release func()) {
	if !failed {
		return nil, func() {}
	}
	return v.after(firstRest)
}

// say sends one message, if there is one to be sent.
func (v *voice) say(ctx context.Context) (said, failed bool) {
	v.mu.Lock()
	if len(v.replies) > 0 {
		r := v.replies[0]
		v.replies = v.replies[1:]
		v.mu.Unlock()
		err := v.link.Publish(ctx, wire.Topic(v.device, wire.Reply), r.payload, false)
		if r.after != nil {
			r.after()
		}
		return true, err != nil
	}
	var p *paper
	for i := range v.papers {
		if q := &v.papers[i]; v.up && !q.told && q.newest != nil {
			p = q
			break
		}
	}
	if p == nil {
		v.mu.Unlock()
		return false, false
	}
	kind, document := p.kind, p.newest
	p.told = true
	v.mu.Unlock()
	if err := v.link.Publish(ctx, wire.Topic(v.device, kind), document, true); err != nil {
		v.mu.Lock()
		p.told = false
		v.mu.Unlock()
		return true, true
	}
	return true, false
}
