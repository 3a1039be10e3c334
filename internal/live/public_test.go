package live

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"coolant"
)

func TestPublic(t *testing.T) {
	const all = `{"firmware":"1.0.0","chip":"esp32","probes":[{"rom":"28ff641e8216043c","role":"water"}],"metrics":["water"],"outputs":["pump"],` +
		`"capabilities":["ota"],"ip":"192.168.1.20","rssi":-61,"ssid":"home","bssid":"00:00:5e:00:53:01","IP":"x","endpoint":{"url":"mqtts://x"},` +
		`"reset_reason":"power_on","interval_ms":10000}`
	for name, c := range map[string]struct{ info, want string }{
		"everything": {all, `{"capabilities":["ota"],"chip":"esp32","firmware":"1.0.0","interval_ms":10000,"metrics":["water"],"outputs":["pump"],` +
			`"probes":[{"rom":"28ff641e8216043c","role":"water"}],"reset_reason":"power_on"}`},
		"nothing public": {`{"ip":"192.168.1.20"}`, `{}`},
		"empty":          {`{}`, `{}`},
		"nothing":        {"", "null"},
	} {
		t.Run(name, func(t *testing.T) {
			clk := &clock{at: start}
			h := newHub(clk, Options{})
			h.DeviceAdded(registered("a"))
			sub := h.Subscribe("")
			defer sub.Close()
			drain(t, sub)
			if c.info != "" {
				h.Document(coolant.DeviceDocument{Device: "a", Kind: coolant.DocInfo, Body: json.RawMessage(c.info), Received: start})
			}
			v, _ := h.Device("a")
			got, err := json.Marshal(v.Public().Info)
			if err != nil || string(got) != c.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, c.want)
			}
			clk.at += 2 * coolant.Second // for a new snapshot
			again := h.Subscribe("")
			defer again.Close()
			for _, e := range append(drain(t, sub), drain(t, again)...) {
				if want := `"info":` + c.want; !strings.Contains(string(e.Public()), want) {
					t.Errorf("%s: %s, want %s", e.Name(), e.Public(), want)
				}
				if c.info != "" && !strings.Contains(string(e.JSON()), `"info":`+c.info) {
					t.Errorf("the owner does not see everything: %s", e.JSON())
				}
			}
		})
	}
}

// A device loaded from the store is no exception.
func TestPublicAfterLoad(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.Load([]coolant.Device{registered("a")}, nil, []coolant.DeviceDocument{
		{Device: "a", Kind: coolant.DocInfo, Body: json.RawMessage(`{"chip":"esp32","ip":"192.168.1.20"}`), Received: start},
	})
	if v, _ := h.Device("a"); string(v.Public().Info) != `{"chip":"esp32"}` {
		t.Errorf("%s", v.Public().Info)
	}
}

func TestPublicEvents(t *testing.T) {
	shown := map[string]bool{
		"snapshot": true, "samples": true, "backfill": true, "device": true, "removed": true, "tick": true, "rejected": false, "broker": false,
	}
	var seen []string
	for _, e := range []Event{
		&Snapshot{}, &Samples{Device: "a"}, &Backfill{Device: "a"}, &Changed{View: &DeviceView{ID: "a"}}, &Removed{Device: "a"},
		&Rejected{}, &Broker{}, &Tick{},
	} {
		entry := &Entry{Event: e}
		seen = append(seen, e.name())
		switch data := entry.Public(); {
		case (data != nil) != shown[e.name()]:
			t.Errorf("%s: %q", e.name(), data)
		case data != nil && e.name() != "snapshot" && string(data) != string(entry.JSON()):
			t.Errorf("%s: %s, but %s", e.name(), data, entry.JSON())
		}
	}
	slices.Sort(seen)
	if len(seen) != len(shown) {
		t.Errorf("events %v", seen)
	}
}
