package coolant

import "math"

// DewPoint returns the dew point in C of air of a temperature (C) and a relative humidity
// (percent), by the Magnus formula with the constants 17.625 and 243.04 C (Alduchov and
// Eskridge, 1996): within 0.4 C from -40 to 50 C. ok is false outside of what a humidity
// sensor can mean: 0.1 to 100 percent, -40 to 125 C.
func DewPoint(celsius, rh float64) (dew float64, ok bool) {
	if !(rh >= 0.1 && rh <= 100 && celsius >= -40 && celsius <= 125) {
		return 0, false
	}
	gamma := math.Log(rh/100) + 17.625*celsius/(243.04+celsius)
	return 243.04 * gamma / (17.625 - gamma), true
}
