package embedded

import "sync"

// bufferSize holds the messages that a busy client has in flight. Buffers belong
// to a connection only while there is something in them, so their number is that
// of the connections that are busy at the same moment.
const bufferSize = 16 << 10

var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func getBuffer() []byte { return buffers.Get().(*[bufferSize]byte)[:] }

// putBuffer takes back what getBuffer gave; slices of another size are left to
// the garbage collector.
func putBuffer(b []byte) {
	if cap(b) == bufferSize {
		buffers.Put((*[bufferSize]byte)(b[:bufferSize]))
	}
}
