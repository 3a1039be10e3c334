package remote

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"coolant"
	"coolant/internal/broker/brokertest"
)

// TestQueued checks that what waited at the broker is told from what comes now,
// where the service was away for long: its time of receipt says nothing.
func TestQueued(t *testing.T) {
	for name, test := range map[string]struct {
		away   time.Duration
		queued bool
	}{
		"after an hour":             {time.Hour, true},
		"after a quick redeploy":    {time.Minute, false},
		"after the clock went back": {-time.Hour, false},
	} {
		versions(t, func(t *testing.T, protocol string) {
			t.Run(name, func(t *testing.T) {
				m, ca := secure(t, brokertest.Options{})
				e := at(m, ca)
				e.Protocol = protocol
				known := &records{}
				var skew atomic.Int64
				with := func(o *Options) {
					o.Records = known
					o.Now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
				}
				h := begin(t, e, newInbox(stored), with).linked(t)
				eventually(t, "a note of the session", func() error {
					sessions, _, err := h.memory.load(t.Context())
					if err == nil && len(sessions) != 1 {
						err = fmt.Errorf("there are %v", sessions)
					}
					return err
				})
				h.stop()
				skew.Store(int64(test.away))
				device := peer(t, at(m, ca), "loop")
				for i := range 3 {
					say(t, device, "coolant/loop/telemetry", fmt.Sprintf("queued %d", i), false)
				}
				in := newInbox(stored)
				begin(t, e, in, with).linked(t)
				in.wait(t, 3)
				// Sooner or later what comes is said to be new, and stays so.
				eventually(t, "a message that did not wait", func() error {
					n := len(in.all())
					say(t, device, "coolant/loop/telemetry", "now", false)
					if got := in.wait(t, n+1); got[len(got)-1].Queued {
						return fmt.Errorf("still queued")
					}
					return nil
				})
				for _, m := range in.all() {
					if strings.HasPrefix(string(m.Payload), "queued") && m.Queued != test.queued {
						t.Errorf("%s: queued is %v", m.Payload, m.Queued)
					}
				}
			})
		})
	}
}

// TestLongQueue checks that a queue which takes longer than a request to drain is
// told from what comes now to its last message.
func TestLongQueue(t *testing.T) {
	m, ca := secure(t, brokertest.Options{})
	known := &records{}
	var skew atomic.Int64
	with := func(o *Options) {
		o.Records = known
		o.Now = func() time.Time { return time.Now().Add(time.Duration(skew.Load())) }
		o.times.request = 100 * time.Millisecond
	}
	begin(t, at(m, ca), newInbox(stored), with).linked(t).stop()
	skew.Store(int64(time.Hour))
	device := peer(t, at(m, ca), "loop")
	const queued = 100
	for i := range queued {
		say(t, device, "coolant/loop/telemetry", fmt.Sprint(i), false)
	}
	pace := time.NewTicker(5 * time.Millisecond) // of a slow disk: part of the scene
	defer pace.Stop()
	in := newInbox(func(m message) {
		select {
		case <-pace.C:
		case <-t.Context().Done():
		}
		stored(m)
	})
	begin(t, at(m, ca), in, with).linked(t)
	for _, m := range in.wait(t, queued)[:queued] {
		if !m.Queued {
			t.Errorf("message %s is not said to have waited", m.Payload)
		}
	}
	eventually(t, "a message that did not wait", func() error {
		n := len(in.all())
		say(t, device, "coolant/loop/telemetry", "now", false)
		if got := in.wait(t, n+1); got[len(got)-1].Queued {
			return fmt.Errorf("still queued")
		}
		return nil
	})
}

// TestForeignSession checks that a session under our client id that this service
// did not open is worth a word: perhaps another service runs.
func TestForeignSession(t *testing.T) {
	m, ca := secure(t, brokertest.Options{})
	begin(t, at(m, ca), newInbox(stored)).linked(t).stop()
	h := begin(t, at(m, ca), newInbox(stored)).linked(t)
	if w := codes(h); !slices.Equal(w, []string{"session_foreign"}) {
		t.Errorf("the warnings are %v", w)
	}
}

