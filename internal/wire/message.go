package wire

import "coolant"

// Message is what a device published, on its way from a broker to ingest.
type Message struct {
	Device coolant.DeviceID // who sent it, as the broker authenticated it
	Kind   Kind             // one that is Up
	Topic  string           // as it was published
	// Payload belongs to the broker: it is valid only until the call that passes
	// the message returns.
	Payload  []byte
	Received coolant.UnixMilli
	// Retained says that the broker had kept the message for new subscribers, so
	// that it may be old, and may have been delivered before.
	Retained bool
	// Queued says that the message waited at a broker for longer than a moment: the
	// time of receipt says nothing of when it was sent.
	Queued bool
	// Again says that whoever passes the message passes it again if it is not
	// acknowledged: an outside broker keeps it.
	Again bool
	// Live says that nothing can have held the message back: it came over a
	// connection to the embedded broker that is still open. Only then may a
	// sample state its age in place of its time.
	Live bool
}

// Receipt learns what became of a message. Settle is called exactly once for
// each token, from any goroutine, and returns without waiting for the network.
//
// A nil error says that all of the message that can be kept is on disk. An
// error with the code [coolant.CodeInvalid] says that nothing of it can ever be
// kept, so that a redelivery would be in vain. Both are to be acknowledged. Any
// other error says that the message is not stored although it could have been:
// it must not be acknowledged, so that it is sent again.
type Receipt interface {
	Settle(token uint64, err error)
}
