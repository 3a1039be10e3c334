package control_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coolant/internal/control"
)

type trialVector struct {
	Name   string `json:"name"`
	Config struct {
		Test      control.ExperimentKind `json:"test"`
		Output    int                    `json:"output"`
		Duty      float64                `json:"duty"`
		Seconds   int64                  `json:"seconds"`
		Filled    bool                   `json:"filled"`
		Pump      bool                   `json:"pump"`
		FlowMeter bool                   `json:"flow_meter"`
		Tachos    []bool                 `json:"tachometers"`
	} `json:"config"`
	Steps []struct {
		DtMS  int64                   `json:"dt_ms"`
		RPM   []float64               `json:"rpm"`
		Flow  *float64                `json:"flow_lpm"`
		Duty  float64                 `json:"duty"`
		State control.ExperimentState `json:"state"`
		Phase string                  `json:"phase"`
		Times int                     `json:"times"`
	} `json:"steps"`
	Result struct {
		Turned []float64 `json:"turned"`
		Flow   float64   `json:"flow_lpm"`
		Start  float64   `json:"start_duty"`
		Stop   float64   `json:"stop_duty"`
		MinRPM float64   `json:"min_rpm"`
		MaxRPM float64   `json:"max_rpm"`
		Reason string    `json:"reason"`
	} `json:"result"`
}

func (v *trialVector) begin() *control.Commission {
	c := v.Config
	return control.NewCommission(control.CommissionConfig{
		Test: c.Test, Output: c.Output, Duty: c.Duty, Time: time.Duration(c.Seconds) * time.Second, Filled: c.Filled,
		Pump: c.Pump, FlowMeter: c.FlowMeter, Tachos: c.Tachos,
	})
}

// The vectors of contract/commission.json are what the firmware's C must answer, too.
func TestCommissionVectors(t *testing.T) {
	var file struct {
		Trials []trialVector `json:"trials"`
	}
	readVectors(t, "commission.json", &file)
	if len(file.Trials) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range file.Trials {
		t.Run(v.Name, func(t *testing.T) {
			c := v.begin()
			for i, s := range v.Steps {
				in := control.Senses{TachoFresh: s.RPM != nil, RPM: s.RPM, FlowFresh: s.Flow != nil}
				if s.Flow != nil {
					in.FlowLPM = *s.Flow
				}
				for range max(s.Times, 1) {
					c.Step(&in, time.Duration(s.DtMS)*time.Millisecond)
					if c.Duty() != s.Duty || c.State() != s.State || c.Phase() != s.Phase {
						t.Fatalf("step %d: duty %v, %s, phase %q; want %v, %s, %q", i, c.Duty(), c.State(), c.Phase(), s.Duty, s.State, s.Phase)
					}
					alone := s.State == control.ExperimentRunning && v.Config.Test == control.Run
					if c.Alone() != alone || c.Active() != (s.State == control.ExperimentRunning || s.State == control.ExperimentResting) {
						t.Fatalf("step %d: alone %v, active %v", i, c.Alone(), c.Active())
					}
				}
			}
			if !strings.Contains(c.Reason(), v.Result.Reason) || (c.Reason() == "") != (v.Result.Reason == "") {
				t.Errorf("the reason is %q", c.Reason())
			}
			turned, flow := c.Turned()
			for i, rpm := range v.Result.Turned {
				if turned[i] != rpm || flow != v.Result.Flow {
					t.Errorf("output %d turned with %v at %v L/min; want %v", i, turned[i], flow, v.Result)
				}
			}
			if got := c.Swept(); c.State() == control.ExperimentDone && v.Config.Test == control.Sweep &&
				got != (control.Swept{Start: v.Result.Start, Stop: v.Result.Stop, MinRPM: v.Result.MinRPM, MaxRPM: v.Result.MaxRPM}) {
				t.Errorf("%+v, want %+v", got, v.Result)
			}
		})
	}
}

// Whatever is sensed, a trial ends within its time, asks for duties that there are, stops a pump that
// runs dry, and leaves an output at rest no longer than is said.
func TestCommissionAlwaysEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		cfg := control.CommissionConfig{
			Test: control.Run, Output: rng.IntN(2), Duty: float64(rng.IntN(101)), Time: time.Duration(2+rng.IntN(59)) * time.Second,
			Filled: rng.IntN(2) == 0, Pump: rng.IntN(2) == 0, FlowMeter: rng.IntN(2) == 0, Tachos: []bool{rng.IntN(3) > 0, rng.IntN(3) > 0},
		}
		most := 15*time.Second + cfg.Time
		if rng.IntN(2) == 0 {
			cfg.Test, most = control.Sweep, 8*time.Minute
		}
		c := control.NewCommission(cfg)
		turns, flows := rng.Float64(), rng.Float64()
		if rng.IntN(3) == 0 {
			flows = 0
		}
		var total, rest, dry time.Duration
		var duty float64
		for c.State() == control.ExperimentRunning {
			dt := time.Duration(1+rng.IntN(1000)) * time.Millisecond
			in := control.Senses{TachoFresh: rng.IntN(3) > 0, RPM: []float64{300, 900}, FlowFresh: rng.IntN(3) > 0}
			for i := range in.RPM {
				switch {
				case rng.Float64() > turns:
					in.RPM[i] = 0
				case rng.IntN(50) == 0:
					in.RPM[i] = []float64{math.NaN(), math.Inf(1), -5, 1e300}[rng.IntN(4)]
				}
			}
			if rng.Float64() < flows {
				in.FlowLPM = 1
			}
			c.Step(&in, dt)
			total += dt
			if duty > 0 && !(in.FlowFresh && in.FlowLPM > 0) {
				dry += dt
			} else {
				dry = 0
			}
			if duty > 0 {
				rest = 0
			} else {
				rest += dt
			}
			duty = c.Duty()
			if !(duty >= 0 && duty <= 100) {
				t.Fatalf("%+v asks for %v", cfg, duty)
			}
			if total > most+2*time.Second { // a step in each of two phases
				t.Fatalf("%+v has not ended after %v", cfg, total)
			}
			if rest > 17*time.Second && !(cfg.Test == control.Run && cfg.Duty == 0) {
				t.Fatalf("%+v rests for %v", cfg, rest)
			}
			if cfg.Test == control.Run && cfg.Pump && cfg.FlowMeter && dry > 6*time.Second {
				t.Fatalf("%+v runs dry for %v", cfg, dry)
			}
		}
		for rest = 0; c.State() == control.ExperimentResting; rest += time.Second {
			c.Step(&control.Senses{}, time.Second)
			if c.Duty() != 0 || rest > 10*time.Minute || !cfg.Pump {
				t.Fatalf("%+v rests for %v at %v", cfg, rest, c.Duty())
			}
		}
		if c.Active() || c.Duty() != 0 || (c.State() == control.ExperimentFailed) != (c.Reason() != "") {
			t.Fatalf("%+v ends as %s, %q", cfg, c.State(), c.Reason())
		}
		if s := c.Swept(); c.State() == control.ExperimentDone && cfg.Test == control.Sweep && !(s.Stop <= s.Start && s.MinRPM > 0 && s.MaxRPM > 0) {
			t.Fatalf("%+v found %+v", cfg, s)
		}
	}
}
