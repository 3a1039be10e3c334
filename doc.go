// Package coolant is the vocabulary of the project: devices, series, samples,
// their quality, what a commit says, what a chart asks for, and the errors that
// cross a boundary. It does no I/O, knows no other package of the project, and
// everything in it is safe to copy and, unless a type says otherwise, safe for
// concurrent use because it never changes after it is made.
//
// Time is a [UnixMilli] throughout: whole milliseconds since 1970 in UTC, the
// unit of the device contract. Values are float64 in the unit that the metric's
// name states; see [Metric].
package coolant
