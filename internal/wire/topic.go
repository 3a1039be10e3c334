package wire

import (
	"strings"

	"coolant"
)

// Kind is what a topic of the contract carries.
type Kind uint8

// The topics of the contract, version 1, and the one of the article's sketch.
const (
	KindNone Kind = iota
	Telemetry
	Committed
	Status
	Info
	Desired
	Reported
	Command
	Reply
	Input
	Article
)

// ArticleTopic is the default topic of the article's sketch.
const ArticleTopic = "emqx/esp32/telemetry"

const prefix = "coolant/"

var kindNames = [...]string{
	Telemetry: "telemetry", Committed: "committed", Status: "status", Info: "info", Desired: "desired",
	Reported: "reported", Command: "command", Reply: "reply", Input: "input", Article: "article",
}

// String is the last level of the kind's topic, "article" for Article.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "none"
}

// Up reports whether a device may publish to topics of this kind.
func (k Kind) Up() bool {
	switch k {
	case Telemetry, Status, Info, Reported, Reply, Article:
		return true
	default:
		return false
	}
}

// Down reports whether a device may receive topics of this kind.
func (k Kind) Down() bool {
	switch k {
	case Committed, Desired, Command, Input:
		return true
	default:
		return false
	}
}

// Topic returns the topic of the given kind for a device: coolant/<id>/<kind>.
func Topic(id coolant.DeviceID, k Kind) string {
	return prefix + string(id) + "/" + k.String()
}

// ParseTopic splits a topic of the form coolant/<id>/<kind>. ok is false for any
// other topic, an id that is not well formed, or an unknown last level.
func ParseTopic(topic string) (id coolant.DeviceID, k Kind, ok bool) {
	rest, found := strings.CutPrefix(topic, prefix)
	if !found {
		return "", KindNone, false
	}
	name, last, found := strings.Cut(rest, "/")
	if !found {
		return "", KindNone, false
	}
	for kind := Telemetry; kind < Article; kind++ {
		if kindNames[kind] != last {
			continue
		}
		id, err := coolant.ParseDeviceID(name)
		return id, kind, err == nil
	}
	return "", KindNone, false
}
