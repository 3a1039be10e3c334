package control_test

import (
	"testing"
	"time"

	"coolant/internal/control"
)

// The gains are those of contract/gains.json, which the page reads, too; internal/sim proves them there on the
// plants that the file states.
func TestGainsAreThoseOfTheContract(t *testing.T) {
	var file struct {
		Classes []struct {
			ID       control.Class `json:"id"`
			Kp       float64       `json:"kp"`
			TiS      float64       `json:"ti_s"`
			Deadband float64       `json:"deadband_k"`
		} `json:"classes"`
	}
	readVectors(t, "gains.json", &file)
	want := []control.Class{control.Small, control.Medium, control.Large}
	if len(file.Classes) != len(want) {
		t.Fatalf("%d classes, want %v", len(file.Classes), want)
	}
	for i, c := range file.Classes {
		if c.ID != want[i] {
			t.Errorf("class %d is %q, want %q", i, c.ID, want[i])
		}
		stated := control.PIConfig{Setpoint: 31, Kp: c.Kp, Ti: time.Duration(c.TiS * float64(time.Second)), Deadband: c.Deadband}
		if got := control.Gains(c.ID, 31); got != stated {
			t.Errorf("%s: %+v, and the contract states %+v", c.ID, got, stated)
		}
		if _, err := control.NewPI(stated); err != nil {
			t.Errorf("%s: %v", c.ID, err)
		}
	}
	if got := control.DefaultPI(31); got != control.Gains(control.Small, 31) || got != control.Gains("unheard of", 31) {
		t.Errorf("the default is %+v", got)
	}
}
