package embedded

import (
	"container/list"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

var (
	errMalformed = errors.New("malformed packet")
	errStuck     = errors.New("the client does not read")
	errExpired   = errors.New("the session has expired")
)

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// conn is a client's connection, and the receipt of everything that the client
// published over it. mochi knows it as a net.Conn, to write to and to close.
//
// The first group of fields belongs to the connection's own goroutine. The fields
// below mu are shared with whoever settles or writes.
type conn struct {
	b   *Broker
	tcp net.Conn // the socket
	nc  net.Conn // the socket, or TLS over it
	// stranger is its place in the broker's list of such, guarded by the broker's mutex.
	stranger *list.Element
	socket   socket // how to wait for it without holding a buffer; see idle_unix.go

	buf       []byte // what was read and not yet consumed is buf[r:w]
	r, w      int
	small     [16]byte          // what a quiet connection reads into
	begun     bool              // bytes of the present packet were waited for
	received  coolant.UnixMilli // when the last bytes arrived, by the broker's clock
	keepalive time.Duration
	deadline  time.Time // of reading, as it was set last

	established bool   // the CONNACK is sent
	refused     bool   // the refusal was reported
	expiry      uint32 // of the session after the connection, in seconds; MQTT 5
	will        *lastWill
	session     *session
	telemetry   string // the device's own topic, as most of what it sends is for it

	mu       sync.Mutex
	changed  sync.Cond // for the connection's own goroutine; by Signal, with mu
	device   coolant.DeviceID
	client   *mqtt.Client
	version  byte // of MQTT: 3, 4 or 5; 0 before CONNECT
	terse    bool // the client wants no reason strings
	acks     queue
	onEmpty  chan struct{} // closed when acks is empty; see settled
	out      []byte        // to be written
	flushing bool          // a goroutine writes
	closing  bool          // nothing more is taken; what is in out may still go
	closed   bool          // the socket is closed
	linger   bool          // the last words matter: let the client read them
	writeBy  time.Time     // the deadline of writing, as it was set last
}

func newConn(b *Broker, nc net.Conn) *conn {
	c := &conn{b: b, tcp: nc, nc: nc}
	c.changed.L = &c.mu
	c.socket.open(c)
	return c
}

// secure puts TLS over the socket.
func (c *conn) secure(t net.Conn) {
	c.socket.close() // what is readable there is not for us any more
	c.mu.Lock()
	c.nc = t
	c.mu.Unlock()
}

// LocalAddr and RemoteAddr are the socket's. Together with the methods below they
// make conn a net.Conn.
func (c *conn) LocalAddr() net.Addr { return c.tcp.LocalAddr() }

// RemoteAddr is the client's address.
func (c *conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }

// Read is nobody's: packets are read by the connection itself.
func (c *conn) Read([]byte) (int, error) { return 0, net.ErrClosed }

// SetDeadline does nothing: reading and writing keep deadlines of their own.
func (c *conn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline does nothing; see SetDeadline.
func (c *conn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline does nothing; see SetDeadline.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }

// Write takes a packet of mochi's and returns at once. A client that leaves too
// much unread is dropped.
func (c *conn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return 0, net.ErrClosed
	}
	last := lastWords(p)
	if last && c.version < 5 && p[0]>>4 == packets.Disconnect {
		return len(p), nil // a server sends none before MQTT 5
	}
	if len(c.out) > 0 && len(c.out)+len(p) > maxUnwritten {
		c.b.metrics.dropped.WithLabelValues("not_reading").Inc()
		c.shut(true)
		return 0, errStuck
	}
	c.linger = c.linger || last
	c.out = append(c.out, p...)
	c.wake()
	return len(p), nil
}

// lastWords reports whether the connection ends after p: a DISCONNECT, or a
// CONNACK that refuses.
func lastWords(p []byte) bool {
	switch {
	case len(p) == 0:
		return false
	case p[0]>>4 == packets.Disconnect:
		return true
	}
	return p[0]>>4 == packets.Connack && len(p) > 3 && p[3] != 0
}

// Close ends the connection without waiting: reading fails from now on, and the
// socket is closed as soon as what is to be written is.
func (c *conn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut(false)
	return nil
}

// shut is Close under mu: it wakes the connection's own goroutine, which closes
// the socket if that may take time. With now set nothing more is written.
func (c *conn) shut(now bool) {
	if c.closed || c.closing && !now {
		return
	}
	c.closing = true
	c.emptied()
	c.changed.Signal()
	if now || c.silent() {
		c.closed = true
		_ = c.tcp.Close()
		return
	}
	c.writeBy = time.Now().Add(c.b.o.times.farewell)
	_ = c.tcp.SetWriteDeadline(c.writeBy)
	_ = c.tcp.SetReadDeadline(time.Unix(1, 0))
}

// silent reports whether nothing is left to say: TLS has a farewell of its own.
func (c *conn) silent() bool { return !c.flushing && !c.linger && c.nc == c.tcp }

// wake starts a goroutine that writes, unless there is one. It needs mu.
func (c *conn) wake() {
	if !c.flushing && !c.closed {
		c.flushing = true
		go c.flush()
	}
}

// flush writes until there is nothing left to write.
func (c *conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		if failed := c.collect(); failed && !c.closing {
			c.mu.Unlock()
			c.bye(packets.ErrServerBusy)
			c.mu.Lock()
		}
		if len(c.out) == 0 || c.closed {
			c.flushing = false
			if c.closing && c.silent() {
				c.shut(true)
			} else if c.nc != c.tcp && !c.closing {
				// TLS may have to write while it reads.
				c.writeBy = time.Time{}
				_ = c.tcp.SetWriteDeadline(c.writeBy)
			}
			c.changed.Signal()
			return
		}
		buf := c.out
		c.out = nil
		if now := time.Now(); !c.closing && c.writeBy.Sub(now) < c.b.o.times.write/2 {
			c.writeBy = now.Add(c.b.o.times.write)
			_ = c.tcp.SetWriteDeadline(c.writeBy)
		}
		nc := c.nc
		c.mu.Unlock()
		_, err := nc.Write(buf)
		c.mu.Lock()
		if err != nil {
			if !c.closing {
				c.b.metrics.dropped.WithLabelValues("write_failed").Inc()
			}
			c.shut(true)
		}
	}
}

