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
	dryHaste      = 1.15 // how much faster a pump turns in air
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
	// Clock is what the device's clock says at a simulated time; nil: the same.
	Clock func(time.Time) time.Time
}

// Rig is a loop with everything that is wired to the ESP32, and the firmware's
// fast loop. It lives in simulated time, knows no clock, and does the same for
// the same seed and the same calls. It is not safe for concurrent use.
type Rig struct {
	now     time.Time
	day     day
	plant   *Plant
	rng     *rand.Rand
	probes  [probeCount]*probe
	roms    [probeCount]uint64
	pump    motor
	fan     motor
	pumpTac counter
	fanTac  counter
	flow    flowMeter
	drive   Drive
	leaking bool
	dry     bool

	clock    func(time.Time) time.Time
	set      settings
	reg      *control.Regulator
	duties   []control.Drive // of the outputs, by their index in set
	host     float64         // W, as the server says
	hostTill time.Time       // by the device's clock
}

// day is the outside of a loop: the host's heat in W, and the temperature of the room in C.
type day interface {
	Heat(t time.Time) float64
	Ambient(t time.Time) float64
}

// NewRig builds a loop that has been running for an hour at its start.
func NewRig(o RigOptions) *Rig {
	rng := rand.New(rand.NewPCG(o.Seed, mix(o.Seed)))
	r := &Rig{
		now:     o.Start.Add(-warmUp),
		day:     Workday{Seed: o.Seed},
		rng:     rng,
		roms:    probeROMs(o.Seed),
		pump:    motor{maxRPM: 4000, start: 20, stop: 10, lag: 0.5, hunt: 0.004},
		fan:     motor{maxRPM: 2100, idle: 0.1, start: 20, stop: 12, lag: 1.2, hunt: 0.006},
		pumpTac: counter{window: 2 * time.Second},
		fanTac:  counter{window: 2 * time.Second},
		flow:    flowMeter{counter: counter{window: 2 * time.Second}, perLitre: 5880, least: 0.3, gain: 1 + 0.02*(rng.Float64()-0.5)},
		clock:   o.Clock,
		set:     boardSettings(o.Seed, defaultInterval),
	}
	if r.clock == nil {
		r.clock = func(t time.Time) time.Time { return t }
	}
	r.Reset()
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
	r.regulate(r.look(), dt)
	r.act(dt)
	r.now = r.now.Add(dt)
}

// look reads the probes and starts their next conversion.
func (r *Rig) look() []control.ProbeRead {
	reads := make([]control.ProbeRead, len(r.probes))
	for i, rom := range r.roms {
		p := r.probes[i]
		v, q := p.read().reading()
		reads[i] = control.ProbeRead{ROM: rom, Fresh: true, Value: v, Quality: q}
		if p.converting == 0 {
			p.convert()
		}
	}
	return reads
}

func (r *Rig) regulate(probes []control.ProbeRead, dt time.Duration) {
	now := r.clock(r.now)
	in := control.Senses{
		Probes: probes, TachoFresh: true, FlowFresh: true, FlowLPM: r.flow.lpm(), LeakWet: r.leaking,
		HostKnown: now.Before(r.hostTill), HostW: r.host, ClockValid: true, Now: coolant.Milli(now),
	}
	for _, w := range r.set.wiring {
		in.RPM = append(in.RPM, r.rpm(w))
	}
	r.reg.Step(in, dt)
	r.duties = r.reg.Drives()
}

// rpm is what a tachometer pin counts, in turns of a motor with so many pulses. Nothing
// pulses at a spare pin.
func (r *Rig) rpm(w wiring) float64 {
	rate := 0.0
	switch w.tacho {
	case pinPumpTacho:
		rate = r.pumpTac.rate
	case pinFanTacho:
		rate = r.fanTac.rate
	}
	return rate / float64(max(w.pulses, 1)) * 60
}

// duty is what arrives at a motor: that of the output on its pin. A pin that nobody drives is
// full speed by wiring, and one that is driven the wrong way round does the opposite.
func (r *Rig) duty(pin int) float64 {
	for i, w := range r.set.wiring {
		if w.pin != pin {
			continue
		}
		if !w.inverted {
			return 100 - r.duties[i].Duty
		}
		return r.duties[i].Duty
	}
	return 100
}

