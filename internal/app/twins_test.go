package app

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/e2e/mqtt"
	"coolant/internal/app/config"
)

func twinsOf(t *testing.T, c config.Config) DeviceTwins {
	t.Helper()
	var found DeviceTwins
	if err := WithTwins(c, func(d DeviceTwins) error { found = d; return nil }); err != nil {
		t.Fatal(err)
	}
	return found
}

// TestTwin goes the whole way: an edit is stored, reaches a device through the broker, and comes
// back as the device's word, by the socket and by the API.
func TestTwin(t *testing.T) {
	ctx := t.Context()
	c, r, stop := start(t)
	const id = "loop"
	stopDevice := simulate(t, r, id)
	twins := twinsOf(t, c)
	edit := func(base uint64, body string) coolant.Twin {
		t.Helper()
		tw, err := twins.EditTwin(ctx, id, base, json.RawMessage(body), coolant.Edit{By: "test"})
		if err != nil {
			t.Fatal(err)
		}
		return tw
	}
	reaches := func(phase coolant.TwinPhase, version uint64) (tw coolant.Twin) {
		t.Helper()
		until(t, string(phase), func() bool {
			var err error
			tw, err = twins.Twin(ctx, id)
			return err == nil && tw.Phase == phase && tw.Desired.Version == version
		})
		return tw
	}
	if tw, err := twins.Twin(ctx, id); err != nil || tw.Phase != coolant.TwinUnset {
		t.Errorf("at first it is %+v, %v", tw, err)
	}
	edit(0, `{"interval_ms":2000}`)
	reaches(coolant.TwinApplied, 1)
	edit(1, `{"outputs":[{"name":"second"}]}`) // that the board has no such output is for the device to say
	if tw := reaches(coolant.TwinRefused, 2); !strings.Contains(tw.Reported.Refused, "outputs[0]") {
		t.Errorf("it is refused because %q", tw.Reported.Refused)
	}
	_, err := twins.EditTwin(ctx, id, 1, json.RawMessage(`{}`), coolant.Edit{})
	if coolant.CodeOf(err) != coolant.CodeConflict || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a stale edit: %v", err)
	}
	for body, want := range map[string]string{
		`{"interval_ms":"fast"}`:                           "interval_ms",
		`{"interval_ms":1}`:                                "not within 1000 to 3600000",
		`{"critical_c":60}`:                                "critical_c",
		`{"outputs":[{"name":"fan"},{"name":"fan"}]}`:      "outputs[1].name",
		`{"outputs":[{"name":"fan","wiring":{"pin":63}}]}`: "GPIO 63",
		`{"interval":5000}`:                                "interval: there is no such member; did you mean interval_ms?",
		`{"outputs":[{"name":"fan","auto":{"follow":{"output":"fan","range":[0,50]}}}]}`: "outputs[0].auto.follow.output",
		`{"outputs":[{"name":"fan","override":{"duty":9,"until":1795572271}}]}`:          "Unix milliseconds are expected",
		`[]`: "an object is expected",
	} {
		if _, err := twins.EditTwin(ctx, id, 2, json.RawMessage(body), coolant.Edit{}); coolant.CodeOf(err) != coolant.CodeInvalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want it to be invalid because of %q", body, err, want)
		}
	}
	if _, err := twins.ReturnTwin(ctx, id, 2, 1, coolant.Edit{By: "test"}); err != nil {
		t.Fatal(err)
	}
	reaches(coolant.TwinApplied, 3)
	for _, unknown := range []func() error{
		func() error { _, err := twins.Twin(ctx, "pool"); return err },
		func() error { _, err := twins.EditTwin(ctx, "pool", 0, nil, coolant.Edit{}); return err },
		func() error { _, err := twins.ReturnTwin(ctx, "pool", 0, 1, coolant.Edit{}); return err },
		func() error { _, err := twins.TwinHistory(ctx, "pool", 0, 1); return err },
	} {
		if err := unknown(); coolant.CodeOf(err) != coolant.CodeNotFound {
			t.Errorf("of an unknown device: %v", err)
		}
	}

	base := "http://" + r.Addresses.HTTP + "/api/v1/devices/loop/twin"
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, base, bytes.NewReader([]byte(`{"base":3,"body":{"interval_ms":3000}}`)))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the API answers %s", answer.Status)
	}
	reaches(coolant.TwinApplied, 4)

	// What is desired outlives the service, and what was edited while the device was away reaches it when
	// it comes back.
	stopDevice()
	edit(4, `{"interval_ms":4000}`)
	stop()
	c, r, _ = startIn(t, c.Data)
	twins = twinsOf(t, c)
	reaches(coolant.TwinApplying, 5)
	history, err := twins.TwinHistory(ctx, id, 0, 10)
	if err != nil || len(history) != 5 || history[2].Edit.From != 1 || history[1].Edit.By != "page" {
		t.Errorf("the history is %+v, %v", history, err)
	}
	simulateAgain(t, r, id)
	reaches(coolant.TwinApplied, 5)
}

// simulateAgain runs a device that is registered already.
func simulateAgain(t *testing.T, r Running, id coolant.DeviceID) {
	t.Helper()
	password, err := r.Devices.Rotate(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	simulateWith(t, r, id, password)
}

// TestInput sends a value from outside to a device that listens.
func TestInput(t *testing.T) {
	ctx := t.Context()
	c, r, _ := start(t)
	password, err := r.Devices.Add(ctx, "loop", "")
	if err != nil {
		t.Fatal(err)
	}
	device, err := mqtt.Dial(ctx, mqtt.Options{Addr: r.Addresses.MQTT, Connect: mqtt.Connect{
		Version: mqtt.V311, ID: "loop", User: "loop", Password: password,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer device.Close()
	if err := device.Subscribe(0, "coolant/loop/input"); err != nil {
		t.Fatal(err)
	}
	twins := twinsOf(t, c)
	if err := twins.Input(ctx, "loop", coolant.Input{HostW: 45.25, Valid: 30 * time.Second}); err != nil {
		t.Fatal(err)
	}
	for {
		p, err := device.Next()
		if err != nil {
			t.Fatal(err)
		}
		if p.Type != mqtt.TypePublish {
			continue
		}
		topic, payload, _, _, err := mqtt.ParsePublish(mqtt.V311, p)
		if err != nil || string(topic) != "coolant/loop/input" || string(payload) != `{"host_w":45.25,"valid_s":30}` {
			t.Errorf("%s: %s, %v", topic, payload, err)
		}
		break
	}
	if err := twins.Input(ctx, "pool", coolant.Input{HostW: 1, Valid: time.Second}); coolant.CodeOf(err) != coolant.CodeNotFound {
		t.Errorf("to a device that there is not: %v", err)
	}
	if err := twins.Input(ctx, "loop", coolant.Input{HostW: 1}); coolant.CodeOf(err) != coolant.CodeInvalid {
		t.Errorf("that holds for no time: %v", err)
	}
}
