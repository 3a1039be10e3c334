package sim

import (
	"fmt"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/control"
)

// A pump without a tachometer in a loop without a flow meter is watched by physics alone: the water is as cold as the air although the host is
// busy. That can be noticed only where the host tells its heat and the air is measured, and not before the standing water has cooled, which
// takes hours through tubes. Where the host is silent nobody knows; in both cases the output says that nothing supervises it.
func TestClosedLoopPumpWithoutTachometerAndFlowMeter(t *testing.T) {
	f := newFigures("A pump that stalls, without tachometer and flow meter, 60 W", "the host", "noticed after", "claims", "faults", "water at most", "cold plate")
	for _, c := range []struct {
		name     string
		told     bool
		claim    control.Claim
		faults   string
		from, to int // s, within which it is noticed
	}{
		{name: "tells its heat", told: true, claim: control.ByNoTransfer, faults: control.FaultNoTransfer, from: 300, to: 3 * 3600},
		{name: "is silent", claim: control.ByAuto},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := control.DefaultRegulator()
			cfg.Probes = []control.ProbeConfig{{ROM: 1, Role: coolant.Water}, {ROM: 2, Role: coolant.Ambient}}
			cfg.Outputs = []control.OutputConfig{control.DefaultOutput("pump", control.Pump, control.PWM4), control.DefaultOutput("fan", control.Fan, control.PWM4)}
			b, err := newBench(1, DefaultParams(), 22, cfg)
			if err != nil {
				t.Fatal(err)
			}
			b.heat, b.told = 60, c.told
			for range 3600 {
				b.step()
			}
			b.parts[0].stalled = true
			water, plate, noticed := 0.0, 0.0, 0
			for second := range 4 * 3600 {
				b.step()
				water, plate = max(water, b.plant.State().Water), max(plate, b.plant.State().Host)
				if noticed == 0 && b.drives[0].By != control.ByAuto {
					noticed = second + 1
				}
				if b.drives[0].Supervised {
					t.Fatal("the pump is said to be supervised")
				}
			}
			var active []string
			for _, fault := range b.reg.Faults() {
				if fault.Active {
					active = append(active, fault.Name)
				}
			}
			f.row(c.name, fmt.Sprint(noticed, " s"), b.drives[0].By, active, fmt.Sprintf("%.1f C", water), fmt.Sprintf("%.1f C", plate))
			if noticed < c.from || noticed > c.to || b.drives[0].By != c.claim || b.drives[1].By != c.claim || strings.Join(active, " ") != c.faults {
				t.Errorf("noticed after %d s; %+v with %v", noticed, b.drives, active)
			}
			if c.told && (b.drives[0].Duty != 100 || b.drives[1].Duty != 100) {
				t.Errorf("%+v", b.drives)
			}
			row := "pump stalled, without tachometer and flow meter, the host's heat known (`TestClosedLoopPumpWithoutTachometerAndFlowMeter`)"
			if !c.told {
				row = "the same, and nobody tells the heat"
			}
			documented(t, row, water, plate)
			if water >= cfg.Critical || plate > 100 {
				t.Errorf("water %.1f C, cold plate %.1f C", water, plate)
			}
		})
	}
	f.log(t)
}
