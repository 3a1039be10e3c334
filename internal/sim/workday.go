package sim

import (
	"math"
	"time"
)

// Workday is the outside of a loop: what a laptop's owner does to it, and the
// room. It is a pure function of its seed and the time, whose location says when
// it is morning; every day has the same shape and differs in its details.
type Workday struct {
	Seed uint64
}

// steady is a day on which the host gives off the same heat all the time.
type steady struct {
	day
	heat float64 // W
}

func (s steady) Heat(time.Time) float64 { return s.heat }

// activity is a part of the day. A burst is a build: it begins at random in a
// slot of five minutes.
type activity struct {
	from   float64 // hours after midnight
	base   float64 // W
	burst  float64 // W while a burst lasts; 0: none
	chance float64 // of a burst in a slot
	long   float64 // greatest length of a burst, s
}

// schedule is a day, in order.
var schedule = [...]activity{
	{from: 0, base: 6},    // asleep
	{from: 7.5, base: 12}, // mail over breakfast
	{from: 9, base: 46},   // the IDE indexes
	{from: 9.3, base: 20, burst: 62, chance: 0.5, long: 210}, // coding
	{from: 10.5, base: 28}, // a meeting, camera on
	{from: 11.2, base: 20, burst: 64, chance: 0.55, long: 220}, // coding
	{from: 12.2, base: 8},  // lunch
	{from: 13.2, base: 44}, // indexing again
	{from: 13.5, base: 22, burst: 66, chance: 0.7, long: 280}, // the day's large builds
	{from: 15.5, base: 29}, // a meeting
	{from: 16.5, base: 20, burst: 62, chance: 0.5, long: 210}, // coding
	{from: 18.2, base: 8}, // dinner
	{from: 19.7, base: 17, burst: 30, chance: 0.3, long: 240}, // films and reading
	{from: 21, base: 50, burst: 62, chance: 0.5, long: 280},   // a game
	{from: 22.3, base: 14}, {from: 23.4, base: 6}, // and to bed
}

const (
	slotSeconds = 300
	// Salts keep the random streams of the parts apart.
	saltShift, saltBurst, saltStart, saltLength, saltRipple, saltRoom = 1, 2, 3, 4, 5, 6
)

// Heat returns the host's heat in W at t.
func (w Workday) Heat(t time.Time) float64 {
	unix := t.Unix()
	clock := float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
	day := uint64(t.YearDay()) + uint64(t.Year())*1000
	now := schedule[0]
	for i, a := range schedule[1:] {
		// Nobody starts anything on the minute.
		if clock < a.from+(w.unit(saltShift, day, uint64(i))-0.5)/6 {
			break
		}
		now = a
	}
	ripple := 1 + 0.16*(w.unit(saltRipple, uint64(unix/20), 0)-0.5)
	heat := now.base * ripple
	slot := uint64(unix / slotSeconds)
	if now.burst > 0 && w.unit(saltBurst, slot, 0) < now.chance {
		start := 60 * w.unit(saltStart, slot, 0)
		length := 40 + (now.long-40)*w.unit(saltLength, slot, 0)
		if at := float64(unix%slotSeconds) - start; at >= 0 && at < length {
			heat = now.burst * ripple
		}
	}
	return heat
}

// Ambient returns the temperature of the room in C at t: coolest before dawn,
// warmest late in the afternoon, with a slow wander of doors and windows.
func (w Workday) Ambient(t time.Time) float64 {
	const knot = 2400 // s between the knots of the wander
	clock := float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
	k, rest := t.Unix()/knot, t.Unix()%knot
	at := float64(rest) / knot
	at = at * at * (3 - 2*at) // smooth at the knots
	a, b := w.unit(saltRoom, uint64(k), 0), w.unit(saltRoom, uint64(k+1), 0)
	return 22.4 + 1.1*math.Cos(2*math.Pi*(clock-16.5)/24) + 0.5*(a+(b-a)*at-0.5)
}

// unit is a random number in [0, 1) that is always the same for the same place.
func (w Workday) unit(salt, a, b uint64) float64 {
	h := mix(w.Seed ^ mix(salt^mix(a^mix(b))))
	return float64(h>>11) / (1 << 53)
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014): it spreads every
// bit of its input over all of its output.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
