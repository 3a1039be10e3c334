// Package control holds what regulates devices.
//
// The laws by which a device regulates its outputs ([Curve], [PI], [Slew]) are pure: time
// comes in as the dt of a step, nothing reads a clock and nothing does I/O, so that
// the same vectors (contract/curve.json, contract/pi.json) hold in Go and in the firmware's C. A value
// of them belongs to one output and one goroutine; it is not safe for concurrent use.
//
// The [Commander] is the server's side: it sends commands to devices until they
// answer. It knows no topic and no payload; how a command is written and sent is
// given to it.
package control
