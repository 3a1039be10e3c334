package sim

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"coolant"
	"coolant/internal/control"
	"coolant/internal/wire"
)

// take is what a desired state makes of the settings of a device with this board. The error
// says which member cannot be applied and why.
func (b board) take(own settings, desired []byte) (settings, error) {
	w, err := wire.DecodeSettings(desired)
	if err != nil {
		return settings{}, err
	}
	if err := w.Check(); err != nil {
		return settings{}, err
	}
	s, err := own.with(w)
	if err != nil {
		return settings{}, err
	}
	return s, b.check(&s)
}

// with is the board's settings with what is desired on top. What is not said is the board's,
// and an output without one of its name has the defaults of its role and kind. The error says
// which member is wrong; how the result goes together is for the checks of the regulator and
// of the board.
func (s settings) with(w *wire.Settings) (settings, error) {
	if w.IntervalMS != nil {
		s.interval = time.Duration(*w.IntervalMS) * time.Millisecond
	}
	c := &s.control
	set(&c.Critical, w.CriticalC)
	set(&c.DewMargin, w.DewMarginK)
	set(&c.BusyW, w.BusyW)
	if w.Standby != nil {
		set(&c.Standby, w.Standby.Enabled)
		set(&c.IdleW, w.Standby.IdleW)
	}
	if w.Probes != nil {
		c.Probes = make([]control.ProbeConfig, len(w.Probes))
		for i, p := range w.Probes {
			rom, _ := strconv.ParseUint(p.ROM, 16, 64) // the decoder has checked the digits
			c.Probes[i] = control.ProbeConfig{ROM: rom, Role: p.Role}
			set(&c.Probes[i].Offset, p.OffsetK)
		}
	}
	c.Outputs, s.wiring = slices.Clone(c.Outputs), slices.Clone(s.wiring)
	for i, o := range w.Outputs {
		if err := s.join(o); err != nil {
			return settings{}, cannot("outputs[%d].%v", i, err)
		}
	}
	if err := c.Check(); err != nil {
		return settings{}, err
	}
	return s, nil
}

// join takes one output.
func (s *settings) join(w *wire.OutputSetting) error {
	i := slices.IndexFunc(s.control.Outputs, func(o control.OutputConfig) bool { return o.Name == w.Name })
	if w.Kind != nil && *w.Kind == wire.KindGivenUp {
		if i >= 0 {
			s.control.Outputs, s.wiring = slices.Delete(s.control.Outputs, i, i+1), slices.Delete(s.wiring, i, i+1)
		}
		return nil
	}
	var role control.Role
	var kind control.Kind
	switch {
	case i >= 0:
		role, kind = s.control.Outputs[i].Role, s.control.Outputs[i].Kind
	case w.Role == nil:
		return cannot("role: it is missing, and the board has no output %q", w.Name)
	case w.Kind == nil:
		return cannot("kind: it is missing, and the board has no output %q", w.Name)
	}
	setWord(&role, w.Role)
	setWord(&kind, w.Kind)
	o := control.DefaultOutput(w.Name, role, kind)
	at := wiringOf(o, -1, -1)
	switch {
	case i < 0:
		i = len(s.wiring)
		s.control.Outputs, s.wiring = append(s.control.Outputs, o), append(s.wiring, at)
	case role == s.control.Outputs[i].Role && kind == s.control.Outputs[i].Kind:
		o, at = s.control.Outputs[i], s.wiring[i]
	default: // its pins stay; the duties of a fan say nothing about a pump
		was := s.wiring[i]
		at.pin, at.inverted, at.tacho, at.pulses = was.pin, was.inverted, was.tacho, was.pulses
	}
	at.set(w.Wiring)
	o.Tacho = at.tacho >= 0
	if err := setOutput(&o, w); err != nil {
		return err
	}
	s.control.Outputs[i], s.wiring[i] = o, at
	return nil
}

func (w *wiring) set(s *wire.WiringSetting) {
	if s == nil {
		return
	}
	setInt(&w.pin, s.Pin)
	setInt(&w.hz, s.Hz)
	set(&w.inverted, s.Inverted)
	setInt(&w.tacho, s.TachoPin)
	setInt(&w.pulses, s.TachoPulses)
}

func setOutput(o *control.OutputConfig, w *wire.OutputSetting) error {
	set(&o.Min, w.MinDuty)
	set(&o.Max, w.MaxDuty)
	set(&o.Failsafe, w.FailsafeDuty)
	set(&o.Start, w.StartDuty)
	set(&o.Stop, w.StopDuty)
	set(&o.StallRPM, w.StallRPM)
	set(&o.SlewUp, w.SlewUp)
	set(&o.SlewDown, w.SlewDown)
	setTime(&o.SpinUp, w.SpinUpMS, time.Millisecond)
	setTime(&o.MinOn, w.MinOnS, time.Second)
	setTime(&o.MinOff, w.MinOffS, time.Second)
	if w.Skip != nil {
		o.Skip = nil
		for _, b := range w.Skip {
			o.Skip = append(o.Skip, control.Band{From: b[0], To: b[1]})
		}
	}
	if w.Override != nil {
		o.Override = &control.OverrideConfig{Duty: w.Override.Duty, Until: w.Override.Until}
	}
	if w.Auto == nil {
		return nil
	}
	if o.Role == control.Buzzer {
		return cannot("auto: a buzzer has none")
	}
	o.Auto = law(w.Auto)
	return nil
}

// law is the automatic part, which is said whole.
func law(w *wire.LawSetting) control.AutoConfig {
	if w.Follow != nil {
		return control.AutoConfig{Follow: w.Follow.Output, Range: part(w.Follow.Range)}
	}
	input, minus, _ := strings.Cut(w.Input, "-")
	a := control.AutoConfig{Input: coolant.Metric(input), Minus: coolant.Metric(minus)}
	if w.Curve != nil {
		a.Curve = &control.CurveConfig{}
		for _, p := range w.Curve.Points {
			a.Curve.Points = append(a.Curve.Points, control.Point{Temp: p[0], Duty: p[1]})
		}
		set(&a.Curve.Hysteresis, w.Curve.HysteresisK)
	}
	if w.PI != nil {
		a.PI = &control.PIConfig{Setpoint: w.PI.Setpoint, Kp: w.PI.KP, Ti: time.Duration(w.PI.TiS * float64(time.Second))}
		set(&a.PI.Deadband, w.PI.DeadbandK)
		set(&a.PI.FeedForward, w.PI.FFDutyPerW)
		if w.PI.Range != nil {
			a.Range = part(*w.PI.Range)
		}
	}
	return a
}

func part(p wire.Pair) *control.Range { return &control.Range{From: p[0], To: p[1]} }

// set takes a value that was said.
func set[T any](to *T, said *T) {
	if said != nil {
		*to = *said
	}
}

func setWord[T ~string](to *T, said *string) {
	if said != nil {
		*to = T(*said)
	}
}

func setInt(to *int, said *int64) {
	if said != nil {
		*to = int(*said)
	}
}

func setTime(to *time.Duration, said *int64, unit time.Duration) {
	if said != nil {
		*to = time.Duration(*said) * unit
	}
}
