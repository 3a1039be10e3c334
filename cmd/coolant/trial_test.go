package main

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/app"
)

// demoOf runs a simulated device on a service of its own and returns the arguments of a command about it.
func demoOf(t *testing.T, speed, heat float64) func(name string, args ...string) []string {
	t.Helper()
	c := settings(t)
	background(t, c, func(s app.Service, ctx context.Context) error {
		return app.Demo{Service: s, Seed: 1, Speed: speed, Heat: heat, Devices: 1}.Run(ctx)
	})
	// It registers its device once the service is ready, and can be asked when it has said what it is.
	heard(t, c, coolant.DocReported, "{")
	return func(name string, args ...string) []string {
		return append([]string{"device", name, "demo", "--data", c.Data}, args...)
	}
}

// TestTrialCommands has a simulated device do what it can be asked, and follows it.
func TestTrialCommands(t *testing.T) {
	demo := demoOf(t, 60, 0)
	tests := []struct {
		name   string
		args   []string
		exit   int
		stdout []string
		stderr string
	}{
		{"another command", demo("command", "identify"), exitOK, []string{"demo: identify is taken"}, ""},
		{"arguments that are no object", demo("command", "identify", "--args", "[1]"), exitUsage, nil, "a JSON object is expected"},
		{"nothing is tried", demo("abort"), exitFailed, nil, "nothing is being tried"},
		{"a run", demo("commission", "fan", "--for", "2s"), exitOK, []string{"run of fan: done, pump 0 rpm, fan "}, ""},
		{"a sweep", demo("commission", "fan", "--sweep", "--json"), exitOK, []string{`"state":"done","start_duty":24,"stop_duty":`}, ""},
		{"a dry pump", demo("commission", "radiator"), exitFailed, nil, "radiator: there is no such output"},
		{"too long", demo("commission", "fan", "--for", "2m"), exitUsage, nil, "seconds"},
		{"physics", demo("physics"), exitOK, []string{"outlet - inlet  ", "\nheat            ", "\ntime constant   "}, ""},
		{"physics for programs", demo("physics", "--json"), exitOK, []string{`"device":"demo"`, `"time_constant":{`}, ""},
		{"zeroing", demo("zero", "water", "inlet", "--for", "5s", "--apply"), exitOK, []string{"inlet      +0.", "version 1 is applied", `"role": "inlet"`, `"role": "water"`}, ""},
		{"zeroing a role that nobody fills", demo("zero", "water", "reservoir", "--apply"), exitUsage, nil, "its probes fill ambient, inlet, outlet, water"},
		{"asking for the offset of a role that nobody fills", demo("zero", "water", "watr"), exitUsage, nil, "watr: no probe of demo fills that role"},
		{"zeroing for a while", demo("zero", "water", "inlet", "--for", "5s"), exitOK, []string{"inlet      +0."}, "demo averages them for 5s"},
		{"what the host does", demo("input", "--host-w", "45"), exitOK, []string{"demo: its host makes 45 W, for 1m0s from now"}, ""},
		{"what the host does, for programs", demo("input", "--host-w", "45", "--for", "2m", "--json"), exitOK, []string{`{"host_w":45,"id":"demo","valid_s":120}`}, ""},
		{"zeroing one probe", demo("zero", "water"), exitUsage, nil, "at least two probes"},
		{"no such fault", demo("clear", "leak"), exitFailed, nil, "there is no fault leak"},
	}
	for _, test := range tests {
		exit, out, errs := command(test.args...)
		if exit != test.exit || !strings.Contains(errs, test.stderr) {
			t.Errorf("%s: exit code %d with %q, want %d with %q", test.name, exit, errs, test.exit, test.stderr)
		}
		for _, want := range test.stdout {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing from\n%s", test.name, want, out)
			}
		}
	}
}

// TestTrialIsAborted begins a trial without waiting, and ends it. A sweep takes a minute or two of the device's
// time, so that it is not over before a slow machine comes to end it.
func TestTrialIsAborted(t *testing.T) {
	demo := demoOf(t, 1, 0)
	if exit, out, errs := command(demo("commission", "fan", "--sweep", "--no-wait")...); exit != exitOK || !strings.Contains(out, "demo: it begins") {
		t.Fatal(exit, out, errs)
	}
	if exit, out, errs := command(demo("abort", "--json")...); exit != exitOK || !strings.Contains(out, `"ok":true`) {
		t.Fatal(exit, out, errs)
	}
}

