package coolant

import "strings"

// MaxMetrics is how many metrics a device may have.
const MaxMetrics = 64

// Metric names what a series measures: [a-z][a-z0-9_]{0,31}, with a suffix that
// states the unit where it is not a temperature in degrees Celsius ("water",
// "pump_rpm", "flow_lpm"); further ones of a kind are numbered ("fan2_rpm").
type Metric string

// Unit is the physical unit of a metric.
type Unit string

// The units of the contract, by the suffix of the metric's name.
const (
	Celsius      Unit = "celsius"
	RPM          Unit = "rpm"     // _rpm: turns a minute
	Percent      Unit = "percent" // _duty: 0 to 100
	LitresPerMin Unit = "lpm"     // _lpm
	Watt         Unit = "watt"    // _w
	RelHumidity  Unit = "rh"      // _rh: relative humidity in percent
)

var units = []struct {
	suffix   string
	unit     Unit
	min, max float64
}{
	{"_rpm", RPM, 0, 30000},
	{"_duty", Percent, 0, 100},
	{"_lpm", LitresPerMin, 0, 100},
	{"_w", Watt, -5000, 5000},
	{"_rh", RelHumidity, 0, 100},
}

// ParseMetric checks s against the form of a metric name.
func ParseMetric(s string) (Metric, error) {
	if !ValidMetric(s) {
		return "", Errorf(CodeInvalid, "metric %.40q: use a letter a-z, then up to 31 of a-z, 0-9 and _", s)
	}
	return Metric(s), nil
}

// ValidMetric reports whether s has the form of a metric name.
func ValidMetric[S ~string | ~[]byte](s S) bool {
	if len(s) == 0 || len(s) > 32 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_') {
			return false
		}
	}
	return true
}

// Unit returns the unit that the name's suffix states.
func (m Metric) Unit() Unit {
	for _, u := range units {
		if strings.HasSuffix(string(m), u.suffix) {
			return u.unit
		}
	}
	return Celsius
}

// Range returns the physical range of the metric; a number outside it is a
// mistake or a fault, never a measurement. Temperatures have the range of the
// DS18B20, -55 to +125 C (its datasheet); the others are generous bounds of what
// a loop's parts can do.
func (m Metric) Range() (low, high float64) {
	for _, u := range units {
		if strings.HasSuffix(string(m), u.suffix) {
			return u.min, u.max
		}
	}
	return -55, 125
}

// The metrics that the server itself knows by name. Water is the one that
// health, charts and the article's endpoints are about.
const (
	Water    Metric = "water"
	Ambient  Metric = "ambient"
	Inlet    Metric = "inlet"
	Outlet   Metric = "outlet"
	PumpRPM  Metric = "pump_rpm"
	FanRPM   Metric = "fan_rpm"
	PumpDuty Metric = "pump_duty"
	FanDuty  Metric = "fan_duty"
	FlowLPM  Metric = "flow_lpm"
)
