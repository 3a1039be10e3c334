package control_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"coolant/internal/control"
)

// The vectors of contract/share.json are what the firmware's C must answer, too.
func TestShareVectors(t *testing.T) {
	var file struct {
		Shares []struct {
			Name   string `json:"name"`
			Output struct {
				Role  control.Role `json:"role"`
				Min   float64      `json:"min_duty"`
				Max   float64      `json:"max_duty"`
				Start float64      `json:"start_duty"`
				Stop  float64      `json:"stop_duty"`
				Range [2]float64   `json:"range"`
			} `json:"output"`
			Parts   [][2]float64 `json:"parts"`
			Demands [][2]float64 `json:"demands"`
		} `json:"shares"`
	}
	readVectors(t, "share.json", &file)
	if len(file.Shares) < 6 {
		t.Fatalf("%d cases", len(file.Shares))
	}
	for _, v := range file.Shares {
		t.Run(v.Name, func(t *testing.T) {
			o := control.DefaultOutput("x", v.Output.Role, control.PWM4)
			o.Min, o.Max, o.Start, o.Stop = v.Output.Min, v.Output.Max, v.Output.Start, v.Output.Stop
			o.Auto = control.AutoConfig{Follow: "y", Range: &control.Range{From: v.Output.Range[0], To: v.Output.Range[1]}}
			if len(v.Parts) < 3 || len(v.Demands) < 3 {
				t.Fatalf("%d parts and %d demands", len(v.Parts), len(v.Demands))
			}
			for _, p := range v.Parts {
				if got := o.Part(p[0]); math.Abs(got-p[1]) > 1e-9 {
					t.Errorf("of the demand %v it does %v, want %v", p[0], got, p[1])
				}
			}
			for _, d := range v.Demands {
				if got := o.Demand(d[0]); math.Abs(got-d[1]) > 1e-9 {
					t.Errorf("the duty %v stands for the demand %v, want %v", d[0], got, d[1])
				}
			}
		})
	}
}

// A greater demand is never less cooling, every part is within its bounds, and nobody slows down where a
// PI starts.
func TestPartsOfAnyOutput(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := control.DefaultOutput("x", rapid.SampledFrom([]control.Role{control.Pump, control.Fan}).Draw(t, "role"), control.PWM4)
		o.Min = rapid.Float64Range(1, 100).Draw(t, "min")
		o.Max = rapid.Float64Range(o.Min, 100).Draw(t, "max")
		o.Start, o.Stop = 0, 0
		if o.Role == control.Fan && rapid.Bool().Draw(t, "rests") {
			o.Start = rapid.Float64Range(0.1, 100).Draw(t, "start")
			o.Stop = rapid.Float64Range(0, o.Start).Draw(t, "stop")
		}
		from := rapid.Float64Range(0, 99).Draw(t, "from")
		to := rapid.Float64Range(from+0.001, 100).Draw(t, "to")
		o.Auto = control.AutoConfig{Follow: "y", Range: &control.Range{From: from, To: to}}
		a := rapid.Float64Range(0, 100).Draw(t, "demand")
		b := rapid.Float64Range(a, 100).Draw(t, "greater demand")
		if less, more := o.Part(a), o.Part(b); less < 0 || less > more+1e-9 || more > o.Max+1e-9 || o.Part(100) < o.Max-1e-9 {
			t.Fatalf("%+v: of %v it does %v, of %v %v", o, a, less, b, more)
		}
		duty := rapid.Float64Range(0, 100).Draw(t, "duty")
		demand := o.Demand(duty)
		if got := o.Part(demand + 1e-9); demand < 0 || demand > 100+1e-9 || got < min(duty, o.Max)-1e-6 {
			t.Fatalf("%+v: %v stands for the demand %v, which is %v", o, duty, demand, got)
		}
	})
}
