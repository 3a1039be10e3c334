package live

import (
	"reflect"
	"slices"

	"coolant"
)

// Broker tells subscribers how the way to the devices is now, if that differs
// from what they were told last. It keeps nothing of status.
func (h *Hub) Broker(status coolant.BrokerStatus) {
	h.mu.Lock()
	defer h.mu.Unlock()
	status = BrokerOf(status)
	if reflect.DeepEqual(status, h.broker) {
		return
	}
	h.broker = status
	if h.heard() {
		h.publish(&Broker{Status: status})
		h.wake()
	}
}

// BrokerOf returns the outside form of s, which shares nothing with s: the list
// of warnings is never nil.
func BrokerOf(s coolant.BrokerStatus) coolant.BrokerStatus {
	s.Quota = copied(s.Quota)
	if s.Remote = copied(s.Remote); s.Remote != nil {
		s.Remote.Error = copied(s.Remote.Error)
		s.Remote.Certificate = copied(s.Remote.Certificate)
		s.Remote.Warnings = append([]coolant.BrokerProblem{}, s.Remote.Warnings...)
	}
	return s
}

// copied returns a copy of what p points to.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

func (e *Broker) cost() int {
	n := 2 * baseCost
	r := e.Status.Remote
	if r == nil {
		return n
	}
	n += 2 * (baseCost + len(r.URL) + len(r.Username) + len(r.Separation.Detail))
	if r.Certificate != nil {
		n += 2 * (baseCost + len(r.Certificate.Subject) + len(r.Certificate.Issuer) + len(r.Certificate.Ending))
	}
	problems := slices.Clip(r.Warnings)
	if r.Error != nil {
		problems = append(problems, *r.Error)
	}
	for _, p := range problems {
		n += 2 * (baseCost + len(p.Step) + len(p.Code) + len(p.Detail) + len(p.Hint))
	}
	return n
}
