package physics

import (
	"math"

	"coolant"
)

// The errors of the parts, as half-widths of what may be.
const (
	// probeLimit is the DS18B20's error by its datasheet, -10 to 85 C, in K.
	probeLimit = 0.5
	// probeRounding is half a step of its 12 bits, in K. A reading that rests on one step
	// is not improved by a mean, so it counts in full.
	probeRounding = 1.0 / 32
	// probeResidue is what is left between two probes that were compared in the same water
	// and are used some 10 K away from there, in K: their curves of error run nearly alike
	// in the datasheet, not quite; and the comparison itself was rounded.
	probeResidue = 0.05
	// flowLimit is the error of a small turbine meter as a part of its reading; they are
	// sold with 2 to 5 %.
	flowLimit = 0.05
	// humidityLimit is that of common humidity sensors, in percent of relative humidity:
	// 1.8 (SHT4x) to 3 (BME280) by their datasheets.
	humidityLimit = 3.0

	// coverage makes a band of about 95 % of a standard uncertainty (JCGM 100:2008, 6.3.3).
	coverage = 2.0
)

// uniform is the standard uncertainty of what lies anywhere within ±half (JCGM 100:2008, 4.3.7).
func uniform(half float64) float64 { return half / math.Sqrt(3) }

// apart is the standard uncertainty of the difference of two probes, in K.
func apart(zeroed bool) float64 {
	reading := uniform(probeRounding)
	if zeroed {
		return root(reading, reading, uniform(probeResidue))
	}
	return root(reading, reading, uniform(probeLimit), uniform(probeLimit))
}

// root adds independent uncertainties.
func root(parts ...float64) float64 {
	sum := 0.0
	for _, p := range parts {
		sum += p * p
	}
	return math.Sqrt(sum)
}

// known is a figure with a standard uncertainty.
func known(value, uncertainty float64) coolant.Figure {
	if math.IsNaN(value) || math.IsInf(value, 0) || math.IsNaN(uncertainty) || math.IsInf(uncertainty, 0) {
		return coolant.Figure{Unknown: coolant.UnknownUncertain} // JSON has no such number
	}
	return coolant.Figure{Value: &value, Error: new(coverage * uncertainty)}
}

// unknown is a figure that there is not.
func unknown(why coolant.Unknown, missing ...coolant.Metric) coolant.Figure {
	return coolant.Figure{Unknown: why, Missing: missing}
}
