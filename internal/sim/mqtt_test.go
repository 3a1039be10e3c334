package sim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"coolant"
	"coolant/internal/wire"
)

func TestDeviceSpeaksTheContract(t *testing.T) {
	for name, commits := range map[string]bool{"server says committed": true, "another server": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t)
			s := startServer(t, b, commits)
			began := time.Now()
			stop := runSim(t, b, func(o *Options) { o.Backfill = 24 * time.Hour })
			eventually(t, "a day of samples and a fresh one", func() bool { return s.has() >= 1441 })
			t.Logf("24 h of backlog arrived %v after the start", time.Since(began))
			if status := s.last(wire.Status); !strings.Contains(status, `"online"`) {
				t.Errorf("status %s", status)
			}
			for _, kind := range []wire.Kind{wire.Info, wire.Reported} {
				eventually(t, kind.String(), func() bool { return s.last(kind) != "" })
			}
			if _, err := wire.DecodeInfo([]byte(s.last(wire.Info))); err != nil {
				t.Error(err)
			}
			if _, err := wire.DecodeReported([]byte(s.last(wire.Reported))); err != nil {
				t.Error(err)
			}
			checkSamples(t, s, began)
			stop()
			eventually(t, "goodbye", func() bool { return strings.Contains(s.last(wire.Status), `"offline"`) })
		})
	}
}

// checkSamples looks at the one boot that came.
func checkSamples(t *testing.T, s *server, began time.Time) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.samples {
		var before coolant.UnixMilli
		for seq := uint64(1); seq <= uint64(len(of)); seq++ {
			sample := of[seq]
			switch {
			case sample.Seq != seq:
				t.Fatalf("sample %d is missing", seq)
			case sample.Time <= before:
				t.Fatalf("sample %d is not after the one before it", seq)
			case sample.Time > coolant.Milli(time.Now()):
				t.Fatalf("sample %d is in the future", seq)
			case len(sample.Readings) != 9:
				t.Fatalf("sample %d has %d readings", seq, len(sample.Readings))
			}
			for _, r := range sample.Readings {
				if low, high := r.Metric.Range(); r.Quality != coolant.Good || r.Value < low || r.Value > high {
					t.Fatalf("sample %d: %+v", seq, r)
				}
			}
			before = sample.Time
		}
		if first := of[1].Time.Time(); began.Sub(first) < 24*time.Hour-2*time.Minute {
			t.Errorf("the oldest sample is of %v", first)
		}
	}
}

func TestLastWillWhenTheConnectionIsCut(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	s := startServer(t, b, true)
	fault, err := ParseFault("wifi-lost@1s+1s")
	if err != nil {
		t.Fatal(err)
	}
	runSim(t, b, func(o *Options) { o.Faults = []Fault{fault} })
	eventually(t, "last will", func() bool { return strings.Contains(s.last(wire.Status), `"offline"`) })
	will, err := wire.DecodeStatus([]byte(s.last(wire.Status)))
	if err != nil || will.Conn == 0 {
		t.Fatalf("will %+v, %v", will, err)
	}
	eventually(t, "online again", func() bool { return strings.Contains(s.last(wire.Status), `"online"`) })
	again, err := wire.DecodeStatus([]byte(s.last(wire.Status)))
	if err != nil || again.Boot != will.Boot || again.Conn <= will.Conn {
		t.Errorf("after the will %+v came %+v, %v", will, again, err)
	}
	n := s.has()
	eventually(t, "samples again", func() bool { return s.has() > n })
	if s.boots() != 1 {
		t.Errorf("%d boots", s.boots())
	}
}

func TestCommands(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	s := startServer(t, b, true)
	runSim(t, b, nil)
	eventually(t, "samples", func() bool { return s.has() > 0 })
	send := func(id, name, args string) {
		payload := fmt.Sprintf(`{"id":%q,"name":%q,"expires":%d,"args":%s}`, id, name, time.Now().Add(time.Minute).UnixMilli(), args)
		s.publish("coolant/demo/command", []byte(payload), false)
	}
	for _, step := range []struct{ id, name, args, want string }{
		{"a1", "identify", "{}", `{"id":"a1","ok":true}`},
		{"a2", "dance", "{}", `does not know the command \"dance\"`},
		{"a3", "watch", "{}", `{"id":"a3","ok":true}`},
		{"a4", "clear_fault", `{"fault":"pump_stall","occurrence":1}`, `there is no fault pump_stall`},
		{"a5", "clear_fault", `{}`, `fault: it is missing`},
		{"a6", "restart", `{}`, `{"id":"a6","ok":true}`},
	} {
		send(step.id, step.name, step.args)
		eventually(t, step.name, func() bool { return strings.Contains(s.last(wire.Reply), `"`+step.id+`"`) })
		if got := s.last(wire.Reply); !strings.Contains(got, step.want) {
			t.Errorf("%s %s: %s, want %s", step.name, step.args, got, step.want)
		}
	}
	eventually(t, "a second boot", func() bool { return s.boots() == 2 })
	// The restart is delivered once more, as a server does that missed the reply.
	send("a6", "restart", "{}")
	n := s.has()
	eventually(t, "samples after it", func() bool { return s.has() > n+2 })
	if s.boots() != 2 {
		t.Error("a redelivered restart restarted the device again")
	}

	desire := func(payload string) { s.publish("coolant/demo/desired", []byte(payload), true) }
	desire(`{"epoch":"e","version":1,"interval_ms":2000}`)
	eventually(t, "desired applied", func() bool {
		return strings.Contains(s.last(wire.Reported), `"epoch":"e","version":1,"interval_ms":2000`)
	})
	desire(`{"epoch":"e","version":2,"interval_ms":2000,"outputs":[{"name":"pump","wiring":{"pin":5}}]}`)
	eventually(t, "desired refused", func() bool {
		return strings.Contains(s.last(wire.Reported), `"version":2,"refused":"outputs.pump.wiring.pin: GPIO 5 cannot drive an output; [16 18 21 22] can"`)
	})
}

func TestRunLeavesNothingBehind(t *testing.T) {
	b := startBroker(t)
	s := startServer(t, b, true)
	ignore := goleak.IgnoreCurrent()
	stop := runSim(t, b, func(o *Options) {
		o.Devices, o.Faults = Fleet(3, 7), []Fault{{Name: FaultReboot, At: time.Second}}
	})
	eventually(t, "three devices, and a boot more", func() bool { return s.boots() == 4 })
	stop()
	goleak.VerifyNone(t, ignore)
}
