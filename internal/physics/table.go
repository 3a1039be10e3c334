package physics

import (
	"math"
	"slices"
	"strings"

	"coolant"
)

// WattsPerFlow is the heat that water carries: W per (L/min K). It is 4187 J/(kg K) at one
// kilogram a litre and 60 seconds a minute. From 10 to 50 C the product of water's heat
// capacity and density stays within 1.5 % of that; coolants with a third of glycol carry
// some 5 to 10 % less, which is not in any band.
const WattsPerFlow = 4187.0 / 60

// AmbientRH is the relative humidity of the air near the chilled parts.
const AmbientRH coolant.Metric = "ambient_rh"

// Table is readings of a device: samples, or means of buckets.
type Table struct {
	Times []coolant.UnixMilli // ascending
	// Values has a column as long as Times for each metric, NaN where there is no good reading.
	// A metric without a column has no reading at all.
	Values map[coolant.Metric][]float64
}

// TableOf makes a table of what a store answered: its samples, or the means of its buckets.
func TableOf(c coolant.Columns) Table {
	t := Table{Times: c.Times, Values: make(map[coolant.Metric][]float64, len(c.Series))}
	for _, s := range c.Series {
		t.Values[s.Metric] = s.Mean
	}
	return t
}

// at is the value of a metric in a row, NaN if there is none.
func (t *Table) at(m coolant.Metric, row int) float64 {
	if col := t.Values[m]; row < len(col) {
		return col[row]
	}
	return math.NaN()
}

// mean of a metric over the rows in [from, to), NaN if there is none.
func (t *Table) mean(m coolant.Metric, from, to int) float64 {
	return meanOf(to-from, func(i int) float64 { return t.at(m, from+i) })
}

// since is the first row at or after a time.
func (t *Table) since(at coolant.UnixMilli) int {
	row, _ := slices.BinarySearch(t.Times, at)
	return row
}

// from is the rows from one on.
func (t *Table) from(row int) Table {
	rest := Table{Times: t.Times[row:], Values: make(map[coolant.Metric][]float64, len(t.Values))}
	for m, col := range t.Values {
		rest.Values[m] = col[min(row, len(col)):]
	}
	return rest
}

// newest is the time of the last row with a reading of any of the metrics, 0 if there is none.
func (t *Table) newest(metrics ...coolant.Metric) coolant.UnixMilli {
	for row := len(t.Times) - 1; row >= 0; row-- {
		for _, m := range metrics {
			if !math.IsNaN(t.at(m, row)) {
				return t.Times[row]
			}
		}
	}
	return 0
}

// without lists those of the metrics that have no reading in the rows from one on.
func (t *Table) without(from int, metrics ...coolant.Metric) (missing []coolant.Metric) {
	for _, m := range metrics {
		if math.IsNaN(t.mean(m, from, len(t.Times))) {
			missing = append(missing, m)
		}
	}
	return missing
}

// difference is outlet minus inlet of a row, NaN if either is not known.
func (t *Table) difference(row int) float64 {
	return t.at(coolant.Outlet, row) - t.at(coolant.Inlet, row)
}

// heat is what the water carries in a row, in W.
func (t *Table) heat(row int) float64 {
	return WattsPerFlow * t.at(coolant.FlowLPM, row) * t.difference(row)
}

// rise is water minus air of a row, in K.
func (t *Table) rise(row int) float64 {
	return t.at(coolant.Water, row) - t.at(coolant.Ambient, row)
}

// duty is the mean duty of some outputs in a row, in percent; NaN where none says any.
func (t *Table) duty(names []string, row int) float64 {
	return meanOf(len(names), func(i int) float64 { return t.at(dutyOf(names[i]), row) })
}

func dutyOf(output string) coolant.Metric { return coolant.Metric(output + "_duty") }

// meanOf is the mean of n values without those that are NaN; NaN if none is left.
func meanOf(n int, value func(i int) float64) float64 {
	sum, count := 0.0, 0
	for i := range n {
		if v := value(i); !math.IsNaN(v) {
			sum += v
			count++
		}
	}
	return sum / float64(count) // 0/0 is NaN
}

// The roles of outputs that matter here.
const (
	rolePump    = "pump"
	roleFan     = "fan"
	roleChiller = "chiller"
)

// Output is what is known of an output of a device.
type Output struct {
	Name string
	Role string // "pump", "fan", "chiller", "buzzer"; empty if nobody says
	// Target is where a chiller stops, in C; nil if it is not said, or is a difference.
	Target *float64
	Held   bool // by the device's word its interlock holds it off now
}

// Loop is what is known of a device beside its readings.
type Loop struct {
	// Zeroed are the probes whose readings were made to agree in the same water.
	Zeroed []coolant.Metric
	// ProbesSince is since when the probes have the roles and offsets that they have, 0 for
	// always: differences from before are not comparable.
	ProbesSince coolant.UnixMilli
	Outputs     []Output
	DewMargin   float64           // K
	Interval    coolant.UnixMilli // between two samples
}

// applying is how long a device may need to apply what was asked of it.
const applying = 15 * coolant.Second

// comparable is the part of a table since the probes are what they are.
func (l *Loop) comparable(t Table) Table {
	if l.ProbesSince == 0 {
		return t
	}
	return t.from(t.since(l.ProbesSince + applying))
}

// zeroed says whether all of the probes were compared with each other.
func (l *Loop) zeroed(probes ...coolant.Metric) bool {
	for _, p := range probes {
		if !slices.Contains(l.Zeroed, p) {
			return false
		}
	}
	return true
}

// outputs names the outputs of a role. Where nobody says what an output is, its name does:
// "fan2" is a fan.
func (l *Loop) outputs(role string) (names []string) {
	for _, o := range l.Outputs {
		if o.Role == role || o.Role == "" && strings.TrimRight(o.Name, "0123456789_") == role {
			names = append(names, o.Name)
		}
	}
	return names
}

// metrics are all that the figures are made of.
func (l *Loop) metrics() []coolant.Metric {
	all := []coolant.Metric{coolant.Water, coolant.Ambient, coolant.Inlet, coolant.Outlet, coolant.FlowLPM, AmbientRH}
	for _, role := range []string{rolePump, roleFan} {
		for _, name := range l.outputs(role) {
			all = append(all, dutyOf(name))
		}
	}
	return all
}
