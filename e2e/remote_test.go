package e2e

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// serverRules let the service use everything of the contract, and deviceRules
// each device its own topics by direction, as the guides set them.
const (
	serverRules = "user coolant-server\ntopic readwrite coolant/#\ntopic read emqx/esp32/telemetry\n\n"
	deviceRules = "pattern write coolant/%u/telemetry\npattern write coolant/%u/status\npattern write coolant/%u/info\n" +
		"pattern write coolant/%u/reported\npattern write coolant/%u/reply\npattern read coolant/%u/committed\n" +
		"pattern read coolant/%u/desired\npattern read coolant/%u/command\npattern read coolant/%u/input\n"
)

// outside is a Mosquitto in the place of a broker in the cloud: with TLS, passwords,
// access rules and persistence.
type outside struct {
	*brokertest.Mosquitto
	ca       *brokertest.Authority
	password string // of the service
}

func startOutside(t *testing.T, o brokertest.Options, devices ...proc.Credential) *outside {
	t.Helper()
	b := &outside{ca: brokertest.NewAuthority(t, "Outside CA"), password: "a password of the service"}
	o.Leaf = b.ca.Issue(t, "broker", time.Now().Add(90*24*time.Hour), "localhost")
	o.Users = map[string]string{"coolant-server": b.password}
	for _, d := range devices {
		o.Users[d.Username] = d.Password
	}
	o.ACL, o.Persistent = serverRules+deviceRules, true
	b.Mosquitto = brokertest.Start(t, o)
	return b
}

