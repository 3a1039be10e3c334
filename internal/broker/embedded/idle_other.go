//go:build !unix

package embedded

// socket is for systems where waiting without a buffer is not known to work: the
// connection reads a few bytes first.
type socket struct{}

func (s *socket) open(*conn) {}

func (s *socket) close() {}

func (s *socket) first(*conn) (n int, ok bool, err error) { return 0, false, nil }
