package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/app/config"
)

// start runs a service on a fresh directory and free ports, and stops it at the
// end of the test.
func start(t *testing.T) (config.Config, Running, func()) {
	t.Helper()
	return startIn(t, filepath.Join(t.TempDir(), "data"))
}

// startWith is start with an environment.
func startWith(t *testing.T, environ []string) (config.Config, Running, func()) {
	t.Helper()
	return startService(t, filepath.Join(t.TempDir(), "data"), environ)
}

// startIn is start on a given directory.
func startIn(t *testing.T, data string) (config.Config, Running, func()) {
	t.Helper()
	return startService(t, data, nil)
}

func startService(t *testing.T, data string, environ []string) (config.Config, Running, func()) {
	t.Helper()
	c, err := config.Load(config.Sources{Data: data, Flags: map[string]string{
		"http.addr": "127.0.0.1:0", "mqtts.addr": "127.0.0.1:0", "mqtt.addr": "127.0.0.1:0",
	}})
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan Running, 1)
	done := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		done <- Service{Config: c, Version: "test", Log: discard(), Environ: environ, Ready: func(r Running) { ready <- r }}.Run(ctx)
	}()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service stopped with: %v", err)
		}
	}
	t.Cleanup(stop)
	select {
	case r := <-ready:
		return c, r, stop
	case err := <-done:
		stopped = true
		cancel()
		t.Fatalf("the service did not start: %v", err)
	}
	panic("unreachable")
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

func TestServiceLifecycle(t *testing.T) {
	c, r, stop := start(t)
	ctx := t.Context()

	if err := Healthcheck(ctx, c); err != nil {
		t.Errorf("health check: %v", err)
	}
	res, err := http.Get("http://" + r.Addresses.HTTP + "/ping")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if string(body) != "pong" {
		t.Errorf("/ping answers %q", body)
	}
	for _, f := range []string{"coolant.db", "tls/ca.crt", "coolant.addr.json"} {
		if _, err := os.Stat(filepath.Join(c.Data, f)); err != nil {
			t.Errorf("the first start did not make %s: %v", f, err)
		}
	}
	if st, err := os.Stat(filepath.Join(c.Data, "coolant.sock")); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("command socket: %v, %v", st, err)
	}

	t.Run("a second service is refused", func(t *testing.T) {
		err := Service{Config: c, Log: discard()}.Run(ctx)
		if coolant.CodeOf(err) != coolant.CodeConflict || !strings.Contains(err.Error(), "in use by another coolant process") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a port in use is named", func(t *testing.T) {
		other := c
		other.Data = t.TempDir()
		other.MQTT.Addr = r.Addresses.MQTT
		err := Service{Config: other, Log: discard()}.Run(ctx)
		if err == nil || !strings.Contains(err.Error(), "mqtt.addr: "+r.Addresses.MQTT+" is in use") {
			t.Errorf("got %v", err)
		}
	})

	stop()
	if err := Healthcheck(ctx, c); coolant.CodeOf(err) != coolant.CodeUnavailable {
		t.Errorf("health check of a stopped service: %v", err)
	}
	if conn, err := net.Dial("tcp", r.Addresses.MQTTS); err == nil {
		conn.Close()
		t.Error("the broker still listens")
	}
}

// TestDeviceAdministration checks that the devices can be changed alike through
// the running service and in a data directory at rest.
func TestDeviceAdministration(t *testing.T) {
	c, r, stop := start(t)
	for _, phase := range []string{"running", "at rest"} {
		t.Run(phase, func(t *testing.T) {
			id := coolant.DeviceID(strings.ReplaceAll(phase, " ", "-"))
			err := WithDevices(t.Context(), c, discard(), func(d DeviceAdmin) error {
				password, err := d.Add(t.Context(), id, "A loop")
				if err != nil || len(password) < 26 {
					t.Errorf("add: %q, %v", password, err)
				}
				if _, err := d.Add(t.Context(), id, ""); coolant.CodeOf(err) != coolant.CodeConflict {
					t.Errorf("add twice: %v", err)
				}
				rotated, err := d.Rotate(t.Context(), id)
				if err != nil || rotated == password {
					t.Errorf("rotate: %v", err)
				}
				list, err := d.List(t.Context())
				if err != nil || len(list) != 1 || list[0].ID != id || list[0].Name != "A loop" || list[0].Created == 0 {
					t.Errorf("list: %+v, %v", list, err)
				}
				if phase == "running" {
					if known, err := r.Devices.List(t.Context()); err != nil || len(known) != 1 {
						t.Errorf("the service itself knows %+v, %v", known, err)
					}
				}
				if err := d.Remove(t.Context(), id, true); err != nil {
					t.Errorf("remove: %v", err)
				}
				if err := d.Remove(t.Context(), id, true); coolant.CodeOf(err) != coolant.CodeNotFound {
					t.Errorf("remove twice: %v", err)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "backup.db")
			if err := Backup(t.Context(), c, discard(), file); err != nil {
				t.Errorf("backup: %v", err)
			}
			if err := Backup(t.Context(), c, discard(), file); err == nil {
				t.Error("a backup overwrote a file")
			}
		})
		stop()
	}
}

// TestDeviceAddedAgain checks that a device that was removed and whose history
// was kept is shown with that history as soon as it is added again.
func TestDeviceAddedAgain(t *testing.T) {
	ctx := t.Context()
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(data, 0o700); err != nil {
		t.Fatal(err)
	}
	store, err := dataDir(data).openStore(ctx, discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	at := coolant.Milli(time.Now()) - coolant.Hour
	err = errors.Join(
		store.EnsureDevice(ctx, coolant.Device{ID: "again", Created: at}),
		func() error {
			_, err := store.Append(ctx, []coolant.Sample{{Device: "again", Time: at, Readings: []coolant.Reading{
				{Metric: "inlet", Quality: coolant.CRC}, {Metric: "water", Value: 31.25},
			}}})
			return err
		}(),
		store.Close(),
	)
	if err != nil {
		t.Fatal(err)
	}
	_, r, _ := startIn(t, data)
	if err := r.Devices.Remove(ctx, "again", false); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Devices.Add(ctx, "again", ""); err != nil {
		t.Fatal(err)
	}
	device := "http://" + r.Addresses.HTTP + "/api/v1/devices/again"
	row := at.Time().Format("2006-01-02T15:04:05.000Z") + ",,31.25,inlet=crc\r\n"
	for address, want := range map[string]string{
		device:                  `"metric":"water","unit":"celsius","value":31.25`,
		device + "/samples.csv": "time,inlet,water,faults\r\n" + row,
	} {
		res, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %d %s, %v; want %s", address, res.StatusCode, body, err, want)
		}
	}
}

func TestReachable(t *testing.T) {
	for address, want := range map[string]string{
		"[::]:8080": "127.0.0.1:8080", "0.0.0.0:8080": "127.0.0.1:8080", "127.0.0.1:1": "127.0.0.1:1", "[::1]:8080": "[::1]:8080", "x": "x",
	} {
		if got := reachable(address); got != want {
			t.Errorf("%s is reached at %s, want %s", address, got, want)
		}
	}
}
