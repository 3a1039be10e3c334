package control

import (
	"math"
	"time"

	"coolant"
)

const (
	airStale  = time.Minute // humidity changes in minutes
	leastFlow = 0.1         // L/min; turbine meters stand below 0.3, so whatever one counts is flow
)

// mayChill is the interlock of a chiller. It may run only while its own input is known and the
// probes do not contradict each other, the heat that it makes is carried away, and it stays
// above the dew point.
func (r *Regulator) mayChill(i int) bool {
	_, state := r.input(i)
	return state == inputKnown && !r.hazards.disagree.on && r.carriedAway() && r.staysDry(&r.cfg.Outputs[i])
}

func (r *Regulator) flows() bool { return r.flow.recent(stallAfter) && r.flow.value >= leastFlow }

// carriedAway: every pump and every fan that has a tachometer turns, and there is such a fan
// (which one cools the hot side is not known); and the water moves, by the word of all that
// can tell.
func (r *Regulator) carriedAway() bool {
	proven, runs := make(map[Role]bool), false
	for i := range r.cfg.Outputs {
		o := &r.cfg.Outputs[i]
		runs = runs || o.Role == Pump && r.drives[i].Duty > 0
		if !o.moves() || !o.Tacho {
			continue
		}
		s := &r.outputs[i].stall
		if !(r.drives[i].Duty > 0) || !s.proven || s.stalled {
			return false
		}
		proven[o.Role] = true
	}
	if !proven[Fan] || r.dry.on || r.cfg.FlowMeter && !r.flows() {
		return false
	}
	return runs && (proven[Pump] || r.cfg.FlowMeter)
}

// staysDry: the dew point is known, and both what the chiller aims at and the coldest water are
// more than the margin above it.
func (r *Regulator) staysDry(o *OutputConfig) bool {
	if !r.humidity.recent(airStale) {
		return false
	}
	dew, ok := coolant.DewPoint(r.air.value, r.humidity.value)
	target, aims := aimsAt(o)
	if !ok || !aims {
		return false
	}
	if o.Auto.Minus != "" {
		target += r.probes.role(o.Auto.Minus).value
	}
	coldest := math.Inf(1)
	for _, p := range r.probes.list {
		if p.water && p.usable() {
			coldest = min(coldest, p.value)
		}
	}
	return !math.IsInf(coldest, 1) && min(target, coldest) > dew+r.cfg.DewMargin
}

// aimsAt is the temperature of its input at which a chiller stops; ok is false if it never does.
func aimsAt(o *OutputConfig) (temp float64, ok bool) {
	if o.Auto.PI != nil {
		return o.Auto.PI.Setpoint, true
	}
	rest := 0.0
	if o.Start > 0 {
		rest = o.Stop
	}
	points := o.Auto.Curve.Points
	if points[0].Duty > rest {
		return 0, false
	}
	temp = points[len(points)-1].Temp
	for i := 1; i < len(points); i++ {
		if a, b := points[i-1], points[i]; b.Duty > rest {
			temp = a.Temp + (rest-a.Duty)/(b.Duty-a.Duty)*(b.Temp-a.Temp)
			break
		}
	}
	return temp - o.Auto.Curve.Hysteresis, true
}
