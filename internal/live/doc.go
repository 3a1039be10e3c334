// Package live keeps the present of every device in memory and tells it to
// whoever watches: the newest reading of each series, presence, health, and a
// numbered sequence of events.
//
// It knows the vocabulary in package coolant and nothing else. It promises that
// publishing never waits for a subscriber, that memory is bounded whatever
// subscribers do, and that a subscriber which comes back with the id of the last
// event it saw gets each later event exactly once, or else a snapshot.
package live
