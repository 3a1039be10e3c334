// Package mqtt is a small MQTT 3.1.1 and 5 client for tests and measurements. It
// gives its user the packets themselves: what is sent, when it is sent, and each
// acknowledgement as it arrives. It never reconnects, never sends anything twice
// and, once connected, allocates nothing, so that what is measured or proved
// with it is the server's doing and not the client's.
//
// It is deliberately independent of the server's own libraries, so that a
// mistake in one of them does not cancel itself out.
package mqtt
