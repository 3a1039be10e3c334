package sim

import (
	"math"
	"slices"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/control"
)

// The rules that the oracle checks, each with a count of the seconds in which it mattered.
var rules = []string{
	ruleLeak, ruleChiller, ruleHot, ruleLost, ruleBack, ruleDisagree, ruleStall, ruleNoFlow, ruleTransfer, ruleOverride, ruleTrial, ruleTune, rulePumpOff, ruleLeast, ruleOrder, ruleBelow,
}

const (
	ruleLeak     = "leak: pumps and chillers off, fans full, latched"
	ruleChiller  = "a chiller runs only where it is proven and dry"
	ruleHot      = "over-temperature of any probe: full, overrides cancelled"
	ruleLost     = "no good reading for 5 s: failsafe"
	ruleBack     = "three good readings before a lost input counts again"
	ruleDisagree = "probes that disagree: failsafe"
	ruleStall    = "a stall: everything at full"
	ruleNoFlow   = "no flow: everything at full"
	ruleTransfer = "heat that does not arrive: everything at full"
	ruleOverride = "an override holds by the clock, for a day at most"
	ruleTrial    = "an experiment is weaker than all of these, and has its end"
	ruleTune     = "what is tuned turns on within its bounds"
	rulePumpOff  = "a pump is off only by leak, override, standby or an experiment"
	ruleLeast    = "a running pump has its least duty"
	ruleOrder    = "the strongest claim decides each output"
	ruleBelow    = "water below critical where the pump turns and the plant allows it"
)

// sensorPatience is what may lie between a cause and the regulator's seconds of patience: a conversion, a window of counting, and a
// rotor that runs down.
const sensorPatience = 14

// oracle judges each second of a bench by what is true of it.
type oracle struct {
	t       *rapid.T
	b       *bench
	reached map[string]int

	happened uint64 // how often something happened

	age     int   // s since the device started
	mute    []int // by probe: s for which it has given no good reading by its fault; 0: it does
	back    []int // by probe: s since it is well again
	wasLost []bool
	hot     []bool // by probe: was at critical, and has not been 5 K below
	truly   []int  // by probe: s for which its place is beyond critical for certain, and it is well
	held    []int  // by output: s for which it is held and told to turn, and no experiment looks at that itself
	tried   []int  // by output: s for which an experiment claims it
	dry     int    // s for which no pump turns and one is told to
	wet     int
	leak    bool
	// ended are the overrides that over-temperature cancelled, by output: they stay so, also over a restart.
	ended    []*control.OverrideConfig
	silent   int // s without humidity
	watching bool
	carry    float64 // K: the most that the host's heat may still warm the water, while watching
}

func newOracle(t *rapid.T, b *bench, reached map[string]int) *oracle {
	o := &oracle{t: t, b: b, reached: reached, ended: make([]*control.OverrideConfig, len(b.parts))}
	o.restarted()
	return o
}

func (o *oracle) restarted() {
	n, m := len(o.b.probes), len(o.b.parts)
	o.age, o.mute, o.back, o.wasLost, o.truly = 0, make([]int, n), make([]int, n), make([]bool, n), make([]int, n)
	o.hot, o.held, o.tried, o.dry, o.wet, o.silent, o.watching = make([]bool, n), make([]int, m), make([]int, m), 0, 0, 0, false
}

// applied says that other settings hold: critical may be another.
func (o *oracle) applied() {
	clear(o.hot)
	clear(o.truly)
	o.watching = false
}

// clear has a person acknowledge everything that can be.
func (o *oracle) clear() {
	for _, f := range o.b.reg.Faults() {
		if o.b.reg.Clear(f.Name, f.Occurrence) == nil && f.Name == control.FaultLeak {
			if o.b.leaking && o.wet > 0 {
				o.t.Fatalf("a leak was cleared while it is wet")
			}
			o.leak = false
		}
	}
}

// try has a person ask for an experiment. What can speak against it is for its own tests.
func (o *oracle) try(ask control.CommissionAsk) {
	if o.b.reg.Commission(ask) == nil {
		clear(o.tried)
	}
}

func (o *oracle) broken(rule, format string, args ...any) {
	o.t.Fatalf("%s: "+format+"\nclaims %+v\nfaults %+v", append(append([]any{rule}, args...), o.b.drives, o.b.reg.Faults())...)
}

func (o *oracle) fault(name string) bool {
	return slices.ContainsFunc(o.b.reg.Faults(), func(f control.Fault) bool { return f.Name == name && f.Active })
}

func waterSide(role coolant.Metric) bool { return role != coolant.Ambient }

// step lets a second pass and judges it.
func (o *oracle) step() {
	b := o.b
	before := b.drives
	in := b.step()
	o.age++
	o.look(in, before)
	for i := range b.cfg.Outputs {
		switch b.cfg.Outputs[i].Role {
		case control.Chiller:
			o.chiller(i, in)
		default:
			o.mover(i)
			o.order(i)
		}
		o.override(i, in)
	}
	o.below()
}

