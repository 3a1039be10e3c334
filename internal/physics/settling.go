package physics

import (
	"math"

	"coolant"
)

const (
	// SettlingSpan is how far back the time constant looks.
	SettlingSpan = 12 * coolant.Hour

	block       = 5  // minutes between two temperatures whose difference is explained
	leastBlocks = 18 // one and a half hours
	// Blocks with another flow than at present, by more than this part, are left out: the
	// flow changes the water side of the radiator.
	likeFlow = 0.3
	// airPower: the conductance from fins to air grows with this power of the fan's speed,
	// as usual for air across fins and tubes (docs/simulation.md).
	airPower = 0.6
	// The fan's part is fitted if it varied so much (standard deviation of duty^airPower).
	fanVaried = 0.05
	// Likewise the flow's part (standard deviation over mean).
	flowVaried = 0.02
	// modelPart is the error of the equation itself, as a part of the time constant: it knows
	// neither the cold plate's own capacity nor how the flow changes the radiator.
	modelPart = 0.1
	// greatestPart is the greatest relative band of a time constant that is told.
	greatestPart = 0.3
	// Time constants of loops with water; anything else is a mistake of the fit.
	leastTau, greatestTau = 30.0, 4 * 3600.0 // s
)

// TimeConstant finds the water's time constant in s at the present duties by the
// readings of the last hours. The balance of the water,
//
//	C dT/dt = Q + P - G (T - Ta)
//
// is fitted in its integral form over blocks of five minutes, so that nothing has to be
// differentiated:
//
//	T(t+h) - T(t) = a Int(Q) - b0 Int(T - Ta) - b1 Int((T - Ta) n^0.6) + c h
//
// with the fan's duty n from 0 to 1; b1 is left out where the fan did not vary. c takes the
// heat of the pump, and also what the probes' offsets do, so that they need not be zeroed. The
// time constant is 1 / (b0 + b1 n^0.6) with the present n. Its band is that of the fit.
func TimeConstant(t Table, l *Loop) coolant.Figure {
	t = l.comparable(t)
	if missing := t.without(0, coolant.Water, coolant.Ambient, coolant.Inlet, coolant.Outlet, coolant.FlowLPM); missing != nil {
		return unknown(coolant.UnknownMissing, missing...)
	}
	b := newBalance(t.minutes(), l)
	if len(b.y) < leastBlocks {
		f := unknown(coolant.UnknownCollecting)
		f.Have, f.Need = len(b.y)*block, leastBlocks*block
		return f
	}
	rate, uncertainty, ok := b.rate()
	if !ok || !(rate > 0) || coverage*uncertainty > greatestPart*rate || 1/rate < leastTau || 1/rate > greatestTau {
		return unknown(coolant.UnknownSteady)
	}
	return known(1/rate, root(uncertainty/rate, uniform(modelPart))/rate)
}

// minutes are the means of the minutes from the first to the last row, without holes: a
// minute without a reading is NaN.
func (t *Table) minutes() Table {
	if len(t.Times) == 0 {
		return Table{}
	}
	first, last := t.Times[0].Truncate(coolant.Minute), t.Times[len(t.Times)-1].Truncate(coolant.Minute)
	n := int((last-first)/coolant.Minute) + 1
	out := Table{Times: make([]coolant.UnixMilli, n), Values: map[coolant.Metric][]float64{}}
	for i := range n {
		out.Times[i] = first + coolant.UnixMilli(i)*coolant.Minute
	}
	counts := make([]float64, n)
	for m, col := range t.Values {
		sums := make([]float64, n)
		clear(counts)
		for row, v := range col {
			if !math.IsNaN(v) {
				i := int((t.Times[row] - first) / coolant.Minute)
				sums[i] += v
				counts[i]++
			}
		}
		for i := range sums {
			sums[i] /= counts[i]
		}
		out.Values[m] = sums
	}
	return out
}

// balance is the blocks of the fit.
type balance struct {
	heat, rise, blown, y []float64 // integrals over each block, and what the water did
	flow, fan            []float64 // means of each block; of the fan n^airPower
	present              float64   // n^airPower now
	zeroed               bool      // inlet and outlet agree
}

