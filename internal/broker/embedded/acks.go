package embedded

import (
	"bytes"
	"fmt"
	"net"
	"unicode"
	"unicode/utf8"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// state is what is known about a message that was received.
type state uint8

const (
	pending state = iota // with the handler
	held                 // settled, and still to be retained before it is done
	done                 // to be acknowledged
	refused              // to be acknowledged with the reason code of the entry
	failed               // not stored: not to be acknowledged, nor anything after it
)

// entry is a message that waits for its acknowledgement.
type entry struct {
	reason string // for a person, with refused
	id     uint16 // of the packet
	qos    byte   // 0: in the queue for the order only
	state  state
	code   byte // of MQTT 5, with refused
	waited bool // the connection's goroutine waits and completes it
	size   int  // of the payload
	// message is that of QoS 2 which this entry brought, nil for a repetition. The
	// packet id alone would not tell it from another one that had the id before.
	message *received
}

// queue holds the messages of one connection from receipt to acknowledgement, in
// the order of receipt. A position counts messages from the beginning of the
// connection and never comes back, other than a packet id.
type queue struct {
	ring []entry // a power of two long, or nil
	head uint64  // position of the oldest
	tail uint64  // position of the next

	unacknowledged int // those with a QoS
	bytes          int // payloads of them all
}

const (
	firstRing = 8
	keepRing  = 32 // greatest ring that a connection without pending messages keeps
)

func (q *queue) len() int { return int(q.tail - q.head) }

// at returns the entry at a position, nil if it is not waiting (any more).
func (q *queue) at(position uint64) *entry {
	if position < q.head || position >= q.tail {
		return nil
	}
	return &q.ring[position&uint64(len(q.ring)-1)]
}

func (q *queue) push(e entry) (position uint64) {
	if q.len() == len(q.ring) {
		grown := make([]entry, max(firstRing, 2*len(q.ring)))
		for p := q.head; p < q.tail; p++ {
			grown[p&uint64(len(grown)-1)] = *q.at(p)
		}
		q.ring = grown
	}
	position = q.tail
	q.tail++
	*q.at(position) = e
	q.bytes += e.size
	if e.qos > 0 {
		q.unacknowledged++
	}
	return position
}

func (q *queue) pop() {
	e := q.at(q.head)
	q.bytes -= e.size
	if e.qos > 0 {
		q.unacknowledged--
	}
	*e = entry{}
	q.head++
	if q.head == q.tail && len(q.ring) > keepRing {
		q.ring = nil
	}
}

// full reports whether a message of the given size must wait until others are
// settled: none may take more than its share of what waits for its commit. One of
// any size fits when nothing else waits.
func (q *queue) full(size int) bool {
	return q.len() >= maxUnacknowledged || q.len() > 0 && q.bytes+size > maxUnsettled
}

// push puts a message into the queue. A client of MQTT 5 that has more
// unacknowledged messages than it was allowed is told so and dropped; who cannot
// know the limit, because the client is older, the message has no QoS or it is a
// matter of bytes, is held back here. The error ends the connection.
func (c *conn) push(e entry) (token uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closing && c.acks.full(e.size) {
		if c.version == 5 && e.qos > 0 && c.acks.unacknowledged >= maxUnacknowledged {
			c.mu.Unlock()
			err = c.overflowed()
			c.mu.Lock()
			return 0, err
		}
		c.changed.Wait()
	}
	if c.closing {
		return 0, net.ErrClosed
	}
	token = c.acks.push(e)
	if e.state != pending {
		c.wake()
	}
	return token, nil
}

// overflowed refuses a client that exceeds its receive maximum.
func (c *conn) overflowed() error {
	c.refused = true
	c.b.refuse(coolant.Rejection{
		Device: c.device, Code: coolant.RejectedRate,
		Detail: fmt.Sprintf("more than %d unacknowledged messages, the receive maximum", maxUnacknowledged),
	})
	c.say(packets.ErrReceiveMaximum)
	return packets.ErrReceiveMaximum
}

// Settle is what makes a conn the receipt of its messages; the token is the
// position in the queue. See wire.Receipt.
func (c *conn) Settle(token uint64, err error) {
	c.mu.Lock()
	e := c.acks.at(token)
	if e == nil || e.state != pending {
		c.mu.Unlock()
		return
	}
	if m := e.message; m != nil {
		id := e.id
		c.mu.Unlock()
		c.session.settled(id, m, err, c.version)
		c.mu.Lock()
		e = c.acks.at(token)
	}
	e.settle(err)
	if e.waited {
		if e.state == done {
			e.state = held
		}
		c.changed.Signal()
	}
	if token == c.acks.head && e.state != held {
		c.wake()
	}
	c.mu.Unlock()
}

func (e *entry) settle(err error) {
	switch {
	case err == nil:
		e.state = done
	case coolant.CodeOf(err) == coolant.CodeInvalid:
		e.state, e.code, e.reason = refused, packets.ErrPayloadFormatInvalid.Code, plain(err.Error())
	case e.qos == 0 && !e.waited:
		e.state = done // nobody was promised anything
	default:
		e.state = failed
	}
}

// await waits until the handler settled the message at token, which the caller
// then completes. It reports whether the message is to be kept: not if it was
// refused. The error ends the connection.
func (c *conn) await(token uint64) (kept bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		e := c.acks.at(token)
		switch {
		case e == nil, e.state == refused: // and acknowledged, perhaps already
			return false, nil
		case e.state == held:
			return true, nil
		case c.closing:
			return false, net.ErrClosed
		} // a message that failed ends the connection when it is its turn
		c.changed.Wait()
	}
}

