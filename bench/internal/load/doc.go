// Package load makes MQTT load and measures what becomes of it: closed loop (as
// fast as the acknowledgements come), open loop (on a schedule that does not wait
// for the server, so that a stall counts against every message that it delayed),
// idle fleets, and storms of reconnecting devices. The steady part of every
// loop allocates nothing.
package load
