// Package app joins the parts: it opens what a data directory holds, connects
// broker, ingest, store, live hub and API in one straight line, runs them, and
// stops them in the opposite order. It is the one package that knows every
// other; the command line knows only this one.
package app
