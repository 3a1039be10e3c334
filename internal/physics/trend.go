package physics

import (
	"math"
	"slices"

	"coolant"
)

const (
	// TrendSpan is how far back a trend looks.
	TrendSpan = 90 * coolant.Day

	leastDays = 14 // with hours that can be compared
	// Days that are compared with each other reach over so many at least: what changes from
	// one day to the next is the weather of the room.
	leastReach = 7.0
	// greatestBand is what is still told, in percent in perDays; with a wider one it is for
	// another week to say.
	greatestBand = 25.0
	week         = 7
	// Hours are comparable within these steps: of duty in percent, and of the logarithm of the
	// difference of the probes. The last keeps their offsets, which are a larger part of a
	// smaller difference, from looking like a change.
	dutyStep, loadStep = 5.0, 0.25
	// An hour whose fan or pump moved by more, in percent, is of no duty at all.
	dutySpread = 30.0

	// What a duty that crept along within a step can do to the resistance, as powers: fins and
	// air (airPower), and the water side (turbulent flow, docs/simulation.md).
	waterPower = 0.8

	perDays     = 30.0
	leastChange = 2.0  // percent in perDays that are worth a word
	twoSided    = 1.96 // 95 % of a normal distribution
)

// Hours are means of hours, with what lay within them.
type Hours struct {
	Table
	Min, Max map[coolant.Metric][]float64
}

// HoursOf puts together the hours of what a store answered.
func HoursOf(c coolant.Columns) Hours {
	h := Hours{Table: Table{Values: map[coolant.Metric][]float64{}}, Min: map[coolant.Metric][]float64{}, Max: map[coolant.Metric][]float64{}}
	var row []int // of each time
	for _, t := range c.Times {
		if hour := t.Truncate(coolant.Hour); len(h.Times) == 0 || h.Times[len(h.Times)-1] != hour {
			h.Times = append(h.Times, hour)
		}
		row = append(row, len(h.Times)-1)
	}
	for _, s := range c.Series {
		n := len(h.Times)
		mean, low, high := make([]float64, n), make([]float64, n), make([]float64, n)
		counts := make([]float64, n)
		for i := range low {
			low[i], high[i] = math.Inf(1), math.Inf(-1)
		}
		for i, v := range s.Mean {
			if k := row[i]; !math.IsNaN(v) {
				mean[k] += v
				counts[k]++
				low[k], high[k] = min(low[k], s.Min[i]), max(high[k], s.Max[i])
			}
		}
		for k := range mean {
			mean[k] /= counts[k] // 0/0 is NaN
		}
		h.Values[s.Metric], h.Min[s.Metric], h.Max[s.Metric] = mean, low, high
	}
	return h
}

// bin is what hours have in common that are compared.
type bin struct{ pump, fan, load int }

// point is the hours of a day in a bin.
type point struct {
	day  float64
	logR float64 // of the resistance
	logN float64 // of the fan's duty
	logV float64 // of the flow
}

// Resistance finds how the thermal resistance from water to air changes over weeks, by
// the hours of a loop. Only what is alike is compared: days with hours at the same pump and fan
// duty and the same load, each day by its median. The change is the median of the slopes
// of all pairs of days (Theil and Sen), pooled over the bins as Hirsch and Slack (1982) do for
// seasons, so that neither a change of duty nor one of load is taken for a change of the
// radiator. Its band is that of Sen's ranks at 95 %, as if all bins of a day erred
// together, and is widened by what a duty that crept along within a bin could explain.
func Resistance(h Hours, l *Loop) coolant.Trend {
	if missing := h.without(0, coolant.Water, coolant.Ambient, coolant.Inlet, coolant.Outlet, coolant.FlowLPM); missing != nil {
		return coolant.Trend{Change: unknown(coolant.UnknownMissing, missing...)}
	}
	bins, uncertain := h.bins(l)
	days := map[float64]bool{}
	for b, points := range bins {
		if reach(points) < leastReach {
			delete(bins, b)
		}
		for _, p := range bins[b] {
			days[p.day] = true
		}
	}
	trend := coolant.Trend{Days: len(days)}
	if len(days) < leastDays {
		if uncertain {
			trend.Change = unknown(coolant.UnknownUncertain)
			return trend
		}
		trend.Change = unknown(coolant.UnknownCollecting)
		trend.Change.Have, trend.Change.Need = len(days), leastDays
		return trend
	}
	trend.Change, trend.Direction = change(bins)
	if trend.Change.Value == nil || *trend.Change.Error > greatestBand {
		trend.Change, trend.Direction = unknown(coolant.UnknownCollecting), ""
		trend.Change.Have, trend.Change.Need = len(days), len(days)+week
	}
	return trend
}

