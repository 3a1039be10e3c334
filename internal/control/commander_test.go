package control_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/control"
)

// wireTap is the devices' end: it sees what is published, and answers.
type wireTap struct {
	mu   sync.Mutex
	sent []coolant.Command
	to   []coolant.DeviceID
	at   []time.Time
	fail error
	// answer is called, if it is not nil, with each publish and its number from 1.
	answer func(to coolant.DeviceID, c coolant.Command, nth int)
}

func (w *wireTap) publish(to coolant.DeviceID, c coolant.Command) error {
	w.mu.Lock()
	w.sent, w.to, w.at = append(w.sent, c), append(w.to, to), append(w.at, time.Now())
	nth, answer, fail := len(w.sent), w.answer, w.fail
	w.mu.Unlock()
	if answer != nil {
		answer(to, c, nth)
	}
	return fail
}

func commander(t *testing.T, w *wireTap) *control.Commander {
	t.Helper()
	c, err := control.NewCommander(control.CommanderOptions{Publish: w.publish})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommander(t *testing.T) {
	ok := func(id string) coolant.CommandReply { return coolant.CommandReply{ID: id, OK: true} }
	tests := []struct {
		name   string
		answer func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, nth int)
		fail   error
		reply  string // "ok", or the device's error; "" if none comes
		code   coolant.Code
		text   string // in the error
		after  time.Duration
		sends  int // at least
	}{
		{name: "answered at once", answer: func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, _ int) {
			c.Reply(to, ok(sent.ID))
		}, reply: "ok", sends: 1},
		{name: "refused by the device", answer: func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, _ int) {
			c.Reply(to, coolant.CommandReply{ID: sent.ID, Error: "no such probe"})
		}, reply: "no such probe", sends: 1},
		{name: "lost twice, then answered", answer: func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, nth int) {
			if nth == 3 {
				c.Reply(to, ok(sent.ID))
			}
		}, reply: "ok", after: 3 * time.Second, sends: 3},
		{name: "answered late, between two attempts", answer: func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, nth int) {
			if nth == 1 {
				time.AfterFunc(500*time.Millisecond, func() { c.Reply(to, ok(sent.ID)) })
			}
		}, reply: "ok", after: 500 * time.Millisecond, sends: 1},
		{name: "never answered", code: coolant.CodeUnavailable, text: "loop did not answer identify within 30s; is it connected", after: 30 * time.Second, sends: 7},
		{name: "never sent", fail: errors.New("no broker"), code: coolant.CodeUnavailable, text: "could not be sent: no broker", after: 30 * time.Second, sends: 7},
		{name: "sent at last", fail: errors.New("no broker"), answer: func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, nth int) {
			if nth == 2 {
				c.Reply(to, ok(sent.ID))
			}
		}, reply: "ok", after: time.Second, sends: 2},
		{name: "another id", answer: func(c *control.Commander, to coolant.DeviceID, _ coolant.Command, _ int) {
			c.Reply(to, ok("1234"))
		}, code: coolant.CodeUnavailable, after: 30 * time.Second},
		{name: "another device", answer: func(c *control.Commander, _ coolant.DeviceID, sent coolant.Command, _ int) {
			c.Reply("pool", ok(sent.ID))
		}, code: coolant.CodeUnavailable, after: 30 * time.Second},
		{name: "answered twice", answer: func(c *control.Commander, to coolant.DeviceID, sent coolant.Command, _ int) {
			c.Reply(to, ok(sent.ID))
			c.Reply(to, coolant.CommandReply{ID: sent.ID, Error: "again?"})
		}, reply: "ok", sends: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wireTap{fail: tt.fail}
				c := commander(t, w)
				if tt.answer != nil {
					w.answer = func(to coolant.DeviceID, sent coolant.Command, nth int) { tt.answer(c, to, sent, nth) }
				}
				began := time.Now()
				reply, err := c.Send(t.Context(), "loop", "identify", json.RawMessage(`{"a":1}`), 30*time.Second)
				if coolant.CodeOf(err) != tt.code || err != nil && !strings.Contains(err.Error(), tt.text) {
					t.Errorf("error %v, want %q %q", err, tt.code, tt.text)
				}
				got := reply.Error
				if reply.OK {
					got = "ok"
				}
				if got != tt.reply {
					t.Errorf("reply %+v, want %q", reply, tt.reply)
				}
				if took := time.Since(began); took != tt.after {
					t.Errorf("it took %v, want %v", took, tt.after)
				}
				if len(w.sent) < tt.sends {
					t.Errorf("sent %d times, want %d", len(w.sent), tt.sends)
				}
				for i, sent := range w.sent {
					if sent.ID != w.sent[0].ID || len(sent.ID) != 32 || w.to[i] != "loop" || sent.Name != "identify" || string(sent.Args) != `{"a":1}` ||
						sent.Expires != coolant.Milli(began.Add(30*time.Second)) {
						t.Errorf("attempt %d: %+v to %s", i+1, sent, w.to[i])
					}
					if i > 0 && (w.at[i].Sub(w.at[i-1]) < time.Second || w.at[i].Sub(w.at[i-1]) > 5*time.Second) {
						t.Errorf("attempt %d came %v after the one before", i+1, w.at[i].Sub(w.at[i-1]))
					}
				}
			})
		})
	}
}

