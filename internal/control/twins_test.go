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

// shelf is a store of versions in memory.
type shelf struct {
	mu   sync.Mutex
	of   map[coolant.DeviceID][]coolant.Desired
	fail error
}

func (s *shelf) AddDesired(_ context.Context, d coolant.Desired) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	if d.Version != uint64(len(s.of[d.Device]))+1 {
		return coolant.Errorf(coolant.CodeConflict, "not the next")
	}
	s.of[d.Device] = append(s.of[d.Device], d)
	return nil
}

func (s *shelf) RefuseDesired(_ context.Context, device coolant.DeviceID, epoch string, version uint64, reason string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.of[device] {
		if d := &s.of[device][i]; d.Version == version && d.Epoch == epoch {
			d.Refused = reason
		}
	}
	return s.fail
}

func (s *shelf) Desired(context.Context) (all []coolant.Desired, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, versions := range s.of {
		all = append(all, versions[len(versions)-1])
	}
	return all, s.fail
}

func (s *shelf) DesiredHistory(_ context.Context, device coolant.DeviceID, before uint64, limit int) (found []coolant.Desired, _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.of[device]) - 1; i >= 0 && len(found) < limit; i-- {
		if d := s.of[device][i]; before == 0 || d.Version < before {
			found = append(found, d)
		}
	}
	return found, s.fail
}

// twinBench is what a test of twins works with.
type twinBench struct {
	*control.Twins
	t       *testing.T
	store   *shelf
	mu      sync.Mutex
	sent    []coolant.Desired
	sentAt  []time.Duration
	changes []coolant.Twin
	began   time.Time
	fail    error
	stop    context.CancelFunc
	done    chan struct{}
}

func newTwinBench(t *testing.T, store *shelf, said map[coolant.DeviceID]coolant.Reported) *twinBench {
	t.Helper()
	b := &twinBench{t: t, store: store, began: time.Now(), done: make(chan struct{})}
	twins, err := control.NewTwins(t.Context(), control.TwinsOptions{
		Store: store,
		Publish: func(d coolant.Desired) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.sent, b.sentAt = append(b.sent, d), append(b.sentAt, time.Since(b.began))
			return b.fail
		},
		Check: func(_ coolant.DeviceID, body json.RawMessage) error {
			if !json.Valid(body) {
				return coolant.Errorf(coolant.CodeInvalid, "no JSON")
			}
			return nil
		},
		Changed: func(tw coolant.Twin) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.changes = append(b.changes, tw)
		},
	}, said)
	if err != nil {
		t.Fatal(err)
	}
	b.Twins = twins
	var ctx context.Context
	ctx, b.stop = context.WithCancel(t.Context())
	go func() {
		defer close(b.done)
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	return b
}

func (b *twinBench) close() {
	b.stop()
	<-b.done
}

func (b *twinBench) edit(base uint64, body string) coolant.Twin {
	b.t.Helper()
	tw, err := b.Edit(b.t.Context(), "loop", base, json.RawMessage(body), coolant.Edit{By: "page"})
	if err != nil {
		b.t.Fatal(err)
	}
	return tw
}

func (b *twinBench) publishes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.sent)
}

func (b *twinBench) wantPhase(want coolant.TwinPhase) {
	b.t.Helper()
	if got := b.Twin("loop").Phase; got != want {
		b.t.Errorf("the twin is %s, want %s", got, want)
	}
}

func newShelf() *shelf { return &shelf{of: map[coolant.DeviceID][]coolant.Desired{}} }

