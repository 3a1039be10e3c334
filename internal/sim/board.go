package sim

import (
	"math/rand/v2"
	"slices"
	"time"

	"coolant"
	"coolant/internal/control"
	"coolant/internal/wire"
)

// The pins to which the loop's parts are soldered.
const (
	pinFan, pinFanTacho   = 16, 17
	pinPump, pinPumpTacho = 18, 19
)

// board is what the device can do, in the form of the contract's info; what it cannot do is
// refused.
type board struct{ wire.Board }

// theBoard has a pump, a fan, a flow meter and a leak sensor, and spare pins to which nothing
// is connected.
func theBoard() board {
	return board{wire.Board{
		OutputPins: []int64{pinFan, pinPump, 21, 22}, InputPins: []int64{pinFanTacho, pinPumpTacho, 34, 35},
		PWMChannels: 4, Counters: 4, Leak: true, Flow: true,
	}}
}

// with is the board with its own outputs named, as info tells of them.
func (b board) with(own settings) board {
	for i, o := range own.control.Outputs {
		w := own.wiring[i]
		b.Outputs = append(b.Outputs, wire.BoardOutput{
			Name: o.Name, Role: string(o.Role), Kind: string(o.Kind), Pin: int64(w.pin), TachoPin: int64(w.tacho),
		})
	}
	return b
}

// wiring is where an output and its tachometer are connected.
type wiring struct {
	pin      int // -1: nowhere
	hz       int
	inverted bool
	tacho    int // pin; -1: none
	pulses   int // of a turn
}

// settings are everything that a device goes by: its board's own, and what its owner said.
type settings struct {
	interval time.Duration // between samples
	control  control.RegulatorConfig
	wiring   []wiring // by the index of the output
}

// boardSettings are those of a device as it came.
func boardSettings(seed uint64, interval time.Duration) settings {
	s := settings{interval: interval, control: control.DefaultRegulator()}
	s.control.FlowMeter = true
	for i, rom := range probeROMs(seed) {
		s.control.Probes = append(s.control.Probes, control.ProbeConfig{ROM: rom, Role: probeRoles[i]})
	}
	pump := control.DefaultOutput("pump", control.Pump, control.PWM4)
	fan := control.DefaultOutput("fan", control.Fan, control.PWM4)
	pump.Tacho, fan.Tacho = true, true
	s.control.Outputs = []control.OutputConfig{pump, fan}
	s.wiring = []wiring{wiringOf(pump, pinPump, pinPumpTacho), wiringOf(fan, pinFan, pinFanTacho)}
	return s
}

// wiringOf is an output's wiring with the defaults of its role and kind. A pin that is not
// driven has to leave a pump or a fan at full speed, so what is driven high is "off": through
// the transistor of a pwm4, and through a relay's coil.
func wiringOf(o control.OutputConfig, pin, tacho int) wiring {
	moves := o.Role == control.Pump || o.Role == control.Fan
	w := wiring{pin: pin, hz: 25000, tacho: tacho, pulses: 2, inverted: o.Kind == control.PWM4 || moves}
	if o.Kind == control.Switch {
		w.hz = 0
	}
	return w
}

// checkLevel says whether a pin without power, which is low, leaves a pump or a fan running and
// a chiller off.
func checkLevel(at string, o *control.OutputConfig, inverted bool) error {
	switch o.Role {
	case control.Pump, control.Fan:
		if !inverted {
			return cannot("%swiring.inverted: true is expected: without power the pin is low, and a pump or a fan has to run then", at)
		}
	case control.Chiller:
		switch {
		case o.Kind == control.PWM4:
			return cannot("%skind: a chiller is a switch or dc_pwm: 4-wire runs at full speed without the device", at)
		case inverted:
			return cannot("%swiring.inverted: false is expected: without power the pin is low, and a chiller has to be off then", at)
		}
	case control.Buzzer:
	}
	return nil
}

// check says whether the board can do what the settings ask for.
func (b board) check(s *settings) error {
	taken := make(map[int]bool)
	channels, counters := 0, 0
	if b.Flow {
		counters++
	}
	for i, w := range s.wiring {
		o := &s.control.Outputs[i]
		if err := checkLevel("outputs."+o.Name+".", o, w.inverted); err != nil {
			return err
		}
		at := "outputs." + o.Name + ".wiring."
		kind := o.Kind
		if err := b.checkHz(at, kind, w.hz); err != nil {
			return err
		}
		switch {
		case w.pin < 0:
			return cannot("%spin: it is missing, and the board has no such output", at)
		case !slices.Contains(b.OutputPins, int64(w.pin)) && slices.Contains(b.InputPins, int64(w.pin)):
			return cannot("%spin: GPIO %d is input only", at, w.pin)
		case !slices.Contains(b.OutputPins, int64(w.pin)):
			return cannot("%spin: GPIO %d cannot drive an output; %v can", at, w.pin, b.OutputPins)
		case taken[w.pin]:
			return cannot("%spin: GPIO %d is used twice", at, w.pin)
		}
		taken[w.pin] = true
		if kind != control.Switch {
			channels++
		}
		if w.tacho < 0 {
			continue
		}
		counters++
		switch {
		case !slices.Contains(b.InputPins, int64(w.tacho)):
			return cannot("%stacho_pin: GPIO %d cannot count a tachometer; %v can", at, w.tacho, b.InputPins)
		case taken[w.tacho]:
			return cannot("%stacho_pin: GPIO %d is used twice", at, w.tacho)
		}
		taken[w.tacho] = true
	}
	switch {
	case channels > b.PWMChannels:
		return cannot("outputs: %d with PWM are more than the %d channels of the board", channels, b.PWMChannels)
	case counters > b.Counters:
		return cannot("outputs: %d tachometers and flow meters are more than the %d that the board can count", counters, b.Counters)
	}
	return nil
}

func (b board) checkHz(at string, kind control.Kind, hz int) error {
	low, high := 0, 0
	switch kind {
	case control.PWM4:
		low, high = 21000, 28000
	case control.DCPWM:
		low, high = 100, 40000
	case control.Switch:
	}
	if hz < low || hz > high {
		return cannot("%shz: %d is not within %d to %d, as %s needs", at, hz, low, high, kind)
	}
	return nil
}

func cannot(format string, args ...any) error {
	return coolant.Errorf(coolant.CodeInvalid, format, args...)
}

// probeROMs are the ids of genuine DS18B20, 28-xx-xx-xx-xx-00-00-crc, as the contract writes
// them: the family code first.
func probeROMs(seed uint64) (roms [probeCount]uint64) {
	rng := rand.New(rand.NewPCG(seed, 0x28))
	for i := range roms {
		rom := [8]byte{0x28, byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32()), byte(rng.Uint32())}
		rom[7] = crc8(rom[:7])
		for _, b := range rom {
			roms[i] = roms[i]<<8 | uint64(b)
		}
	}
	return roms
}

// crc8 is Maxim's: polynomial 0x31, reflected.
func crc8(data []byte) byte {
	var crc byte
	for _, b := range data {
		crc ^= b
		for range 8 {
			low := crc & 1
			crc >>= 1
			if low != 0 {
				crc ^= 0x8c
			}
		}
	}
	return crc
}
