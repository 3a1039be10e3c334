// Package proc builds the coolant binary, runs it as a real process and ends it
// in every way that a process can end. It knows only what a user knows: the
// command line, the files in the data directory, the HTTP API. Every wait polls
// with a deadline, and a server never outlives the program that started it.
package proc
