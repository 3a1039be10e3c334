// Package control holds the laws by which a device regulates its outputs. They
// are pure: time comes in as the dt of a step, nothing reads a clock and nothing
// does I/O, so that the same vectors (contract/curve.json) hold in Go and in the
// firmware's C.
//
// A value of this package belongs to one output and one goroutine; it is not
// safe for concurrent use.
package control
