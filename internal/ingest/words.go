package ingest

import (
	"fmt"
	"strings"
	"time"

	"coolant"
)

// span is a duration for people: in days from two of them on, which no device
// is told by the hour.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= 2*day {
		return fmt.Sprintf("%d days", d.Round(day)/day)
	}
	text := d.Round(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// instant is a time for people, with the number that the device sent or meant.
func instant(t coolant.UnixMilli) string {
	return fmt.Sprintf("%s (%d ms)", time.UnixMilli(int64(t)).UTC().Format(time.RFC3339), t)
}
