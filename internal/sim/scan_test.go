package sim

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"math"

	"coolant"
	"coolant/internal/control"
)

type scanPlant struct {
	name string
	p Params
	lo, hi float64
}

func scanPlants() []scanPlant {
	m := DefaultParams()
	m.HostCapacity, m.WaterCapacity, m.Plate, m.Case, m.Tube, m.Wet, m.Draught, m.Forced = 420, 6100, 24, 1.6, 1.2, 50, 2, 14
	l := DefaultParams()
	l.HostCapacity, l.WaterCapacity, l.Plate, l.Case, l.Tube, l.Wet, l.Draught, l.Forced = 630, 13700, 36, 2.4, 1.8, 75, 3, 21
	return []scanPlant{{"small", DefaultParams(), 15, 60}, {"medium", m, 30, 120}, {"large", l, 45, 180}}
}

type scanDay struct { at time.Time; lo, hi float64 }
func (h scanDay) Heat(t time.Time) float64 { if t.Before(h.at) { return h.lo }; return h.hi }
func (scanDay) Ambient(time.Time) float64 { return 22.4 }

func scanRespond(seed uint64, sp scanPlant, pi control.PIConfig, mode string, hours int) (got response) {
	at := monday.Add(time.Hour)
	r := NewRig(RigOptions{Seed: seed, Start: monday})
	r.plant = NewPlant(sp.p, r.plant.State())
	r.day = scanDay{at, sp.lo, sp.hi}
	s := r.set
	pump, fan := s.control.Outputs[0], s.control.Outputs[1]
	a := control.AutoConfig{Input: coolant.Water, PI: &pi}
	switch mode {
	case "fan": fan.Auto = a
	case "pump first": a.Range = &control.Range{From: 0, To: 60}; pump.Auto = a; fan.Auto = control.AutoConfig{Follow: "pump", Range: &control.Range{From: 40, To: 100}}
	case "fan first": a.Range = &control.Range{From: 40, To: 100}; pump.Auto = a; fan.Auto = control.AutoConfig{Follow: "pump", Range: &control.Range{From: 0, To: 60}}
	case "together": a.Range = &control.Range{From: 0, To: 100}; pump.Auto = a; fan.Auto = control.AutoConfig{Follow: "pump", Range: &control.Range{From: 0, To: 100}}
	}
	s.control.Outputs = []control.OutputConfig{pump, fan}
	if err := r.apply(s); err != nil { panic(err) }
	r.Advance(at)
	second := func(n int) (float64, float64, float64) {
		r.Advance(at.Add(time.Duration(n) * time.Second))
		rd := r.reg.Readings()[0]
		return rd.Value - pi.Setpoint, r.duties[0].Duty, r.duties[1].Duty
	}
	var lp, lf float64
	reached := 0
	for n := 1; n <= 3600; n++ {
		off, p, f := second(n)
		got.peak, lp, lf = max(got.peak, off), p, f
		if reached == 0 && off >= -0.25 { reached = n }
		if math.Abs(off) > 0.25 { got.settling = time.Duration(n-reached)*time.Second }
	}
	low, high, mp, mf := math.Inf(1), math.Inf(-1), 0.0, 0.0
	for n := 3601; n <= 3600+3600*hours; n++ {
		_, p, f := second(n)
		mp += math.Abs(p-lp); mf += math.Abs(f-lf); lp, lf = p, f
		low, high = min(low, r.State().Water), max(high, r.State().Water)
		if n%60 == 0 { got.movement = max(got.movement, max(mp, mf)); mp, mf = 0, 0 }
	}
	got.swing = high - low
	return got
}

func TestScan(t *testing.T) {
	if os.Getenv("SCAN") == "" { t.Skip() }
	for _, sp := range scanPlants() {
		if os.Getenv("PLANT") != "" && os.Getenv("PLANT") != sp.name { continue }
		fmt.Println(sp.name)
		var gs [][3]float64
		for _, k := range strings.Fields(os.Getenv("KPTI")) { var a, b float64; fmt.Sscanf(k, "%f/%f", &a, &b); gs = append(gs, [3]float64{a, b, .13}) }
		for _, g := range gs {
			var w response
			n, moved := 0, 0
			for _, set := range []float64{31.5, 31.77, 32, 32.46} {
				for seed := uint64(1); seed <= 6; seed++ {
					got := scanRespond(seed, sp, control.PIConfig{Setpoint: set, Kp: g[0], Ti: time.Duration(g[1]*1e9), Deadband: g[2]}, os.Getenv("SCAN"), 2)
					n++
					if got.movement > 0.5 { moved++ }
					w = response{max(w.peak, got.peak), max(w.settling, got.settling), max(w.swing, got.swing), max(w.movement, got.movement)}
				}
			}
			flag := ""
			{ flag = "*" }
			fmt.Printf("  %v: peak %.2f settle %v swing %.4f move %.2f (%d of %d moved) %s\n", g, w.peak, w.settling, w.swing, w.movement, moved, n, flag)
		}
	}
}
