package sim_test

import (
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/sim"
)

func TestParseFault(t *testing.T) {
	for in, want := range map[string]sim.Fault{
		"probe-lost@30s":   {Name: sim.FaultProbeLost, At: 30 * time.Second},
		"wifi-lost@10m+2m": {Name: sim.FaultWiFiLost, At: 10 * time.Minute, For: 2 * time.Minute},
		"reboot@0s":        {Name: sim.FaultReboot},
	} {
		got, err := sim.ParseFault(in)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", in, got, err, want)
		}
		if again, err := sim.ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%s prints as %s, which reads as %+v, %v", in, got, again, err)
		}
	}
	for in, says := range map[string]string{
		"":                   "the faults are probe-lost, por85, crc, stuck, probe-drift, probe-out, pump-stall, fan-stall, dry, leak, wifi-lost, reboot",
		"fire@30s":           `no fault "fire"`,
		"crc":                "NAME@TIME",
		"crc@":               `"" is not a time`,
		"crc@noon":           `"noon" is not a time`,
		"crc@-5s":            `"-5s" is not a time`,
		"wifi-lost@10m+":     `"" is not a duration`,
		"wifi-lost@10m+0s":   `"0s" is not a duration`,
		"wifi-lost@10m+2m+1": `"2m+1" is not a duration`,
	} {
		_, err := sim.ParseFault(in)
		if err == nil || !strings.Contains(err.Error(), says) || coolant.CodeOf(err) != coolant.CodeInvalid {
			t.Errorf("%q: %v, want an invalid error with %q", in, err, says)
		}
	}
}

func TestRunRefusesWrongOptions(t *testing.T) {
	err := sim.Run(t.Context(), sim.Options{
		Broker: "nowhere", Speed: 0.5, Interval: time.Millisecond, Backfill: -1,
		Devices: append(sim.Fleet(1, 1), sim.DeviceOptions{ID: "demo"}, sim.DeviceOptions{ID: "No"}),
	})
	if coolant.CodeOf(err) != coolant.CodeInvalid {
		t.Fatalf("got %v", err)
	}
	for _, says := range []string{"host:port", "TLS", "speed 0.5", "interval 1ms", "backfill", `"demo" is there twice`, "character 'N'"} {
		if !strings.Contains(err.Error(), says) {
			t.Errorf("%q is not in %v", says, err)
		}
	}
}

func TestFleet(t *testing.T) {
	if one := sim.Fleet(1, 5); one[0].ID != "demo" || one[0].Seed != 5 || one[0].Name != "Desk loop" {
		t.Errorf("%+v", one)
	}
	ids, seeds, names := map[coolant.DeviceID]bool{}, map[uint64]bool{}, map[string]bool{}
	for _, d := range sim.Fleet(20, 5) {
		if _, err := coolant.ParseDeviceID(string(d.ID)); err != nil {
			t.Error(err)
		}
		ids[d.ID], seeds[d.Seed], names[d.Name] = true, true, true
	}
	if len(ids) != 20 || len(seeds) != 20 || len(names) != 20 || !ids["demo-1"] || !ids["demo-20"] {
		t.Errorf("%v %v %v", ids, seeds, names)
	}
}