// act lets the motors, the plant and what measures them follow.
func (r *Rig) act(dt time.Duration) {
	r.pump.step(r.duty(pinPump), dt, r.rng)
	r.fan.step(r.duty(pinFan), dt, r.rng)
	full, haste := 1.0, 1.0 // of water; air is not moved, and takes no work
	if r.dry {
		full, haste = 0, dryHaste
	}
	r.pumpTac.step(r.pump.rpm()*haste/60*pulsesPerTurn, dt)
	r.fanTac.step(r.fan.rpm()/60*pulsesPerTurn, dt)
	r.drive = Drive{
		Heat:     r.day.Heat(r.now),
		Ambient:  r.day.Ambient(r.now),
		PumpHeat: full * maxPumpHeat * r.pump.speed * r.pump.speed * r.pump.speed,
		Flow:     full * maxFlow * r.pump.speed,
		Fan:      r.fan.speed,
	}
	r.flow.step(full*maxFlow*r.pump.shown, dt)
	r.plant.Step(r.drive, dt)
	inlet, outlet := r.plant.Legs(r.drive)
	for i, surrounding := range [probeCount]float64{
		atWater: r.plant.State().Water, atInlet: inlet, atOutlet: outlet, atAmbient: r.drive.Ambient,
	} {
		if r.probes[i].fault == ProbeOut {
			surrounding = r.drive.Ambient
		}
		r.probes[i].step(surrounding, dt, r.rng)
	}
}

// Readings returns what the firmware would report now, with the probes first.
func (r *Rig) Readings() []coolant.Reading {
	readings := r.reg.Readings()
	add := func(name string, v float64) {
		readings = append(readings, coolant.Reading{Metric: coolant.Metric(name), Value: v})
	}
	for i, w := range r.set.wiring {
		if w.tacho >= 0 {
			add(r.set.control.Outputs[i].Name+"_rpm", math.Round(r.rpm(w)))
		}
	}
	for i, o := range r.set.control.Outputs {
		add(o.Name+"_duty", math.Round(r.duties[i].Duty))
	}
	add(string(coolant.FlowLPM), math.Round(r.flow.lpm()*100)/100)
	return readings
}

// Faults returns what the firmware found wrong and nobody cleared yet.
func (r *Rig) Faults() []control.Fault { return r.reg.Faults() }

// State returns the plant's true temperatures.
func (r *Rig) State() State { return r.plant.State() }

// ClearFault forgets a fault whose cause is gone. Occurrence 0 means whichever
// there is; the error says why a fault stays.
func (r *Rig) ClearFault(name string, occurrence int) error { return r.reg.Clear(name, occurrence) }

// Reset restarts the firmware's fast loop with the settings that it has, as a reset of the
// ESP32 does. The loop itself goes on, and a leak stays latched: the device keeps that in flash.
func (r *Rig) Reset() {
	reg, err := control.NewRegulator(r.set.control)
	if err != nil {
		panic(err) // settings were checked before they were kept
	}
	if r.reg != nil && r.reg.Leaked() {
		reg.LatchLeak()
	}
	r.reg, r.duties, r.hostTill = reg, reg.Drives(), time.Time{}
}

// apply takes other settings. An error says why it cannot, and then nothing changes.
func (r *Rig) apply(s settings) error {
	if err := r.reg.Apply(s.control); err != nil {
		return err
	}
	if !slices.Equal(s.wiring, r.set.wiring) {
		_ = r.reg.Abort() // of something on other pins; an error says that there is nothing to end
	}
	r.set, r.duties = s, r.reg.Drives()
	return nil
}

// setHost tells the heat of the host, which holds until a time by the device's clock.
func (r *Rig) setHost(w float64, until time.Time) { r.host, r.hostTill = w, until }

// SetProbeFault breaks the water probe, or heals it.
func (r *Rig) SetProbeFault(f ProbeFault) { r.probes[atWater].fault = f }

// StallPump holds the pump fast, or lets it go.
func (r *Rig) StallPump(held bool) { r.pump.stalled = held }

// StallFan holds the fan fast, or lets it go.
func (r *Rig) StallFan(held bool) { r.fan.stalled = held }

// SetDry empties the loop, or fills it.
func (r *Rig) SetDry(dry bool) { r.dry = dry }

// SetLeak wets the leak sensor, or dries it.
func (r *Rig) SetLeak(wet bool) { r.leaking = wet }
