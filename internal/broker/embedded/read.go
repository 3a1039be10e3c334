package embedded

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// header is the fixed header of an MQTT packet.
type header struct {
	first byte // type and flags
	bytes int  // of the header itself, 2 to 5
	rest  int  // of what follows
}

func (h header) size() int  { return h.bytes + h.rest }
func (h header) kind() byte { return h.first >> 4 }

// parseHeader reads a fixed header from the beginning of b. It returns bytes 0 if
// b is too short to tell, and false if it cannot be one.
func parseHeader(b []byte) (header, bool) {
	if len(b) < 2 {
		return header{}, true
	}
	rest := 0
	for i := 1; i <= 4; i++ {
		if i >= len(b) {
			return header{}, true
		}
		rest |= int(b[i]&0x7f) << (7 * (i - 1))
		if b[i]&0x80 == 0 {
			return header{first: b[0], bytes: i + 1, rest: rest}, true
		}
	}
	return header{}, false
}

// header waits for the next packet's header and checks its size.
func (c *conn) header() (header, error) {
	if c.established && c.b.draining.Load() {
		return header{}, c.idle()
	}
	for {
		h, ok := parseHeader(c.buf[c.r:c.w])
		switch {
		case !ok:
			return h, c.violated(packets.ErrMalformedPacket, "the length of a packet is malformed")
		case h.bytes == 0:
			if err := c.fill(0); err != nil {
				return h, err
			}
			continue
		case h.size() > c.limit():
			return h, c.tooLarge(h)
		}
		return h, nil
	}
}

// limit is the greatest packet that is read.
func (c *conn) limit() int {
	if !c.established {
		return min(maxConnect, c.b.o.MaxPacket)
	}
	return c.b.o.MaxPacket
}

// whole waits until the packet that begins at r is in the buffer with all of its
// n bytes.
func (c *conn) whole(n int) ([]byte, error) {
	for c.w-c.r < n {
		if err := c.fill(n); err != nil {
			return nil, err
		}
	}
	return c.buf[c.r : c.r+n], nil
}

// fill reads more. The buffer grows with what has arrived, not with what was
// announced, up to need bytes.
func (c *conn) fill(need int) error {
	if !c.begun {
		c.begun = true
		c.extend(time.Now())
	}
	if c.r == c.w {
		return c.next()
	}
	if c.r > 0 && (c.w == len(c.buf) || c.r+need > len(c.buf)) {
		c.w = copy(c.buf, c.buf[c.r:c.w])
		c.r = 0
	}
	if c.w == len(c.buf) {
		grown := make([]byte, max(min(need, 2*len(c.buf)), len(c.buf)+1))
		c.w = copy(grown, c.buf[c.r:c.w])
		c.r = 0
		putBuffer(c.buf)
		c.buf = grown
	}
	n, err := c.nc.Read(c.buf[c.w:])
	if err != nil {
		return c.readFailed(err)
	}
	c.w += n
	c.received = coolant.Milli(c.b.o.Now())
	return nil
}

// next waits for the beginning of the next packet, without a buffer.
func (c *conn) next() error {
	c.release()
	n, ok, err := c.socket.first(c)
	if !ok {
		if n, err = c.nc.Read(c.small[:]); err == nil {
			c.buf = getBuffer()
			copy(c.buf, c.small[:n])
		}
	}
	if err != nil {
		return c.readFailed(err)
	}
	c.r, c.w = 0, n
	c.received = coolant.Milli(c.b.o.Now())
	return nil
}

// idle takes no more packets and waits for the end.
func (c *conn) idle() error {
	c.release()
	c.mu.Lock()
	defer c.mu.Unlock()
	for !c.closing {
		c.changed.Wait()
	}
	return net.ErrClosed
}

// release gives the buffer back.
func (c *conn) release() {
	if c.buf != nil {
		putBuffer(c.buf)
	}
	c.buf, c.r, c.w = nil, 0, 0
}

// extend moves the deadline of reading: one and a half times the keepalive from
// the end of a packet to the end of the next. Setting it costs as much as a small
// read, so it is moved in steps of a sixteenth, and is later by that.
func (c *conn) extend(now time.Time) {
	if c.keepalive == 0 {
		return // not yet, or none
	}
	by := now.Add(c.keepalive * 3 / 2)
	if c.deadline.After(by) {
		return
	}
	c.deadline = by.Add(c.keepalive / 16)
	c.setReadDeadline(c.deadline)
}

// setDeadline is setReadDeadline for both directions.
func (c *conn) setDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		_ = c.tcp.SetDeadline(t)
	}
}

// setReadDeadline sets it unless the connection is closing, whose deadline is
// past and must stay so.
func (c *conn) setReadDeadline(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closing {
		_ = c.tcp.SetReadDeadline(t)
	}
}

// readFailed is what a failed read means.
func (c *conn) readFailed(err error) error {
	c.mu.Lock()
	closing := c.closing
	c.mu.Unlock()
	switch {
	case closing:
		return net.ErrClosed
	case c.established && errors.Is(err, os.ErrDeadlineExceeded):
		c.b.metrics.dropped.WithLabelValues("keepalive").Inc()
		c.say(packets.ErrKeepAliveTimeout)
		return packets.ErrKeepAliveTimeout
	}
	return err
}

// tooLarge refuses a packet over the limit. What the client has already sent of
// it is read, so that it hears why.
func (c *conn) tooLarge(h header) error {
	sent := int64(c.w - c.r)
	c.release()
	err := c.violated(packets.ErrPacketTooLarge, fmt.Sprintf("a packet of %d bytes; at most %d are taken", h.size(), c.limit()))
	if c.established {
		c.mu.Lock()
		for c.flushing {
			c.changed.Wait()
		}
		c.mu.Unlock()
		c.drain(min(int64(h.size())-sent, 4*int64(c.b.o.MaxPacket)), c.b.o.times.end)
	}
	return err
}

// violated reports a breach of the protocol and tells the client. The error ends
// the connection.
func (c *conn) violated(code packets.Code, detail string) error {
	if detail == "" {
		detail = code.Reason
	}
	if !c.established {
		detail += ", from " + c.host()
	}
	c.refused = true
	c.b.refuse(coolant.Rejection{Device: c.known(), Code: coolant.RejectedPacket, Detail: detail})
	c.say(code)
	return code
}

// say writes a DISCONNECT, if the client's version has one from the server.
func (c *conn) say(code packets.Code) {
	if c.established && c.version == 5 {
		_, _ = c.Write([]byte{packets.Disconnect << 4, 2, code.Code, 0})
	}
}

// known is the device that the client proved to be.
func (c *conn) known() coolant.DeviceID {
	if !c.established {
		return ""
	}
	return c.device
}
