package sim

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/wire"
)

const newBroker = `{"url":"mqtts://new:8883","username":"loop","password":"new","trial_s":60}`

// A device is moved, in every way that this can go.
func TestMove(t *testing.T) {
	const oldURL, newURL, otherURL = "mqtts://old:8883", "mqtts://new:8883", "mqtts://other:8883"
	tests := []struct {
		name    string
		options Options
		world   func(w *world)
		script  func(w *world) // nil orders the move to new once
		url     string         // where it ends
		state   string
		reason  string
	}{
		{name: "the server reads at both brokers", url: newURL, state: wire.EndpointConfirmed, world: func(w *world) {
			w.brokers["new:8883"].server = w.brokers["old:8883"].server
		}},
		{name: "another server reads at the new broker", url: newURL, state: wire.EndpointConfirmed, world: func(w *world) {
			w.brokers["new:8883"].server = newFakeServer(true)
		}},
		{name: "samples are rare and the trial is short", url: newURL, state: wire.EndpointConfirmed, options: Options{Interval: time.Hour}, world: func(w *world) {
			w.brokers["new:8883"].server = w.brokers["old:8883"].server
		}, script: func(w *world) { w.order("m1", strings.Replace(newBroker, "60", "5", 1)) }},
		{name: "wrong password", url: oldURL, state: wire.EndpointRolledBack, reason: "not authorized", world: func(w *world) {
			w.brokers["new:8883"].password = "another"
		}},
		{name: "unreachable", url: oldURL, state: wire.EndpointRolledBack, reason: newURL + ": not connected within 1m0s: connection refused", world: func(w *world) {
			w.brokers["new:8883"].away = true
		}},
		{name: "a broker without a server", url: oldURL, state: wire.EndpointRolledBack, reason: "no server said `committed` within 1m0s"},
		{name: "a server that does not say committed", url: oldURL, state: wire.EndpointRolledBack, reason: "no server said", world: func(w *world) {
			w.brokers["new:8883"].server = newFakeServer(false)
		}},
		{name: "committed of an earlier boot was kept there", url: oldURL, state: wire.EndpointRolledBack, reason: "no server said", world: func(w *world) {
			w.brokers["new:8883"].retained = []byte(`{"boot":"1","through":7}`)
		}},
		{name: "committed of an earlier stay in this boot was kept there", url: oldURL, state: wire.EndpointRolledBack, reason: "no server said", script: func(w *world) {
			w.change(func() { w.brokers["new:8883"].retained = w.brokers["old:8883"].retained })
			w.order("m1", newBroker)
		}},
		{name: "reachable late, within the trial", url: newURL, state: wire.EndpointConfirmed, world: func(w *world) {
			w.brokers["new:8883"].server, w.brokers["new:8883"].away = newFakeServer(true), true
		}, script: func(w *world) {
			w.order("m1", newBroker)
			time.Sleep(50 * time.Second)
			w.change(func() { w.brokers["new:8883"].away = false })
		}},
		{
			name: "reboot in the middle of the trial", url: oldURL, state: wire.EndpointRolledBack, reason: newURL + ": the device restarted during the trial",
			options: Options{Faults: []Fault{{Name: FaultReboot, At: 50 * time.Second}}},
		},
		{
			name: "reboot after the trial", url: newURL, state: wire.EndpointConfirmed,
			options: Options{Faults: []Fault{{Name: FaultReboot, At: 3 * time.Minute}}},
			world:   func(w *world) { w.brokers["new:8883"].server = w.brokers["old:8883"].server },
		},
		{name: "a second command leads on", url: otherURL, state: wire.EndpointConfirmed, world: func(w *world) {
			w.brokers["other:8883"].server = w.brokers["old:8883"].server
		}, script: func(w *world) {
			w.order("m1", newBroker)
			time.Sleep(20 * time.Second)
			w.order("m2", strings.Replace(newBroker, "new:", "other:", 1))
		}},
		{name: "a second command that fails rolls back to the first home", url: oldURL, state: wire.EndpointRolledBack, reason: otherURL, script: func(w *world) {
			w.order("m1", newBroker)
			time.Sleep(20 * time.Second)
			w.order("m2", strings.Replace(newBroker, "new:", "other:", 1))
		}},
		{name: "there and back", url: oldURL, state: wire.EndpointConfirmed, world: func(w *world) {
			w.brokers["new:8883"].server = w.brokers["old:8883"].server
		}, script: func(w *world) {
			w.order("m1", newBroker)
			time.Sleep(2 * time.Minute)
			w.order("m2", `{"url":"mqtts://old:8883","username":"loop","password":"old","trial_s":60}`)
		}},
		{name: "repeated by a server that missed the answer", url: newURL, state: wire.EndpointConfirmed, world: func(w *world) {
			w.brokers["new:8883"].server = w.brokers["old:8883"].server
		}, script: func(w *world) {
			for range 3 {
				w.order("m1", newBroker)
				time.Sleep(30 * time.Second)
			}
		}},
		{name: "arguments that are refused", url: oldURL, state: wire.EndpointConfirmed, script: func(w *world) {
			w.order("m1", `{"url":"mqtt://new:1883","username":"loop","password":"new"}`)
		}},
		{
			name: "the network is lost during the trial", url: oldURL, state: wire.EndpointRolledBack, reason: "not connected",
			options: Options{Faults: []Fault{{Name: FaultWiFiLost, At: 40 * time.Second, For: 3 * time.Minute}}},
			world:   func(w *world) { w.brokers["new:8883"].away = true },
		},
		{name: "a server of old that never says committed", url: oldURL, state: wire.EndpointRolledBack, reason: "no server said", world: func(w *world) {
			w.brokers["old:8883"].server.says = false
			w.brokers["new:8883"].retained = []byte(`{"boot":"1","through":7}`)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{t: t, brokers: map[string]*fakeBroker{
					"old:8883":   {password: "old", server: newFakeServer(true)},
					"new:8883":   {password: "new"},
					"other:8883": {password: "new"},
				}}
				if tt.world != nil {
					tt.world(w)
				}
				w.live(tt.options, func() {
					time.Sleep(30*time.Second + time.Millisecond)
					if tt.script == nil {
						w.order("m1", newBroker)
					} else {
						tt.script(w)
					}
				})
				w.mu.Lock()
				defer w.mu.Unlock()
				end := w.info[len(w.info)-1]
				if end.URL != tt.url || end.State != tt.state || !strings.Contains(end.Reason, tt.reason) || (tt.reason == "") != (end.Reason == "") {
					t.Errorf("it ends as %+v, want %s %s %q; all: %+v", end, tt.state, tt.url, tt.reason, w.info)
				}
				checkMoved(t, w, tt.name, tt.url)
			})
		})
	}
}

