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
// Of mochi it uses the codec and its checks, the index of topics with the
// retained messages, and the clients with what is in flight to them. The life of
// a connection, and what clients publish, is handled here: mochi's loop copies
// each message three times and passes it on in structs of 800 bytes, costs 16 KB
// of stack for every idle client, loses wills and registrations where connections
// of one client id overtake each other, and keeps the packet ids of both
// directions in one map.
//
// Each connection has one goroutine, which reads. A second one exists while there
// is something to write.
package embedded
