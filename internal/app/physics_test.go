package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"testing"
	"time"

	"coolant"
	"coolant/internal/physics"
	"coolant/internal/wire"
)

func version(n uint64, refused, body string) coolant.Desired {
	return coolant.Desired{Version: n, Epoch: "e1", Edit: coolant.Edit{At: coolant.UnixMilli(n * 1000)}, Refused: refused, Body: json.RawMessage(body)}
}

const (
	probesOf = `"probes":[{"rom":"28aaaaaaaaaaaaaa","role":"water"},{"rom":"28bbbbbbbbbbbbbb","role":"inlet","offset_k":%s},{"rom":"28cccccccccccccc","role":"outlet","offset_k":%s}]`
	noProbes = `{"interval_ms":10000}`
)

func probes(inlet, outlet string) string { return "{" + fmt.Sprintf(probesOf, inlet, outlet) + "}" }

func TestVersionInEffect(t *testing.T) {
	reported := func(v uint64, refused string) coolant.Reported {
		return coolant.Reported{Epoch: "e1", Version: v, Refused: refused}
	}
	mine, other := probes("0.1", "-0.1"), probes("0.2", "-0.2")
	for _, c := range []struct {
		name     string
		phase    coolant.TwinPhase
		reported coolant.Reported
		versions []coolant.Desired // newest first
		inlet    float64           // offset in effect
		since    coolant.UnixMilli
	}{
		{"nothing was ever desired", coolant.TwinUnset, coolant.Reported{}, nil, 0, 0},
		{"never with probes", coolant.TwinApplied, reported(2, ""), []coolant.Desired{version(2, "", noProbes), version(1, "", `{}`)}, 0, 0},
		{"zeroed once, and edited since", coolant.TwinApplied, reported(4, ""), []coolant.Desired{version(4, "", mine), version(3, "", mine), version(2, "", noProbes)}, .1, 3000},
		{"from the first version on", coolant.TwinApplied, reported(1, ""), []coolant.Desired{version(1, "", mine)}, .1, 1000},
		{"the newest is on its way", coolant.TwinApplying, reported(1, ""), []coolant.Desired{version(2, "", other), version(1, "", mine)}, .1, 1000},
		{"the newest is refused", coolant.TwinRefused, reported(3, "no"), []coolant.Desired{version(3, "no", other), version(2, "", mine), version(1, "", other)}, .1, 2000},
		{"one between was refused", coolant.TwinApplied, reported(3, ""), []coolant.Desired{version(3, "", mine), version(2, "no", other), version(1, "", mine)}, .1, 1000},
		{"the offsets were taken away", coolant.TwinApplied, reported(2, ""), []coolant.Desired{version(2, "", noProbes), version(1, "", mine)}, 0, 2000},
		{"a device that never judged one", coolant.TwinApplying, coolant.Reported{}, []coolant.Desired{version(1, "", mine)}, 0, 0},
		{"a version that nobody can read", coolant.TwinApplied, reported(2, ""), []coolant.Desired{version(2, "", `7`), version(1, "", mine)}, .1, 1000},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, before := versionInEffect(coolant.Twin{Phase: c.phase, Reported: c.reported}, c.versions)
			since := probesSince(in, before)
			inlet := 0.0
			if len(in.Probes) > 1 {
				inlet = offsetOf(in.Probes[1])
			}
			if inlet != c.inlet || since != c.since {
				t.Errorf("offset %v since %d, want %v since %d", inlet, since, c.inlet, c.since)
			}
		})
	}
}

