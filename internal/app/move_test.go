package app

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/sim"
)

// simulate runs a device that lives at a service, and returns the service's
// certificate and how to stop it.
func simulate(t *testing.T, r Running, id coolant.DeviceID) (stop func()) {
	t.Helper()
	password, err := r.Devices.Add(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	return simulateWith(t, r, id, password)
}

func simulateWith(t *testing.T, r Running, id coolant.DeviceID, password string) (stop func()) {
	t.Helper()
	return simulateAt(t, r, id, password, 1)
}

// simulateAt is simulateWith for a loop that lives so many times as fast.
func simulateAt(t *testing.T, r Running, id coolant.DeviceID, password string, speed float64) (stop func()) {
	t.Helper()
	return simulateBy(t, r, id, password, sim.Options{Interval: time.Second, Speed: speed})
}

// simulateBy is simulateWith for a device that lives otherwise: o has all but the broker and who it is there.
func simulateBy(t *testing.T, r Running, id coolant.DeviceID, password string, o sim.Options) (stop func()) {
	t.Helper()
	o.Broker = r.Addresses.MQTTS
	o.TLS = &tls.Config{RootCAs: r.Authority.Pool(), ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	o.Devices, o.Log = []sim.DeviceOptions{{ID: id, Password: password, Seed: 1}}, discard()
	return runSimulation(t, o)
}

// runSimulation runs simulated devices until stop is called, or to the end of the test.
func runSimulation(t *testing.T, o sim.Options) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sim.Run(ctx, o) }()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			if err := <-done; err != nil {
				t.Errorf("simulated devices: %v", err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// until polls for at most 20 s.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	within(t, 20*time.Second, what, ok)
}

// within polls.
func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

// TestMoveBetweenServices moves a device from one real service to another and has
// it fail to move on.
func TestMoveBetweenServices(t *testing.T) {
	ctx := t.Context()
	from, here, _ := start(t)
	to, there, _ := start(t)
	const id = "loop"
	stop := simulate(t, here, id)
	oldHome, newHome := twinsOf(t, from), twinsOf(t, to)
	online := func(d DeviceCommands) bool {
		doc, err := d.Document(ctx, id, coolant.DocStatus)
		return err == nil && strings.Contains(string(doc.Body), `"online"`)
	}
	until(t, "the device is online", func() bool { return online(oldHome) })

	password, err := there.Devices.Add(ctx, id, "")
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(filepath.Join(to.Data, "tls", "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	move := Move{URL: "mqtts://" + there.Addresses.MQTTS, CA: string(ca), Trial: 20 * time.Second, Patience: 20 * time.Second}
	command, err := move.Ask(ctx, oldHome, id, Login{id, password})
	if err != nil {
		t.Fatal(err)
	}
	// The old service does not hear the new broker; the new one does.
	moved, err := move.Wait(ctx, newHome, id, command)
	if err != nil || moved != (Moved{URL: move.URL, State: "confirmed"}) {
		t.Fatalf("%+v, %v", moved, err)
	}
	if online(oldHome) || !online(newHome) {
		t.Error("the device is online at its old home, or not at its new one")
	}

	t.Run("a move that fails is told where it failed", func(t *testing.T) {
		dead, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		dead.Close()
		move := Move{URL: "mqtts://" + dead.Addr().String(), CA: string(ca), Trial: 5 * time.Second, Patience: 20 * time.Second}
		command, err := move.Ask(ctx, newHome, id, Login{id, password})
		if err != nil {
			t.Fatal(err)
		}
		moved, err := move.Wait(ctx, newHome, id, command)
		if err != nil || moved.State != "rolled_back" || moved.URL != "mqtts://"+there.Addresses.MQTTS || !strings.Contains(moved.Reason, "refused") {
			t.Errorf("%+v, %v", moved, err)
		}
	})
	t.Run("a device that is away does not answer", func(t *testing.T) {
		_, err := oldHome.Command(ctx, id, "identify", nil, time.Second)
		if coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "did not answer") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a device that there is not", func(t *testing.T) {
		_, err := oldHome.Command(ctx, "pool", "identify", nil, time.Second)
		if coolant.CodeOf(err) != coolant.CodeNotFound {
			t.Errorf("%v", err)
		}
	})
	t.Run("a device that refuses", func(t *testing.T) {
		reply, err := newHome.Command(ctx, id, "dance", json.RawMessage(`{}`), 10*time.Second)
		if err != nil || reply.OK || !strings.Contains(reply.Error, "dance") || len(reply.ID) != 32 {
			t.Errorf("%+v, %v", reply, err)
		}
	})
	t.Run("nobody waits any more", func(t *testing.T) {
		short, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := move.Wait(short, newHome, id, "other"); err == nil {
			t.Error("no error")
		}
	})
	stop()
}

// TestCommandsEndWithTheService checks that a command that waits for its answer
// does not hold the service up, and that its sender hears of the end.
func TestCommandsEndWithTheService(t *testing.T) {
	c, r, stop := start(t)
	if _, err := r.Devices.Add(t.Context(), "loop", ""); err != nil {
		t.Fatal(err)
	}
	commands := twinsOf(t, c)
	// One more than may be pending: when one is turned away the others wait.
	const pending = 8
	failed := make(chan error, pending+1)
	for range cap(failed) {
		go func() {
			_, err := commands.Command(t.Context(), "loop", "identify", nil, time.Hour)
			failed <- err
		}()
	}
	if err := <-failed; coolant.CodeOf(err) != coolant.CodeConflict {
		t.Fatalf("the first that ends: %v", err)
	}
	began := time.Now()
	stop()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("the service took %v to stop", took)
	}
	for range pending {
		if err := <-failed; coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "the service stops") {
			t.Errorf("%v", err)
		}
	}
	if err := WithTwins(c, func(DeviceTwins) error { return nil }); coolant.CodeOf(err) != coolant.CodeUnavailable || !strings.Contains(err.Error(), "coolant serve") {
		t.Errorf("without a service: %v", err)
	}
}

func TestMoveIsChecked(t *testing.T) {
	good := Move{URL: "mqtts://broker.example", Trial: time.Minute}
	login := Login{"loop", "hunter2 hunter2"}
	if err := good.Check(login); err != nil {
		t.Error(err)
	}
	for name, tt := range map[string]struct {
		move  Move
		login Login
		text  string
	}{
		"plain":           {Move{URL: "mqtt://broker.example"}, login, "mqtts://"},
		"half a second":   {Move{URL: good.URL, Trial: 1500 * time.Millisecond}, login, "whole number"},
		"a short trial":   {Move{URL: good.URL, Trial: time.Second}, login, "trial_s"},
		"no user":         {good, Login{"", "x"}, "username"},
		"a broken ca":     {Move{URL: good.URL, CA: "x"}, login, "ca:"},
		"a long password": {good, Login{"loop", strings.Repeat("hunter2", 30)}, "password"},
	} {
		err := tt.move.Check(tt.login)
		if coolant.CodeOf(err) != coolant.CodeInvalid || !strings.Contains(err.Error(), tt.text) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
