//go:build unix

package embedded

import (
	"errors"
	"io"
	"syscall"
)

// socket waits for a plain connection to have something to read, without a buffer
// that only waits along: 10,000 idle clients would otherwise hold one each.
type socket struct {
	raw      syscall.RawConn
	readable func(fd uintptr) bool
	n        int
	err      error
}

func (s *socket) open(c *conn) {
	sc, ok := c.tcp.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	s.raw = raw
	s.readable = func(fd uintptr) bool {
		buf := getBuffer()
		for {
			s.n, s.err = syscall.Read(int(fd), buf)
			if !errors.Is(s.err, syscall.EINTR) {
				break
			}
		}
		if errors.Is(s.err, syscall.EAGAIN) {
			putBuffer(buf)
			return false
		}
		c.buf = buf
		return true
	}
}

func (s *socket) close() { s.raw, s.readable = nil, nil }

// first waits for bytes and reads them into a new c.buf. ok is false if this kind
// of connection cannot be waited for so.
func (s *socket) first(*conn) (n int, ok bool, err error) {
	if s.raw == nil {
		return 0, false, nil
	}
	if err := s.raw.Read(s.readable); err != nil {
		return 0, true, err
	}
	switch {
	case s.err != nil:
		return 0, true, s.err
	case s.n == 0:
		return 0, true, io.EOF
	}
	return s.n, true, nil
}
