package sim

import (
	"math"
	"time"

	"coolant/internal/control"
	"coolant/internal/wire"
)

// experiment begins or ends an experiment of the regulator. The error says why not.
func (b *boot) experiment(c wire.CommandPayload) (err error) {
	reg := b.d.rig.reg
	switch c.Name {
	case wire.CommandAbort:
		return reg.Abort()
	case wire.CommandAutotune:
		var a wire.AutotuneArgs
		if a, err = wire.DecodeAutotune(c.Args); err == nil {
			err = reg.Autotune(control.AutotuneAsk{Output: string(a.Output), Setpoint: a.Setpoint, Time: time.Duration(a.Minutes) * time.Minute})
		}
	default:
		var a wire.CommissionArgs
		if a, err = wire.DecodeCommission(c.Args); err == nil {
			err = reg.Commission(control.CommissionAsk{
				Output: string(a.Output), Test: control.ExperimentKind(a.Test), Duty: *a.Duty,
				Time: time.Duration(a.Seconds) * time.Second, Filled: a.Filled,
			})
		}
	}
	if err == nil {
		b.tested = c.ID
	}
	return err
}

// tried is what reported says of the last experiment of this boot; nil: there was none.
func (b *boot) tried() *wire.Experiment {
	e, ok := b.d.rig.reg.Experiment()
	if !ok {
		return nil
	}
	doc := &wire.Experiment{
		Command: b.tested, Kind: string(e.Kind), Output: e.Output, State: string(e.State), Phase: e.Phase, Reason: e.Reason,
	}
	if e.Kind == control.Autotune && e.State == control.ExperimentRunning {
		cycles := int64(e.Cycles)
		doc.Cycles = &cycles
	}
	if t := e.Tuned; t != nil {
		doc.PI = &wire.PISetting{Setpoint: rounded(t.Setpoint, 2), KP: rounded(t.Kp, 2), TiS: rounded(t.Ti.Seconds(), 1), DeadbandK: decimal(t.Deadband, 2)}
		doc.DelayS, doc.Gain = decimal(t.Delay, 1), decimal(t.Gain, 6)
		doc.SwingK, doc.SettleS = decimal(t.Swing, 2), decimal(t.Settle, 0)
	}
	if e.Turned != nil {
		doc.Turned = []wire.Turned{}
	}
	for _, t := range e.Turned {
		doc.Turned = append(doc.Turned, wire.Turned{Output: t.Output, RPM: rounded(t.RPM, 0)})
	}
	if e.Flow != nil {
		doc.FlowLPM = decimal(*e.Flow, 2)
	}
	if s := e.Swept; s != nil {
		doc.StartDuty, doc.StopDuty = decimal(s.Start, 1), decimal(s.Stop, 1)
		doc.MinRPM, doc.MaxRPM = decimal(s.MinRPM, 0), decimal(s.MaxRPM, 0)
	}
	return doc
}

// rounded is v with so many decimals, as the firmware writes it.
func rounded(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale) / scale
}

func decimal(v float64, decimals int) *float64 {
	v = rounded(v, decimals)
	return &v
}
