package remote

import (
	"fmt"

	"coolant"
)

// codes5 are the reason codes of MQTT 5 that mean trouble (MQTT 5.0, section
// 2.4), as codes of ours.
var codes5 = map[byte]string{
	0x80: "connection_lost", 0x81: "protocol_refused", 0x82: "protocol_refused", 0x83: "connection_lost",
	0x84: "protocol_refused", 0x85: "client_id_refused", 0x86: "bad_credentials", 0x87: "not_authorized",
	0x88: "server_unavailable", 0x89: "server_busy", 0x8a: "banned", 0x8b: "shutting_down", 0x8c: "bad_credentials",
	0x8d: "keepalive", 0x8e: "taken_over", 0x93: "rate_exceeded", 0x95: "packet_too_large", 0x96: "rate_exceeded",
	0x97: "quota_reached", 0x98: "not_authorized", 0x9c: "use_another_server", 0x9d: "use_another_server",
	0x9f: "rate_exceeded", 0xa0: "connection_lost",
}

// words5 are the specification's names of those codes.
var words5 = map[byte]string{
	0x80: "unspecified error", 0x81: "malformed packet", 0x82: "protocol error", 0x83: "implementation specific error",
	0x84: "unsupported protocol version", 0x85: "client identifier not valid", 0x86: "bad user name or password",
	0x87: "not authorized", 0x88: "server unavailable", 0x89: "server busy", 0x8a: "banned", 0x8b: "server shutting down",
	0x8c: "bad authentication method", 0x8d: "keep alive timeout", 0x8e: "session taken over", 0x8f: "topic filter invalid",
	0x90: "topic name invalid", 0x93: "receive maximum exceeded", 0x95: "packet too large", 0x96: "message rate too high",
	0x97: "quota exceeded", 0x98: "administrative action", 0x99: "payload format invalid", 0x9a: "retain not supported",
	0x9b: "QoS not supported", 0x9c: "use another server", 0x9d: "server moved", 0x9e: "shared subscriptions not supported",
	0x9f: "connection rate exceeded", 0xa0: "maximum connect time", 0xa1: "subscription identifiers not supported",
	0xa2: "wildcard subscriptions not supported",
}

// refused5 explains a reason code of MQTT 5, with the broker's own words if it
// has any.
func refused5(step string, code byte, said string) *coolant.BrokerProblem {
	name, known := codes5[code]
	switch {
	case !known:
		name = "connection_lost"
	case step == stepConnect && name == "not_authorized":
		name = "bad_credentials" // what Mosquitto says to a wrong password
	case step == stepSession && name == "not_authorized":
		name = "dismissed"
	}
	detail := fmt.Sprintf("the broker says 0x%02X", code)
	if words := words5[code]; words != "" {
		detail += " (" + words + ")"
	}
	if said != "" {
		detail += fmt.Sprintf(": %.200q", said)
	}
	return problemf(step, name, "%s", detail)
}

// refused3 explains a return code of a CONNACK of MQTT 3.1.1 (section 3.2.2.3).
func refused3(code byte) *coolant.BrokerProblem {
	name, words := "connection_lost", "unknown"
	switch code {
	case 1:
		name, words = "protocol_refused", "unacceptable protocol version"
	case 2:
		name, words = "client_id_refused", "identifier rejected"
	case 3:
		name, words = "server_unavailable", "server unavailable"
	case 4:
		name, words = "bad_credentials", "bad user name or password"
	case 5:
		// What Mosquitto says to a wrong password too.
		name, words = "bad_credentials", "not authorized"
	}
	return problemf(stepConnect, name, "the broker says %d (%s)", code, words)
}