// TestTuneCommand finds the gains of a simulated loop with a steady heat, and has them applied.
func TestTuneCommand(t *testing.T) {
	demo := demoOf(t, 600, 45)
	exit, out, errs := command(demo("tune", "fan", "--setpoint", "30", "--apply")...)
	if exit != exitOK {
		t.Fatalf("exit code %d\n%s%s", exit, out, errs)
	}
	for _, want := range []string{"autotune of fan: done, ", " % per K and ", "version 1 is applied", `"setpoint": 30`, `"ti_s": `, `"input": "water"`} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
}

// TestTrialMistakes checks what is refused before a service is looked for.
func TestTrialMistakes(t *testing.T) {
	data := filepath.Join(t.TempDir(), "none")
	for _, test := range []struct {
		name   string
		args   []string
		stderr string
	}{
		{"minutes", []string{"tune", "loop", "fan", "--minutes", "5"}, "minutes"},
		{"no minutes", []string{"tune", "loop", "fan", "--minutes", "0"}, "10 to 120"},
		{"a setpoint that boils", []string{"tune", "loop", "fan", "--setpoint", "90"}, "setpoint"},
		{"gains that nobody waits for", []string{"tune", "loop", "fan", "--apply", "--no-wait"}, "only who waits"},
		{"half seconds", []string{"commission", "loop", "fan", "--for", "2500ms"}, "whole number of seconds"},
		{"a duty", []string{"commission", "loop", "fan", "--duty", "120"}, "duty"},
		{"an output's name", []string{"commission", "loop", "Fan 1"}, "output"},
		{"a role twice", []string{"zero", "loop", "water", "water"}, "twice"},
		{"patience", []string{"abort", "loop", "--patience", "1ms"}, "no coolant service"},
	} {
		exit, _, errs := command(append([]string{"device"}, append(test.args, "--data", data)...)...)
		if exit == exitOK || !strings.Contains(errs, test.stderr) {
			t.Errorf("%s: exit code %d with %q, want %q", test.name, exit, errs, test.stderr)
		}
	}
}

// TestOffsets puts what zeroing found into what is desired of the probes.
func TestOffsets(t *testing.T) {
	roms := map[string]string{"water": "2800000000000001", "ambient": "2800000000000002", "inlet": "2800000000000003"}
	offsets := map[string]float64{"water": 0.25, "inlet": -0.25}
	for _, test := range []struct{ name, body, want string }{
		{
			"nothing was desired: all keep their roles", `{}`,
			`{"probes":[{"role":"ambient","rom":"2800000000000002"},{"offset_k":-0.25,"role":"inlet","rom":"2800000000000003"},{"offset_k":0.25,"role":"water","rom":"2800000000000001"}]}`,
		},
		{
			"the others stay as they are", `{"probes":[{"rom":"2800000000000001","role":"water"},{"rom":"2800000000000009","role":"ambient","offset_k":1}]}`,
			`{"probes":[{"offset_k":0.25,"role":"water","rom":"2800000000000001"},{"offset_k":1,"role":"ambient","rom":"2800000000000009"},{"offset_k":-0.25,"role":"inlet","rom":"2800000000000003"}]}`,
		},
		{
			"a probe that was put in keeps its role", `{"probes":[{"rom":"2800000000000008","role":"inlet"},{"rom":"2800000000000007","role":"water","offset_k":2},{"rom":"2800000000000002","role":"ambient"}]}`,
			`{"probes":[{"role":"ambient","rom":"2800000000000002"},{"offset_k":-0.25,"role":"inlet","rom":"2800000000000003"},{"offset_k":0.25,"role":"water","rom":"2800000000000001"}]}`,
		},
	} {
		got, err := withOffsets(json.RawMessage(test.body), roms, offsets)
		if err != nil || string(got) != test.want {
			t.Errorf("%s:\n%s, want\n%s (%v)", test.name, got, test.want, err)
		}
	}
}

func TestLookup(t *testing.T) {
	body := json.RawMessage(`{"outputs":[{"name":"pump"},{"name":"fan","auto":{"pi":{"setpoint":31}}}],"x":{"y":null}}`)
	for _, test := range []struct {
		path  string
		value any
		found bool
	}{
		{"outputs.fan.auto.pi.setpoint", 31.0, true},
		{"outputs.pump.auto.pi.setpoint", nil, false},
		{"outputs.2", nil, false},
		{"x.y", nil, true},
		{"x.y.z", nil, false},
		{"outputs.fan.name.letters", nil, false},
	} {
		if value, found := lookup(body, strings.Split(test.path, ".")...); value != test.value || found != test.found {
			t.Errorf("%s: %v, %v", test.path, value, found)
		}
	}
	if _, found := lookup(nil, "a"); found {
		t.Error("nothing has a member")
	}
}
