package coolant_test

import (
	"math"
	"testing"

	"coolant"
)

func TestDewPoint(t *testing.T) {
	// The table of the World Meteorological Organization's guide to within the formula's 0.4 K.
	for _, c := range []struct{ celsius, rh, want float64 }{{20, 50, 9.3}, {25, 60, 16.7}, {30, 80, 26.2}, {22, 100, 22}, {0, 100, 0}} {
		if got, ok := coolant.DewPoint(c.celsius, c.rh); !ok || math.Abs(got-c.want) > 0.1 {
			t.Errorf("%v C, %v %%: %v, %v, want %v", c.celsius, c.rh, got, ok, c.want)
		}
	}
	for _, c := range [][2]float64{{20, 0}, {20, 100.5}, {-41, 50}, {126, 50}, {math.NaN(), 50}, {20, math.NaN()}} {
		if dew, ok := coolant.DewPoint(c[0], c[1]); ok {
			t.Errorf("%v has the dew point %v", c, dew)
		}
	}
}
