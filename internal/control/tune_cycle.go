package control

import "time"

// flank is a phase of a relay experiment: where the value turned, and the straight line (least squares) on which
// it then came, as sums over time. Values are counted in the direction in which the phase leads.
type flank struct {
	length float64 // s; 0 until the end
	lowest float64 // K, the turning point
	slope  float64 // K/s
	before float64 // K, the line at the begin of the phase
	after  float64 // K, and at its end

	seen, turned       bool
	w, st, sv, stt, sq float64 // sums of weight, time, value, time², time*value
}

// add takes a value at a time since the begin of the phase; it stood for dt.
func (f *flank) add(value float64, at, dt time.Duration) {
	if !f.seen || value < f.lowest {
		*f = flank{seen: true, lowest: value}
	}
	f.turned = f.turned || value >= max(f.lowest+tuneLeave, f.lowest/2)
	if !f.turned {
		return
	}
	t, w := at.Seconds(), dt.Seconds()
	f.w += w
	f.st += w * t
	f.sv += w * value
	f.stt += w * t * t
	f.sq += w * t * value
}

// end fits the line. Where there is none, the slope is 0.
func (f *flank) end(length time.Duration) {
	f.length = length.Seconds()
	if !(f.w > 0) {
		return
	}
	spread := f.stt - f.st*f.st/f.w
	if !(spread > 0) {
		return
	}
	f.slope = max((f.sq-f.st*f.sv/f.w)/spread, 0)
	f.before = (f.sv - f.slope*f.st) / f.w
	f.after = f.before + f.slope*f.length
}

// tuneCycle is a cycle of a relay experiment: two phases, as they follow each other.
type tuneCycle struct {
	length [2]float64 // s
	delay  [2]float64 // s, at the begin of each
	gain   [2]float64 // K per second per percent, by each and the phase before it
	swing  float64    // K
	ok     bool       // every phase had a line
}

// take makes a complete phase the first or the second half of a cycle. The lines before and after a switch meet
// where the value would have turned if it had turned at once: so much later than the switch the loop answers.
func (c *tuneCycle) take(half int, was, now *flank, by float64) {
	if half == 0 {
		*c = tuneCycle{ok: true}
	}
	c.length[half] = now.length
	c.swing = -(was.lowest + now.lowest)
	if c.ok = c.ok && was.slope > 0 && now.slope > 0; c.ok {
		c.delay[half] = -(was.after + now.before) / (was.slope + now.slope)
		c.gain[half] = (was.slope + now.slope) / by
	}
}

// alike says that the cycles repeat each other, so that nothing but the relay acts on the loop.
func alike(cycles *[tuneAlike]tuneCycle) bool {
	low, high := cycles[0], cycles[0]
	least, most := cycles[0].gain[0], cycles[0].gain[0]
	for i := range cycles {
		c := &cycles[i]
		if !c.ok {
			return false
		}
		for k := range c.length {
			low.length[k], high.length[k] = min(low.length[k], c.length[k]), max(high.length[k], c.length[k])
			least, most = min(least, c.gain[k]), max(most, c.gain[k])
		}
	}
	for k := range low.length {
		if high.length[k] > low.length[k]*tuneLikeness+tuneSlack {
			return false
		}
	}
	return most <= least*tuneLikeness
}
