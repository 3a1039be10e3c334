package report

import (
	"strings"
	"testing"
	"time"
)

func TestBetween(t *testing.T) {
	got, err := between("a\n"+begin+"\nold\n"+end+"\nz\n", "new\n")
	if want := "a\n" + begin + "\nnew\n" + end + "\nz\n"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := between("no markers", "x"); err == nil {
		t.Error("a page without markers was accepted")
	}
}

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"none", nil, 0},
		{"one", []float64{4}, 4},
		{"odd", []float64{9, 1, 5}, 5},
		{"even", []float64{4, 1, 3, 2}, 2.5},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Median(tt.values); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMarkdown(t *testing.T) {
	r := Results{Taken: time.Unix(0, 0).UTC(), Rows: []Row{{
		What: "messages", Unit: PerSecond, Aim: "90 k", Earlier: "66 k",
		Coolant: NewMeasure([]Round{{Value: 120000}, {Value: 90000}, {Value: 100000}}),
		Peer:    &Measure{Median: 50000, Rounds: []float64{50000}},
	}}}
	want := "| messages | **100,000 messages/s** (90,000 to 120,000) | **50,000 messages/s** | 2.00 | 90 k | 66 k |"
	if got := r.Markdown(); !strings.Contains(got, want) {
		t.Errorf("the table lacks %q:\n%s", want, got)
	}
}