// reach is how many days lie between the first and the last of the points.
func reach(points []point) float64 {
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		low, high = min(low, p.day), max(high, p.day)
	}
	return high - low
}

// bins sorts the hours that can be compared, each day of a bin by its medians. uncertain
// says that most hours with some load were left out because their heat is within its error.
func (h *Hours) bins(l *Loop) (bins map[bin][]point, uncertain bool) {
	type cell struct {
		bin
		day int
	}
	cells := map[cell][]point{}
	doubtful, good := 0, 0
	band := coverage * apart(l.zeroed(coolant.Inlet, coolant.Outlet))
	fans, pumps := l.outputs(roleFan), l.outputs(rolePump)
	for row, t := range h.Times {
		if t < l.ProbesSince || h.moved(fans, row) || h.moved(pumps, row) {
			continue
		}
		dT, heat, rise := h.difference(row), h.heat(row), h.rise(row)
		if !(heat >= leastHeat && rise > 0) {
			continue
		}
		if dT < wellAbove*band {
			doubtful++
			continue
		}
		good++
		fan, pump := h.duty(fans, row), h.duty(pumps, row)
		key := cell{bin{step(pump, dutyStep), step(fan, dutyStep), step(math.Log(dT), loadStep)}, int(t / coolant.Day)}
		if math.IsNaN(fan) {
			fan = 0 // nobody says, throughout the bin: nothing that could creep is known
		}
		cells[key] = append(cells[key], point{
			day: float64(key.day), logR: math.Log(rise / heat), logN: math.Log(max(fan, 1)), logV: math.Log(h.at(coolant.FlowLPM, row)),
		})
	}
	bins = map[bin][]point{}
	for key, hours := range cells {
		bins[key.bin] = append(bins[key.bin], point{
			day:  float64(key.day),
			logR: medianOf(hours, func(p point) float64 { return p.logR }),
			logN: medianOf(hours, func(p point) float64 { return p.logN }),
			logV: medianOf(hours, func(p point) float64 { return p.logV }),
		})
	}
	return bins, doubtful > good
}

// moved says whether some outputs had no one duty in an hour.
func (h *Hours) moved(names []string, row int) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		m := dutyOf(name)
		return h.Values[m] != nil && h.Max[m][row]-h.Min[m][row] > dutySpread
	})
}

// step numbers the step in which a value is; -1 for one that is not known.
func step(v, width float64) int {
	if math.IsNaN(v) {
		return -1
	}
	return int(math.Floor(v / width))
}

// change is the pooled slope in percent per perDays, and where it goes.
func change(bins map[bin][]point) (coolant.Figure, coolant.Direction) {
	var slopes, fans, flows []float64
	deviation := 0.0
	for _, points := range bins {
		for i, a := range points {
			for _, b := range points[:i] {
				apart := a.day - b.day // never 0: a bin has a day once
				slopes = append(slopes, (a.logR-b.logR)/apart)
				fans = append(fans, (a.logN-b.logN)/apart)
				flows = append(flows, (a.logV-b.logV)/apart)
			}
		}
		n := float64(len(points))
		deviation += math.Sqrt(n * (n - 1) * (2*n + 5) / 18) // of Kendall's S
	}
	slices.Sort(slopes)
	n := float64(len(slopes))
	rank := func(r float64) float64 { return slopes[int(min(max(math.Round(r), 0), n-1))] }
	middle := medianOf(slopes, func(v float64) float64 { return v })
	half := twoSided * deviation / 2
	crept := airPower*math.Abs(medianOf(fans, func(v float64) float64 { return v })) +
		waterPower*math.Abs(medianOf(flows, func(v float64) float64 { return v }))
	low, high := rank(n/2-half-1)-crept, rank(n/2+half)+crept
	percent := func(slope float64) float64 { return 100 * (math.Exp(slope*perDays) - 1) }
	value := percent(middle)
	band := max(value-percent(low), percent(high)-value)
	direction := coolant.DirectionLevel
	switch {
	case value-band > 0 && value >= leastChange:
		direction = coolant.DirectionRising
	case value+band < 0 && value <= -leastChange:
		direction = coolant.DirectionFalling
	}
	return known(value, band/coverage), direction
}

// medianOf is the median of a value of the items.
func medianOf[T any](items []T, value func(T) float64) float64 {
	values := make([]float64, len(items))
	for i, item := range items {
		values[i] = value(item)
	}
	slices.Sort(values)
	n := len(values)
	if n == 0 {
		return math.NaN()
	}
	return (values[(n-1)/2] + values[n/2]) / 2
}
