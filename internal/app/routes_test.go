package app

import (
	"testing"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/wire"
)

// sink takes every message.
type sink struct{ n int }

func (s *sink) Accept(wire.Message, wire.Receipt, uint64) { s.n++ }

// TestRoutes checks what tells where a device is.
func TestRoutes(t *testing.T) {
	r := &routes{of: map[coolant.DeviceID]way{}}
	next := &sink{}
	here, there := wayfinder{next, r, hereWay}, wayfinder{next, r, thereWay}
	steps := []struct {
		name string
		by   wayfinder
		m    wire.Message
		want way
	}{
		{"what is retained elsewhere", there, wire.Message{Retained: true}, anyWay},
		{"what waited elsewhere", there, wire.Message{Queued: true}, anyWay},
		{"it speaks there", there, wire.Message{}, thereWay},
		{"the last will of the connection before", here, wire.Message{}, thereWay},
		{"it speaks here", here, wire.Message{Live: true}, hereWay},
		{"its last will from there", there, wire.Message{Kind: wire.Status}, hereWay},
		{"its old word is still retained there", there, wire.Message{Retained: true}, hereWay},
		{"it speaks there again", there, wire.Message{}, thereWay},
	}
	for _, s := range steps {
		s.m.Device = "loop"
		s.by.Accept(s.m, nil, 0)
		if got := r.get("loop"); got != s.want {
			t.Errorf("%s: it is by way %d, want %d", s.name, got, s.want)
		}
	}
	r.forget("loop")
	if got := r.get("loop"); got != anyWay {
		t.Errorf("after it was forgotten it is by way %d", got)
	}
	if next.n != len(steps) {
		t.Errorf("%d of %d messages were passed on", next.n, len(steps))
	}
}

// TestOneBrokerNeedsNoRoutes checks that nothing stands between a broker and ingest
// where there is one of them only.
func TestOneBrokerNeedsNoRoutes(t *testing.T) {
	for _, mode := range []coolant.BrokerMode{coolant.BrokerEmbedded, coolant.BrokerRemote} {
		h := &house{Service: Service{Config: config.Config{Broker: mode}}}
		if _, wrapped := h.from(hereWay).(wayfinder); wrapped {
			t.Errorf("with %s it does", mode)
		}
	}
}
