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
	ruleLeak, ruleChiller, ruleHot, ruleLost, ruleBack, ruleDisagree, ruleStall, ruleNoFlow, ruleTransfer, ruleOverride, rulePumpOff, ruleLeast, ruleOrder, ruleBelow,
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
	rulePumpOff  = "a pump is off only by leak, override or standby"
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

	age     int   // s since the device started
	mute    []int // by probe: s for which it has given no good reading by its fault; 0: it does
	back    []int // by probe: s since it is well again
	wasLost []bool
	hot     []bool // by probe: was at critical, and has not been 5 K below
	truly   []int  // by probe: s for which its place is beyond critical for certain, and it is well
	held    []int  // by output: s for which it is held and told to turn
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
	o.hot, o.held, o.dry, o.wet, o.silent, o.watching = make([]bool, n), make([]int, m), 0, 0, 0, false
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

func (o *oracle) broken(rule, format string, args ...any) {
	o.t.Fatalf("%s: "+format+"\nclaims %+v\nfaults %+v", append(append([]any{rule}, args...), o.b.drives, o.b.reg.Faults())...)
}

func (o *oracle) fault(name string) bool {
	return slices.ContainsFunc(o.b.reg.Faults(), func(f control.Fault) bool { return f.Name == name && f.Active })
}

func mute(f ProbeFault) bool { return f == ProbeLost || f == ProbePOR || f == ProbeCRC }

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
		if b.parts[i].stalled && before[i].Duty > 0 {
			o.held[i]++
		} else {
			o.held[i] = 0
		}
		if b.cfg.Outputs[i].Role == control.Pump {
			turns = turns || b.parts[i].speed > 0
			told = told || before[i].Duty > 0
		}
	}
	o.dry = count(o.dry, told && !turns)
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

// inputs are the probes by which an output goes.
func (o *oracle) inputs(i int) (list []int) {
	a := &o.b.cfg.Outputs[i].Auto
	for k, p := range o.b.cfg.Probes {
		if p.Role == a.Input || p.Role == a.Minus {
			list = append(list, k)
		}
	}
	return list
}

// mover judges a pump or a fan by causes.
func (o *oracle) mover(i int) {
	cfg, d, pump := &o.b.cfg.Outputs[i], o.b.drives[i], o.b.cfg.Outputs[i].Role == control.Pump
	if pump && d.Duty == 0 {
		if d.By != control.ByLeak && d.By != control.ByOverride && d.By != control.ByStandby {
			o.broken(rulePumpOff, "%s", cfg.Name)
		}
		o.reached[rulePumpOff]++
	}
	if pump && d.Duty > 0 {
		if d.Duty < cfg.Min {
			o.broken(ruleLeast, "%s at %v %%, least %v %%", cfg.Name, d.Duty, cfg.Min)
		}
		o.reached[ruleLeast]++
	}
	if o.leak {
		want := 100.0
		if pump {
			want = 0
		}
		if d.Duty != want || d.By != control.ByLeak {
			o.broken(ruleLeak, "%s", cfg.Name)
		}
		o.reached[ruleLeak]++
		return
	}
	if o.wet == 0 && d.By == control.ByLeak {
		o.broken(ruleLeak, "%s is claimed by a leak that there is not", cfg.Name)
	}
	if slices.Contains(o.hot, true) || slices.ContainsFunc(o.truly, func(s int) bool { return s > 40 }) {
		if d.Duty != 100 || d.By != control.ByOverTemp {
			o.broken(ruleHot, "%s", cfg.Name)
		}
		o.ended[i] = cfg.Override
		o.reached[ruleHot]++
		return
	}
	if d.By == control.ByOverTemp {
		return // a probe that was hot is lost, or the water stands
	}
	for _, k := range o.inputs(i) {
		switch {
		case o.mute[k] >= 7:
			if d.Duty < cfg.Failsafe || d.By != control.ByFailsafe && d.By != control.ByBoot {
				o.broken(ruleLost, "%s, whose probe %s is mute for %d s", cfg.Name, o.b.cfg.Probes[k].Role, o.mute[k])
			}
			o.reached[ruleLost]++
			return
		case o.wasLost[k] && o.mute[k] == 0:
			if d.By != control.ByFailsafe {
				o.broken(ruleBack, "%s, %d s after its probe came back", cfg.Name, o.back[k])
			}
			o.reached[ruleBack]++
			return
		case o.mute[k] > 0 || o.back[k] < 10:
			return // on the way there or back
		}
	}
	o.stall(i)
}

