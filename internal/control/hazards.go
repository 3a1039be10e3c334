package control

import (
	"time"

	"coolant"
)

// Limits of the design; firmware's cool/hazards.h has their reasons.
const (
	leakAfter     = 500 * time.Millisecond // a drop that runs along the sensor is no leak
	releaseBelow  = 5.0                    // K; over-temperature ends so far below critical
	disagreeAt    = 10.0                   // K between two probes in the same loop
	disagreeAfter = time.Minute
	agreeAfter    = 10 * time.Second
	transferAfter = 5 * time.Minute
	transferAt    = 1.0 // K: the water stays near ambient
)

// hazards are what is wrong with the loop as a whole, each judged for itself.
type hazards struct {
	wet        lasting // the leak input, debounced both ways
	leak       bool    // latched until a person clears it
	hot        map[uint64]bool
	overTemp   bool
	disagree   lasting
	idleHeat   time.Duration // grows while heat does not arrive, and falls otherwise
	noTransfer bool
}

// hazardsIn is what a step of hazards goes by.
type hazardsIn struct {
	senses   *Senses
	probes   *probes
	critical float64
	busyW    float64
	unproven bool // water may be standing: then what a probe says is no evidence of safety
	chilled  bool // a chiller runs, so that water near ambient means nothing
}

func (h *hazards) step(in hazardsIn, dt time.Duration) {
	if h.wet.step(in.senses.LeakWet, leakAfter, leakAfter, dt) {
		h.leak = true
	}
	h.stepHeat(in)
	h.disagree.step(farApart(in.probes), disagreeAfter, agreeAfter, dt)
	h.stepTransfer(in, dt)
}

// soaked says that the leak input is not dry for long enough.
func (h *hazards) soaked() bool { return h.wet.on || h.wet.was }

// stepHeat notes who was at critical. Over-temperature lasts until each of them says that it
// is cool enough; one that is lost or recovering does not say anything.
func (h *hazards) stepHeat(in hazardsIn) {
	if h.hot == nil {
		h.hot = make(map[uint64]bool)
	}
	for _, p := range in.probes.list {
		if p.water && p.latest.Quality == coolant.Good && p.latest.Value >= in.critical {
			h.hot[p.rom] = true
		}
	}
	h.overTemp = false
	for rom := range h.hot {
		// One that is no longer on the water side cannot speak; then `water` does.
		w := in.probes.rom(rom)
		if w == nil || !w.water {
			w = in.probes.role(coolant.Water)
		}
		enough := w.usable() && w.latest.Quality == coolant.Good && w.latest.Value <= in.critical-releaseBelow
		if enough && !in.unproven {
			delete(h.hot, rom)
		} else {
			h.overTemp = true
		}
	}
}

func farApart(ps *probes) bool {
	low, high, any := 0.0, 0.0, false
	for _, p := range ps.list {
		switch {
		case !p.water || !p.usable():
		case !any:
			low, high, any = p.value, p.value, true
		default:
			low, high = min(low, p.value), max(high, p.value)
		}
	}
	return high-low > disagreeAt
}

func (h *hazards) stepTransfer(in hazardsIn, dt time.Duration) {
	water, ambient := in.probes.role(coolant.Water), in.probes.role(coolant.Ambient)
	known := water.usable() && ambient.usable()
	over := 0.0
	if known {
		over = water.value - ambient.value
	}
	busy := in.busyW > 0 && in.senses.HostKnown && in.senses.HostW >= in.busyW
	switch {
	case known && busy && !in.chilled && over <= transferAt:
		h.idleHeat = min(h.idleHeat+dt, transferAfter)
	case known && over > 1.5*transferAt:
		h.idleHeat = 0 // heat does arrive
	default:
		h.idleHeat = max(h.idleHeat-dt, 0)
	}
	h.noTransfer = h.idleHeat == transferAfter || h.noTransfer && h.idleHeat > 0
}