// env is the configuration of a service that uses the broker.
func (b *outside) env(t *testing.T, mode string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte(b.password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{
		"COOLANT_BROKER=" + mode, "COOLANT_REMOTE_URL=mqtts://localhost:" + b.Port, "COOLANT_REMOTE_CA_FILE=" + b.ca.File,
		"COOLANT_REMOTE_USERNAME=coolant-server", "COOLANT_REMOTE_PASSWORD_FILE=" + file,
	}
}

// addr is where devices reach the broker, in place of a server of ours.
func (b *outside) addr() (proc.Addr, *tls.Config) { return proc.Addr{MQTTS: b.Addr}, b.ca.TLS() }

// outsiders are devices that only the outside broker knows.
func outsiders(prefix string, n int) []proc.Credential {
	all := make([]proc.Credential, n)
	for i := range all {
		id := fmt.Sprintf("%s-%d", prefix, i)
		all[i] = proc.Credential{ID: id, Username: id, Password: "password of " + id}
	}
	return all
}

// remotePublishers are devices at an outside broker: both versions, single samples
// and batches.
func remotePublishers(creds []proc.Credential, r *rand.Rand) []*publisher {
	base := time.Now().Add(-30 * 24 * time.Hour)
	all := make([]*publisher, len(creds))
	for i, c := range creds {
		p := newPublisher(c, r, base)
		p.secure, p.batch, p.version = true, 1+5*(i%3), mqtt.V5
		if i%2 == 1 {
			p.version = mqtt.V311
		}
		all[i] = p
	}
	return all
}

// TestRemoteCrash kills the service at random moments while devices publish to an
// outside broker, which acknowledges on its own, and restarts that broker too. In
// the end every sample is stored exactly once, with the right value, and every
// device knows.
func TestRemoteCrash(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	r := randomness(t)
	creds := outsiders("far", 6)
	b := startOutside(t, brokertest.Options{}, creds...)
	publishers := remotePublishers(creds, r)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")}

	// The session exists from the first connection on; what is sent before it is
	// nobody's.
	s := start(ctx, t, o)
	f := launch(ctx, t, publishers...)
	addr, conf := b.addr()
	f.open(ctx, addr, conf)
	const crashes = 10
	for i := range crashes {
		before := f.acked()
		runFor(ctx, time.Duration(20+r.IntN(400))*time.Millisecond)
		until(ctx, t, "acknowledgements by the broker", func() error { return more(f.acked(), before) })
		s.Kill()
		runFor(ctx, time.Duration(r.IntN(200))*time.Millisecond) // the broker keeps what comes now
		if i == crashes/2 {
			b.Stop()
			b.Start()
		}
		s = start(ctx, t, o)
	}
	f.pause(true)
	until(ctx, t, "every sample to be acknowledged and committed", f.settled)
	stored, err := f.check(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, p := range publishers {
		n, _, _ := p.progress()
		made += n
	}
	if stored != made {
		t.Errorf("%d samples were sent, %d are stored", made, stored)
	}
	t.Logf("%d samples of %d devices over %d crashes", made, len(publishers), crashes)
}

// TestRemoteQueue stops the service in order, lets devices publish meanwhile, and
// finds everything after the next start: the broker had kept it.
func TestRemoteQueue(t *testing.T) {
	ctx := deadline(t, time.Minute)
	r := randomness(t)
	creds := outsiders("far", 3)
	b := startOutside(t, brokertest.Options{}, creds...)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")}
	s := start(ctx, t, o)
	stopCtx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if code, err := s.Terminate(stopCtx); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v; want 0 within %v", code, err, stopWithin)
	}
	f := launch(ctx, t, remotePublishers(creds, r)...)
	addr, conf := b.addr()
	f.open(ctx, addr, conf)
	until(ctx, t, "messages at the broker", func() error { return more(f.acked(), 500) })
	f.pause(true)
	f.expel() // so that nothing can be sent again
	acked := f.acked()
	s = start(ctx, t, o)
	until(ctx, t, "what the broker kept", func() error {
		stored, err := f.check(ctx, s)
		if err == nil && stored < acked {
			err = fmt.Errorf("%d of %d samples are stored", stored, acked)
		}
		return err
	})
}

// TestRemoteAway starts the service while its broker is away: it serves, says what
// is wrong, and is ready by itself once the broker is there.
func TestRemoteAway(t *testing.T) {
	ctx := deadline(t, time.Minute)
	b := startOutside(t, brokertest.Options{})
	b.Kill()
	dir := dataDir(t)
	s, err := proc.Launch(proc.Options{Binary: binary(t), Dir: dir, Env: b.env(t, "remote")})
	if err != nil {
		t.Fatal(err)
	}
	endWithTest(t, s)
	if err := s.WaitAddr(ctx); err != nil {
		t.Fatal(err)
	}
	if err := s.WaitLive(ctx); err != nil {
		t.Fatal(err)
	}
	if s.Addr.MQTTS != "" || s.Addr.MQTT != "" {
		t.Errorf("with an outside broker only, ports are open for devices: %+v", s.Addr)
	}
	var seen struct {
		Remote struct {
			State string
			Error struct{ Code, Step, Hint string }
		}
	}
	until(ctx, t, "the reason", func() error {
		if err := getJSON(ctx, s, "/api/v1/broker", &seen); err != nil {
			return err
		}
		if seen.Remote.Error.Code != "refused" || seen.Remote.Error.Step != "tcp" || seen.Remote.Error.Hint == "" {
			return fmt.Errorf("it is %+v", seen)
		}
		return nil
	})
	if code, body, err := s.Get(ctx, "/readyz"); err != nil || code != http.StatusServiceUnavailable || !strings.Contains(string(body), "nothing listens on localhost:"+b.Port) {
		t.Errorf("/readyz answers %d %s, %v", code, body, err)
	}
	if _, body, err := s.Get(ctx, "/metrics"); err != nil || !strings.Contains(string(body), "\ncoolant_remote_connected 0\n") {
		t.Errorf("the metrics do not say that it is not connected: %v", err)
	}
	if res, err := binary(t).Run(ctx, "healthcheck", "--data", dir); err != nil || res.Code != 1 || !strings.Contains(res.Stderr, "outside broker") {
		t.Errorf("healthcheck: %+v, %v", res, err)
	}
	b.Start()
	if err := s.WaitReady(ctx); err != nil {
		t.Fatal(err)
	}
	if res, err := binary(t).Run(ctx, "healthcheck", "--data", dir); err != nil || res.Code != 0 {
		t.Errorf("healthcheck once it is there: %+v, %v", res, err)
	}
	if _, body, err := s.Get(ctx, "/metrics"); err != nil || !strings.Contains(string(body), "\ncoolant_remote_connected 1\n") {
		t.Errorf("the metrics do not say that it is connected: %v", err)
	}
}

// TestBothBrokers lets one device come by the embedded broker and another one by
// an outside one, and removes the second: what the outside broker kept of it does
// not bring it back.
func TestBothBrokers(t *testing.T) {
	ctx := deadline(t, time.Minute)
	r := randomness(t)
	far := outsiders("far", 1)
	b := startOutside(t, brokertest.Options{}, far...)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "both")}
	near := addDevices(ctx, t, o.Dir, "near", 1)
	s := start(ctx, t, o)

	here := launch(ctx, t, newPublisher(near[0], r, time.Now().Add(-24*time.Hour)))
	here.admit(ctx, t, s)
	there := launch(ctx, t, remotePublishers(far, r)...)
	addr, conf := b.addr()
	there.open(ctx, addr, conf)
	for _, f := range []*fleet{here, there} {
		until(ctx, t, "load", func() error { return more(f.acked(), 100) })
		f.pause(true)
		until(ctx, t, "every sample to be committed", f.settled)
		if stored, err := f.check(ctx, s); err != nil || stored < 100 {
			t.Errorf("%d samples are stored, %v", stored, err)
		}
		f.expel()
	}

	c := dialOutside(ctx, t, b, far[0])
	publishRetained(ctx, t, c, "coolant/far-0/status", `{"state":"online","boot":"1","conn":1}`)
	until(ctx, t, "its presence", func() error {
		_, body, err := s.Get(ctx, "/api/v1/devices/far-0")
		if err == nil && !strings.Contains(string(body), `"online":true`) {
			err = fmt.Errorf("the device is %s", body)
		}
		return err
	})
	if res, err := binary(t).Run(ctx, "device", "remove", "far-0", "--data", o.Dir); err != nil || res.Code != 0 {
		t.Fatalf("remove: %+v, %v", res, err)
	}
	stopCtx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	if code, err := s.Terminate(stopCtx); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v", code, err)
	}
	s = start(ctx, t, o)
	publishRetained(ctx, t, dialOutside(ctx, t, b, far[0]), "coolant/far-0/info", `{"firmware":"1"}`) // its user lives on
	publishRetained(ctx, t, dialOutside(ctx, t, b, proc.Credential{ID: "coolant-server", Username: "coolant-server", Password: b.password}),
		"coolant/marker/info", `{}`) // what is retained has come when this has
	until(ctx, t, "the marker", func() error {
		code, body, err := s.Get(ctx, "/api/v1/devices/marker")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("%d %s", code, body)
		}
		return err
	})
	if code, body, err := s.Get(ctx, "/api/v1/devices/far-0"); err != nil || code != http.StatusNotFound {
		t.Errorf("the removed device is back: %d %s, %v", code, body, err)
	}
}

