package physics

import (
	"math"

	"coolant"
)

const (
	// Window is over how long the present figures are means: long enough for the steps of
	// the probes to blur, short enough to follow a load.
	Window = 5 * coolant.Minute
	// Settled is over how long the resistance is a mean. Much of the heat that came within
	// a shorter time would still be on its way through the water.
	Settled   = 20 * coolant.Minute
	leastHeat = 10.0 // W to divide by; less is within what tubes and pump add and lose
	wellAbove = 2.0  // a heat is well above its error if it is so many bands

	// usualTau stands for a time constant that is not known: half a litre and a small radiator.
	usualTau = 10 * coolant.Minute
	// greatestLag is how much of the rise may be due to the water still following.
	greatestLag = 0.15
	// standing is a flow in L/min below which the water stands; turbine meters stand below 0.3.
	standing = 0.1
)

// Now fills in the present figures of a loop by its samples up to a time. tau is the time
// constant in s, 0 if it is not known.
func Now(t Table, l *Loop, now coolant.UnixMilli, tau float64) coolant.Physics {
	all := t
	t = l.comparable(t)
	window, settled := l.window(), max(Settled, 3*l.Interval)
	p := coolant.Physics{Window: int64(window), Zeroed: l.zeroed(coolant.Inlet, coolant.Outlet)}
	newest := all.newest(coolant.Water, coolant.Inlet, coolant.Outlet, coolant.FlowLPM, coolant.Ambient)
	none := coolant.Figure{}
	switch {
	case newest == 0 || newest < now-window:
		none = unknown(coolant.UnknownSilent)
	case len(t.Times) == 0: // the probes were changed a moment ago
		none = coolant.Figure{Unknown: coolant.UnknownCollecting, Need: 1}
	}
	if none.Unknown != "" {
		p.Difference, p.Heat, p.Rise, p.Resistance = none, none, none, none
		return p
	}
	p.Time = newest
	from := t.since(p.Time - window + 1)
	p.Difference = t.differenceOver(l, from)
	p.Heat = t.heatOver(l, from)
	p.Rise = t.riseOver(l, from)
	p.Resistance = t.resistanceOver(l, t.since(p.Time-settled+1), tau)
	return p
}

// window is over how long present figures are means: at least three samples. A newest
// sample that is older is no present one.
func (l *Loop) window() coolant.UnixMilli { return max(Window, 3*l.Interval) }

func (t *Table) differenceOver(l *Loop, from int) coolant.Figure {
	if missing := t.without(from, coolant.Inlet, coolant.Outlet); missing != nil {
		return unknown(coolant.UnknownMissing, missing...)
	}
	v := meanOf(len(t.Times)-from, func(i int) float64 { return t.difference(from + i) })
	return known(v, apart(l.zeroed(coolant.Inlet, coolant.Outlet)))
}

// carried is the mean heat from a row on, and its standard uncertainty: that of the
// difference, at the mean flow, and that of the flow meter.
func (t *Table) carried(l *Loop, from int) (heat, uncertainty float64) {
	heat = meanOf(len(t.Times)-from, func(i int) float64 { return t.heat(from + i) })
	flow := t.mean(coolant.FlowLPM, from, len(t.Times))
	return heat, root(WattsPerFlow*flow*apart(l.zeroed(coolant.Inlet, coolant.Outlet)), heat*uniform(flowLimit))
}

func (t *Table) heatOver(l *Loop, from int) coolant.Figure {
	if missing := t.without(from, coolant.Inlet, coolant.Outlet, coolant.FlowLPM); missing != nil {
		return unknown(coolant.UnknownMissing, missing...)
	}
	if t.mean(coolant.FlowLPM, from, len(t.Times)) < standing {
		return unknown(coolant.UnknownStill)
	}
	return known(t.carried(l, from))
}

func (t *Table) riseOver(l *Loop, from int) coolant.Figure {
	if missing := t.without(from, coolant.Water, coolant.Ambient); missing != nil {
		return unknown(coolant.UnknownMissing, missing...)
	}
	v := meanOf(len(t.Times)-from, func(i int) float64 { return t.rise(from + i) })
	return known(v, apart(l.zeroed(coolant.Water, coolant.Ambient)))
}

// resistanceOver is the rise over the heat, of a loop that has settled: the heat that
// enters the water is that which leaves it but for what warms the water meanwhile. That is
// C dT; as C is the time constant over the resistance, it is the part tau dT / (window rise)
// of the heat, which counts as an error, and as too much of one from greatestLag on.
func (t *Table) resistanceOver(l *Loop, from int, tau float64) coolant.Figure {
	heat := t.heatOver(l, from)
	rise := t.riseOver(l, from)
	switch {
	case heat.Unknown == coolant.UnknownMissing || rise.Unknown == coolant.UnknownMissing:
		return unknown(coolant.UnknownMissing, append(heat.Missing, rise.Missing...)...)
	case heat.Unknown != "":
		return unknown(heat.Unknown)
	case rise.Unknown != "":
		return unknown(rise.Unknown)
	case *heat.Value < wellAbove**heat.Error && *heat.Error >= leastHeat/wellAbove:
		return unknown(coolant.UnknownUncertain)
	case *heat.Value < leastHeat:
		return unknown(coolant.UnknownLittleHeat)
	}
	q, k := *heat.Value, *rise.Value
	lag := t.lag(from, tau) / math.Abs(k)
	if !(lag <= greatestLag) {
		return unknown(coolant.UnknownUnsettled)
	}
	// The parts of the rise and of the heat, each relative to itself.
	part := root(*rise.Error/coverage/k, *heat.Error/coverage/q, uniform(lag))
	return known(k/q, math.Abs(k/q)*part)
}

// lag is by how many K the mean rise from a row on is behind that of the mean heat: tau
// times the slope of the water. NaN if that cannot be told.
func (t *Table) lag(from int, tau float64) float64 {
	rows := len(t.Times) - from
	if rows < 4 {
		return math.NaN()
	}
	if tau <= 0 {
		tau = float64(usualTau) / float64(coolant.Second)
	}
	part := max(rows/5, 1)
	at := func(from, to int) float64 {
		return meanOf(to-from, func(i int) float64 { return float64(t.Times[from+i]) })
	}
	end := len(t.Times)
	seconds := (at(end-part, end) - at(from, from+part)) / float64(coolant.Second)
	warmed := t.mean(coolant.Water, end-part, end) - t.mean(coolant.Water, from, from+part)
	if seconds < float64(Settled/coolant.Second)/2 {
		return math.NaN() // the history is too short
	}
	return math.Abs(tau * warmed / seconds)
}