// TestVersionIsTriedAgain checks that a broker which hung up on one CONNECT is
// spoken to with MQTT 5 the next time.
func TestVersionIsTriedAgain(t *testing.T) {
	m := brokertest.Start(t, brokertest.Options{})
	var hangUp atomic.Int64
	hangUp.Store(1)
	var cut atomic.Pointer[net.Conn]
	address := proxy(t, m.Addr, func(c net.Conn) bool {
		cut.Store(&c)
		return hangUp.Add(-1) < 0
	})
	h := begin(t, Endpoint{URL: "mqtt://" + address}, newInbox(stored)).linked(t)
	if s := h.Status(); s.Protocol != protocol3 {
		t.Fatalf("MQTT %s is spoken although the broker hung up", s.Protocol)
	}
	(*cut.Load()).Close()
	eventually(t, "MQTT 5", func() error {
		if s := h.Status(); s.Protocol != protocol5 || s.State != coolant.LinkConnected {
			return fmt.Errorf("MQTT %s, %s", s.Protocol, s.State)
		}
		return nil
	})
}

// TestBackoff checks how long the link waits, and what becomes of problems that
// come again and again.
func TestBackoff(t *testing.T) {
	start := time.Unix(1_800_000_000, 0)
	problem := func(code string) *coolant.BrokerProblem { return problemf(stepSession, code, "x") }
	type attempt struct {
		lasted time.Duration // of the connection before; 0: there was none
		code   string
		limit  time.Duration // the delay is between half of it and all of it
		want   string        // the code in the end; "" is the same
	}
	tests := map[string][]attempt{
		"it grows up to a minute": {
			{0, "refused", time.Second, ""},
			{0, "refused", 2 * time.Second, ""},
			{0, "refused", 4 * time.Second, ""},
			{0, "refused", 8 * time.Second, ""},
			{0, "refused", 16 * time.Second, ""},
			{0, "refused", 32 * time.Second, ""},
			{0, "refused", time.Minute, ""},
			{0, "refused", time.Minute, ""},
		},
		"a steady connection starts it again": {
			{0, "refused", time.Second, ""}, {0, "refused", 2 * time.Second, ""}, {time.Hour, "shutting_down", time.Second, ""},
		},
		"a connection that is dropped at once does not": {
			{0, "refused", time.Second, ""}, {time.Second, "shutting_down", 2 * time.Second, ""}, {time.Second, "shutting_down", 4 * time.Second, ""},
		},
		"taken over again and again": {
			{time.Minute, "taken_over", time.Second, ""}, {time.Minute, "taken_over", 2 * time.Second, ""}, {time.Minute, "taken_over", 4 * time.Second, ""},
		},
		"lost again and again without a word": {
			{15 * time.Second, "connection_lost", time.Second, ""},
			{15 * time.Second, "connection_lost", time.Second, ""},
			{15 * time.Second, "connection_lost", time.Second, "unsteady"},
			{time.Hour, "connection_lost", time.Second, ""},
		},
	}
	for name, attempts := range tests {
		t.Run(name, func(t *testing.T) {
			b := backoff{times: usualTimes()}
			now := start
			for i, a := range attempts {
				if a.lasted > 0 {
					b.connected(now)
					now = now.Add(a.lasted)
				}
				p, delay := b.next(now, problem(a.code))
				want := a.want
				if want == "" {
					want = a.code
				}
				if delay < a.limit/2 || delay > a.limit || p.Code != want || p.Hint == "" {
					t.Errorf("attempt %d: %s after %s; want %s after at most %s", i, p.Code, delay, want, a.limit)
				}
				now = now.Add(delay)
			}
		})
	}
}

// proxy passes connections on to a broker, or hangs up on them at once.
func proxy(t *testing.T, broker string, let func(net.Conn) bool) string {
	t.Helper()
	return serveConns(t, func(c net.Conn) {
		defer c.Close()
		if !let(c) {
			return
		}
		up, err := net.Dial("tcp", broker)
		if err != nil {
			return
		}
		defer up.Close()
		pass(c, up)
	})
}
