package sim

import (
	"math"
	"slices"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// maxOffset is the greatest offset that a probe may have, in K.
const maxOffset = 5.0

// zeroing compares probes that stand in the same water: the command `zero`. It finds the
// offsets with which they would agree on their mean; whether they get them is up to the owner.
type zeroing struct {
	command string
	args    wire.ZeroArgs
	until   time.Time
	running bool
	sums    map[coolant.Metric]float64
	counts  map[coolant.Metric]int
	result  *zeroDocument // of the last one that ended
}

// zeroDocument is what `reported` says of it.
type zeroDocument struct {
	Command string                     `json:"command"`
	Error   string                     `json:"error,omitempty"`
	Offsets map[coolant.Metric]float64 `json:"offsets,omitempty"`
}

func (z *zeroing) begin(command string, args wire.ZeroArgs, now time.Time) {
	*z = zeroing{
		command: command, args: args, until: now.Add(args.Time), running: true,
		sums: make(map[coolant.Metric]float64), counts: make(map[coolant.Metric]int), result: z.result,
	}
}

// look takes what the probes read now.
func (z *zeroing) look(r *Rig, now time.Time) {
	if !z.running {
		return
	}
	for _, reading := range r.Readings() {
		if reading.Quality == coolant.Good && slices.Contains(z.args.Roles, reading.Metric) {
			z.sums[reading.Metric] += reading.Value
			z.counts[reading.Metric]++
		}
	}
	if !now.Before(z.until) {
		z.running = false
		z.result = z.finish(&r.set)
	}
}

func (z *zeroing) finish(s *settings) *zeroDocument {
	doc := &zeroDocument{Command: z.command, Offsets: make(map[coolant.Metric]float64)}
	mean := 0.0
	for _, role := range z.args.Roles {
		if z.counts[role] == 0 {
			return &zeroDocument{Command: z.command, Error: string(role) + ": no good reading in this time"}
		}
		mean += z.sums[role] / float64(z.counts[role]) / float64(len(z.args.Roles))
	}
	for _, role := range z.args.Roles {
		offset := mean - z.sums[role]/float64(z.counts[role])
		for _, p := range s.control.Probes {
			if p.Role == role {
				offset += p.Offset
			}
		}
		if math.Abs(offset) > maxOffset {
			return &zeroDocument{Command: z.command, Error: string(role) + ": more than 5 K from the mean; is it in the same water?"}
		}
		doc.Offsets[role] = math.Round(offset*100) / 100
	}
	return doc
}