func TestZeroedProbes(t *testing.T) {
	for _, c := range []struct {
		name, body, state string
		want              []coolant.Metric
	}{
		{"by offsets", probes("-0.12", "0.05"), `{}`, []coolant.Metric{"inlet", "outlet"}},
		{"a form that says 0", probes("0", "0"), `{}`, nil},
		{"0, as zero found it", probes("0", "0.01"), `{"zero":{"command":"c-1","offsets":{"inlet":0,"outlet":0.01}}}`, []coolant.Metric{"inlet", "outlet"}},
		{"0, and zero found something else", probes("0", "0.01"), `{"zero":{"offsets":{"inlet":0.3}}}`, []coolant.Metric{"outlet"}},
		{"found and not taken over", noProbes, `{"zero":{"offsets":{"inlet":0.3,"outlet":-0.3}}}`, nil},
		{"a replaced probe", probes("-0.12", "0.05"), `{"alarms":[{"name":"probe_replaced","occurrence":1,"active":true}]}`, nil},
		{"one that was", probes("-0.12", "0.05"), `{"alarms":[{"name":"probe_replaced","occurrence":1,"active":false}]}`, []coolant.Metric{"inlet", "outlet"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, _ := versionInEffect(coolant.Twin{Phase: coolant.TwinApplied}, []coolant.Desired{version(1, "", c.body)})
			var said reportedLoop
			if err := json.Unmarshal([]byte(c.state), &said); err != nil {
				t.Fatal(err)
			}
			if got := zeroedProbes(in.Probes, &said); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestOutputsOfALoop(t *testing.T) {
	settings := func(body string) []*wire.OutputSetting {
		in, _ := versionInEffect(coolant.Twin{Phase: coolant.TwinApplied}, []coolant.Desired{version(1, "", body)})
		return in.Outputs
	}
	for _, c := range []struct {
		name, body, state string
		want              []physics.Output
	}{
		{"the article's sketch", `{}`, `{}`, []physics.Output{{Name: "pump"}, {Name: "fan"}}},
		{"by the device's word", `{}`, `{"outputs":[{"name":"pump"},{"name":"chiller","claim":"chiller_interlock"}]}`, []physics.Output{{Name: "pump"}, {Name: "chiller", Held: true}}},
		{
			"a chiller by a curve", `{"outputs":[{"name":"cold","role":"chiller","kind":"switch","auto":{"input":"water","curve":{"points":[[28,0],[30,50],[32,100]],"hysteresis_k":1}}}]}`,
			`{"outputs":[{"name":"cold","claim":"auto"}]}`,
			[]physics.Output{{Name: "cold", Role: "chiller", Target: new(27.)}},
		},
		{
			"by a curve that rests below 25", `{"outputs":[{"name":"cold","role":"chiller","kind":"dc_pwm","start_duty":30,"stop_duty":25,"auto":{"input":"water","curve":{"points":[[28,0],[30,50]]}}}]}`,
			`{"outputs":[{"name":"cold"}]}`,
			[]physics.Output{{Name: "cold", Role: "chiller", Target: new(29.)}},
		},
		{
			"by a PI", `{"outputs":[{"name":"cold","role":"chiller","kind":"dc_pwm","auto":{"input":"water","pi":{"setpoint":24,"kp":5,"ti_s":60}}}]}`,
			`{"outputs":[{"name":"cold"}]}`,
			[]physics.Output{{Name: "cold", Role: "chiller", Target: new(24.)}},
		},
		{
			"toward a difference", `{"outputs":[{"name":"cold","role":"chiller","kind":"dc_pwm","auto":{"input":"water-ambient","pi":{"setpoint":2,"kp":5,"ti_s":60}}}]}`,
			`{"outputs":[{"name":"cold"}]}`,
			[]physics.Output{{Name: "cold", Role: "chiller"}},
		},
		{
			"never stopping", `{"outputs":[{"name":"cold","role":"chiller","kind":"dc_pwm","auto":{"input":"water","curve":{"points":[[28,10],[30,50]]}}}]}`,
			`{"outputs":[{"name":"cold"}]}`,
			[]physics.Output{{Name: "cold", Role: "chiller"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var said reportedLoop
			if err := json.Unmarshal([]byte(c.state), &said); err != nil {
				t.Fatal(err)
			}
			if got := outputsOf(settings(c.body), &said); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

// TestPhysicsOfADevice goes the whole way: a device over MQTT, its samples, its probes
// zeroed by its owner, and what the API says of that.
func TestPhysicsOfADevice(t *testing.T) {
	c, r, _ := start(t)
	const id = "loop"
	simulate(t, r, id)
	ask := func() (p coolant.Physics) {
		t.Helper()
		answer, err := http.Get("http://" + r.Addresses.HTTP + "/api/v1/devices/" + id + "/physics")
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(body, &p) != nil {
			t.Fatalf("%d %s (%v)", answer.StatusCode, body, err)
		}
		return p
	}
	// Answers are kept for some seconds, so it is asked once there is something to say.
	within(t, time.Minute, "a sample and the device's word of itself", func() bool {
		answer, err := http.Get("http://" + r.Addresses.HTTP + "/api/v1/devices/" + id)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var d struct {
			LastSeen *int64          `json:"last_seen"`
			Info     json.RawMessage `json:"info"`
		}
		return json.NewDecoder(answer.Body).Decode(&d) == nil && d.LastSeen != nil && len(d.Info) > 4
	})
	if p := ask(); p.Heat.Value == nil || *p.Heat.Error < 40 || p.Zeroed || p.Rise.Value == nil {
		t.Errorf("before zeroing: %+v", p)
	}
	var info struct{ Probes []wire.ProbeInfo }
	if doc, err := twinsOf(t, c).Document(t.Context(), id, coolant.DocInfo); err != nil || json.Unmarshal(doc.Body, &info) != nil {
		t.Fatal(err)
	}
	list := []wire.ProbeSetting{}
	for _, p := range info.Probes {
		setting := wire.ProbeSetting{ROM: p.ROM, Role: p.Role}
		if p.Role == coolant.Inlet || p.Role == coolant.Outlet {
			setting.OffsetK = new(0.07)
		}
		list = append(list, setting)
	}
	body, err := json.Marshal(map[string]any{"probes": list})
	if err != nil {
		t.Fatal(err)
	}
	twins := twinsOf(t, c)
	if _, err := twins.EditTwin(t.Context(), id, 0, body, coolant.Edit{By: "test"}); err != nil {
		t.Fatal(err)
	}
	until(t, "the device to take the offsets", func() bool {
		tw, err := twins.Twin(t.Context(), id)
		return err == nil && tw.Phase == coolant.TwinApplied
	})
	within(t, time.Minute, "the probes to count as zeroed", func() bool { return ask().Zeroed })
}
