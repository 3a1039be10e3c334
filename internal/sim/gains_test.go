package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"coolant/internal/control"
)

// class is a class of loops as contract/gains.json states it.
type class struct {
	ID    control.Class `json:"id"`
	StepW [2]float64    `json:"step_w"`
	Plant struct {
		Host    float64 `json:"host_capacity"`
		Water   float64 `json:"water_capacity"`
		Plate   float64 `json:"plate"`
		Case    float64 `json:"case"`
		Tube    float64 `json:"tube"`
		Wet     float64 `json:"wet"`
		Draught float64 `json:"draught"`
		Forced  float64 `json:"forced"`
	} `json:"plant"`
}

func (c *class) params() Params {
	p := DefaultParams()
	p.HostCapacity, p.WaterCapacity, p.Plate, p.Case = c.Plant.Host, c.Plant.Water, c.Plant.Plate, c.Plant.Case
	p.Tube, p.Wet, p.Draught, p.Forced = c.Plant.Tube, c.Plant.Wet, c.Plant.Draught, c.Plant.Forced
	return p
}

func classes(t *testing.T) []class {
	t.Helper()
	raw, err := os.ReadFile("../../contract/gains.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Classes []class `json:"classes"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Classes) != 3 || file.Classes[0].params() != DefaultParams() {
		t.Fatalf("%+v; the small loop is that of docs/simulation.md", file.Classes)
	}
	return file.Classes
}

// The gains of every class hold what is asked of them on a plant of the class, for a fan alone and for
// shared work in every order, with setpoints on and between the steps of the probe. A large loop
// warms for nearly ten minutes before there is anything to do, so settling counts from where the water comes near its
// setpoint; and what is left of the change takes it more than an hour.
func TestClosedLoopGains(t *testing.T) {
	f := newFigures("the load times four, the worst of three setpoints, each with a specimen of the probe",
		"loop", "work", "overshoot", "settles", "after the change", "swing", "movement a minute")
	for _, c := range classes(t) {
		for _, o := range append([]order{fanAlone()}, orders()...) {
			var worst response
			for i, setpoint := range []float64{31.5, 31.77, 32.46} {
				test := stepTest{
					plant: c.params(), before: c.StepW[0], after: c.StepW[1], order: o,
					pi: control.Gains(c.ID, setpoint), steady: time.Hour,
				}
				if c.ID == control.Large {
					test.steady = 2 * time.Hour
				}
				worst = worst.worst(test.run(t, uint64(i+1)))
			}
			f.row(c.ID, o.name, fmt.Sprintf("%.2f K", worst.peak), worst.settles, worst.settling, fmt.Sprintf("%.4f K", worst.swing), fmt.Sprintf("%.2f %%", worst.movement))
			if worst.peak >= 0.5 || worst.settles >= 10*time.Minute || worst.swing > probeStep || worst.movement >= 1 {
				t.Errorf("%s, %s: %+v", c.ID, o.name, worst)
			}
		}
	}
	f.log(t)
}
