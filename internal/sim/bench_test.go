package sim

import (
	"math"
	"math/rand/v2"
	"time"

	"coolant"
	"coolant/internal/control"
)

// bench is a loop of any size for tests: a plant of any constants, a motor behind each pump and fan of a
// configuration, probes of any quality at the places of their roles, and the regulator, in steps of a second.
// Unlike a [Rig] nothing of it is fixed to a board, and it may have a chiller.
type bench struct {
	now       time.Time
	rng       *rand.Rand
	plant     *Plant
	heat      float64 // W, of the host
	room      float64 // C
	humidity  float64 // percent, of the room's air; negative: its sensor does not answer
	maxFlow   float64 // L/min with all pumps at full speed
	pumpHeat  float64 // W there
	leaking   bool
	clockless bool // the device does not know the time
	told      bool // the host tells its heat

	cfg     control.RegulatorConfig
	reg     *control.Regulator
	drives  []control.Drive
	parts   []benchPart // by index of the output
	probes  []*probe    // by index in cfg.Probes
	flow    flowMeter
	chiller peltier
	drive   Drive // what acted on the plant in the last step
}

// benchPart is what hangs at an output.
type benchPart struct {
	motor
	tacho counter
	hot   bool // a fan of the chiller's hot side, and not of the radiator
}

// peltier is a heat pump with the water on its cold side and a heat sink with fans on its hot side:
//
//	Q_c = on Q_max - K (T_x - T_w)                         taken from the water
//	C_x dT_x/dt = Q_c + on P - (G_still + G_fan n^0.6) (T_x - T_a)
//
// It conducts backwards through itself whether it is on or not. So one whose hot side is not cooled heats the water.
type peltier struct {
	hot float64 // T_x, C
	on  bool
}

const (
	peltierLift     = 50.0  // Q_max, W
	peltierPower    = 60.0  // P, W
	peltierBack     = 0.8   // K, W/K
	peltierCapacity = 300.0 // C_x, J/K
	peltierStill    = 0.5   // G_still, W/K
	peltierFan      = 9.5   // G_fan, W/K
)

// step returns what is taken from the water, W.
func (p *peltier) step(water, room, fan float64, dt time.Duration) float64 {
	lift, power := 0.0, 0.0
	if p.on {
		lift, power = peltierLift, peltierPower
	}
	taken := lift - peltierBack*(p.hot-water)
	away := peltierStill + peltierFan*math.Pow(fan, 0.6)
	// Exact for a constant water: the hot side goes to where it neither warms nor cools.
	rest := (lift + peltierBack*water + power + away*room) / (peltierBack + away)
	p.hot = rest + (p.hot-rest)*math.Exp(-dt.Seconds()*(peltierBack+away)/peltierCapacity)
	return taken
}

// newBench is a loop at rest at the room's temperature, and a device that just started. The probes are good
// specimens; what else the caller wants it sets.
func newBench(seed uint64, params Params, room float64, cfg control.RegulatorConfig) (*bench, error) {
	b := &bench{
		now: monday, rng: rand.New(rand.NewPCG(seed, 1)), plant: NewPlant(params, State{Host: room, Water: room}),
		room: room, humidity: 40, maxFlow: maxFlow, pumpHeat: maxPumpHeat, cfg: cfg,
		flow:    flowMeter{counter: counter{window: 2 * time.Second}, perLitre: 5880, least: 0.3, gain: 1},
		chiller: peltier{hot: room}, drive: Drive{Ambient: room},
	}
	for _, o := range cfg.Outputs {
		p := benchPart{motor: motor{maxRPM: 2100, idle: 0.1, start: 20, stop: 12, lag: 1.2, hunt: 0.006}, tacho: counter{window: 2 * time.Second}}
		if o.Role == control.Pump {
			p.motor = motor{maxRPM: 4000, start: 20, stop: 10, lag: 0.5, hunt: 0.004}
		}
		b.parts = append(b.parts, p)
	}
	for range cfg.Probes {
		p := newProbe(b.rng)
		p.convert()
		p.step(room, probeConversion, b.rng)
		b.probes = append(b.probes, p)
	}
	return b, b.restart()
}

// restart starts the device anew. A leak and cancelled overrides are kept in its flash.
func (b *bench) restart() error {
	reg, err := control.NewRegulator(b.cfg)
	if err != nil {
		return err
	}
	if b.reg != nil {
		if b.reg.Leaked() {
			reg.LatchLeak()
		}
		reg.Cancel(b.reg.Cancelled())
	}
	b.reg, b.drives = reg, reg.Drives()
	return nil
}

