package control

import "time"

// Slew limits how fast a duty changes, because a fan that jumps is heard. The
// zero value does not limit anything.
type Slew struct {
	Up, Down float64 // percent a second; 0 means unlimited
	duty     float64
	started  bool
}

// Step moves toward target for dt and returns where it got. The first step jumps
// to its target. A step that is urgent goes up at once, for safety; down it
// stays limited. A negative dt counts as 0.
func (s *Slew) Step(target float64, dt time.Duration, urgent bool) float64 {
	sec := max(dt.Seconds(), 0)
	switch {
	case !s.started, target > s.duty && (urgent || s.Up <= 0), target < s.duty && s.Down <= 0:
		s.duty = target
	case target > s.duty:
		s.duty = min(target, s.duty+s.Up*sec)
	case target < s.duty:
		s.duty = max(target, s.duty-s.Down*sec)
	}
	s.started = true
	return s.duty
}
