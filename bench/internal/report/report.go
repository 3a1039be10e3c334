// Package report keeps what was measured, as JSON for machines and as one table
// for people.
package report

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"coolant/bench/internal/machine"
)

// Results is everything that one run measured.
type Results struct {
	Taken    time.Time       `json:"taken"`
	Version  string          `json:"version"` // of the coolant binary
	Peer     string          `json:"peer"`    // the name and version of what it was compared with
	Quick    bool            `json:"quick,omitempty"`
	Machine  machine.Machine `json:"machine"`
	Rows     []Row           `json:"rows"`
	Problems []string        `json:"problems,omitempty"`
}

// Row is one line of the table.
type Row struct {
	ID      string   `json:"id"`
	What    string   `json:"what"`
	Unit    Unit     `json:"unit"`
	Coolant Measure  `json:"coolant"`
	Peer    *Measure `json:"peer,omitempty"`
	Earlier string   `json:"earlier"` // what prototypes and other systems reached
	Aim     string   `json:"aim"`
	Note    string   `json:"note,omitempty"`
}

// Unit says how a value is written.
type Unit string

// The units of the table.
const (
	PerSecond Unit = "messages/s"
	Millis    Unit = "ms"
	Seconds   Unit = "s"
	MiB       Unit = "MB" // 2^20 bytes, as the earlier figures have it
)

// Measure is the outcome of several rounds.
type Measure struct {
	Median float64            `json:"median"`
	Rounds []float64          `json:"rounds"`
	Extra  map[string]float64 `json:"extra,omitempty"` // medians of further values, by name with unit
}

// Round is one round: its value and further values by name.
type Round struct {
	Value float64
	Extra map[string]float64
}

// NewMeasure takes the medians over the rounds.
func NewMeasure(rounds []Round) Measure {
	m := Measure{Extra: map[string]float64{}}
	extra := map[string][]float64{}
	for _, r := range rounds {
		m.Rounds = append(m.Rounds, r.Value)
		for k, v := range r.Extra {
			extra[k] = append(extra[k], v)
		}
	}
	m.Median = Median(m.Rounds)
	for k, v := range extra {
		m.Extra[k] = Median(v)
	}
	return m
}

// Median is the middle value, the mean of the two middle ones where their number
// is even, and 0 of none.
func Median(values []float64) float64 {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	switch {
	case n == 0:
		return 0
	case n%2 == 1:
		return v[n/2]
	}
	return (v[n/2-1] + v[n/2]) / 2
}

// WriteJSON writes the results to a file.
func (r *Results) WriteJSON(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the results: %w", err)
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// The markers between which WriteTable puts the table.
const (
	begin = "<!-- bench:begin -->"
	end   = "<!-- bench:end -->"
)

// WriteTable replaces what stands between the markers of a Markdown file.
func (r *Results) WriteTable(file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the page: %w", err)
	}
	page, err := between(string(b), r.Markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(file, []byte(page), 0o644)
}

func between(page, text string) (string, error) {
	head, rest, found := strings.Cut(page, begin)
	_, foot, closed := strings.Cut(rest, end)
	if !found || !closed {
		return "", fmt.Errorf("the markers %s and %s are missing", begin, end)
	}
	return head + begin + "\n" + text + end + foot, nil
}
