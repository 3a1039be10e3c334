// Package sqlite is the store on one SQLite file: samples and faults, what has
// been received of each device, devices and their credentials, documents,
// rejections, the broker's records, and the rollups that charts are drawn from.
//
// # What it promises
//
// A call that changes something returns after the change is on disk (write-ahead
// log, synchronous=FULL). Commits of samples are numbered from 1 without gaps.
// Answers are always current: a rollup bucket that has not been recomputed since
// a sample arrived in it is computed from the samples when it is read.
//
// # How it works
//
// One goroutine owns the one connection that writes; see writer.go. Appends run
// one transaction each. Small writes that wait at the same time share one. Upkeep
// runs when neither is waiting, in slices. Readers have connections of their own
// and never wait for the writer.
//
// What the writer remembers between transactions (ids of series, watermarks) is
// a cache of rows and is dropped when a transaction fails, so it never says
// anything that the file does not.
//
// The package knows only the vocabulary in package coolant. All methods of
// [Store] are safe for concurrent use.
package sqlite
