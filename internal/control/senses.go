package control

import (
	"time"

	"coolant"
)

// Senses are everything that a step of a [Regulator] goes by. What is not wired or not
// known has its flag false.
type Senses struct {
	// Probes are the probes on the bus; the same ones in the same order in every step.
	Probes     []ProbeRead
	TachoFresh bool      // RPM was measured since the last step
	RPM        []float64 // by index of the output in the configuration; missing ones count as 0
	FlowFresh  bool
	FlowLPM    float64
	LeakWet    bool // the raw input; it is debounced in the regulator
	// The air near the chilled parts.
	HumidityFresh bool
	HumidityRH    float64 // percent
	HumidityC     float64
	HostKnown     bool // `input` is valid now
	HostW         float64
	ClockValid    bool // without it overrides do not apply
	Now           coolant.UnixMilli
}

// clock is the device's; without a valid one overrides do not apply.
type clock struct {
	valid bool
	now   coolant.UnixMilli
}

func (in *Senses) clock() clock { return clock{valid: in.ClockValid, now: in.Now} }

// ProbeRead is what came from one probe.
type ProbeRead struct {
	ROM     uint64 // not 0
	Fresh   bool   // a conversion ended since the last step; otherwise the rest says nothing
	Value   float64
	Quality coolant.Quality
}

// measured is a value that a part measures now and then.
type measured struct {
	value float64
	age   time.Duration
	known bool // it was measured since the start
}

func (m *measured) step(fresh bool, value float64, dt time.Duration) {
	m.age += dt
	if fresh {
		*m = measured{value: value, known: true}
	}
}

// recent says whether it was measured within the span.
func (m *measured) recent(within time.Duration) bool { return m.known && m.age < within }

// lasting is a condition that has to last to count, and to be over. Time counts from the
// step that first saw it, so that one look proves nothing.
type lasting struct {
	yes, no time.Duration // how long it is there, or not, without a break
	was     bool          // there in the step before
	on      bool
}

func (l *lasting) step(is bool, on, off, dt time.Duration) bool {
	if is != l.was {
		dt = 0
	}
	l.was = is
	if is {
		l.yes, l.no = l.yes+dt, 0
	} else {
		l.yes, l.no = 0, l.no+dt
	}
	switch {
	case is && l.yes >= on:
		l.on = true
	case !is && l.no >= off:
		l.on = false
	}
	return l.on
}
