package physics

import (
	"math"

	"coolant"
)

// Guard finds the dew point and what it leaves the chillers, by the samples of the last
// minutes. It is nil for a loop with neither a humidity sensor nor a chiller. The air's temperature is that of
// `ambient`; the device itself goes by that of its humidity sensor, which it does not
// send, and so may differ by what the two differ.
func Guard(t Table, l *Loop, now, interval coolant.UnixMilli) *coolant.DewGuard {
	chillers := l.outputs(roleChiller)
	if t.Values[AmbientRH] == nil && len(chillers) == 0 {
		return nil
	}
	g := &coolant.DewGuard{Margin: l.DewMargin, Chillers: []coolant.ChillerGuard{}}
	g.Point = t.dewPoint(now, interval)
	if g.Point.Value != nil {
		g.Least = new(*g.Point.Value + g.Margin)
	}
	from := t.since(now - max(Window, 3*interval))
	water := t.mean(coolant.Water, from, len(t.Times))
	for _, o := range l.Outputs {
		if contains(chillers, o.Name) {
			g.Chillers = append(g.Chillers, coolant.ChillerGuard{Output: o.Name, Target: o.Target, Held: o.Held, Why: held(&o, g.Least, water)})
		}
	}
	return g
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
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

// dewPoint is the mean of the last minutes, with the band that the sensors' errors leave.
func (t *Table) dewPoint(now, interval coolant.UnixMilli) coolant.Figure {
	from := t.since(now - max(Window, 3*interval))
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
