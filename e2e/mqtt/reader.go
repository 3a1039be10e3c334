package mqtt

import (
	"fmt"
	"io"
)

// maxPacket bounds what a Reader believes; a server that says more is broken.
const maxPacket = 16 << 20

// Reader cuts a stream into packets. It is not safe for concurrent use.
type Reader struct {
	r          io.Reader
	buf        []byte
	start, end int
}

// NewReader returns a Reader with a buffer of size bytes, which grows for a
// packet that is larger.
func NewReader(r io.Reader, size int) *Reader {
	return &Reader{r: r, buf: make([]byte, max(size, 64))}
}

// Next returns the next packet and waits for it where it has not come yet.
func (r *Reader) Next() (Packet, error) {
	for {
		p, n, err := r.peek()
		if err != nil {
			return Packet{}, err
		}
		if n > 0 {
			r.start += n
			return p, nil
		}
		if err := r.fill(); err != nil {
			return Packet{}, err
		}
	}
}

// Buffered reports whether Next would return without reading from the network.
func (r *Reader) Buffered() bool {
	_, n, err := r.peek()
	return n > 0 || err != nil
}

// peek returns the packet at the front and its whole length, 0 where more bytes
// are needed.
func (r *Reader) peek() (p Packet, total int, err error) {
	b := r.buf[r.start:r.end]
	if len(b) < 2 {
		return Packet{}, 0, nil
	}
	length, shift, i := 0, 0, 1
	for {
		if i == len(b) {
			return Packet{}, 0, nil
		}
		c := b[i]
		length |= int(c&0x7f) << shift
		i++
		if c < 0x80 {
			break
		}
		if shift += 7; shift > 21 {
			return Packet{}, 0, fmt.Errorf("remaining length: %w", errMalformed)
		}
	}
	if length > maxPacket {
		return Packet{}, 0, fmt.Errorf("packet of %d bytes: %w", length, errMalformed)
	}
	if total = i + length; len(b) < total {
		return Packet{}, 0, nil
	}
	return Packet{Type: Type(b[0] >> 4), Flags: b[0] & 0x0f, Body: b[i:total]}, total, nil
}

func (r *Reader) fill() error {
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	n, err := r.r.Read(r.buf[r.end:])
	r.end += n
	if n > 0 {
		return nil
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}
