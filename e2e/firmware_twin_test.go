package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// twinScene is a device at an outside broker, a server that listens there, and
// somebody who asks things of the device.
type twinScene struct {
	*outside
	server *proc.Server
	ask    *mqtt.Conn
	heard  *heard
	device firmwareOptions
}

func newTwinScene(t *testing.T) *twinScene {
	t.Helper()
	ctx := deadline(t, 2*time.Minute)
	creds := outsiders("fw", 1)
	b := startOutside(t, brokertest.Options{}, creds...)
	service := proc.Credential{ID: "asker", Username: "coolant-server", Password: b.password}
	sc := &twinScene{
		outside: b, ask: dialOutside(ctx, t, b, service),
		server: start(ctx, t, proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")}),
		device: firmwareOptions{
			credential: creds[0], url: "mqtts://localhost:" + b.Port, ca: b.ca.File,
			state: filepath.Join(t.TempDir(), "state"), more: []string{"--interval", "1s"},
		},
	}
	sc.heard = listen(ctx, t, mqtt.Options{Addr: b.Addr, TLS: b.ca.TLS(), Connect: mqtt.Connect{User: service.Username, Password: service.Password}}, "coolant/#")
	return sc
}

// reportedState is what a device says that it does.
type reportedState struct {
	Epoch    string
	Version  uint64
	Refused  string
	Interval int64 `json:"interval_ms"`
	Outputs  map[string]struct {
		Duty float64
		By   string `json:"claim"`
	}
	Alarms []struct {
		Name   string
		Active bool
	}
}

func parseReported(payload string) reportedState {
	var r reportedState
	_ = json.Unmarshal([]byte(payload), &r) // what cannot be read passes no test
	return r
}

const desiredTopic, reportedTopic = "coolant/fw-0/desired", "coolant/fw-0/reported"

// TestFirmwareDesired tells a device what is wanted of it: it does so, says so, and
// keeps it over a power cut; what it cannot do it refuses with the reason and goes
// on as before. A flash that is damaged means safe defaults and a fault.
func TestFirmwareDesired(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	sc := newTwinScene(t)
	f := startFirmware(t, sc.device)
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool { return parseReported(p).Version == 0 && parseReported(p).Interval == 1000 })

	publishRetained(ctx, t, sc.ask, desiredTopic, `{"epoch":"e1","version":3,"interval_ms":2000,"critical_c":45}`)
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool {
		r := parseReported(p)
		return r.Epoch == "e1" && r.Version == 3 && r.Refused == "" && r.Interval == 2000
	})
	publishRetained(ctx, t, sc.ask, desiredTopic, `{"epoch":"e1","version":4,"interval_ms":3000,"critical_c":80}`)
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool {
		r := parseReported(p)
		return r.Epoch == "e1" && r.Version == 4 && strings.Contains(r.Refused, "critical_c") && r.Interval == 2000
	})

	// The power goes, and nobody tells it again.
	f.kill()
	publishRetained(ctx, t, sc.ask, desiredTopic, "")
	before := len(sc.heard.of(reportedTopic))
	f = startFirmware(t, sc.device)
	sc.heard.waitFor(ctx, t, reportedTopic, before, func(p string) bool { return parseReported(p).Interval == 2000 })

	f.kill()
	damage(t, filepath.Join(sc.device.state, "desired"))
	before = len(sc.heard.of(reportedTopic))
	startFirmware(t, sc.device)
	sc.heard.waitFor(ctx, t, reportedTopic, before, func(p string) bool {
		r := parseReported(p)
		for _, a := range r.Alarms {
			if a.Name == "settings_lost" {
				return r.Epoch == "" && r.Interval == 1000
			}
		}
		return false
	})
}

