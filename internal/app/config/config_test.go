package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "coolant.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDefaults(t *testing.T) {
	c, err := Load(Sources{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Addr != ":8080" || c.MQTTS.Addr != ":8883" || c.MQTT.Addr != "127.0.0.1:1883" || c.HTTP.BasePath != "/" ||
		c.Article.Topic != "emqx/esp32/telemetry" || c.Article.Device != "esp32" || c.Article.Metric != "water" ||
		c.Limits.Warning != 40 || c.Limits.Critical != 50 || c.Retention.Raw != 90*day || c.Retention.Minute != 2*year {
		t.Errorf("unexpected defaults: %+v", c)
	}
}

func TestPrecedence(t *testing.T) {
	secret := write(t, "192.0.2.4:4\n")
	file := write(t, "http:\n  addr: ':1'\n  base_path: cool\nmqtt:\n  addr: ':1'\nmqtts:\n  addr: ':1'\n  names:\n    - a.example\n    - 192.0.2.1\n")
	c, err := Load(Sources{
		Data:  t.TempDir(),
		File:  file,
		Env:   []string{"COOLANT_MQTT_ADDR=:2", "COOLANT_MQTTS_ADDR_FILE=" + secret, "UNRELATED=1", "COOLANT_HTTP_ADDR=:2"},
		Flags: map[string]string{"http.addr": ""},
	})
	if err != nil {
		t.Fatal(err)
	}
	if c.HTTP.Addr != "" {
		t.Errorf("flag: %q, want it to turn the listener off", c.HTTP.Addr)
	}
	if c.MQTT.Addr != ":2" {
		t.Errorf("environment: %q", c.MQTT.Addr)
	}
	if c.MQTTS.Addr != "192.0.2.4:4" {
		t.Errorf("file of the environment: %q", c.MQTTS.Addr)
	}
	if c.HTTP.BasePath != "/cool/" || !slices.Equal(c.MQTTS.Names, []string{"a.example", "192.0.2.1"}) {
		t.Errorf("file: %q, %v", c.HTTP.BasePath, c.MQTTS.Names)
	}
}

func TestFileInDataDirectory(t *testing.T) {
	file := write(t, "silence: 5m")
	c, err := Load(Sources{Env: []string{"COOLANT_DATA=" + filepath.Dir(file)}})
	if err != nil || c.Silence != 5*time.Minute {
		t.Errorf("silence %v, error %v", c.Silence, err)
	}
}

// TestRemote checks how the address of an outside broker is understood.
func TestRemote(t *testing.T) {
	for in, want := range map[string]string{
		"mqtts://b.example":                   "mqtts://b.example:8883",
		"ssl://b.example:443":                 "mqtts://b.example:443",
		"tcp://127.0.0.1":                     "mqtt://127.0.0.1:1883",
		"mqtt://[::1]:1884/":                  "mqtt://[::1]:1884",
		"wss://b.example:8084":                "wss://b.example:8084/mqtt",
		"ws://b.example/broker/mqtt":          "ws://b.example:80/broker/mqtt",
		"mqtts://x.ala.cn-hangzhou.emqxsl.cn": "mqtts://x.ala.cn-hangzhou.emqxsl.cn:8883",
	} {
		c, err := Load(Sources{Data: t.TempDir(), Env: []string{"COOLANT_BROKER=remote", "COOLANT_REMOTE_URL=" + in}, Flags: map[string]string{"http.addr": ""}})
		if err != nil || c.Remote.URL != want {
			t.Errorf("%s became %q, %v; want %q", in, c.Remote.URL, err, want)
		}
	}
	c, err := Load(Sources{Data: t.TempDir(), Env: []string{"COOLANT_QUOTA_BYTES=1.5 GB", "COOLANT_QUOTA_SESSION_MINUTES=1000"}})
	if err != nil || c.Quota.Bytes != 1_500_000_000 || c.Quota.SessionMinutes != 1000 {
		t.Errorf("the quota became %+v, %v", c.Quota, err)
	}
}

// TestMistakes checks that every mistake is reported, at its place, at once.
func TestMistakes(t *testing.T) {
	tests := []struct {
		name  string
		yaml  string
		env   []string
		flags map[string]string
		want  []string // beginnings of the mistakes, after the file's name
	}{
		{name: "all at once", yaml: "http:\n  addr: 8080\nlimits:\n  critical: hot\n", env: []string{"COOLANT_LOG_LEVEL=loud"}, flags: map[string]string{"debug.addr": ":6060"}, want: []string{
			`:2:9: http.addr: "8080" is not host:port`,
			`:4:13: limits.critical: "hot" is not a temperature`,
			`environment COOLANT_LOG_LEVEL: log.level: "loud" is not one of`,
			`flag for debug.addr: debug.addr: ":6060" is not a loopback`,
		}},
		{name: "unknown setting", yaml: "http:\n  adr: :80\n", want: []string{`:2:3: there is no setting http.adr; did you mean http.addr?`}},
		{name: "section for a value", yaml: "silence:\n  a: 1\n", want: []string{`:2:4: silence: a single value`}},
		{name: "value for a section", yaml: "limits: 5\n", want: []string{`:1:9: a section with settings`}},
		{name: "list as a file", yaml: "- a\n", want: []string{`:1:1: a section with settings`}},
		{name: "not YAML", yaml: "http: {addr: ':1'\n", want: []string{`:1:`}},
		{name: "limits in the wrong order", yaml: "limits:\n  warning: 45\n  critical: 44\n", want: []string{`:2:12: limits.warning: 45 is not below`}},
		{name: "60 C is never allowed", yaml: "limits:\n  critical: 60\n", want: []string{`:2:13: limits.critical: "60"`}},
		{name: "retention upside down", yaml: "retention:\n  raw: 3y\n", want: []string{`default of retention.minute: retention.minute: is shorter`}},
		{name: "bad duration", yaml: "retention:\n  raw: -1d\n", want: []string{`:2:8: retention.raw:`}},
		{name: "article inside the contract", yaml: "article:\n  topic: coolant/esp32/telemetry\n", want: []string{`:2:10: article.topic:`}},
		{name: "a shared subscription to the article's topic", yaml: "article:\n  topic: $share/coolant/emqx/esp32/telemetry\n", want: []string{`:2:10: article.topic: a shared subscription would split the history`}},
		{name: "article with a wildcard", yaml: "article:\n  topic: a/#\n", want: []string{`:2:10: article.topic:`}},
		{name: "a broker that is none", yaml: "broker: cloud\n", want: []string{`:1:9: broker: "cloud" is not one of embedded, remote, both`}},
		{name: "remote without an address", yaml: "broker: remote\n", want: []string{`:1:9: broker: "remote" needs remote.url`}},
		{name: "remote addresses", yaml: "remote:\n  url: http://b.example\n", env: []string{"COOLANT_REMOTE_URL=mqtts://me:secret@b.example"}, want: []string{
			`:2:8: remote.url: "http://b.example": the scheme is one of mqtts, mqtt, wss, ws`,
			`environment COOLANT_REMOTE_URL: remote.url: the address must not hold a user name or password`,
		}},
		{name: "a port that is none", yaml: "remote:\n  url: mqtts://b.example:0\n", want: []string{`:2:8: remote.url: "mqtts://b.example:0": the port`}},
		{name: "a path that nobody reads", yaml: "remote:\n  url: mqtts://b.example/mqtt\n", want: []string{`:2:8: remote.url: "mqtts://b.example/mqtt": only wss://`}},
		{name: "a shared subscription", yaml: "remote:\n  url: $share/coolant/x\n", want: []string{`:2:8: remote.url: a shared subscription would split the history`}},
		{name: "a password without a user", yaml: "remote:\n  password: x\n", want: []string{`:2:13: remote.password: is set without remote.username`}},
		{name: "half a client certificate", yaml: "remote:\n  cert_file: x\n", want: []string{`:2:14: remote.cert_file: remote.cert_file and remote.key_file belong together`}},
		{name: "a client id with a space", yaml: "remote:\n  client_id: a b\n", want: []string{`:2:14: remote.client_id:`}},
		{name: "a size that is none", yaml: "quota:\n  bytes: much\n  session_minutes: -1\n", want: []string{`:2:10: quota.bytes: "much" is not a size`, `:3:20: quota.session_minutes: "-1"`}},
		{name: "secret twice", env: []string{"COOLANT_PRIMARY=a", "COOLANT_PRIMARY_FILE=b"}, want: []string{`environment COOLANT_PRIMARY_FILE: is set together`}},
		{name: "secret not there", env: []string{"COOLANT_PRIMARY_FILE=/does/not/exist"}, want: []string{`environment COOLANT_PRIMARY_FILE: open`}},
		{name: "no listener", flags: map[string]string{"http.addr": "", "mqtt.addr": "", "mqtts.addr": ""}, want: []string{`flag for http.addr: http.addr: every listener`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := write(t, tt.yaml)
			_, err := Load(Sources{Data: t.TempDir(), File: file, Env: tt.env, Flags: tt.flags})
			var got *Error
			if !errors.As(err, &got) {
				t.Fatalf("got error %v, want mistakes", err)
			}
			if len(got.Mistakes) != len(tt.want) {
				t.Fatalf("got %d mistakes, want %d:\n%v", len(got.Mistakes), len(tt.want), err)
			}
			for i, m := range got.Mistakes {
				text := strings.TrimPrefix(m.Where, file) + ": " + m.Message
				if !strings.HasPrefix(text, tt.want[i]) {
					t.Errorf("mistake %d: %s\nwant it to begin with %s", i, text, tt.want[i])
				}
				if strings.HasPrefix(m.Where, file) && !strings.Contains(m.Excerpt, "^") {
					t.Errorf("mistake %d has no caret: %q", i, m.Excerpt)
				}
			}
		})
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load(Sources{Data: t.TempDir(), File: "/does/not/exist.yaml"}); err == nil {
		t.Error("a file that was asked for and is missing must be an error")
	}
}

func FuzzYAML(f *testing.F) {
	f.Add("http:\n  addr: ':1'\n")
	f.Add("? [a]\n: {b: &x 1, c: *x}\n")
	f.Add("<<: {http: 1}\n---\n- 1\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range parseYAML("f", []byte(text), settings()) {
			if e.key == "" && e.message == "" {
				t.Errorf("an entry says nothing: %+v", e)
			}
		}
	})
}