// apply takes other settings of the same outputs and probes.
func (b *bench) apply(cfg control.RegulatorConfig) error {
	if err := b.reg.Apply(cfg); err != nil {
		return err
	}
	b.cfg, b.drives = cfg, b.reg.Drives()
	return nil
}

// sense is what the device senses now.
func (b *bench) sense() control.Senses {
	in := control.Senses{
		TachoFresh: true, FlowFresh: true, FlowLPM: b.flow.lpm(), LeakWet: b.leaking,
		HumidityFresh: b.humidity >= 0, HumidityRH: b.humidity, HumidityC: b.room,
		HostKnown: b.told, HostW: b.heat, ClockValid: !b.clockless, Now: coolant.Milli(b.now),
	}
	for i, p := range b.probes {
		v, q := p.read().reading()
		in.Probes = append(in.Probes, control.ProbeRead{ROM: b.cfg.Probes[i].ROM, Fresh: true, Value: v, Quality: q})
		if p.converting == 0 {
			p.convert()
		}
	}
	for i := range b.parts {
		in.RPM = append(in.RPM, b.parts[i].tacho.rate/pulsesPerTurn*60)
	}
	return in
}

// step lets a second pass. It returns what the device sensed at its beginning.
func (b *bench) step() control.Senses {
	in := b.sense()
	b.reg.Step(in, tick)
	b.drives = b.reg.Drives()
	b.act()
	b.now = b.now.Add(tick)
	return in
}

// speeds are the mean speed of the pumps, of the radiator's fans, and of those of the hot side.
func (b *bench) speeds(of func(i int) float64) (pump, fan, hot float64) {
	var sums, counts [3]float64
	for i, o := range b.cfg.Outputs {
		k := 0
		switch {
		case o.Role == control.Fan && b.parts[i].hot:
			k = 2
		case o.Role == control.Fan:
			k = 1
		case o.Role != control.Pump:
			continue
		}
		sums[k] += of(i)
		counts[k]++
	}
	for k := range sums {
		sums[k] /= max(counts[k], 1)
	}
	return sums[0], sums[1], sums[2]
}

// drivenBy is what acts on the plant with these speeds, without the chiller.
func (b *bench) drivenBy(pump, fan float64) Drive {
	return Drive{Heat: b.heat, Ambient: b.room, PumpHeat: b.pumpHeat * pump * pump * pump, Flow: b.maxFlow * pump, Fan: fan}
}

func (b *bench) act() {
	for i, o := range b.cfg.Outputs {
		p := &b.parts[i]
		switch o.Role {
		case control.Pump, control.Fan:
			p.step(b.drives[i].Duty, tick, b.rng)
			p.tacho.step(p.rpm()/60*pulsesPerTurn, tick)
		case control.Chiller:
			b.chiller.on = b.drives[i].Duty > 0
		case control.Buzzer:
		}
	}
	pump, fan, hot := b.speeds(func(i int) float64 { return b.parts[i].speed })
	b.drive = b.drivenBy(pump, fan)
	if b.has(control.Chiller) {
		b.drive.PumpHeat -= b.chiller.step(b.plant.State().Water, b.room, hot, tick)
	}
	b.flow.step(b.drive.Flow, tick)
	b.plant.Step(b.drive, tick)
	for i, p := range b.probes {
		at := b.at(b.cfg.Probes[i].Role)
		if p.fault == ProbeOut {
			at = b.room
		}
		p.step(at, tick, b.rng)
	}
}

func (b *bench) has(role control.Role) bool {
	for _, o := range b.cfg.Outputs {
		if o.Role == role {
			return true
		}
	}
	return false
}

// at is the true temperature of the place of a role.
func (b *bench) at(role coolant.Metric) float64 {
	inlet, outlet := b.plant.Legs(b.drive)
	switch role {
	case coolant.Inlet:
		return inlet
	case coolant.Outlet:
		return outlet
	case coolant.Ambient:
		return b.room
	default:
		return b.plant.State().Water
	}
}

// index finds an output or a probe by its name or role; -1: there is none.
func (b *bench) index(name string) int {
	for i, o := range b.cfg.Outputs {
		if o.Name == name {
			return i
		}
	}
	return -1
}