// TestRemoteWill lets a device vanish without a word from an outside broker, whose
// last will tells of it, and come back.
func TestRemoteWill(t *testing.T) {
	ctx := deadline(t, time.Minute)
	far := outsiders("far", 1)
	b := startOutside(t, brokertest.Options{}, far...)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")})
	status := func(state string, conn int) string {
		return fmt.Sprintf(`{"state":%q,"boot":"9f3c51d27ab04e66","conn":%d}`, state, conn)
	}
	dial := func(conn int) *mqtt.Conn {
		t.Helper()
		c, err := mqtt.Dial(ctx, mqtt.Options{Addr: b.Addr, TLS: b.ca.TLS(), Connect: mqtt.Connect{
			Version: mqtt.V311, ID: "far-0", User: far[0].Username, Password: far[0].Password, KeepAlive: 60,
			Will: &mqtt.Will{Topic: "coolant/far-0/status", Payload: []byte(status("offline", conn)), QoS: 1, Retain: true},
		}})
		if err != nil {
			t.Fatal(err)
		}
		publishRetained(ctx, t, c, "coolant/far-0/status", status("online", conn))
		return c
	}
	expect := func(online bool) {
		t.Helper()
		until(ctx, t, fmt.Sprintf("online to be %v", online), func() error {
			var seen struct{ Presence *struct{ Online bool } }
			err := getJSON(ctx, s, "/api/v1/devices/far-0", &seen)
			if err == nil && (seen.Presence == nil || seen.Presence.Online != online) {
				err = fmt.Errorf("presence is %+v", seen.Presence)
			}
			return err
		})
	}
	first := dial(1)
	expect(true)
	first.Close() // no DISCONNECT: the broker sends the will
	expect(false)
	second := dial(2)
	expect(true)
	s.Kill()
	second.Close() // while nobody listens: the session and the retained status tell
	s = start(ctx, t, proc.Options{Binary: binary(t), Dir: s.Dir, Env: b.env(t, "remote")})
	expect(false)
}