func TestTwinGoesFromApplyingToApplied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTwinBench(t, newShelf(), nil)
		defer b.close()
		b.wantPhase(coolant.TwinUnset)
		tw := b.edit(0, `{"interval_ms":5000}`)
		if tw.Phase != coolant.TwinApplying || tw.Desired.Version != 1 || tw.Desired.Epoch == "" || tw.Desired.Edit.At == 0 {
			t.Errorf("after the edit it is %+v", tw)
		}
		synctest.Wait()
		if b.publishes() != 1 {
			t.Fatalf("%d messages, want 1", b.publishes())
		}
		time.Sleep(firstMinute)
		// At once, then after 5 s, 10 s, 20 s.
		if n := b.publishes(); n != 4 {
			t.Errorf("%d messages in a minute without an answer, want 4 (at %v)", n, b.sentAt)
		}
		b.Reported(t.Context(), "loop", coolant.Reported{Epoch: tw.Desired.Epoch, Version: 1})
		b.wantPhase(coolant.TwinApplied)
		time.Sleep(time.Hour)
		if n := b.publishes(); n != 4 {
			t.Errorf("%d messages, though it is applied", n)
		}
		b.edit(1, `{"interval_ms":7000}`)
		b.Reported(t.Context(), "loop", coolant.Reported{Epoch: tw.Desired.Epoch, Version: 2, Refused: "no"})
		b.wantPhase(coolant.TwinRefused)
		if kept := b.store.of["loop"]; kept[0].Refused != "" || kept[1].Refused != "no" {
			t.Errorf("what is kept of it is %+v", kept)
		}
		b.store.fail = errors.New("disk") // a report that says nothing new is not written again
		b.Reported(t.Context(), "loop", coolant.Reported{Epoch: tw.Desired.Epoch, Version: 2, Refused: "no"})
		if d := b.Twin("loop").Desired; d.Refused != "no" {
			t.Errorf("the twin says that it was refused because %q", d.Refused)
		}
		if len(b.changes) != 4 {
			t.Errorf("%d changes were told, want 4", len(b.changes))
		}
	})
}

const firstMinute = time.Minute

func TestTwinKeepsTryingAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTwinBench(t, newShelf(), nil)
		b.fail = errors.New("no broker")
		b.edit(0, `{}`)
		time.Sleep(24 * time.Hour)
		if n := b.publishes(); n < 24*12 || n > 24*12+10 {
			t.Errorf("%d attempts in a day, want one in five minutes", n)
		}
		before := b.publishes()
		b.Online("loop")
		synctest.Wait()
		if b.publishes() != before+1 {
			t.Error("a device that comes back waits for the next turn")
		}
		b.close()

		after := newTwinBench(t, b.store, map[coolant.DeviceID]coolant.Reported{"loop": {Epoch: "older", Version: 7}})
		defer after.close()
		synctest.Wait()
		if after.publishes() != 1 {
			t.Errorf("%d messages after a restart, want 1", after.publishes())
		}
		after.wantPhase(coolant.TwinApplying)
	})
}

func TestTwinOfARestartedServerRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newShelf()
		store.of["loop"] = []coolant.Desired{{Device: "loop", Version: 1, Epoch: "e1", Body: []byte(`{}`)}}
		b := newTwinBench(t, store, map[coolant.DeviceID]coolant.Reported{"loop": {Epoch: "e1", Version: 1}})
		defer b.close()
		b.Online("loop")
		time.Sleep(time.Hour)
		if b.publishes() != 0 {
			t.Errorf("%d messages about what is applied", b.publishes())
		}
	})
}

func TestStaleEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTwinBench(t, newShelf(), nil)
		defer b.close()
		b.edit(0, `{"a":1}`)
		b.edit(1, `{"a":2}`)
		for _, test := range []struct {
			name string
			base uint64
			body string
			by   string
			code coolant.Code
			text string
		}{
			{"of an older version", 1, `{"a":3}`, "x", coolant.CodeConflict, "page changed it at 2000-01-01T00:00:00Z (a from 1 to 2); look"},
			{"of none", 0, `{"a":3}`, "x", coolant.CodeConflict, "(a was added: 2)"},
			{"of a later one", 9, `{"a":3}`, "x", coolant.CodeConflict, "version 9"},
			{"that cannot be asked", 2, `{`, "x", coolant.CodeInvalid, "no JSON"},
			{"by a long name", 2, `{}`, strings.Repeat("x", 65), coolant.CodeInvalid, "at most"},
		} {
			_, err := b.Edit(t.Context(), "loop", test.base, json.RawMessage(test.body), coolant.Edit{By: test.by})
			if coolant.CodeOf(err) != test.code || !strings.Contains(err.Error(), test.text) {
				t.Errorf("an edit %s gives %v, want %s with %q", test.name, err, test.code, test.text)
			}
		}
		if _, err := b.Edit(t.Context(), "other", 3, json.RawMessage(`{}`), coolant.Edit{}); coolant.CodeOf(err) != coolant.CodeConflict {
			t.Errorf("an edit of nothing gives %v", err)
		}
		if tw := b.edit(2, ` { "a" : 2 } `); tw.Desired.Version != 2 {
			t.Errorf("an edit that changes nothing made version %d", tw.Desired.Version)
		}
		b.store.fail = coolant.Errorf(coolant.CodeStorageFull, "full")
		if _, err := b.Edit(t.Context(), "loop", 2, json.RawMessage(`{"a":3}`), coolant.Edit{}); coolant.CodeOf(err) != coolant.CodeStorageFull {
			t.Errorf("on a full disk: %v", err)
		}
		if v := b.Twin("loop").Desired.Version; v != 2 {
			t.Errorf("version %d is desired though it is not stored", v)
		}
	})
}

func TestReturnToAnEarlierVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTwinBench(t, newShelf(), nil)
		defer b.close()
		for v, body := range []string{`{"a":1}`, `{"a":2}`, `{"a":3}`} {
			b.edit(uint64(v), body)
		}
		tw, err := b.Return(t.Context(), "loop", 3, 1, coolant.Edit{By: "page"})
		if err != nil || tw.Desired.Version != 4 || string(tw.Desired.Body) != `{"a":1}` || tw.Desired.Edit.From != 1 {
			t.Errorf("it went back to %+v, %v", tw, err)
		}
		for to, code := range map[uint64]coolant.Code{0: coolant.CodeInvalid, 9: coolant.CodeNotFound} {
			if _, err := b.Return(t.Context(), "loop", 4, to, coolant.Edit{}); coolant.CodeOf(err) != code {
				t.Errorf("back to version %d: %v, want %s", to, err, code)
			}
		}
		history, err := b.History(t.Context(), "loop", 0, 2)
		if err != nil || len(history) != 2 || history[0].Version != 4 {
			t.Errorf("the history is %+v, %v", history, err)
		}
	})
}

// TestRestoredBackup: the device lived on with versions that the store has lost. What the store has wins, under a new
// epoch; the device applies any state that is not its own.
func TestRestoredBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newTwinBench(t, newShelf(), nil)
		defer b.close()
		epoch := b.edit(0, `{"a":1}`).Desired.Epoch
		b.store.fail = errors.New("disk")
		b.Reported(t.Context(), "loop", coolant.Reported{Epoch: epoch, Version: 5})
		b.wantPhase(coolant.TwinApplying)
		b.store.fail = nil
		b.Reported(t.Context(), "loop", coolant.Reported{Epoch: epoch, Version: 5})
		tw := b.Twin("loop")
		if tw.Desired.Epoch == epoch || tw.Desired.Version != 2 || string(tw.Desired.Body) != `{"a":1}` || tw.Desired.Edit.By != "coolant" {
			t.Errorf("it became %+v", tw.Desired)
		}
		synctest.Wait()
		if last := b.sent[len(b.sent)-1]; last.Epoch != tw.Desired.Epoch {
			t.Errorf("the device was sent epoch %s last", last.Epoch)
		}
		b.Reported(t.Context(), "loop", coolant.Reported{Epoch: tw.Desired.Epoch, Version: 2})
		b.wantPhase(coolant.TwinApplied)
		b.Forget("loop")
		b.wantPhase(coolant.TwinUnset)
		for range 2 {
			if err := b.Added(t.Context(), "loop"); err != nil {
				t.Error(err)
			}
			b.wantPhase(coolant.TwinApplying)
		}
		if err := b.Added(t.Context(), "other"); err != nil || b.Twin("other").Phase != coolant.TwinUnset {
			t.Errorf("a new device: %+v, %v", b.Twin("other"), err)
		}
	})
}

func TestTwinsNeedTheirParts(t *testing.T) {
	if _, err := control.NewTwins(t.Context(), control.TwinsOptions{}, nil); err == nil {
		t.Error("nothing is missing")
	}
	store := newShelf()
	store.fail = errors.New("disk")
	_, err := control.NewTwins(t.Context(), control.TwinsOptions{
		Store: store, Publish: func(coolant.Desired) error { return nil },
		Check: func(coolant.DeviceID, json.RawMessage) error { return nil },
	}, nil)
	if !errors.Is(err, store.fail) {
		t.Errorf("a store that cannot be read gives %v", err)
	}
}
