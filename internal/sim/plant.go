package sim

import (
	"math"
	"time"
)

// WattsPerFlow is the heat that water carries: W per (L/min K). It is
// 4187 J/(kg K) at one kilogram a litre and 60 seconds a minute.
const WattsPerFlow = 4187.0 / 60

// Params are the constants of a loop. docs/simulation.md says where the defaults
// come from.
type Params struct {
	HostCapacity  float64 // C_h, J/K: cold plate and the host's heat spreader
	WaterCapacity float64 // C_w, J/K: water, radiator core, blocks
	Plate         float64 // G_plate, W/K: cold plate at the reference flow
	Still         float64 // G_still, W/K: the same without flow
	Case          float64 // G_ha, W/K: the host's own case to the room
	Tube          float64 // G_tube, W/K: tubing and reservoir to the room
	Wet           float64 // G_wet, W/K: water side of the radiator at the reference flow
	Draught       float64 // G_draught, W/K: air side with the fan at rest
	Forced        float64 // G_forced, W/K: what the fan adds at its greatest speed
	RefFlow       float64 // V_ref, L/min
}

// DefaultParams is a laptop with a cold plate, half a litre of water and a
// radiator for one 120 mm fan.
func DefaultParams() Params {
	return Params{
		HostCapacity:  210,
		WaterCapacity: 2450,
		Plate:         12,
		Still:         0.01,
		Case:          0.8,
		Tube:          0.8,
		Wet:           25,
		Draught:       1,
		Forced:        7,
		RefFlow:       1.3,
	}
}

// State is what a plant remembers: its temperatures in C.
type State struct {
	Host  float64
	Water float64
}

// Drive is what acts on a plant during a step.
type Drive struct {
	Heat     float64 // Q, W, from the host
	PumpHeat float64 // P, W, into the water
	Ambient  float64 // T_a, C
	Flow     float64 // V, L/min, not negative
	Fan      float64 // n, 0 to 1
}

// Energy is what a step moved, in J. In = Rejected + Stored.
type Energy struct {
	In       float64 // from the host and the pump
	Rejected float64 // to the room, through radiator, tubing and the host's case
	Stored   float64 // in the two capacities; negative while they cool
}

// Plant is the thermal model of a loop; see the package comment for its
// equations. It is not safe for concurrent use.
type Plant struct {
	params Params
	state  State
}

// NewPlant starts at the given temperatures. All params must be positive.
func NewPlant(params Params, start State) *Plant {
	return &Plant{params: params, state: start}
}

// State returns the present temperatures.
func (p *Plant) State() State { return p.state }

// conductances returns G_hw and G_wa for a drive.
func (p *Plant) conductances(d Drive) (hw, wa float64) {
	c := &p.params
	stirred := math.Pow(max(d.Flow, 0)/c.RefFlow, 0.8)
	hw = c.Still + c.Plate*stirred
	wa = c.Tube
	if stirred > 0 {
		air := c.Draught + c.Forced*math.Pow(min(max(d.Fan, 0), 1), 0.6)
		wa += 1 / (1/(c.Wet*stirred) + 1/air)
	}
	return hw, wa
}

// Steady is the state that a constant drive leads to.
func (p *Plant) Steady(d Drive) State {
	hw, wa := p.conductances(d)
	ha := p.params.Case
	// Cramer's rule on the two balances with all derivatives zero.
	det := (hw+ha)*(hw+wa) - hw*hw
	return State{
		Host:  d.Ambient + (d.Heat*(hw+wa)+d.PumpHeat*hw)/det,
		Water: d.Ambient + (d.PumpHeat*(hw+ha)+d.Heat*hw)/det,
	}
}

// Step advances the plant by dt under a constant drive, exactly, for any dt that
// is not negative.
func (p *Plant) Step(d Drive, dt time.Duration) Energy {
	t := max(dt.Seconds(), 0)
	hw, wa := p.conductances(d)
	ch, cw, ha := p.params.HostCapacity, p.params.WaterCapacity, p.params.Case
	// The distance x from the steady state obeys x' = M x with real, negative
	// eigenvalues m+s and m-s, so x(t) = (k1 + k2 (M - m)) x(0).
	m11, m12 := -(hw+ha)/ch, hw/ch
	m21, m22 := hw/cw, -(hw+wa)/cw
	m := (m11 + m22) / 2
	s := math.Sqrt((m11-m22)*(m11-m22)/4 + m12*m21)
	slow, fast := math.Exp((m+s)*t), math.Exp((m-s)*t)
	k1, k2 := (slow+fast)/2, (slow-fast)/(2*s)

	end := p.Steady(d)
	x0 := State{p.state.Host - end.Host, p.state.Water - end.Water}
	x1 := State{
		Host:  (k1+k2*(m11-m))*x0.Host + k2*m12*x0.Water,
		Water: k2*m21*x0.Host + (k1+k2*(m22-m))*x0.Water,
	}
	// The integral of x over the step is the inverse of M times x1 - x0.
	dh, dw := x1.Host-x0.Host, x1.Water-x0.Water
	det := m11*m22 - m12*m21
	intHost := (m22*dh - m12*dw) / det
	intWater := (m11*dw - m21*dh) / det

	p.state = State{Host: end.Host + x1.Host, Water: end.Water + x1.Water}
	return Energy{
		In:       (d.Heat + d.PumpHeat) * t,
		Rejected: ha*(intHost+(end.Host-d.Ambient)*t) + wa*(intWater+(end.Water-d.Ambient)*t),
		Stored:   ch*dh + cw*dw,
	}
}

// minCarry is the flow, in L/min, below which the water at the cold plate's
// probes stands still and has the reservoir's temperature.
const minCarry = 0.01

// Legs returns the water temperatures before and after the cold plate, in C.
func (p *Plant) Legs(d Drive) (inlet, outlet float64) {
	w := p.state.Water
	if d.Flow < minCarry {
		return w, w
	}
	hw, _ := p.conductances(d)
	half := hw * (p.state.Host - w) / (WattsPerFlow * d.Flow) / 2
	return w - half, w + half
}