// look notes for how long what has been true. The senses are those of the beginning of the step, and the duties before are what they answer to.
func (o *oracle) look(in control.Senses, before []control.Drive) {
	b := o.b
	for i, p := range b.probes {
		read := in.Probes[i]
		v := read.Value + b.cfg.Probes[i].Offset
		if read.Quality != coolant.Good {
			o.mute[i]++
			o.back[i] = 0
			o.wasLost[i] = o.wasLost[i] || o.mute[i] >= 6 && o.age > 6
		} else {
			o.mute[i] = 0
			if o.back[i]++; o.back[i] >= 3 {
				o.wasLost[i] = false
			}
		}
		stuck := b.reg.Readings()[i].Quality == coolant.Stuck
		if waterSide(b.cfg.Probes[i].Role) && read.Quality == coolant.Good && !stuck {
			o.hot[i] = v >= b.cfg.Critical || o.hot[i] && v > b.cfg.Critical-5
		}
		// By the truth of the place: whatever the specimen's error, it must have been seen by now.
		sure := b.at(b.cfg.Probes[i].Role) - math.Abs(p.offset) - math.Abs(b.cfg.Probes[i].Offset) - 0.25
		if waterSide(b.cfg.Probes[i].Role) && p.fault == ProbeHealthy && sure >= b.cfg.Critical {
			o.truly[i]++
		} else {
			o.truly[i] = 0
		}
	}
	turns := false
	told := false
	for i := range b.parts {
		o.held[i] = count(o.held[i], b.parts[i].stalled && before[i].Duty > 0 && !o.looksItself(i))
		o.tried[i] = count(o.tried[i], before[i].By == control.ByCommissioning)
		if b.cfg.Outputs[i].Role == control.Pump {
			turns = turns || b.parts[i].speed > 0
			told = told || before[i].Duty > 0
		}
	}
	o.dry = count(o.dry, told && !turns && !o.looksItself(flow))
	o.wet = count(o.wet, b.leaking)
	o.leak = o.leak || o.wet >= 2
	o.silent = count(o.silent, b.humidity < 0)
}

func count(n int, is bool) int {
	if is {
		return n + 1
	}
	return 0
}

const flow = -1 // in place of an output

// looksItself says whether an experiment looks at an output, or at the flow, itself: that it stands is no fault then.
func (o *oracle) looksItself(i int) bool {
	e, ok := o.b.reg.Experiment()
	if !ok || e.Kind == control.Autotune || e.State != control.ExperimentRunning && e.State != control.ExperimentResting {
		return false
	}
	tried := o.b.index(e.Output)
	if e.State == control.ExperimentRunning && e.Kind == control.Run {
		return true
	}
	return i == tried || i == flow && o.b.cfg.Outputs[tried].Role == control.Pump
}

// auto is the automatic part that has an output's input: one that follows looks at what its leader looks at.
func (o *oracle) auto(i int) *control.AutoConfig {
	a := &o.b.cfg.Outputs[i].Auto
	if a.Follow != "" {
		return &o.b.cfg.Outputs[o.b.index(a.Follow)].Auto
	}
	return a
}

// inputs are the probes by which an output goes.
func (o *oracle) inputs(i int) (list []int) {
	a := o.auto(i)
	for k, p := range o.b.cfg.Probes {
		if p.Role == a.Input || p.Role == a.Minus {
			list = append(list, k)
		}
	}
	return list
}

// below judges the water itself. Where the pumps turn, the water's probe is well and the plant can hold the heat at full cooling, the water
// may come to critical, where full cooling sets in, and beyond it by what the probe is wrong and late by, and by what the host still holds.
func (o *oracle) below() {
	b, state := o.b, o.b.plant.State()
	cfg := &b.cfg
	sound := b.probes[0].fault == ProbeHealthy && o.back[0] >= 10 && !o.leak && b.drive.Flow > 0 && !b.has(control.Chiller)
	pump, fan, _ := b.speeds(func(i int) float64 {
		if b.parts[i].stalled {
			return 0
		}
		return 1
	})
	for i, out := range cfg.Outputs {
		// One that never stops being told to rest because it cannot start is held, too.
		sound = sound && (out.Role != control.Pump || b.drives[i].Duty > 0)
	}
	full := b.drivenBy(pump, fan)
	if !sound || pump == 0 || b.plant.Steady(full).Water > cfg.Critical-2 {
		o.watching = false
		return
	}
	c := &b.plant.params
	stored := c.HostCapacity * max(state.Host-state.Water, 0) / c.WaterCapacity
	if !o.watching {
		if state.Water+stored > cfg.Critical-1 {
			return
		}
		o.watching, o.carry = true, 0
	}
	o.carry = max(o.carry, stored)
	late := (b.probes[0].lag + 5) * (b.heat + b.pumpHeat) / c.WaterCapacity
	limit := cfg.Critical + math.Abs(b.probes[0].offset) + math.Abs(cfg.Probes[0].Offset) + 0.25 + late + o.carry
	if state.Water > limit {
		o.broken(ruleBelow, "%.2f C, critical %.2f C, at most %.2f C; full cooling could hold %.2f C", state.Water, cfg.Critical, limit, b.plant.Steady(full).Water)
	}
	if state.Water > cfg.Critical-3 {
		o.reached[ruleBelow]++
	}
}

// calm says that all is well: every output is back at its law. Where a motor stands at its least duty, which is then set too low, that is
// found a fault again and again.
func (o *oracle) calm() {
	for i, cfg := range o.b.cfg.Outputs {
		p := &o.b.parts[i]
		flow := o.b.maxFlow * (p.idle + (1-p.idle)*cfg.Min/100)
		if cfg.Role != control.Chiller && cfg.Kind != control.Switch && cfg.Min < p.start || cfg.Role == control.Pump && flow < 0.4 {
			return
		}
	}
	for i, d := range o.b.drives {
		ordinary := d.By == control.ByAuto || d.By == control.ByStandby || d.By == control.ByOverride
		if !ordinary && !(o.b.cfg.Outputs[i].Role == control.Chiller && d.By == control.ByInterlock) {
			o.broken("one fault does not last for ever", "%s is claimed by %s, and all has been well for nine minutes", o.b.cfg.Outputs[i].Name, d.By)
		}
	}
}
