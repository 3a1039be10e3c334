package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coolant"
)

// newHouseGuests decides on a real store, and notes who joined.
func newHouseGuests(t *testing.T, known ...coolant.DeviceID) (g *guests, joined *[]coolant.Device) {
	t.Helper()
	store, err := dataDir(t.TempDir()).openStore(t.Context(), discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, id := range known {
		if err := store.EnsureDevice(t.Context(), coolant.Device{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	devices, err := store.Devices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	gone, err := openRemoved(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	g, joined = newGuests(devices, gone), new([]coolant.Device)
	g.ensure, g.devices = store.EnsureDevice, store.Devices
	g.joined = func(d coolant.Device) { *joined = append(*joined, d) }
	return g, joined
}

func TestGuests(t *testing.T) {
	ctx := t.Context()
	g, joined := newHouseGuests(t, "old")
	registered := func(id coolant.DeviceID) bool {
		t.Helper()
		all, err := g.devices(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range all {
			if d.ID == id {
				return true
			}
		}
		return false
	}

	if err := g.admit(ctx, "old"); err != nil || len(*joined) != 0 {
		t.Errorf("one that is registered: %v; joined: %v", err, *joined)
	}
	for range 2 {
		if err := g.admit(ctx, "new"); err != nil || !registered("new") {
			t.Errorf("a new one: %v", err)
		}
	}
	if len(*joined) != 1 || (*joined)[0].ID != "new" || (*joined)[0].Created == 0 {
		t.Errorf("who joined: %+v, want the new one once, as it is stored", *joined)
	}

	for _, id := range []coolant.DeviceID{"old", "new", "never-seen"} {
		if err := g.removed.add(ctx, id); err != nil {
			t.Fatal(err)
		}
		g.forget(id)
		for range 2 {
			if err := g.admit(ctx, id); coolant.CodeOf(err) != coolant.CodeForbidden || !strings.Contains(err.Error(), "add it again") {
				t.Errorf("%s after it was removed: %v", id, err)
			}
		}
	}
	if registered("never-seen") || len(*joined) != 1 {
		t.Errorf("one that was removed is registered; joined: %+v", *joined)
	}
	if again, err := openRemoved(ctx, g.removed.store); err != nil || !again.has("old") || len(again.traces()) != 3 {
		t.Errorf("after a restart: %v, %v; want all three", again, err)
	}
	if err := g.removed.cleared(ctx, "new"); err != nil || !slices.Equal(g.removed.traces(), []coolant.DeviceID{"never-seen", "old"}) {
		t.Errorf("traces are left of %v, %v", g.removed.traces(), err)
	}
	if err := g.removed.drop(ctx, "old"); err != nil {
		t.Fatal(err)
	}
	g.added("old")
	if err := g.admit(ctx, "old"); err != nil {
		t.Errorf("added again: %v", err)
	}
	if err := g.admit(ctx, "new"); coolant.CodeOf(err) != coolant.CodeForbidden {
		t.Errorf("another one is let in with it: %v", err)
	}
}

func TestGuestsAreBounded(t *testing.T) {
	ctx := t.Context()
	known := make([]coolant.Device, maxGuests-1)
	for i := range known {
		known[i].ID = coolant.DeviceID(fmt.Sprintf("d-%d", i))
	}
	g := newGuests(known, &removed{})
	ensured := 0
	g.ensure = func(context.Context, coolant.Device) error { ensured++; return nil }
	g.devices = func(context.Context) ([]coolant.Device, error) { return nil, nil }
	if err := g.admit(ctx, "last"); err != nil || ensured != 1 {
		t.Fatalf("number %d: %v", maxGuests, err)
	}
	for range 2 {
		if err := g.admit(ctx, "too-many"); coolant.CodeOf(err) != coolant.CodeForbidden || !strings.Contains(err.Error(), "coolant device add") || ensured != 1 {
			t.Errorf("number %d: %v", maxGuests+1, err)
		}
	}
	if err := g.admit(ctx, "d-7"); err != nil {
		t.Errorf("one that is known: %v", err)
	}
	g.added("too-many") // by a person: there is no bound
	if err := g.admit(ctx, "too-many"); err != nil {
		t.Errorf("added: %v", err)
	}
	g.forget("d-7")
	g.forget("d-8")
	if err := g.admit(ctx, "next"); err != nil {
		t.Errorf("after two were removed: %v", err)
	}
}

// What the store does not take now comes again, and what it does not show is no
// reason to turn a device away.
func TestGuestsWhenTheStoreFails(t *testing.T) {
	ctx := t.Context()
	g, joined := newHouseGuests(t)
	ensure, devices := g.ensure, g.devices
	broken := errors.New("broken")
	g.ensure = func(context.Context, coolant.Device) error { return broken }
	for range 2 {
		if err := g.admit(ctx, "new"); coolant.CodeOf(err) != coolant.CodeUnavailable || !errors.Is(err, broken) {
			t.Errorf("while the store fails: %v", err)
		}
	}
	g.ensure, g.devices = ensure, func(context.Context) ([]coolant.Device, error) { return nil, broken }
	if err := g.admit(ctx, "new"); err != nil || len(*joined) != 0 {
		t.Errorf("while it cannot be read: %v; joined %v", err, *joined)
	}
	g.devices = devices
	if err := g.admit(ctx, "newer"); err != nil || len(*joined) != 1 {
		t.Errorf("afterwards: %v; joined %v", err, *joined)
	}
}
