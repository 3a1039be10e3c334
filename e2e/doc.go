// Package e2e holds the tests that drive the real binary as a black box: they
// kill it, fill its disk, storm it with devices and ask it to stop while it is
// busy. They know only the command line, MQTT, HTTP and the files that the
// documentation names. COOLANT_BIN names the binary to test; without it the
// tests build one. COOLANT_E2E_SEED repeats a run that failed.
package e2e
