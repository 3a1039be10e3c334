package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// TestBothBrokers lets one device come by the embedded broker and another one by
// an outside one, and removes the second: what the outside broker kept of it does
// not bring it back.
func TestBothBrokers(t *testing.T) {
	ctx := deadline(t, time.Minute)
	r := randomness(t)
	far := outsiders("far", 1)
	b := startOutside(t, brokertest.Options{}, far...)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "both")}
	near := addDevices(ctx, t, o.Dir, "near", 1)
	s := start(ctx, t, o)

	here := launch(ctx, t, newPublisher(near[0], r, time.Now().Add(-24*time.Hour)))
	here.admit(ctx, t, s)
	there := launch(ctx, t, remotePublishers(far, r)...)
	addr, conf := b.addr()
	there.open(ctx, addr, conf)
	for _, f := range []*fleet{here, there} {
		until(ctx, t, "load", func() error { return more(f.acked(), 100) })
		f.pause(true)
		until(ctx, t, "every sample to be committed", f.settled)
		if stored, err := f.check(ctx, s); err != nil || stored < 100 {
			t.Errorf("%d samples are stored, %v", stored, err)
		}
		f.expel()
	}

	c := dialOutside(ctx, t, b, far[0])
	publishRetained(ctx, t, c, "coolant/far-0/status", `{"state":"online","boot":"1","conn":1}`)
	until(ctx, t, "its presence", func() error {
		_, body, err := s.Get(ctx, "/api/v1/devices/far-0")
		if err == nil && !strings.Contains(string(body), `"online":true`) {
			err = fmt.Errorf("the device is %s", body)
		}
		return err
	})
	if res, err := binary(t).Run(ctx, "device", "remove", "far-0", "--data", o.Dir); err != nil || res.Code != 0 {
		t.Fatalf("remove: %+v, %v", res, err)
	}
	stopCtx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if code, err := s.Terminate(stopCtx); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	s = start(ctx, t, o)
	publishRetained(ctx, t, dialOutside(ctx, t, b, far[0]), "coolant/far-0/info", `{"firmware":"1"}`) // its user lives on
	publishRetained(ctx, t, dialOutside(ctx, t, b, proc.Credential{ID: "coolant-server", Username: "coolant-server", Password: b.password}),
		"coolant/marker/info", `{}`) // what is retained has come when this has
	until(ctx, t, "the marker", func() error {
		code, body, err := s.Get(ctx, "/api/v1/devices/marker")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("%d %s", code, body)
		}
		return err
	})
	if code, body, err := s.Get(ctx, "/api/v1/devices/far-0"); err != nil || code != http.StatusNotFound {
		t.Errorf("the removed device is back: %d %s, %v", code, body, err)
	}
}

// TestRemoteWill lets a device vanish without a word from an outside broker, whose
// last will tells of it, and come back.
func TestRemoteWill(t *testing.T) {
	ctx := deadline(t, time.Minute)
	far := outsiders("far", 1)
	b := startOutside(t, brokertest.Options{}, far...)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")})
	status := func(state string, conn int) string {
		return fmt.Sprintf(`{"state":%q,"boot":"9f3c51d27ab04e66","conn":%d}`, state, conn)
	}
	dial := func(conn int) *mqtt.Conn {
		t.Helper()
		c, err := mqtt.Dial(ctx, mqtt.Options{Addr: b.Addr, TLS: b.ca.TLS(), Connect: mqtt.Connect{
			Version: mqtt.V311, ID: "far-0", User: far[0].Username, Password: far[0].Password, KeepAlive: 60,
			Will: &mqtt.Will{Topic: "coolant/far-0/status", Payload: []byte(status("offline", conn)), QoS: 1, Retain: true},
		}})
		if err != nil {
			t.Fatal(err)
		}
		publishRetained(ctx, t, c, "coolant/far-0/status", status("online", conn))
		return c
	}
	expect := func(online bool) {
		t.Helper()
		until(ctx, t, fmt.Sprintf("online to be %v", online), func() error {
			var seen struct{ Presence *struct{ Online bool } }
			err := getJSON(ctx, s, "/api/v1/devices/far-0", &seen)
			if err == nil && (seen.Presence == nil || seen.Presence.Online != online) {
				err = fmt.Errorf("presence is %+v", seen.Presence)
			}
			return err
		})
	}
	first := dial(1)
	expect(true)
	first.Close() // no DISCONNECT: the broker sends the will
	expect(false)
	second := dial(2)
	expect(true)
	s.Kill()
	second.Close() // while nobody listens: the session and the retained status tell
	s = start(ctx, t, proc.Options{Binary: binary(t), Dir: s.Dir, Env: b.env(t, "remote")})
	expect(false)
}
