package hist_test

import (
	"math"
	"testing"
	"time"

	"coolant/bench/internal/hist"
)

func TestQuantile(t *testing.T) {
	tests := []struct {
		name string
		n    int
		unit time.Duration
		q    float64
		want time.Duration
	}{
		{"nothing", 0, 1, 0.99, 0},
		{"one", 1, 5 * time.Millisecond, 0.5, 5 * time.Millisecond},
		{"small values are exact", 200, 1, 0.5, 100},
		{"p99 of a thousand", 1000, time.Microsecond, 0.99, 990 * time.Microsecond},
		{"median of many", 100000, 137 * time.Nanosecond, 0.5, 50000 * 137},
		{"all", 1000, time.Second, 1, 1000 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var a, b hist.Hist
			for i := range tt.n {
				d := time.Duration(i+1) * tt.unit
				if i%2 == 0 {
					a.Record(d)
				} else {
					b.Record(d)
				}
			}
			a.Merge(&b)
			if a.Count() != uint64(tt.n) {
				t.Fatalf("counted %d, want %d", a.Count(), tt.n)
			}
			got := a.Quantile(tt.q)
			if math.Abs(float64(got-tt.want)) > 0.008*float64(tt.want) {
				t.Errorf("got %v, want %v within 0.8 %%", got, tt.want)
			}
		})
	}
}

func TestLongDurationsCountAsTheLongest(t *testing.T) {
	var h hist.Hist
	h.Record(-time.Second)
	h.Record(100 * time.Hour)
	if h.Quantile(0.5) != 0 || h.Quantile(1) < 15*time.Minute || h.Max() != 100*time.Hour {
		t.Errorf("median %v, p100 %v, max %v", h.Quantile(0.5), h.Quantile(1), h.Max())
	}
}
