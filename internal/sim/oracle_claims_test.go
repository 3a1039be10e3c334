package sim

import (
	"slices"

	"coolant"
	"coolant/internal/control"
)

// What follows judges the claims of an output in a second, each by its cause.

// mover judges a pump or a fan by causes.
func (o *oracle) mover(i int) {
	cfg, d, pump := &o.b.cfg.Outputs[i], o.b.drives[i], o.b.cfg.Outputs[i].Role == control.Pump
	if pump && d.Duty == 0 {
		if d.By != control.ByLeak && d.By != control.ByOverride && d.By != control.ByStandby && d.By != control.ByCommissioning {
			o.broken(rulePumpOff, "%s", cfg.Name)
		}
		o.reached[rulePumpOff]++
	}
	if pump && d.Duty > 0 {
		if d.Duty < cfg.Min && d.By != control.ByCommissioning {
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
	if d.By == control.ByCommissioning {
		o.trial(i)
		return
	}
	if d.By == control.ByAutotune {
		o.tune(i)
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

// trial judges an output that is tried, or rests for another one.
func (o *oracle) trial(i int) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	e, _ := o.b.reg.Experiment()
	rests := e.State == control.ExperimentResting
	most := map[control.ExperimentKind]int{control.Run: 15 + 60, control.Sweep: 8 * 60}[e.Kind] + 1
	if rests {
		most += 10 * 60
	}
	switch {
	case !rests && e.State != control.ExperimentRunning:
		o.broken(ruleTrial, "%s is claimed by what is %s", cfg.Name, e.State)
	case e.Output == cfg.Name && rests && d.Duty != 0:
		o.broken(ruleTrial, "%s ran dry, and does not rest", cfg.Name)
	case e.Output != cfg.Name && (rests || e.Kind != control.Run || d.Duty != 0):
		o.broken(ruleTrial, "%s has to go on, or to rest for %s", cfg.Name, e.Output)
	case o.tried[i] > most:
		o.broken(ruleTrial, "%s is tried for %d s", cfg.Name, o.tried[i])
	case o.truly[0] > 40:
		o.broken(ruleTrial, "%s is tried on water beyond critical", cfg.Name)
	}
	for k, other := range o.b.cfg.Outputs {
		if k != i && !rests && e.Kind == control.Sweep && other.Tacho && o.held[k] >= 5+sensorPatience {
			o.broken(ruleTrial, "%s is tried, and %s is held for %d s", cfg.Name, other.Name, o.held[k])
		}
	}
	o.reached[ruleTrial]++
}

// tune judges an output that is tuned, by itself or with who shares its work: it goes on within its bounds.
func (o *oracle) tune(i int) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	e, _ := o.b.reg.Experiment()
	most := cfg.Max
	if cfg.SpinUp > 0 {
		most = 100
	}
	switch {
	case e.Kind != control.Autotune || e.State != control.ExperimentRunning || e.Output != cfg.Name && e.Output != cfg.Auto.Follow:
		o.broken(ruleTune, "%s is claimed by %+v", cfg.Name, e)
	case d.Duty < cfg.Min || d.Duty > most || cfg.Kind == control.Switch:
		o.broken(ruleTune, "%s is at %v %%", cfg.Name, d.Duty)
	case o.truly[0] > 40:
		o.broken(ruleTune, "%s is tuned on water beyond critical", cfg.Name)
	}
	o.reached[ruleTune]++
}

// order judges the order of the claims by what the device says of its faults, each of which is judged by its cause elsewhere.
func (o *oracle) order(i int) {
	cfg, d := &o.b.cfg.Outputs[i], o.b.drives[i]
	// What an experiment looks at itself claims nothing.
	stalled := o.fault(control.FaultNoFlow) && !o.looksItself(flow)
	for k, other := range o.b.cfg.Outputs {
		stalled = stalled || o.fault(control.FaultStall(other.Name)) && !o.looksItself(k)
	}
	auto := o.auto(i)
	water := waterSide(auto.Input) || auto.Minus != ""
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
	case d.By == control.ByCommissioning || d.By == control.ByAutotune: // judged by what is tried
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
