package app

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/broker/brokertest"
)

// outsideRules are an outside broker's, as the guides set them: the service uses
// everything of the contract, each device its own topics by direction. The witness
// is only here.
const outsideRules = "user coolant-server\ntopic readwrite coolant/#\ntopic read emqx/esp32/telemetry\n\n" +
	"user witness\ntopic read coolant/#\n\n" +
	"pattern write coolant/%u/telemetry\npattern write coolant/%u/status\npattern write coolant/%u/info\n" +
	"pattern write coolant/%u/reported\npattern write coolant/%u/reply\npattern read coolant/%u/committed\n" +
	"pattern read coolant/%u/desired\npattern read coolant/%u/command\npattern read coolant/%u/input\n"

// outside is a Mosquitto in the place of a broker in the cloud, with TLS, passwords
// and access rules.
type outside struct {
	*brokertest.Mosquitto
	ca *brokertest.Authority
}

func startOutside(t *testing.T, o brokertest.Options, devices ...coolant.DeviceID) *outside {
	t.Helper()
	b := &outside{ca: brokertest.NewAuthority(t, "Outside CA")}
	o.Leaf = b.ca.Issue(t, "broker", time.Now().Add(90*24*time.Hour), "localhost")
	o.Users = map[string]string{"coolant-server": passwordThere("coolant-server"), "witness": passwordThere("witness")}
	for _, id := range devices {
		o.Users[string(id)] = passwordThere(string(id))
	}
	o.ACL = outsideRules
	b.Mosquitto = brokertest.Start(t, o)
	return b
}

// passwordThere is everyone's password at an outside broker.
func passwordThere(user string) string { return "password of " + user }

func (b *outside) url() string { return "mqtts://localhost:" + b.Port }

// configure is a service on free ports that uses the broker.
func (b *outside) configure(t *testing.T, mode string) config.Config {
	t.Helper()
	c, err := config.Load(config.Sources{Data: filepath.Join(t.TempDir(), "data"), Flags: map[string]string{
		"http.addr": "127.0.0.1:0", "mqtts.addr": "127.0.0.1:0", "mqtt.addr": "127.0.0.1:0",
		"broker": mode, "remote.url": b.url(), "remote.ca_file": b.ca.File,
		"remote.username": "coolant-server", "remote.password": passwordThere("coolant-server"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serve runs a service, waits until it is ready, with its outside broker too, and
// stops it at the end of the test at the latest.
func serve(t *testing.T, c config.Config) (r Running, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan Running, 1), make(chan error, 1)
	go func() {
		done <- Service{Config: c, Version: "test", Log: discard(), Ready: func(r Running) { ready <- r }}.Run(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service stopped with: %v", err)
		}
	})
	t.Cleanup(stop)
	select {
	case r = <-ready:
	case err := <-done:
		done <- nil // for the cleanup
		t.Fatalf("the service did not start: %v", err)
	}
	until(t, "the service is ready", func() bool { return Healthcheck(t.Context(), c) == nil })
	return r, stop
}
