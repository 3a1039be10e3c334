package control_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"coolant/internal/control"
)

// readVectors reads a file of the contract's vectors.
func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "contract", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// The vectors of contract/curve.json are what the firmware's C must answer, too.
func TestCurveVectors(t *testing.T) {
	var file struct {
		Curves []struct {
			Name   string `json:"name"`
			Config struct {
				Points     [][2]float64 `json:"points"`
				Hysteresis float64      `json:"hysteresis_k"`
				Min        float64      `json:"min_duty"`
				Max        float64      `json:"max_duty"`
				Start      float64      `json:"start_duty"`
				Stop       float64      `json:"stop_duty"`
				Failsafe   float64      `json:"failsafe_duty"`
				PatienceMS int64        `json:"patience_ms"`
			} `json:"config"`
			Steps []struct {
				DtMS     int64    `json:"dt_ms"`
				Value    *float64 `json:"value"`
				Duty     float64  `json:"duty"`
				Failsafe bool     `json:"failsafe"`
			} `json:"steps"`
		} `json:"curves"`
	}
	readVectors(t, "curve.json", &file)
	if len(file.Curves) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range file.Curves {
		t.Run(v.Name, func(t *testing.T) {
			cfg := control.CurveConfig{
				Hysteresis: v.Config.Hysteresis, Min: v.Config.Min, Max: v.Config.Max,
				Start: v.Config.Start, Stop: v.Config.Stop, Failsafe: v.Config.Failsafe,
				Patience: time.Duration(v.Config.PatienceMS) * time.Millisecond,
			}
			for _, p := range v.Config.Points {
				cfg.Points = append(cfg.Points, control.Point{Temp: p[0], Duty: p[1]})
			}
			c := newCurve(t, cfg)
			for i, s := range v.Steps {
				in := control.Input{}
				if s.Value != nil {
					in = control.Input{Value: *s.Value, Good: true}
				}
				got := c.Step(in, time.Duration(s.DtMS)*time.Millisecond)
				if math.Abs(got.Duty-s.Duty) > 1e-6 || got.Failsafe != s.Failsafe {
					t.Errorf("step %d: got %+v, want duty %v, failsafe %v", i, got, s.Duty, s.Failsafe)
				}
			}
		})
	}
}