// checkMoved looks at what must hold however a move went.
func checkMoved(t *testing.T, w *world, name, home string) {
	t.Helper()
	refused := name == "arguments that are refused"
	for _, r := range w.replies {
		if r.OK == refused {
			t.Errorf("reply %+v", r)
		}
	}
	if len(w.replies) == 0 {
		t.Error("the command was not answered")
	}
	if refused && len(w.info) != 1 {
		t.Errorf("a refused command shows: %+v", w.info)
	}
	if name == "repeated by a server that missed the answer" && (len(w.replies) != 3 || len(w.info) != 3) {
		t.Errorf("%d replies; info %+v", len(w.replies), w.info)
	}
	// Sent once and acknowledged is enough for a server that never says more; what was
	// taken during the trial goes out in one message.
	if old := w.brokers["old:8883"]; !old.server.says && old.telemet > old.samples()-3 {
		t.Errorf("%d messages with %d samples: the device waits for what this server never says", old.telemet, old.samples())
	}
	for url, b := range w.brokers {
		if online := strings.Contains(b.status, `"online"`); online {
			t.Errorf("%s takes the device for online after the end", url)
		}
	}
	for i := 1; i < len(w.conns); i++ {
		if w.conns[i] <= w.conns[i-1] && w.conns[i] != 1 { // a reboot counts from 1
			t.Errorf("connections are numbered %v", w.conns)
		}
	}
	// Everything has arrived: no number is missing of any boot but what the last
	// moments or a reset took, and no time is missing in between.
	all := map[coolant.Boot]map[uint64]wire.TelemetrySample{}
	seen := map[*fakeServer]bool{}
	for _, b := range w.brokers {
		if b.server == nil || seen[b.server] {
			continue
		}
		seen[b.server] = true
		for boot, of := range b.server.samples {
			if all[boot] == nil {
				all[boot] = map[uint64]wire.TelemetrySample{}
			}
			for seq, s := range of {
				if len(s.Readings) > 0 {
					all[boot][seq] = s
				}
			}
		}
	}
	if len(all) != len(w.boots) || len(all) == 0 {
		t.Errorf("samples of %d boots, want %d", len(all), len(w.boots))
	}
	for boot, of := range all {
		for seq := uint64(1); seq <= uint64(len(of)); seq++ {
			if of[seq].Seq == 0 {
				t.Fatalf("boot %s: sample %d of %d never arrived", boot, seq, len(of))
			}
			if gap := of[seq].Time - of[max(seq-1, 1)].Time; gap > coolant.Minute && name != "samples are rare and the trial is short" {
				t.Errorf("boot %s: a gap of %v before sample %d", boot, gap, seq)
			}
			if seq > 1 && of[seq].Time <= of[seq-1].Time {
				t.Errorf("boot %s: sample %d is not later than the one before", boot, seq)
			}
		}
	}
	if n := len(all[w.boots[len(w.boots)-1]]); n < 60 && name != "samples are rare and the trial is short" {
		t.Errorf("only %d samples of the last boot, which lives at %s", n, home)
	}
}

// What proves an endpoint is part of the contract.
func TestProofVectors(t *testing.T) {
	raw, err := os.ReadFile("../../contract/endpoint.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Proof []struct {
			Name     string `json:"name"`
			Boot     string `json:"boot"`
			Through  uint64 `json:"through"`
			Retained bool   `json:"retained"`
			Known    uint64 `json:"known"`
			Proves   bool   `json:"proves"`
		} `json:"proof"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Proof) == 0 {
		t.Fatal("no vectors")
	}
	for _, c := range file.Proof {
		said := wire.CommittedPayload{Boot: map[string]coolant.Boot{"present": 7, "earlier": 3}[c.Boot], Through: c.Through}
		if got := proves(said, c.Retained, 7, c.Known, 100); got != c.Proves {
			t.Errorf("%s: %v", c.Name, got)
		}
	}
}
