package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"coolant"
	"coolant/internal/control"
)

const (
	tick     = time.Second // of the firmware's fast loop
	longTick = time.Minute // the longest step, for a simulation that runs very fast
	// warmUp is how long a rig has been running before its first moment, so that
	// its temperatures are those of the day and not of a cold start.
	warmUp = time.Hour

	pulsesPerTurn = 2
	maxFlow       = 2.17 // L/min at the pump's greatest speed
	maxPumpHeat   = 4.0  // W there, falling with the cube of the speed

	stuckAfter = 2 * time.Hour
	stuckMove  = 4 * probeStep
)

// role of a probe, in the order of Rig.probes.
const (
	atWater = iota
	atInlet
	atOutlet
	atAmbient
	probeCount
)

var probeRoles = [probeCount]coolant.Metric{coolant.Water, coolant.Inlet, coolant.Outlet, coolant.Ambient}

// RigOptions describes a [Rig].
type RigOptions struct {
	Seed  uint64
	Start time.Time // simulated; its location says when it is morning
}

// Rig is a loop with everything that is wired to the ESP32, and the firmware's
// fast loop. It lives in simulated time, knows no clock, and does the same for
// the same seed and the same calls. It is not safe for concurrent use.
type Rig struct {
	now     time.Time
	day     Workday
	plant   *Plant
	rng     *rand.Rand
	probes  [probeCount]*probe
	stuck   watchStuck
	pump    motor
	fan     motor
	pumpTac counter
	fanTac  counter
	flow    flowMeter
	reg     *regulator
	drive   Drive
	leaking bool
	read    [probeCount]coolant.Reading
}

// NewRig builds a loop that has been running for an hour at its start.
func NewRig(o RigOptions) *Rig {
	rng := rand.New(rand.NewPCG(o.Seed, mix(o.Seed)))
	r := &Rig{
		now:     o.Start.Add(-warmUp),
		day:     Workday{Seed: o.Seed},
		rng:     rng,
		stuck:   watchStuck{after: stuckAfter, move: stuckMove},
		pump:    motor{maxRPM: 4000, start: 20, stop: 10, lag: 0.5, hunt: 0.004},
		fan:     motor{maxRPM: 2100, idle: 0.1, start: 20, stop: 12, lag: 1.2, hunt: 0.006},
		pumpTac: counter{window: 2 * time.Second},
		fanTac:  counter{window: 2 * time.Second},
		flow:    flowMeter{counter: counter{window: 2 * time.Second}, perLitre: 5880, least: 0.3, gain: 1 + 0.02*(rng.Float64()-0.5)},
		reg:     newRegulator(),
	}
	for i := range r.probes {
		r.probes[i] = newProbe(rng)
	}
	ambient := r.day.Ambient(r.now)
	r.drive = Drive{Ambient: ambient}
	r.plant = NewPlant(DefaultParams(), State{Host: ambient + 5, Water: ambient + 2})
	for _, p := range r.probes {
		p.convert()
		p.step(ambient+2, probeConversion, rng)
	}
	r.Advance(o.Start)
	return r
}

// Now returns the simulated time.
func (r *Rig) Now() time.Time { return r.now }

// Advance runs the loop until the simulated time to; an earlier time changes
// nothing. Steps are of one second, longer where a single call spans more than
// ten minutes, and never over a minute.
func (r *Rig) Advance(to time.Time) {
	step := min(max(tick, to.Sub(r.now)/600), longTick)
	for r.now.Before(to) {
		r.step(min(step, to.Sub(r.now)))
	}
}

func (r *Rig) step(dt time.Duration) {
	r.look(dt)
	r.regulate(dt)
	r.act(dt)
	r.now = r.now.Add(dt)
}

// look reads the probes and starts their next conversion.
func (r *Rig) look(dt time.Duration) {
	for i, p := range r.probes {
		v, q := p.read().reading()
		r.read[i] = coolant.Reading{Metric: probeRoles[i], Value: v, Quality: q}
		if p.converting == 0 {
			p.convert()
		}
	}
	w, other := &r.read[atWater], r.read[atOutlet]
	if w.Quality == coolant.Good && other.Quality == coolant.Good && r.stuck.step(w.Value, other.Value, dt) {
		w.Quality = coolant.Stuck
	}
}

