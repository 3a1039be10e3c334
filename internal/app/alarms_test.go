package app

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"coolant"
	"coolant/internal/sim"
)

// shown is what the API says of a device to whoever looks.
type shown struct {
	Health   coolant.Health `json:"health"`
	Presence *struct {
		Online bool `json:"online"`
	} `json:"presence"`
}

// TestEveryFaultIsShown breaks one thing of each of some devices and sees that it gets to whoever looks: by the name of the fault in what the
// device reports, and by the device's health.
func TestEveryFaultIsShown(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	c, r, _ := start(t)
	documents := twinsOf(t, c)
	for id, fault := range map[coolant.DeviceID]string{
		"healthy": "", "leak": "leak@2s", "pump": "pump-stall@2s", "lost": "probe-lost@2s", "por85": "por85@2s", "crc": "crc@2s",
		"drift": "probe-drift@2s", "alone": "wifi-lost@2s",
	} {
		password, err := r.Devices.Add(ctx, id, "")
		if err != nil {
			t.Fatal(err)
		}
		o := sim.Options{Interval: time.Second, Speed: 60}
		if fault != "" {
			f, err := sim.ParseFault(fault)
			if err != nil {
				t.Fatal(err)
			}
			o.Faults = []sim.Fault{f}
		}
		simulateBy(t, r, id, password, o)
	}
	look := func(id coolant.DeviceID) (s shown, faults []string) {
		resp, err := http.Get("http://" + r.Addresses.HTTP + "/api/v1/devices/" + string(id))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
			t.Fatal(err)
		}
		var said struct {
			Faults []string `json:"faults"`
		}
		if doc, err := documents.Document(ctx, id, coolant.DocReported); err == nil {
			_ = json.Unmarshal(doc.Body, &said) // what cannot be read shows no fault
		}
		return s, said.Faults
	}
	for _, want := range []struct {
		id     coolant.DeviceID
		health coolant.Health
		fault  string
		online bool
	}{
		{"leak", coolant.HealthAlarm, "leak", true},
		{"pump", coolant.HealthAlarm, "pump_stall", true},
		{"lost", coolant.HealthFault, "input_lost", true},
		{"por85", coolant.HealthFault, "input_lost", true},
		{"crc", coolant.HealthFault, "input_lost", true},
		{"drift", coolant.HealthAlarm, "probes_disagree", true},
		{"alone", coolant.HealthOffline, "", false},
		{"healthy", coolant.HealthOK, "", true},
	} {
		until(t, string(want.id)+" is "+string(want.health), func() bool {
			s, faults := look(want.id)
			return s.Health == want.health && s.Presence != nil && s.Presence.Online == want.online && (want.fault == "" || slices.Contains(faults, want.fault))
		})
	}
}
