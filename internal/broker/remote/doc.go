// Package remote is the client of an MQTT broker elsewhere: EMQX Cloud, a
// Mosquitto at home. It knows the topics of the device contract and nothing of
// what is in a message: it keeps a session at the broker, hands what devices
// publish to a [Handler], and publishes what is said to them.
//
// What it promises:
//
//   - The broker gets its acknowledgement of a message after the handler settled
//     it and only then, in the order of receipt and on the connection on which the
//     message came. A message that could not be stored is not acknowledged: the
//     connection ends, and the broker delivers it again.
//   - While this service is away the broker keeps what devices publish, for as
//     long and as much as it can: the session is persistent, and its expiry asked
//     for. What it cannot keep, devices that follow the contract send again.
//   - Whatever goes wrong is a [coolant.BrokerProblem] with a stable code, what
//     was found and what to do. The link tries again for ever, with a growing
//     delay of which half is random.
//
// MQTT 5 is spoken, and 3.1.1 where the broker offers nothing else. The two
// libraries behind that (paho.golang and paho.mqtt.golang) are one connection
// each; how to dial, when to dial again and what to acknowledge is decided here,
// once for both.
//
// The broker's own PUBACK to a device proves nothing about our disk; devices
// rely on the topic `committed`. And its access rules are not ours: [Separation]
// proves that they keep devices apart.
package remote
