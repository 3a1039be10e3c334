// Package wire knows the outside form of the device contract: its topics and
// the codecs of its payloads. It knows the vocabulary in package coolant and
// nothing else, does no I/O, and every decoder in it takes any bytes at all
// without panicking.
package wire
