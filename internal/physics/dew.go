package physics

import (
	"math"
	"slices"

	"coolant"
)

// Guard finds the dew point and what it leaves the chillers, by the samples of the last
// minutes. It is nil for a loop with neither a humidity sensor nor a chiller. The air's temperature is that of
// `ambient`; the device itself goes by that of its humidity sensor, which it does not
// send, and so may differ by what the two differ.
func Guard(t Table, l *Loop, now coolant.UnixMilli) *coolant.DewGuard {
	chillers := l.outputs(roleChiller)
	humid := slices.ContainsFunc(t.Values[AmbientRH], func(v float64) bool { return !math.IsNaN(v) })
	if !humid && len(chillers) == 0 {
		return nil
	}
	from := t.since(now - l.window())
	g := &coolant.DewGuard{Margin: l.DewMargin, Chillers: []coolant.ChillerGuard{}}
	g.Point = t.dewPoint(from)
	if g.Point.Value != nil {
		g.Least = new(*g.Point.Value + g.Margin)
	}
	water := t.mean(coolant.Water, from, len(t.Times))
	for _, o := range l.Outputs {
		if slices.Contains(chillers, o.Name) {
			g.Chillers = append(g.Chillers, coolant.ChillerGuard{Output: o.Name, Target: o.Target, Held: o.Held, Why: held(&o, g.Least, water)})
		}
	}
	return g
}

// held says why a chiller is held off, by elimination: the device says that it is, and the
// dew point, if it does not explain it, leaves what the device alone can prove.
func held(o *Output, least *float64, water float64) []coolant.Held {
	why := []coolant.Held{}
	switch {
	case !o.Held:
	case least == nil:
		why = append(why, coolant.HeldHumidity)
	case o.Target != nil && *o.Target <= *least, water <= *least:
		why = append(why, coolant.HeldCold)
	default:
		why = append(why, coolant.HeldHeat)
	}
	return why
}

// dewPoint is that of the readings from a row on, with the band that the sensors' errors leave.
func (t *Table) dewPoint(from int) coolant.Figure {
	if missing := t.without(from, coolant.Ambient, AmbientRH); missing != nil {
		return unknown(coolant.UnknownMissing, missing...)
	}
	air, rh := t.mean(coolant.Ambient, from, len(t.Times)), t.mean(AmbientRH, from, len(t.Times))
	dew, ok := coolant.DewPoint(air, rh)
	if !ok {
		return unknown(coolant.UnknownMissing, AmbientRH)
	}
	// The slopes of the formula at this place.
	warmer, _ := coolant.DewPoint(air+probeLimit, rh)
	damper, _ := coolant.DewPoint(air, min(rh+humidityLimit, 100))
	drier, ok := coolant.DewPoint(air, max(rh-humidityLimit, 0.1))
	if !ok {
		drier = dew
	}
	return known(dew, root(uniform(math.Abs(warmer-dew)), uniform(max(math.Abs(damper-dew), math.Abs(dew-drier)))))
}