func newBalance(t Table, l *Loop) *balance {
	b := &balance{zeroed: l.zeroed(coolant.Inlet, coolant.Outlet)}
	flow := t.recent(func(row int) float64 { return t.at(coolant.FlowLPM, row) })
	air := t.air(l.outputs(roleFan))
	b.present = t.recent(air)
	for row := 0; row+block < len(t.Times); row += block {
		if !(math.Abs(t.mean(coolant.FlowLPM, row, row+block+1)-flow) <= likeFlow*flow) {
			continue
		}
		heat := integral(row, t.heat)
		rise := integral(row, t.rise)
		blown := integral(row, func(i int) float64 { return t.rise(i) * air(i) })
		y := t.at(coolant.Water, row+block) - t.at(coolant.Water, row)
		if math.IsNaN(heat + rise + blown + y) {
			continue
		}
		b.heat, b.rise, b.blown, b.y = append(b.heat, heat), append(b.rise, rise), append(b.blown, blown), append(b.y, y)
		b.fan = append(b.fan, integral(row, air)/(block*60))
		b.flow = append(b.flow, integral(row, func(i int) float64 { return t.at(coolant.FlowLPM, i) })/(block*60))
	}
	return b
}

// air is n^airPower of each row, with the duty n of some fans from 0 to 1. Where none of them says any, they
// count as fans that do not vary.
func (t *Table) air(fans []string) func(row int) float64 {
	blown := make([]float64, len(t.Times))
	says := false
	for row := range blown {
		blown[row] = math.Pow(t.duty(fans, row)/100, airPower)
		says = says || !math.IsNaN(blown[row])
	}
	if !says {
		clear(blown)
	}
	return func(row int) float64 { return blown[row] }
}

// recent is the mean of the last five minutes that have a value.
func (t *Table) recent(value func(row int) float64) float64 {
	sum, n := 0.0, 0
	for row := len(t.Times) - 1; row >= 0 && n < block; row-- {
		if v := value(row); !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / float64(n)
}

// integral is that of a value over a block, by the trapezoidal rule, in units of the value
// times seconds.
func integral(row int, value func(row int) float64) float64 {
	sum := (value(row) + value(row+block)) / 2
	for i := 1; i < block; i++ {
		sum += value(row + i)
	}
	return sum * 60
}

// rate is 1 / tau at the present duty, in 1/s, and its standard uncertainty.
func (b *balance) rate() (rate, uncertainty float64, ok bool) {
	withFan := deviation(b.fan) > fanVaried
	// Probes that disagree by d add the heat d times flow.
	withFlow := !b.zeroed && deviation(b.flow) > flowVaried*meanOf(len(b.flow), func(i int) float64 { return b.flow[i] })
	x := make([][]float64, len(b.y))
	for i := range x {
		x[i] = []float64{b.heat[i], -b.rise[i], block * 60}
		if withFan {
			x[i] = append(x[i], -b.blown[i])
		}
		if withFlow {
			x[i] = append(x[i], b.flow[i]*block*60)
		}
	}
	f, ok := squares(x, b.y)
	if !ok || !(f.b[0] > 0) {
		return 0, 0, false // heat warms water; a fit that says otherwise has seen noise
	}
	w := []float64{0, 1, 0}
	if withFan {
		w = append(w, b.present)
	}
	if withFlow {
		w = append(w, 0)
	}
	rate, uncertainty = f.combine(w)
	return rate, uncertainty * math.Sqrt(lasting(f.residuals)), true
}

// lasting is by how much a variance grows because errors last from one block into the
// next: (1 + r) / (1 - r) with the correlation r of neighbours, if they are as of an autoregressive
// process (Bayley and Hammersley, 1946). Less than 1 is not believed.
func lasting(residuals []float64) float64 {
	with, all := 0.0, 0.0
	for i, v := range residuals {
		all += v * v
		if i > 0 {
			with += v * residuals[i-1]
		}
	}
	r := min(max(with/all, 0), 0.9)
	return (1 + r) / (1 - r)
}

func deviation(values []float64) float64 {
	mean := meanOf(len(values), func(i int) float64 { return values[i] })
	return math.Sqrt(meanOf(len(values), func(i int) float64 { return (values[i] - mean) * (values[i] - mean) }))
}
