package embedded

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// registry knows every session by its client id: those with a connection, and
// those that are kept without one.
type registry struct {
	mu       sync.Mutex
	byClient map[string]*session
	byOwner  map[coolant.DeviceID][]*session // at most maxSessions each, oldest first
}

// session is what a client id stands for.
type session struct {
	client string
	owner  coolant.DeviceID
	// turn is held while a connection takes the session over and while one leaves
	// it, so that connections of one client id never overtake each other.
	turn    sync.Mutex
	current *conn // the newest connection; guarded by turn
	stored  bool  // there is a record; guarded by turn
	// forgotten says that its device was removed: it ends with its last connection.
	forgotten atomic.Bool
	left      int64 // Unix time when the last connection ended; guarded by turn

	// Guarded by the registry's mutex.
	conns int
	kept  bool // without a connection, too

	mu       sync.Mutex
	received map[uint16]*received // messages of QoS 2 that the client has not released
}

// received is a message of QoS 2 from its receipt until the client releases its
// packet id. Until then a message with the id is the same message.
type received struct {
	settled bool
	err     error        // what it was settled with
	waiting []repetition // the same message, over later connections
}

type repetition struct {
	c     *conn
	token uint64
}

// claim gives the session of a client id to a connection of its owner. It returns
// nil if it belongs to someone else, or if the owner has as many as anybody may;
// idle is then one of those that has no connection, if there is one.
func (r *registry) claim(client string, owner coolant.DeviceID) (s, idle *session, foreign bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s = r.byClient[client]; s == nil {
		if len(r.byOwner[owner]) >= maxSessions {
			for _, s := range r.byOwner[owner] {
				if s.conns == 0 {
					return nil, s, false
				}
			}
			return nil, nil, false
		}
		s = r.add(client, owner)
	}
	if s.owner != owner {
		return nil, nil, true
	}
	s.conns++
	return s, nil, false
}

// add makes a session. It needs mu, except before the broker serves.
func (r *registry) add(client string, owner coolant.DeviceID) *session {
	s := &session{client: client, owner: owner}
	r.byClient[client] = s
	r.byOwner[owner] = append(r.byOwner[owner], s)
	return s
}

// remove forgets a session. It needs mu.
func (r *registry) remove(s *session) {
	delete(r.byClient, s.client)
	rest := slices.DeleteFunc(r.byOwner[s.owner], func(o *session) bool { return o == s })
	if r.byOwner[s.owner] = rest; len(rest) == 0 {
		delete(r.byOwner, s.owner)
	}
}

// keep says whether the session outlives its connections.
func (r *registry) keep(s *session, kept bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.kept = kept
}

// leave takes a connection from its session, which may be the end of it.
func (r *registry) leave(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s.conns--
	if s.conns == 0 && !s.kept {
		r.remove(s)
	}
}

// persistent reports whether a client's session outlives its connection.
func persistent(cl *mqtt.Client) bool {
	if cl.Properties.ProtocolVersion == 5 {
		return cl.Properties.Props.SessionExpiryInterval > 0
	}
	return !cl.Properties.Clean
}

// leave ends what a connection has to do with its session.
func (b *Broker) leave(c *conn, why error) {
	s := c.session
	if s == nil {
		return
	}
	if c.established {
		b.connected.Add(-1)
		c.client.Stop(why)
		if !s.forgotten.Load() {
			c.sendWill()
		}
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.current == c { // nobody took over
		s.current = nil
		s.left = b.o.Now().Unix()
		b.delivery.Lock() // for whoever asks now whether it is persistent
		stored := persistent(c.client)
		c.client.Properties.Props.SessionExpiryInterval = c.expiry
		kept := persistent(c.client) && !s.forgotten.Load()
		b.delivery.Unlock()
		b.sessions.keep(s, kept)
		b.storeSession(c, kept)
		if !kept {
			b.clear(c.client, stored)
		}
	}
	b.sessions.leave(s)
}

// clear removes a client and all that belongs to it from mochi, and what is in
// flight to it from the disk, if it is stored.
func (b *Broker) clear(cl *mqtt.Client, stored bool) {
	for _, pk := range cl.State.Inflight.GetAll(false) {
		cl.State.Inflight.Delete(pk.PacketID)
		if stored {
			b.dropInflight(cl.ID, pk.PacketID)
		}
	}
	b.server.UnsubscribeClient(cl)
	b.server.Clients.Delete(cl.ID)
}

// expireSessions removes sessions that have been without a connection for longer
// than they asked for, until ctx ends.
func (b *Broker) expireSessions(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			b.expireBy(b.o.Now())
		}
	}
}

