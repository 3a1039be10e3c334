package remote

import (
	"math/rand/v2"
	"time"

	"coolant"
)

// backoff says how long to wait before the next attempt. The delay grows from one
// failure to the next, and half of it is random, so that a fleet of services does
// not come back in step. It belongs to one goroutine.
type backoff struct {
	times times
	delay time.Duration
	since time.Time // of the present connection; zero: there is none
	brief int       // connections in a row that broke off soon
}

const (
	// briefly is how long a connection lasts at the most that breaks off soon, and
	// unsteady how many of them are no accident any more.
	briefly  = time.Minute
	unsteady = 3
)

// next is called after an attempt has failed or a connection has ended. It returns
// the problem, perhaps as what it is in the light of those before it.
func (b *backoff) next(now time.Time, p *coolant.BrokerProblem) (*coolant.BrokerProblem, time.Duration) {
	stood := !b.since.IsZero()
	lasted := now.Sub(b.since)
	b.since = time.Time{}
	limit := b.times.last
	switch p.Code {
	case "banned", "quota_reached":
		limit = b.times.lasting // trying often would make it worse
	case "taken_over":
		limit = b.times.lasting // or two services would take it from each other for ever
	default:
		if stood && lasted >= b.times.steady {
			b.delay = 0
		}
	}
	switch {
	case stood && lasted < briefly && p.Code == "connection_lost":
		b.brief++
	case stood:
		b.brief = 0
	}
	if stood && b.brief >= unsteady {
		// Brokers of MQTT 3.1.1, and Mosquitto 2.0, do not say that a session was taken
		// over.
		p = problemf(stepSession, "unsteady", "%s, for the %d. time in a row after less than %s", p.Detail, b.brief, briefly)
	}
	b.delay = min(max(2*b.delay, b.times.first), limit)
	return p, b.delay/2 + rand.N(b.delay/2+1)
}

// connected is called when a connection stands.
func (b *backoff) connected(now time.Time) { b.since = now }