// complete ends what await began: the message is acknowledged or, with an error,
// it and everything after it is not.
func (c *conn) complete(token uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.acks.at(token)
	if e == nil || e.state != held {
		return
	}
	e.state = done
	if err != nil {
		e.state = failed
	}
	if token == c.acks.head {
		c.wake()
	}
}

// collect moves what is settled from the head of the queue to out. It needs mu.
// The quota is restored by that, before the acknowledgement is written. It
// reports whether the head failed.
func (c *conn) collect() bool {
	before := c.acks.len()
	for c.acks.len() > 0 {
		e := c.acks.at(c.acks.head)
		switch e.state {
		case pending, held:
		case failed:
			return true
		default:
			if !c.closing {
				c.acknowledge(e)
			}
			c.acks.pop()
			continue
		}
		break
	}
	if c.acks.len() < before {
		c.changed.Signal()
		c.emptied()
	}
	return false
}

// acknowledge appends the acknowledgement of e to out.
func (c *conn) acknowledge(e *entry) {
	first := packets.Puback << 4
	switch e.qos {
	case 0:
		return
	case 2:
		first = packets.Pubrec << 4
	}
	hi, lo := byte(e.id>>8), byte(e.id)
	switch {
	case e.state != refused || c.version < 5:
		c.out = append(c.out, first, 2, hi, lo)
	case c.terse || e.reason == "":
		c.out = append(c.out, first, 4, hi, lo, e.code, 0)
	default:
		n := len(e.reason) // below 128 - 9, so that every length is one byte
		c.out = append(c.out, first, byte(7+n), hi, lo, e.code, byte(3+n), packets.PropReasonString, 0, byte(n))
		c.out = append(c.out, e.reason...)
	}
}

// maxReason keeps an acknowledgement with its reason below maxAcknowledgement.
const (
	maxReason          = 110
	maxAcknowledgement = 128
)

// plain cuts text to what fits, after a whole word if there is one, without
// control characters, which MQTT forbids.
func plain(text string) string {
	const more = "…"
	buf := make([]byte, 0, maxReason)
	cut := 0 // where the words end after which there is room for more
	for _, r := range text {
		if unicode.IsControl(r) {
			r = ' '
		}
		if r == ' ' && len(buf) <= maxReason-len(more) {
			cut = len(buf)
		}
		if len(buf)+utf8.RuneLen(r) > maxReason {
			return string(beginning(buf, cut, maxReason-len(more))) + more
		}
		buf = utf8.AppendRune(buf, r)
	}
	return string(buf)
}

// beginning cuts text after the words that end at cut, or where that would leave
// little of it, between two characters, to at most limit bytes.
func beginning(text []byte, cut, limit int) []byte {
	if cut < limit/2 {
		for cut = limit; !utf8.RuneStart(text[cut]); cut-- {
		}
	}
	return bytes.TrimRight(text[:cut], " ,;:")
}

// settled returns a channel that is closed when no message waits for its
// acknowledgement, or none can get it any more.
func (c *conn) settled() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onEmpty = make(chan struct{})
	done := c.onEmpty
	c.emptied()
	return done
}

// emptied tells who waits for settled. It needs mu.
func (c *conn) emptied() {
	if c.onEmpty != nil && (c.closing || c.acks.len() == 0) {
		close(c.onEmpty)
		c.onEmpty = nil
	}
}
