package sim

import (
	"math"
	"math/rand/v2"
	"time"
)

// motor is a pump's or a fan's: it starts at a higher duty than it stops at, and
// its speed follows the duty with a lag.
type motor struct {
	maxRPM      float64
	idle        float64 // part of maxRPM at the smallest duty that turns it
	start, stop float64 // percent
	lag         float64 // s
	hunt        float64 // relative noise of the speed

	stalled bool
	turning bool
	speed   float64 // part of maxRPM, without noise
	shown   float64 // with noise
}

// step advances the motor by dt at the given duty.
func (m *motor) step(duty float64, dt time.Duration, rng *rand.Rand) {
	switch {
	case m.stalled || duty < m.stop:
		m.turning = false
	case duty >= m.start:
		m.turning = true
	}
	target := 0.0
	if m.turning {
		target = m.idle + (1-m.idle)*min(max(duty, 0), 100)/100
	}
	m.speed = target + (m.speed-target)*math.Exp(-dt.Seconds()/m.lag)
	if m.speed < 0.01 && !m.turning {
		m.speed = 0 // friction
	}
	m.shown = m.speed * (1 + m.hunt*normal(rng))
}

// rpm is the present speed in turns a minute.
func (m *motor) rpm() float64 { return m.shown * m.maxRPM }

// normal is a standard normal deviate within three sigma: nothing in a circuit
// has endless tails, and a test may rely on the bound.
func normal(rng *rand.Rand) float64 {
	return min(max(rng.NormFloat64(), -3), 3)
}

// counter counts pulses over a window, as the ESP32 counts a tachometer's or a
// flow meter's. Its reading is therefore a whole number of pulses a window.
type counter struct {
	window  time.Duration
	since   time.Duration
	partial float64 // of the next pulse
	rate    float64 // pulses a second, over the last full window
}

// step adds the pulses of dt at the given true rate.
func (c *counter) step(pulsesPerSecond float64, dt time.Duration) {
	c.since += dt
	for c.since >= c.window {
		c.since -= c.window
		pulses := pulsesPerSecond*c.window.Seconds() + c.partial
		whole := math.Floor(pulses)
		c.partial = pulses - whole
		c.rate = whole / c.window.Seconds()
	}
}

// flowMeter is a turbine in the loop.
type flowMeter struct {
	counter
	perLitre float64 // pulses
	least    float64 // L/min below which the turbine stands
	gain     float64 // its error of calibration, about 1
}

func (f *flowMeter) step(lpm float64, dt time.Duration) {
	if lpm < f.least {
		lpm = 0
		f.partial = 0
	}
	f.counter.step(lpm*f.gain/60*f.perLitre, dt)
}

// lpm is the reading in L/min.
func (f *flowMeter) lpm() float64 { return f.rate / f.perLitre * 60 }
