package control_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/control"
)

func TestNewPIRefuses(t *testing.T) {
	good := control.PIConfig{Setpoint: 30, Kp: 10, Ti: time.Minute}
	for name, tc := range map[string]struct {
		change func(*control.PIConfig)
		says   string
	}{
		"too hot a setpoint":   {func(c *control.PIConfig) { c.Setpoint = 60 }, "setpoint 60"},
		"NaN setpoint":         {func(c *control.PIConfig) { c.Setpoint = math.NaN() }, "setpoint NaN"},
		"no gain":              {func(c *control.PIConfig) { c.Kp = 0 }, "kp 0"},
		"too much gain":        {func(c *control.PIConfig) { c.Kp = 100.5 }, "kp 100.5"},
		"no integral time":     {func(c *control.PIConfig) { c.Ti = 0 }, "ti 0s"},
		"a day of integral":    {func(c *control.PIConfig) { c.Ti = 24 * time.Hour }, "ti 24h"},
		"negative deadband":    {func(c *control.PIConfig) { c.Deadband = -0.1 }, "deadband -0.1"},
		"negative feedforward": {func(c *control.PIConfig) { c.FeedForward = -1 }, "feed-forward -1"},
		"bounds":               {func(c *control.PIConfig) { c.Min, c.Max = 60, 50 }, "bounds 60 to 50"},
		"weak failsafe":        {func(c *control.PIConfig) { c.Failsafe = 30 }, "failsafe 30"},
		"negative patience":    {func(c *control.PIConfig) { c.Patience = -1 }, "patience"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tc.change(&cfg)
			_, err := control.NewPI(cfg)
			if err == nil || !strings.Contains(err.Error(), tc.says) || coolant.CodeOf(err) != coolant.CodeInvalid {
				t.Errorf("got %v, want an invalid error with %q", err, tc.says)
			}
		})
	}
}

func newPI(t interface{ Fatal(...any) }, cfg control.PIConfig) *control.PI {
	p, err := control.NewPI(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The vectors of contract/pi.json are what the firmware's C must answer, too.
func TestPIVectors(t *testing.T) {
	var file struct {
		Laws []struct {
			Name   string `json:"name"`
			Config struct {
				Setpoint    float64 `json:"setpoint"`
				Kp          float64 `json:"kp"`
				Ti          float64 `json:"ti_s"`
				Deadband    float64 `json:"deadband_k"`
				FeedForward float64 `json:"ff_duty_per_w"`
				Min         float64 `json:"min_duty"`
				Max         float64 `json:"max_duty"`
				Failsafe    float64 `json:"failsafe_duty"`
				PatienceMS  int64   `json:"patience_ms"`
			} `json:"config"`
			Steps []struct {
				DtMS     int64    `json:"dt_ms"`
				Value    *float64 `json:"value"`
				HostW    float64  `json:"host_w"`
				InEffect *float64 `json:"in_effect"`
				Duty     float64  `json:"duty"`
				Failsafe bool     `json:"failsafe"`
			} `json:"steps"`
		} `json:"laws"`
	}
	readVectors(t, "pi.json", &file)
	if len(file.Laws) < 10 {
		t.Fatalf("%d cases", len(file.Laws))
	}
	for _, v := range file.Laws {
		t.Run(v.Name, func(t *testing.T) {
			c := v.Config
			p := newPI(t, control.PIConfig{
				Setpoint: c.Setpoint, Kp: c.Kp, Ti: time.Duration(c.Ti * float64(time.Second)), Deadband: c.Deadband, FeedForward: c.FeedForward,
				Min: c.Min, Max: c.Max, Failsafe: c.Failsafe, Patience: time.Duration(c.PatienceMS) * time.Millisecond,
			})
			in := control.PIInput{InEffect: 100}
			for i, s := range v.Steps {
				in.Input, in.HostW = control.Input{}, s.HostW
				if s.Value != nil {
					in.Input = control.Input{Value: *s.Value, Good: true}
				}
				if s.InEffect != nil {
					in.InEffect = *s.InEffect
				}
				got := p.Step(in, time.Duration(s.DtMS)*time.Millisecond)
				if math.Abs(got.Duty-s.Duty) > 1e-6 || got.Failsafe != s.Failsafe {
					t.Errorf("step %d: got %+v, want duty %v, failsafe %v", i, got, s.Duty, s.Failsafe)
				}
				in.InEffect = got.Duty
			}
		})
	}
}

func genPI(t *rapid.T) control.PIConfig {
	cfg := control.PIConfig{
		Setpoint: rapid.Float64Range(-20, 59).Draw(t, "setpoint"),
		Kp:       rapid.Float64Range(0.01, 100).Draw(t, "kp"),
		Ti:       time.Duration(rapid.Int64Range(int64(time.Second), int64(10*time.Hour)).Draw(t, "ti")),
		Deadband: rapid.Float64Range(0, 2).Draw(t, "deadband"), FeedForward: rapid.Float64Range(0, 5).Draw(t, "ff"),
		Min: rapid.Float64Range(0, 99).Draw(t, "min"),
	}
	cfg.Max = rapid.Float64Range(max(cfg.Min, 1), 100).Draw(t, "max")
	return cfg
}

func TestPIStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := genPI(t)
		p := newPI(t, cfg)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			in := control.PIInput{
				Input:    control.Input{Value: rapid.Float64().Draw(t, "value"), Good: rapid.Bool().Draw(t, "good")},
				HostW:    rapid.SampledFrom([]float64{0, 45, -1, 1e300, math.NaN(), math.Inf(1)}).Draw(t, "host"),
				InEffect: rapid.Float64Range(0, 100).Draw(t, "in effect"),
			}
			out := p.Step(in, time.Duration(rapid.Int64().Draw(t, "dt")))
			switch {
			case out.Failsafe != !in.Good || out.Failsafe && out.Duty != 100:
				t.Fatalf("%+v gave %+v", in, out)
			case !out.Failsafe && !(out.Duty >= cfg.Min && out.Duty <= cfg.Max):
				t.Fatalf("duty %v is outside %v to %v", out.Duty, cfg.Min, cfg.Max)
			}
		}
	})
}

// However long the water was too hot, the duty falls within one integral time once it
// is as much too cold: nothing has wound up.
func TestPIDoesNotWindUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := genPI(t)
		cfg.FeedForward, cfg.Deadband, cfg.Ti = 0, 0, time.Minute
		p := newPI(t, cfg)
		e := rapid.Float64Range(0.1, 20).Draw(t, "error")
		for range rapid.IntRange(1, 500).Draw(t, "minutes") {
			p.Step(control.PIInput{Input: control.Input{Value: cfg.Setpoint + e, Good: true}, InEffect: cfg.Min}, time.Minute)
		}
		top := p.Step(control.PIInput{Input: control.Input{Value: cfg.Setpoint + e, Good: true}}, time.Minute)
		low := p.Step(control.PIInput{Input: control.Input{Value: cfg.Setpoint - e, Good: true}}, time.Second)
		if top.Duty > cfg.Min+1e-9 && low.Duty >= top.Duty {
			t.Fatalf("%v K above gave %v, and as much below right after it %v", e, top.Duty, low.Duty)
		}
	})
}
