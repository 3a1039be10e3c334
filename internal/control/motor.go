package control

import "time"

// bandSlack is how far, in percent, a duty falls below a band before its upper end is left.
const bandSlack = 1.0

// longHeld is longer than any least time of a switch.
const longHeld = 1000 * time.Hour

// ask is what is asked of a motor.
type ask struct {
	duty   float64 // percent; not finite counts as 100
	rests  bool    // start and stop points apply: it is the automatic part that asks
	urgent bool    // safety: up at once, and a switch goes on whatever its times say
	atOnce bool    // safety: down at once, and a switch goes off whatever its times say
	raw    bool    // an experiment: no least duty, slew, skipped bands, spin-up, nor times of a switch
}

// motor is what lies between a duty that is asked for and the pin: rest, least duty, slew,
// skipped bands, the spin-up pulse, and the times of a switch. firmware's cool/motor.h says
// why each is as it is.
type motor struct {
	slew    Slew
	duty    float64       // percent, as driven
	spin    time.Duration // left of the spin-up pulse
	band    int           // that it stands at the upper end of; -1: none
	resting bool          // below its stop point and not yet at its start point again
	on      bool          // of a switch
	held    time.Duration // of a switch: since it changed
	cycles  int           // of a switch: how often it went on
}

// newMotor starts at a duty without a pulse: after power-up the wiring lets a pump or a fan
// turn already. A switch that starts off counts as just switched off, since what was before
// is not known.
func newMotor(duty float64) motor {
	m := motor{duty: duty, on: duty > 0, band: -1}
	if duty > 0 {
		m.held = longHeld
		m.slew = Slew{duty: duty, started: true}
	}
	return m
}

// step advances by dt and returns the duty to drive; 0 or 100 for a switch.
func (m *motor) step(cfg *OutputConfig, a ask, dt time.Duration) float64 {
	duty := m.wanted(cfg, a)
	m.held += dt
	if cfg.Kind == Switch {
		m.duty = m.flip(cfg, a, duty > 0)
	} else {
		m.duty = m.turn(cfg, a, duty, dt)
	}
	return m.duty
}

// wanted is the ask with rest and least duty applied.
func (m *motor) wanted(cfg *OutputConfig, a ask) float64 {
	duty := 100.0
	if finite(a.duty) {
		duty = min(max(a.duty, 0), 100)
	}
	switch {
	case !a.rests || cfg.Start == 0:
		m.resting = false
	case m.resting:
		m.resting = duty < cfg.Start
	default:
		m.resting = duty < cfg.Stop
	}
	if duty <= 0 || m.resting {
		return 0
	}
	if a.raw {
		return duty
	}
	return max(duty, cfg.Min)
}

// flip is not held off for a pump: cooling is worth more than a relay.
func (m *motor) flip(cfg *OutputConfig, a ask, on bool) float64 {
	held := m.held < cfg.MinOn && !a.atOnce
	if on {
		held = m.held < cfg.MinOff && cfg.Role != Pump && !a.urgent
	}
	if on != m.on && (a.raw || !held) {
		m.on, m.held = on, 0
		if a.raw {
			m.held = longHeld // what was tried is no reason to stay off, or on, after it
		}
		if on {
			m.cycles++
		}
	}
	if m.on {
		return 100
	}
	return 0
}

func (m *motor) turn(cfg *OutputConfig, a ask, duty float64, dt time.Duration) float64 {
	if duty <= 0 {
		m.slew, m.spin, m.band = Slew{}, 0, -1
		return 0
	}
	if a.raw {
		m.slew, m.spin, m.band = Slew{duty: duty, started: duty >= max(cfg.Min, cfg.Start)}, 0, -1
		return duty
	}
	if !m.slew.started { // from rest, or from a duty that was tried and at which it may have stood
		m.spin = cfg.SpinUp
	} else {
		m.spin = max(m.spin-dt, 0)
	}
	if a.atOnce {
		m.slew.started = false
	}
	m.slew.Up, m.slew.Down = cfg.SlewUp, cfg.SlewDown
	duty = m.slew.Step(duty, dt, a.urgent)
	if duty < cfg.Min { // where the least duty was raised meanwhile it counts at once
		m.slew.duty, duty = cfg.Min, cfg.Min
	}
	m.band = m.bandOf(cfg, duty)
	if m.band >= 0 {
		duty = cfg.Skip[m.band].To
	}
	if m.spin > 0 {
		return 100
	}
	return duty
}

// bandOf is the band that a duty stands in, or has not left far enough downward yet; -1: none.
func (m *motor) bandOf(cfg *OutputConfig, duty float64) int {
	for i, b := range cfg.Skip {
		below := b.From
		if m.band == i {
			below = max(0, b.From-bandSlack)
		}
		if duty > below && duty < b.To {
			return i
		}
	}
	return -1
}
