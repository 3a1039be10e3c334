package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"coolant"
)

// The DS18B20 at 12 bits, by its datasheet.
const (
	probeStep       = 1.0 / 16 // C
	probeConversion = 750 * time.Millisecond
	probePowerOn    = 85.0 // C, the scratchpad before the first conversion

	probeDrift = 15.0 // K, of one that is damaged: more than any loop has between two places
)

// ProbeFault is a way in which a DS18B20 fails. The zero value is a healthy one.
type ProbeFault uint8

// The faults that a probe can have.
const (
	ProbeHealthy ProbeFault = iota
	ProbeLost               // does not answer the bus reset
	ProbePOR                // loses power in every conversion
	ProbeCRC                // a checksum that does not match
	ProbeStuck              // answers with the same number for ever
	ProbeDrift              // reads probeDrift too much
	ProbeOut                // hangs in the air of the room
)

// scratchpad is what the ESP32 reads out of a probe.
type scratchpad struct {
	present bool    // there was a presence pulse
	crcGood bool    // the checksum fits
	powerOn bool    // byte 6 is 0x0C: no conversion happened since power came
	celsius float64 // a multiple of 1/16
}

// probe is a DS18B20 in its steel tube.
type probe struct {
	offset float64 // C, of this specimen
	noise  float64 // C, standard deviation
	lag    float64 // s, of tube and glue

	fault      ProbeFault
	core       float64 // C, of the chip
	settled    bool
	converting time.Duration // left of a conversion; 0: none runs
	pad        scratchpad
}

func newProbe(rng *rand.Rand) *probe {
	return &probe{
		offset: 0.4*rng.Float64() - 0.2,
		noise:  0.02,
		lag:    5,
		pad:    scratchpad{powerOn: true, celsius: probePowerOn},
	}
}

// convert starts a conversion.
func (p *probe) convert() { p.converting = probeConversion }

// step advances the probe by dt in a surrounding of the given temperature.
func (p *probe) step(surrounding float64, dt time.Duration, rng *rand.Rand) {
	if !p.settled {
		p.core, p.settled = surrounding, true
	}
	p.core = surrounding + (p.core-surrounding)*math.Exp(-dt.Seconds()/p.lag)
	if p.converting == 0 {
		return
	}
	p.converting = max(p.converting-dt, 0)
	if p.converting > 0 {
		return
	}
	noise := p.noise * normal(rng) // drawn also for a faulty probe, so that a fault changes nothing else
	switch p.fault {
	case ProbePOR:
		p.pad.powerOn, p.pad.celsius = true, probePowerOn
	case ProbeStuck:
	default:
		v := p.core + p.offset + noise
		if p.fault == ProbeDrift {
			v += probeDrift
		}
		v = min(max(v, -55), 125)
		p.pad.powerOn, p.pad.celsius = false, math.Round(v/probeStep)*probeStep
	}
}

// read returns the scratchpad as it is now, whether or not a conversion is under
// way: the chip then still holds the one before.
func (p *probe) read() scratchpad {
	pad := p.pad
	pad.present = p.fault != ProbeLost
	pad.crcGood = p.fault != ProbeCRC
	return pad
}

// reading is what the firmware makes of a scratchpad.
func (s scratchpad) reading() (celsius float64, q coolant.Quality) {
	switch {
	case !s.present:
		return 0, coolant.Disconnected
	case !s.crcGood:
		return 0, coolant.CRC
	case s.powerOn && s.celsius == probePowerOn:
		return 0, coolant.POR85
	case s.celsius < -55 || s.celsius > 125:
		return 0, coolant.OutOfRange
	}
	return s.celsius, coolant.Good
}