func (b *Broker) expireBy(now time.Time) {
	b.sessions.mu.Lock()
	var idle []*session
	for _, s := range b.sessions.byClient {
		if s.conns == 0 {
			idle = append(idle, s)
		}
	}
	b.sessions.mu.Unlock()
	for _, s := range idle {
		b.expire(s, now)
	}
}

// makeRoom ends a session that has no connection, unless it has one by now.
func (b *Broker) makeRoom(s *session) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if cl, ok := b.server.Clients.Get(s.client); ok && s.current == nil {
		b.end(s, cl)
	}
}

func (b *Broker) expire(s *session, now time.Time) {
	s.turn.Lock()
	defer s.turn.Unlock()
	cl, ok := b.server.Clients.Get(s.client)
	if !ok || !cl.Closed() {
		return
	}
	after := int64(sessionExpiry)
	if cl.Properties.ProtocolVersion == 5 {
		after = min(after, int64(cl.Properties.Props.SessionExpiryInterval))
	}
	if s.left+after >= now.Unix() {
		return
	}
	b.end(s, cl)
}

// end forgets a session that has no connection, with what is stored of it. It
// needs the session's turn.
func (b *Broker) end(s *session, cl *mqtt.Client) {
	s.stored = false
	b.forgetSession(s.client)
	b.clear(cl, true)
	b.sessions.mu.Lock()
	s.kept = false
	if s.conns == 0 && b.sessions.byClient[s.client] == s {
		b.sessions.remove(s)
	}
	b.sessions.mu.Unlock()
}

// receive notes a message of QoS 2. first is false if it was received before.
func (s *session) receive(id uint16) (m *received, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.received[id]; m != nil {
		return m, false
	}
	if s.received == nil {
		s.received = map[uint16]*received{}
	}
	m = &received{}
	s.received[id] = m
	return m, true
}

// repeat lets the entry at token of c be settled with the first receipt, unless
// that is settled, with the error.
func (s *session) repeat(m *received, c *conn, token uint64) (settled bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !m.settled {
		// Those of connections that are over would pile up while nothing is settled.
		m.waiting = slices.DeleteFunc(m.waiting, func(r repetition) bool { return r.c.over() })
		m.waiting = append(m.waiting, repetition{c, token})
	}
	return m.settled, m.err
}

// settled notes what became of a message of QoS 2. The packet id stays taken
// until the client releases it, except where the client will not. Another message
// may have the id by now, of a session that began anew.
func (s *session) settled(id uint16, m *received, err error, version byte) {
	s.mu.Lock()
	m.settled, m.err = true, err
	waiting := m.waiting
	m.waiting = nil
	if err != nil && s.received[id] == m && (version == 5 || coolant.CodeOf(err) != coolant.CodeInvalid) {
		delete(s.received, id)
	}
	s.mu.Unlock()
	for _, r := range waiting {
		r.c.Settle(r.token, err)
	}
}

// release frees a packet id and reports whether it was taken.
func (s *session) release(id uint16) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.received[id]
	delete(s.received, id)
	return ok
}

// startAnew forgets what the client has not released.
func (s *session) startAnew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.received = nil
}

// unreleased counts the messages of QoS 2 that the client has not released.
func (s *session) unreleased() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.received)
}

// released answers a PUBREL.
func (c *conn) released(id uint16) {
	ok := c.session.release(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return
	}
	if ok || c.version < 5 {
		c.out = append(c.out, packets.Pubcomp<<4, 2, byte(id>>8), byte(id))
	} else {
		c.out = append(c.out, packets.Pubcomp<<4, 3, byte(id>>8), byte(id), packets.ErrPacketIdentifierNotFound.Code)
	}
	c.wake()
}