// TestBrokerCheck runs the command beside a running service and without one, and
// finds the proof at the service.
func TestBrokerCheck(t *testing.T) {
	ctx := deadline(t, time.Minute)
	far := outsiders("far", 1)
	b := startOutside(t, brokertest.Options{}, far...)
	o := proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")}
	for _, e := range o.Env {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	password := filepath.Join(t.TempDir(), "device-password")
	if err := os.WriteFile(password, []byte(far[0].Password), 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(args ...string) proc.Result {
		t.Helper()
		res, err := binary(t).Run(ctx, append([]string{"broker", "check", "--data", o.Dir}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return res
	}
	separation := func(s *proc.Server) string {
		t.Helper()
		var seen struct {
			Remote struct {
				Separation struct{ State, Detail string }
			}
		}
		if err := getJSON(ctx, s, "/api/v1/broker", &seen); err != nil {
			t.Fatal(err)
		}
		return seen.Remote.Separation.State
	}

	res := check()
	if res.Code != 0 || !strings.Contains(res.Stdout, "ok       echo") || !strings.Contains(res.Stdout, "broker check --device ID --data") {
		t.Errorf("without a device: exit code %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	s := start(ctx, t, o)
	if got := separation(s); got != "unproven" {
		t.Errorf("before it was tried it is %s", got)
	}
	res = check("--device", "far-0", "--device-password-file", password)
	if res.Code != 0 || !strings.Contains(res.Stdout, "ok       separation") {
		t.Errorf("with a device: exit code %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if got := separation(s); got != "proven" {
		t.Errorf("after it was proven it is %s", got)
	}
	s.Kill()
	s = start(ctx, t, o)
	if got := separation(s); got != "proven" {
		t.Errorf("after a restart it is %s", got)
	}

	// A check of another broker says nothing of the one that the service uses.
	other := brokertest.Start(t, brokertest.Options{Leaf: b.ca.Issue(t, "other", time.Now().Add(time.Hour), "localhost")})
	t.Setenv("COOLANT_REMOTE_URL", "mqtts://localhost:"+other.Port)
	res = check("--device", "far-0", "--device-password-file", password)
	if res.Code != 1 || !strings.Contains(res.Stdout, "FAILED   separation") || !strings.Contains(res.Stderr, "another broker or user (mqtts://localhost:"+b.Port) {
		t.Errorf("of another broker: exit code %d\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if got := separation(s); got != "proven" {
		t.Errorf("after a check of another broker it is %s", got)
	}
	t.Setenv("COOLANT_REMOTE_URL", "mqtts://localhost:"+b.Port)

	b.Kill()
	res = check("--json")
	var last struct {
		Step    string
		OK      bool
		Problem struct{ Code, Hint string }
	}
	lines := strings.Split(strings.TrimSpace(res.Stdout), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || res.Code != 1 || last.OK || last.Problem.Code != "refused" || last.Problem.Hint == "" {
		t.Errorf("without a broker: exit code %d, %v\n%s%s", res.Code, err, res.Stdout, res.Stderr)
	}
	if text := res.Stdout + res.Stderr; strings.Contains(text, b.password) {
		t.Error("the password is shown")
	}
}

// open lets the publishers connect to a broker elsewhere.
func (f *fleet) open(ctx context.Context, addr proc.Addr, conf *tls.Config) {
	g := &gate{addr: addr, tls: conf}
	g.ctx, g.close = context.WithCancel(ctx)
	f.set(g)
}

// dialOutside connects to the outside broker until the test ends.
func dialOutside(ctx context.Context, t *testing.T, b *outside, c proc.Credential) *mqtt.Conn {
	t.Helper()
	conn, err := mqtt.Dial(ctx, mqtt.Options{Addr: b.Addr, TLS: b.ca.TLS(), Connect: mqtt.Connect{
		Version: mqtt.V311, ID: "test-" + c.ID, User: c.Username, Password: c.Password, KeepAlive: 60,
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// publishRetained publishes and waits for the PUBACK.
func publishRetained(ctx context.Context, t *testing.T, c *mqtt.Conn, topic, payload string) {
	t.Helper()
	out := mqtt.AppendPublish(nil, c.Version, mqtt.Publish{Topic: topic, Payload: []byte(payload), ID: 7, QoS: 1, Retain: true})
	if _, err := c.Write(out); err != nil {
		t.Fatal(err)
	}
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	for {
		p, err := c.Next()
		if err != nil {
			t.Fatalf("wait for the PUBACK: %v", err)
		}
		if p.Type == mqtt.TypePubAck {
			return
		}
	}
}

// getJSON asks the server for a document.
func getJSON(ctx context.Context, s *proc.Server, path string, into any) error {
	code, body, err := s.Get(ctx, path)
	if err != nil {
		return err
	}
	if code != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", path, code, body)
	}
	return json.Unmarshal(body, into)
}
