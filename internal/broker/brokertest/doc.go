// Package brokertest runs Mosquitto, a broker that nobody here wrote, for tests:
// with TLS, passwords, access rules and persistence, on a port that stays the same
// when it is restarted. It stands in for any outside broker.
package brokertest
