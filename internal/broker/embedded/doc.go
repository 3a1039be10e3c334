// Package embedded is the MQTT broker inside the binary: MQTT 5 and 3.1.1, over
// TLS and, where asked for, plainly. It knows the topics of the device contract
// and nothing of what is in a message: it authenticates devices, lets each touch
// its own topics in the contract's directions only, and hands what they publish
// to a [Handler].
//
// What it promises:
//
//   - A publisher gets its acknowledgement after the handler settled the message
//     and only then, in the order in which the messages arrived, through the
//     connection on which they arrived.
//   - A client that does not read, sends nonsense or floods stalls nobody but
//     itself, and is dropped after a while.
//   - Retained messages for devices and persistent sessions survive a restart.
//
// Sessions, subscriptions and delivery are mochi's, which this package drives
// through its hooks. The transport is ours: each connection is a [net.Conn] that
// knows where MQTT packets begin and end. Reading, it takes the messages that are
// to be committed out of the stream before mochi sees them; writing, it never
// blocks and puts everything that is due into one write.
package embedded