// stall judges an output whose input is good.
func (o *oracle) stall(i int) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	if d.By == control.ByFailsafe {
		stuck := o.fault(control.FaultStuck)
		if !stuck && !o.fault(control.FaultDisagree) || d.Duty < cfg.Failsafe {
			o.broken(ruleDisagree, "%s is in failsafe with a good input", cfg.Name)
		}
		if !stuck {
			o.reached[ruleDisagree]++
		}
		return
	}
	full := func(rule string) {
		jerk := cfg.Role == control.Pump && o.fault(control.FaultStall(cfg.Name)) && d.Duty >= cfg.Min
		if d.By != control.ByStall || d.Duty != 100 && !jerk {
			o.broken(rule, "%s", cfg.Name)
		}
		o.reached[rule]++
	}
	for k, other := range o.b.cfg.Outputs {
		if other.Tacho && o.held[k] >= 5+sensorPatience {
			full(ruleStall)
			return
		}
	}
	if o.b.cfg.FlowMeter && o.dry >= 5+sensorPatience {
		full(ruleNoFlow)
	}
}

// order judges the order of the claims by what the device says of its faults, each of which is judged by its cause elsewhere.
func (o *oracle) order(i int) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	stalled := o.fault(control.FaultNoFlow)
	for _, other := range o.b.cfg.Outputs {
		stalled = stalled || o.fault(control.FaultStall(other.Name))
	}
	water := waterSide(cfg.Auto.Input) || cfg.Auto.Minus != ""
	want := d.By
	switch {
	case o.fault(control.FaultLeak):
		want = control.ByLeak
	case o.fault(control.FaultOverTemp):
		want = control.ByOverTemp
	case d.By == control.ByFailsafe || d.By == control.ByBoot: // judged by its cause
	case water && o.fault(control.FaultDisagree):
		want = control.ByFailsafe
	case stalled:
		want = control.ByStall
	case o.fault(control.FaultNoTransfer):
		want = control.ByNoTransfer
		if d.Duty != 100 {
			o.broken(ruleTransfer, "%s", cfg.Name)
		}
		o.reached[ruleTransfer]++
	case d.By != control.ByOverride && d.By != control.ByStandby:
		want = control.ByAuto
	}
	if d.By != want {
		o.broken(ruleOrder, "%s is claimed by %s, want %s", cfg.Name, d.By, want)
	}
	o.reached[ruleOrder]++
}

func (o *oracle) override(i int, in control.Senses) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	if d.By != control.ByOverride {
		return
	}
	minutes := 0.0
	if ended := o.ended[i]; ended != nil && cfg.Override != nil && *ended == *cfg.Override {
		o.broken(ruleHot, "%s goes by an override that was cancelled", cfg.Name)
	}
	if cfg.Override != nil {
		minutes = float64(cfg.Override.Until-in.Now) / 60000
	}
	most := 24*60 + 1.0
	if cfg.Role == control.Pump && cfg.Override != nil && cfg.Override.Duty == 0 {
		most = 31
	}
	if cfg.Override == nil || !in.ClockValid || minutes <= 0 || minutes > most {
		o.broken(ruleOverride, "%s: %+v, %.1f minutes ahead", cfg.Name, cfg.Override, minutes)
	}
	o.reached[ruleOverride]++
}

func (o *oracle) chiller(i int, in control.Senses) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	if d.Duty == 0 {
		return
	}
	pumping := false
	for k, other := range o.b.cfg.Outputs {
		pumping = pumping || other.Role == control.Pump && o.b.drives[k].Duty > 0
		if other.Tacho && o.held[k] > sensorPatience {
			o.broken(ruleChiller, "%s is held for %d s", other.Name, o.held[k])
		}
	}
	dew, ok := coolant.DewPoint(o.b.room, o.b.humidity)
	aims := cfg.Auto.Curve.Points[0].Temp - cfg.Auto.Curve.Hysteresis
	switch {
	case o.leak || !pumping:
		o.broken(ruleChiller, "a leak, or no pump")
	case o.silent > 62:
		o.broken(ruleChiller, "nothing was heard of the air for %d s", o.silent)
	case ok && o.silent == 0 && aims <= dew+o.b.cfg.DewMargin:
		o.broken(ruleChiller, "it aims at %v C, and the dew point is %v C", aims, dew)
	}
	for k, p := range o.b.cfg.Probes {
		if ok && o.silent == 0 && waterSide(p.Role) && in.Probes[k].Quality == coolant.Good && !o.wasLost[k] && in.Probes[k].Value+p.Offset <= dew+o.b.cfg.DewMargin {
			o.broken(ruleChiller, "%s is at %v C, and the dew point is %v C", p.Role, in.Probes[k].Value, dew)
		}
	}
	o.reached[ruleChiller]++
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