func (r *Rig) regulate(dt time.Duration) {
	water := r.read[atWater]
	r.reg.step(senses{
		water:    control.Input{Value: water.Value, Good: water.Quality == coolant.Good},
		pumpRPM:  tachoRPM(&r.pumpTac),
		fanRPM:   tachoRPM(&r.fanTac),
		leak:     r.leaking,
		pumpDuty: r.reg.pump.Duty,
		fanDuty:  r.reg.fan.Duty,
	}, dt)
}

// act lets the motors, the plant and what measures them follow.
func (r *Rig) act(dt time.Duration) {
	r.pump.step(r.reg.pump.Duty, dt, r.rng)
	r.fan.step(r.reg.fan.Duty, dt, r.rng)
	r.pumpTac.step(r.pump.rpm()/60*pulsesPerTurn, dt)
	r.fanTac.step(r.fan.rpm()/60*pulsesPerTurn, dt)
	r.drive = Drive{
		Heat:     r.day.Heat(r.now),
		Ambient:  r.day.Ambient(r.now),
		PumpHeat: maxPumpHeat * r.pump.speed * r.pump.speed * r.pump.speed,
		Flow:     maxFlow * r.pump.speed,
		Fan:      r.fan.speed,
	}
	r.flow.step(maxFlow*r.pump.shown, dt)
	r.plant.Step(r.drive, dt)
	inlet, outlet := r.plant.Legs(r.drive)
	for i, surrounding := range [probeCount]float64{
		atWater: r.plant.State().Water, atInlet: inlet, atOutlet: outlet, atAmbient: r.drive.Ambient,
	} {
		r.probes[i].step(surrounding, dt, r.rng)
	}
}

func tachoRPM(c *counter) float64 { return c.rate / pulsesPerTurn * 60 }

// Readings returns what the firmware would report now, with the probes first.
func (r *Rig) Readings() []coolant.Reading {
	good := func(m coolant.Metric, v float64) coolant.Reading { return coolant.Reading{Metric: m, Value: v} }
	return append(r.read[:len(r.read):len(r.read)],
		good(coolant.PumpRPM, math.Round(tachoRPM(&r.pumpTac))),
		good(coolant.FanRPM, math.Round(tachoRPM(&r.fanTac))),
		good(coolant.PumpDuty, math.Round(r.reg.pump.Duty)),
		good(coolant.FanDuty, math.Round(r.reg.fan.Duty)),
		good(coolant.FlowLPM, math.Round(r.flow.lpm()*100)/100),
	)
}

// Alarms returns what the firmware found wrong and nobody cleared yet.
func (r *Rig) Alarms() []Alarm { return slices.Clone(r.reg.alarms) }

// State returns the plant's true temperatures.
func (r *Rig) State() State { return r.plant.State() }

// ClearAlarm forgets an alarm whose cause is gone. Occurrence 0 means whichever
// there is; the error says why an alarm stays.
func (r *Rig) ClearAlarm(name string, occurrence int) error {
	return r.reg.clear(name, occurrence, r.leaking)
}

// Reset restarts the firmware's fast loop, as a reset of the ESP32 does. The
// loop itself goes on.
func (r *Rig) Reset() {
	r.reg = newRegulator()
	r.stuck = watchStuck{after: stuckAfter, move: stuckMove}
}

// outputs returns what the outputs are told to do.
func (r *Rig) outputs() (pump, fan outputState) { return r.reg.pump, r.reg.fan }

// SetProbeFault breaks the water probe, or heals it.
func (r *Rig) SetProbeFault(f ProbeFault) { r.probes[atWater].fault = f }

// StallPump holds the pump fast, or lets it go.
func (r *Rig) StallPump(held bool) { r.pump.stalled = held }

// StallFan holds the fan fast, or lets it go.
func (r *Rig) StallFan(held bool) { r.fan.stalled = held }

// SetLeak wets the leak sensor, or dries it.
func (r *Rig) SetLeak(wet bool) { r.leaking = wet }
