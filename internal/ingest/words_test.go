package ingest

import (
	"testing"
	"time"

	"coolant"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                             "0s",
		1400 * time.Millisecond:       "1s",
		5 * time.Minute:               "5m",
		10 * time.Second:              "10s",
		time.Hour:                     "1h",
		time.Hour + 20*time.Minute:    "1h20m",
		time.Hour + time.Second:       "1h0m1s",
		47 * time.Hour:                "47h",
		48 * time.Hour:                "2 days",
		90 * 24 * time.Hour:           "90 days",
		2160*time.Hour + time.Minute:  "90 days",
		2*24*time.Hour + 13*time.Hour: "3 days",
	} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

func TestInstant(t *testing.T) {
	for at, want := range map[coolant.UnixMilli]string{
		1_764_000_000_250: "2025-11-24T16:00:00Z (1764000000250 ms)",
		0:                 "1970-01-01T00:00:00Z (0 ms)",
		-1:                "1969-12-31T23:59:59Z (-1 ms)",
		1<<53 - 1:         "287396-10-12T08:59:00Z (9007199254740991 ms)",
	} {
		if got := instant(at); got != want {
			t.Errorf("%d is %q, want %q", at, got, want)
		}
	}
}
