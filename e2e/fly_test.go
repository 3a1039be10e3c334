package e2e

import (
	"crypto/tls"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/sync/errgroup"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

const flyDir = repository + "/deploy/fly"

func readFly(t *testing.T, name string) map[string]any {
	t.Helper()
	var v map[string]any
	if _, err := toml.DecodeFile(filepath.Join(flyDir, name), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// at follows keys into nested tables; a list stands for its first item.
func at(v any, keys ...string) any {
	for _, k := range keys {
		switch x := v.(type) {
		case []map[string]any:
			v = x[0]
		case []any:
			v = x[0]
		}
		table, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = table[k]
	}
	return v
}

// TestFlyFiles holds both files to the documented schema and to what this
// service needs of Fly.
func TestFlyFiles(t *testing.T) {
	for _, name := range []string{"fly.toml", "fly.emqx.toml"} {
		t.Run(name, func(t *testing.T) {
			v := readFly(t, name)
			if err := flySchema()(v); err != nil {
				t.Error(err)
			}
			for _, want := range []struct {
				keys  []string
				value any
				why   string
			}{
				{[]string{"http_service", "auto_stop_machines"}, "off", "a stopped machine hears no devices"},
				{[]string{"http_service", "min_machines_running"}, int64(1), "the machine always runs"},
				{[]string{"http_service", "force_https"}, true, ""},
				{[]string{"http_service", "checks", "path"}, "/ping", "every other path may be closed to Fly"},
				{[]string{"mounts", "destination"}, at(v, "env", "COOLANT_DATA"), "the data lies on the volume"},
				{[]string{"vm", "size"}, "shared-cpu-1x", ""},
				{[]string{"vm", "memory"}, "256mb", ""},
				{[]string{"env", "COOLANT_MQTTS_ADDR"}, "", "TLS ends at Fly's edge"},
				{[]string{"env", "COOLANT_HTTP_PUBLIC"}, "view", "nobody who is not an owner may do more"},
			} {
				if got := at(v, want.keys...); got != want.value {
					t.Errorf("%s is %v, want %v: %s", strings.Join(want.keys, "."), got, want.value, want.why)
				}
			}
			if port := fmt.Sprint(at(v, "http_service", "internal_port")); !strings.HasSuffix(at(v, "env", "COOLANT_HTTP_ADDR").(string), ":"+port) {
				t.Errorf("Fly asks port %s, the service listens on %v", port, at(v, "env", "COOLANT_HTTP_ADDR"))
			}
			for key := range at(v, "env").(map[string]any) {
				if strings.Contains(key, "PASSWORD") {
					t.Errorf("%s does not belong into a file; it is a secret", key)
				}
			}
		})
	}
	t.Run("MQTT at the edge", func(t *testing.T) {
		v := readFly(t, "fly.toml")
		if got := at(v, "services", "ports", "port"); got != int64(8883) {
			t.Errorf("devices come to port %v", got)
		}
		if got := at(v, "services", "ports", "handlers"); fmt.Sprint(got) != "[tls]" {
			t.Errorf("handlers %v, want tls only", got)
		}
		if port := fmt.Sprint(at(v, "services", "internal_port")); at(v, "env", "COOLANT_MQTT_ADDR") != "0.0.0.0:"+port {
			t.Errorf("Fly's edge speaks to port %s, the broker listens on %v", port, at(v, "env", "COOLANT_MQTT_ADDR"))
		}
		if hard := at(v, "services", "concurrency", "hard_limit").(int64); hard < flyDevices {
			t.Errorf("Fly refuses devices from %d on", hard)
		}
		if at(readFly(t, "fly.emqx.toml"), "services") != nil {
			t.Error("with an outside broker no device connects here")
		}
	})
	t.Run("the service takes the environment", func(t *testing.T) {
		for _, name := range []string{"fly.toml", "fly.emqx.toml"} {
			env := flyEnv(t, name, map[string]string{"COOLANT_DATA": t.TempDir(), "COOLANT_REMOTE_USERNAME": "u", "COOLANT_REMOTE_PASSWORD": "p"})
			s, err := proc.Launch(proc.Options{Dir: t.TempDir(), Env: env, Command: []string{string(binary(t)), "config", "check"}})
			if err != nil {
				t.Fatal(err)
			}
			<-s.Done()
			if s.ExitCode() != 0 {
				t.Errorf("%s: %s", name, s.Log())
			}
		}
	})
	t.Run("the schema finds mistakes", func(t *testing.T) {
		for name, text := range map[string]string{
			"unknown key":        "[http_service]\nforce_http = true",
			"unknown top":        "region = \"fra\"",
			"auto_stop as truth": "[http_service]\nauto_stop_machines = false",
			"a number as text":   "[http_service]\ninternal_port = \"8080\"",
			"too long kept":      "[mounts]\nsnapshot_retention = 61",
			"no unit":            "[[http_service.checks]]\ninterval = 30",
			"an env number":      "[env]\nA = 1",
			"Fly's own":          "[env]\nFLY_A = \"1\"",
			"bad handler":        "[[services]]\n[[services.ports]]\nhandlers = [\"mqtt\"]",
			"a table as list":    "[vm]\nsize = \"shared-cpu-1x\"",
		} {
			v := readFly(t, "fly.toml")
			var wrong map[string]any
			if _, err := toml.Decode(text, &wrong); err != nil {
				t.Fatal(err)
			}
			for key, value := range wrong {
				if table, ok := value.(map[string]any); ok && v[key] != nil && key != "vm" {
					maps.Copy(v[key].(map[string]any), table)
				} else {
					v[key] = value
				}
			}
			if err := flySchema()(v); err == nil {
				t.Errorf("%s: %q is taken", name, text)
			}
		}
	})
}

// flyEnv is the file's environment, with what the test has to change.
func flyEnv(t *testing.T, file string, change map[string]string) []string {
	t.Helper()
	env := map[string]string{}
	for key, value := range at(readFly(t, file), "env").(map[string]any) {
		env[key] = value.(string)
	}
	maps.Copy(env, change)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(env)) {
		out = append(out, key+"="+env[key])
	}
	return out
}

// flyDevices are connected at once in the test.
const flyDevices = 1000

// TestFlyMachine runs the service with the environment of fly.toml in 256 MB,
// and behind something that ends TLS as Fly's edge does, with a thousand devices.
func TestFlyMachine(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	dir := dataDir(t)
	creds := addDevices(ctx, t, dir, "fly", flyDevices)
	env := flyEnv(t, "fly.toml", map[string]string{"COOLANT_DATA": dir, "COOLANT_HTTP_ADDR": "127.0.0.1:0", "COOLANT_MQTT_ADDR": "127.0.0.1:0"})
	small := smallMachine(t, 256<<20)
	s := start(ctx, t, proc.Options{Dir: dir, Env: env, Wrap: small.wrap, Command: []string{string(binary(t)), "serve"}})
	peak := small.watch(t, s)
	if s.Addr.MQTTS != "" || s.Addr.MQTT == "" {
		t.Fatalf("listens on %+v; want no TLS of its own", s.Addr)
	}
	edge, roots := startEdge(t, s.Addr.MQTT)
	r := randomness(t)
	var devices []*returning
	var g errgroup.Group
	g.SetLimit(64)
	for _, c := range creds {
		d := &returning{publisher: newPublisher(c, r, time.Now().Add(-time.Hour))}
		devices = append(devices, d)
		g.Go(func() error {
			d.seq++
			return d.comeBack(ctx, mqtt.Options{Addr: edge.addr(), TLS: roots, ReadBuffer: 512, Connect: mqtt.Connect{
				Version: mqtt.V5, ID: d.cred.ID, User: d.cred.Username, Password: d.cred.Password, KeepAlive: 60,
			}})
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, "all devices to be connected", func() error {
		n, err := connected(ctx, s)
		if err == nil && n != flyDevices {
			err = fmt.Errorf("%d are", n)
		}
		return err
	})
	for range 5 { // what a minute at one sample each 10 s is, at once
		for _, d := range devices {
			g.Go(func() error {
				d.seq++
				return d.publishOne(ctx)
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if code, body, err := s.Get(ctx, "/ping"); err != nil || code != 200 || string(body) != "pong" {
		t.Errorf("/ping: %d %q, %v", code, body, err)
	}
	for _, d := range devices {
		if have, err := d.stored(ctx, s, d.seq); err != nil || contiguous(have) != d.seq {
			t.Fatalf("%s has %v of %d samples: %v", d.device, have, d.seq, err)
		}
	}
	t.Logf("%d devices over TLS; at most %.0f MB resident, %s", flyDevices, float64(peak())/1e6, small.how)
	if used := peak(); used >= 200<<20 {
		t.Errorf("%d bytes resident; Fly's machine has 256 MB, its kernel included", used)
	}
	// Without a name the edge cannot know which app is meant.
	if _, err := mqtt.Dial(ctx, mqtt.Options{Addr: edge.addr(), TLS: &tls.Config{InsecureSkipVerify: true}, Connect: mqtt.Connect{ID: "x"}}); err == nil {
		t.Error("a client without SNI got through")
	} else if edge.nameless.Load() == 0 {
		t.Errorf("a client without SNI failed for another reason: %v", err)
	}
	stopCtx := deadline(t, stopWithin)
	if code, err := s.Terminate(stopCtx); err != nil || code != 0 {
		t.Errorf("stop: %d, %v", code, err)
	}
}