// bye ends the connection for a reason that a client of MQTT 5 is told.
func (c *conn) bye(code packets.Code) {
	c.mu.Lock()
	cl := c.client
	c.mu.Unlock()
	if cl == nil {
		_ = c.Close()
		return
	}
	_ = c.b.server.DisconnectClient(cl, code)
	_ = c.Close() // which mochi has done, unless it was too late for a word
}

// abandon ends the connection at once.
func (c *conn) abandon() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shut(true)
}

// end waits until everything is written and closes the socket. It is the last
// thing that happens to a connection, in its own goroutine.
func (c *conn) end() {
	c.mu.Lock()
	for c.flushing {
		c.changed.Wait()
	}
	linger, closed := c.linger, c.closed
	c.mu.Unlock()
	if !closed {
		if linger {
			c.drain(maxUnwritten, c.b.o.times.farewell)
		}
		_ = c.nc.Close() // with the farewell of TLS
	}
	c.abandon()
	c.release()
	c.socket.close()
}

// drain says that nothing more will be written, and reads what the client still
// sends, up to n bytes, until it hangs up. Without that the kernel would answer
// unread bytes with a reset, and the client would lose our last words.
func (c *conn) drain(n int64, d time.Duration) {
	if w, ok := c.nc.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
	}
	_ = c.tcp.SetReadDeadline(time.Now().Add(d))
	_, _ = io.CopyN(io.Discard, c.nc, n)
}

// over reports whether nothing more is taken from or acknowledged to the client.
func (c *conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing
}

// isOf reports whether the client says that it is the given device.
func (c *conn) isOf(device coolant.DeviceID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.device == device
}
