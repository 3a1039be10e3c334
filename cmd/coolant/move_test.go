package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/app"
	"coolant/internal/app/config"
)

// command runs a command line and returns what it answers.
func command(args ...string) (exit int, stdout, stderr string) {
	var out, errs bytes.Buffer
	exit = run(args, nil, &out, &errs)
	return exit, out.String(), errs.String()
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// settings are those of a service on free ports.
func settings(t *testing.T) config.Config {
	t.Helper()
	c, err := config.Load(config.Sources{Data: filepath.Join(t.TempDir(), "data"), Flags: map[string]string{
		"http.addr": "127.0.0.1:0", "mqtts.addr": "127.0.0.1:0", "mqtt.addr": "",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// background runs a service until the end of the test.
func background(t *testing.T, c config.Config, run func(app.Service, context.Context) error) app.Running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, done := make(chan app.Running, 1), make(chan error, 1)
	s := app.Service{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler), Ready: func(r app.Running) { ready <- r }}
	go func() { done <- run(s, ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service stopped with: %v", err)
		}
	})
	select {
	case r := <-ready:
		return r
	case err := <-done:
		done <- err
		t.Fatalf("the service did not start: %v", err)
		panic("unreachable")
	}
}

// heard waits until the service has heard the simulated device say something in a document.
func heard(t *testing.T, c config.Config, kind coolant.Document, part string) {
	t.Helper()
	err := app.WithTwins(c, func(d app.DeviceTwins) error {
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			doc, err := d.Document(t.Context(), "demo", kind)
			if err != nil || strings.Contains(string(doc.Body), part) {
				return err
			}
			if time.Now().After(deadline) {
				t.Fatalf("the service has %q", doc.Body)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMoveCommand sends the simulated device of a running service first to
// nobody, from where it comes back, and then to another service.
func TestMoveCommand(t *testing.T) {
	here, there := settings(t), settings(t)
	background(t, here, func(s app.Service, ctx context.Context) error {
		return app.Demo{Service: s, Seed: 1, Speed: 1, Devices: 1}.Run(ctx)
	})
	other := background(t, there, app.Service.Run)
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()

	exit, out, errs := command("device", "move", "demo", "--data", here.Data, "--to", "mqtts://"+dead.Addr().String(), "--password-file", writeFile(t, "secret-word\n"), "--trial", "5s", "--json")
	var asked, back moveLine
	lines := json.NewDecoder(strings.NewReader(out))
	if err := lines.Decode(&asked); err != nil || asked.ID != "demo" || asked.State != "asked" || asked.Command == "" {
		t.Fatalf("%s%s (%v)", out, errs, err)
	}
	if err := lines.Decode(&back); err != nil || back.State != "rolled_back" || back.Command != asked.Command || !strings.Contains(back.Reason, "refused") {
		t.Errorf("%s%s (%v)", out, errs, err)
	}
	if exit != exitFailed || !strings.Contains(errs, "demo did not move and is back at mqtts://") || strings.Contains(out+errs, "secret-word") {
		t.Errorf("exit code %d, %s", exit, errs)
	}

	exit, credentials, errs := command("device", "add", "demo", "--data", there.Data, "--json")
	if exit != exitOK {
		t.Fatal(errs)
	}
	exit, out, errs = command("device", "move", "demo", "--data", here.Data, "--to", "mqtts://"+other.Addresses.MQTTS,
		"--password-file", writeFile(t, credentials), "--ca-file", filepath.Join(there.Data, "tls", "ca.crt"), "--trial", "1m", "--no-wait")
	if exit != exitOK || !strings.Contains(out, "demo has taken the command and tries mqtts://"+other.Addresses.MQTTS) {
		t.Fatalf("exit code %d: %s%s", exit, out, errs)
	}
	heard(t, there, coolant.DocInfo, `"state":"confirmed","command"`)
}

// TestMoveMistakes checks what is refused before a device hears of it.
func TestMoveMistakes(t *testing.T) {
	data, word := t.TempDir(), writeFile(t, "secret-word")
	two := writeFile(t, `{"id":"a","username":"a","password":"secret-word"}`+"\n"+`{"id":"b","username":"b","password":"secret-word"}`+"\n")
	tests := []struct {
		name   string
		args   []string
		exit   int
		stderr string
	}{
		{"no service", []string{"a", "--to", "mqtts://x", "--password-file", word}, exitFailed, "coolant serve --data " + data},
		{"no service, two devices", []string{"a", "b", "--to", "mqtts://x", "--password-file", two}, exitFailed, "no coolant service runs"},
		{"no target", []string{"a", "--password-file", word}, exitUsage, "--to"},
		{"no password", []string{"a", "--to", "mqtts://x"}, exitUsage, "give --password-file"},
		{"plain MQTT", []string{"a", "--to", "mqtt://x", "--password-file", word}, exitUsage, "mqtts://"},
		{"a bad id", []string{"A", "--to", "mqtts://x", "--password-file", word}, exitUsage, "character 'A'"},
		{"one password for two", []string{"a", "b", "--to", "mqtts://x", "--password-file", word}, exitUsage, "each has its own"},
		{"a device without a password", []string{"a", "c", "--to", "mqtts://x", "--password-file", two}, exitUsage, "no password for c"},
		{"no file", []string{"a", "--to", "mqtts://x", "--password-file", "/does/not/exist"}, exitUsage, "/does/not/exist"},
		{"two lines", []string{"a", "--to", "mqtts://x", "--password-file", writeFile(t, "secret-word\nb\n")}, exitUsage, "one line is expected"},
		{"a broken entry", []string{"a", "--to", "mqtts://x", "--password-file", writeFile(t, `{"id":"a","password":secret-word}`)}, exitUsage, "entry 1 is not of the form"},
		{"a user name for two", []string{"a", "b", "--to", "mqtts://x", "--password-file", two, "--username", "u"}, exitUsage, "for one device"},
		{"a ca that is none", []string{"a", "--to", "mqtts://x", "--password-file", word, "--ca-file", word}, exitUsage, "PEM"},
		{"no ca file", []string{"a", "--to", "mqtts://x", "--password-file", word, "--ca-file", "/does/not/exist"}, exitUsage, "--ca-file"},
		{"a short trial", []string{"a", "--to", "mqtts://x", "--password-file", word, "--trial", "1s"}, exitUsage, "trial_s"},
		{"EMQX without a key", []string{"a", "--to", "mqtts://x", "--emqx-api", "http://127.0.0.1:1"}, exitUsage, "COOLANT_EMQX_API_KEY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			exit, out, errs := command(append([]string{"device", "move", "--data", data}, tt.args...)...)
			if exit != tt.exit || !strings.Contains(errs, tt.stderr) || out != "" || strings.Contains(errs, "secret-word") {
				t.Errorf("exit code %d: %s%s; want %d and %q", exit, out, errs, tt.exit, tt.stderr)
			}
		})
	}
}

// moved is a service whose device says at once what became of its move.
type moved struct {
	endpoint string
	refuse   string
}

func (m moved) Command(context.Context, coolant.DeviceID, string, json.RawMessage, time.Duration) (coolant.CommandReply, error) {
	return coolant.CommandReply{ID: "c1", OK: m.refuse == "", Error: m.refuse}, nil
}

func (m moved) Document(_ context.Context, id coolant.DeviceID, kind coolant.Document) (coolant.DeviceDocument, error) {
	return coolant.DeviceDocument{Device: id, Kind: kind, Received: 1, Body: []byte(`{"endpoint":` + m.endpoint + `}`)}, nil
}

func TestMoveAnswers(t *testing.T) {
	tests := []struct {
		name string
		to   moved
		want string // on standard output, of the last line
		err  string
	}{
		{"moved", moved{endpoint: `{"url":"mqtts://new:8883","state":"confirmed","command":"c1"}`}, "loop has moved to mqtts://new:8883", ""},
		{"came back", moved{endpoint: `{"url":"mqtts://old:8883","state":"rolled_back","reason":"nobody there","command":"c1"}`}, "loop has taken the command", "is back at mqtts://old:8883: nobody there"},
		{"refused", moved{refuse: "no room", endpoint: `{}`}, "", "loop refuses to move: no room"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			p := &process{ctx: t.Context(), stdout: &out}
			m := deviceMoveCommand{Wait: true}
			err := m.one(p, &moveReport{process: p}, tt.to, nil, app.Move{URL: "mqtts://new:8883", Trial: time.Minute}, "loop", app.Login{Username: "loop", Password: "p"})
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; !strings.HasPrefix(last, tt.want) || tt.want == "" && last != "" {
				t.Errorf("%q, want %q", out.String(), tt.want)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%v, want %q", err, tt.err)
			}
		})
	}
}

// seen is a service that keeps the arguments of what it is told to send.
type seen struct {
	moved
	args json.RawMessage
}

func (s *seen) Command(_ context.Context, _ coolant.DeviceID, _ string, args json.RawMessage, _ time.Duration) (coolant.CommandReply, error) {
	s.args = args
	return coolant.CommandReply{ID: "c1", OK: true}, nil
}

// TestMoveToEMQX checks that the device is told the password that EMQX has, and
// that it is not sent to an EMQX that did not take it.
func TestMoveToEMQX(t *testing.T) {
	for name, status := range map[string]int{"EMQX takes it": http.StatusNoContent, "EMQX fails": http.StatusInternalServerError} {
		t.Run(name, func(t *testing.T) {
			there := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var user struct{ Password string }
				if body, _ := io.ReadAll(r.Body); json.Unmarshal(body, &user) == nil && user.Password != "" {
					there = user.Password
				}
				w.WriteHeader(status)
			}))
			t.Cleanup(server.Close)
			var out, errs bytes.Buffer
			p := &process{ctx: t.Context(), env: []string{"COOLANT_EMQX_API_KEY=k", "COOLANT_EMQX_API_SECRET=s"}, stdout: &out, stderr: &errs}
			m := deviceMoveCommand{emqxFlags: emqxFlags{EMQXAPI: server.URL}}
			m.Data = t.TempDir()
			broker, err := m.open(p, m.dataFlags)
			if err != nil {
				t.Fatal(err)
			}
			logins, err := m.logins([]coolant.DeviceID{"loop"}, true)
			if err != nil {
				t.Fatal(err)
			}
			to := &seen{}
			err = m.one(p, &moveReport{process: p}, to, broker, app.Move{URL: "mqtts://new:8883", Trial: time.Minute}, "loop", logins[0])
			if status != http.StatusNoContent {
				if err == nil || !strings.Contains(err.Error(), "loop was not asked to move") || to.args != nil {
					t.Errorf("%v; the device was told %s", err, to.args)
				}
				return
			}
			var told struct{ Username, Password string }
			if json.Unmarshal(to.args, &told) != nil || err != nil || told.Username != "loop" || len(told.Password) < 26 || told.Password != there {
				t.Errorf("the device was told %s, EMQX has %q, %v", to.args, there, err)
			}
			if strings.Contains(out.String()+errs.String(), there) {
				t.Error("the password was shown")
			}
		})
	}
}