// damage changes one byte in the middle of a file.
func damage(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 0x10
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFirmwareCommands sends commands to a device: each is answered, and carried
// out once, however often it is delivered.
func TestFirmwareCommands(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	sc := newTwinScene(t)
	f := startFirmware(t, sc.device)
	const reply, status = "coolant/fw-0/reply", "coolant/fw-0/status"
	online := func(after int) (boot string) {
		t.Helper()
		said := sc.heard.waitFor(ctx, t, status, after, func(p string) bool { return strings.Contains(p, `"online"`) })
		var s struct{ Boot string }
		if err := json.Unmarshal([]byte(said), &s); err != nil {
			t.Fatal(err)
		}
		return s.Boot
	}
	first := online(0)
	send := func(id, name, args string) {
		t.Helper()
		payload := fmt.Sprintf(`{"id":%q,"name":%q,"expires":%d,"args":%s}`, id, name, time.Now().Add(time.Minute).UnixMilli(), args)
		out := mqtt.AppendPublish(nil, mqtt.V311, mqtt.Publish{Topic: "coolant/fw-0/command", Payload: []byte(payload), ID: 9, QoS: 1})
		if _, err := sc.ask.Write(out); err != nil {
			t.Fatal(err)
		}
	}
	answered := func(id string, after int, holds string) {
		t.Helper()
		sc.heard.waitFor(ctx, t, reply, after, func(p string) bool {
			return strings.Contains(p, fmt.Sprintf(`"id":%q`, id)) && strings.Contains(p, holds)
		})
	}
	for _, c := range []struct{ id, name, args, holds string }{
		{"c1", "identify", "{}", `"ok":true`},
		{"c2", "frobnicate", "{}", `"error"`},
		{"c3", "clear_fault", `{"fault":"leak"}`, `"error"`},
		{"c4", "watch", "{}", `"ok":true`},
		{"c5", "ota", `{"url":"https://example.com/x.bin","version":"9.0.0","sha256":"` + strings.Repeat("0", 64) + `"}`, `"ok":true`},
	} {
		send(c.id, c.name, c.args)
		answered(c.id, 0, c.holds)
	}
	f.says(ctx, t, "the light blinks", 1)
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool {
		return strings.Contains(p, `"failed"`) && strings.Contains(p, "not possible on this host")
	})

	// Something is tried, and given up.
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool { return strings.Contains(p, `"claim":"auto"`) })
	send("e1", "commission", `{"output":"fan","test":"run","seconds":60}`)
	answered("e1", 0, `"ok":true`)
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool {
		return strings.Contains(p, `"command":"e1","kind":"run","output":"fan","state":"running"`) && strings.Contains(p, `"claim":"commissioning"`)
	})
	send("e2", "abort", "{}")
	answered("e2", 0, `"ok":true`)
	sc.heard.waitFor(ctx, t, reportedTopic, 0, func(p string) bool {
		return strings.Contains(p, `"command":"e1","kind":"run","output":"fan","state":"aborted"`) && !strings.Contains(p, `"claim":"commissioning"`)
	})

	before := len(sc.heard.of(status))
	send("r1", "restart", "{}")
	answered("r1", 0, `"ok":true`)
	second := online(before + 1) // after its offline
	if second == first {
		t.Fatal("a restart is a new boot")
	}
	replies := len(sc.heard.of(reply))
	before = len(sc.heard.of(status))
	send("r1", "restart", "{}")
	answered("r1", replies, `"ok":true`)
	send("c6", "identify", "{}")
	answered("c6", replies, `"ok":true`)
	if more := sc.heard.of(status)[before:]; len(more) > 0 {
		t.Errorf("a restart that was delivered twice was carried out twice: %q", more)
	}
}

// TestFirmwareBrokerRestart restarts the outside broker while a device reports
// once a second: every sample is stored once.
func TestFirmwareBrokerRestart(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	sc := newTwinScene(t)
	begun := time.Now()
	f := startFirmware(t, sc.device)
	enough := func(n int) []int64 {
		t.Helper()
		var times []int64
		until(ctx, t, "samples", func() (err error) {
			times, err = storedTimes(ctx, sc.server, "fw-0", begun.Add(-time.Minute))
			if err == nil && len(times) < n {
				err = fmt.Errorf("%d of %d samples are stored", len(times), n)
			}
			return err
		})
		return times
	}
	for range 2 {
		n := len(enough(3))
		sc.Stop()
		runFor(ctx, 1500*time.Millisecond)
		sc.Start()
		enough(n + 6)
	}
	f.leave(ctx, t)
	if err := steady(enough(1)); err != nil {
		t.Error(err)
	}
}
