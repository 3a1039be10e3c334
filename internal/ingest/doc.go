// Package ingest takes what devices published from a broker, judges it, commits
// the samples to the store in groups, and only then settles the receipts of the
// messages, so that an acknowledgement means "on disk".
//
// It knows the vocabulary and the wire formats, and the small part of a store
// that [Store] names. It promises:
//
//   - The receipt of every accepted message is settled exactly once: with nil
//     after the commit, with [coolant.CodeInvalid] where no redelivery can help,
//     with another error where the message is not stored and must come again.
//   - Nothing valid is lost because something beside it is not: metrics, samples
//     and messages are refused one by one, and each refusal is shown.
//   - A message that is alone is committed at once; what arrives meanwhile makes
//     the next group.
//   - While the store is full or unavailable it keeps what it has, acknowledges
//     nothing and holds the readers back at a fixed bound of memory.
package ingest