// Two devices never see each other's answers, also where a device repeats an id
// that it saw elsewhere, and many callers do not get in each other's way.
func TestCommanderKeepsDevicesApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wireTap{}
		c := commander(t, w)
		w.answer = func(to coolant.DeviceID, sent coolant.Command, _ int) {
			other := coolant.DeviceID("a")
			if to == "a" {
				other = "b"
			}
			c.Reply(other, coolant.CommandReply{ID: sent.ID, Error: "not mine"})
			time.AfterFunc(100*time.Millisecond, func() { c.Reply(to, coolant.CommandReply{ID: sent.ID, Error: "of " + string(to)}) })
		}
		var callers sync.WaitGroup
		for i := range 8 {
			to := coolant.DeviceID([]string{"a", "b"}[i%2])
			callers.Go(func() {
				reply, err := c.Send(t.Context(), to, "identify", nil, time.Minute)
				if err != nil || reply.Error != "of "+string(to) {
					t.Errorf("%s: %+v, %v", to, reply, err)
				}
			})
		}
		callers.Wait()
		ids := map[string]bool{}
		for _, sent := range w.sent {
			ids[sent.ID] = true
		}
		if len(ids) != 8 {
			t.Errorf("%d ids for 8 commands", len(ids))
		}
	})
}

func TestCommanderIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := commander(t, &wireTap{})
		ctx, cancel := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() { _, _ = c.Send(ctx, "loop", "identify", nil, time.Hour) })
		}
		synctest.Wait()
		if _, err := c.Send(ctx, "loop", "identify", nil, time.Hour); coolant.CodeOf(err) != coolant.CodeConflict {
			t.Errorf("a ninth command: %v", err)
		}
		if _, err := c.Send(ctx, "pool", "identify", nil, time.Second); coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("another device: %v", err)
		}
		cancel()
		callers.Wait()
		if _, err := c.Send(t.Context(), "loop", "identify", nil, time.Second); coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("after the others gave up: %v", err)
		}
	})
}

func TestCommanderStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wireTap{}
		c := commander(t, w)
		ctx, stop := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- c.Run(ctx) }()
		failed := make(chan error, 1)
		go func() {
			_, err := c.Send(t.Context(), "loop", "identify", nil, time.Hour)
			failed <- err
		}()
		synctest.Wait()
		stop()
		if err := <-failed; coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "the service stops") {
			t.Errorf("pending at the stop: %v", err)
		}
		if err := <-ran; err != nil {
			t.Error(err)
		}
		if _, err := c.Send(t.Context(), "loop", "identify", nil, time.Hour); coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("sent after the stop: %v", err)
		}
	})
}

func TestCommanderRefuses(t *testing.T) {
	c := commander(t, &wireTap{})
	for name, try := range map[string]func() error{
		"no name": func() error { _, err := c.Send(t.Context(), "loop", "", nil, time.Minute); return err },
		"no time": func() error { _, err := c.Send(t.Context(), "loop", "identify", nil, 0); return err },
		"a week":  func() error { _, err := c.Send(t.Context(), "loop", "identify", nil, 7*24*time.Hour); return err },
		"a clear an hour later": func() error {
			_, err := c.Send(t.Context(), "loop", "clear_fault", json.RawMessage(`{"fault":"leak","occurrence":1}`), time.Hour)
			return err
		},
		"an experiment in two minutes": func() error { _, err := c.Send(t.Context(), "loop", "commission", nil, 2*time.Minute); return err },
		"an array": func() error {
			_, err := c.Send(t.Context(), "loop", "identify", json.RawMessage(`[]`), time.Minute)
			return err
		},
		"a null": func() error {
			_, err := c.Send(t.Context(), "loop", "identify", json.RawMessage(`null`), time.Minute)
			return err
		},
		"too much": func() error {
			_, err := c.Send(t.Context(), "loop", "identify", json.RawMessage(`{"a":"`+strings.Repeat("x", 48<<10)+`"}`), time.Minute)
			return err
		},
	} {
		if err := try(); coolant.CodeOf(err) != coolant.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := control.NewCommander(control.CommanderOptions{}); err == nil {
		t.Error("a commander without a way to the devices")
	}
}
