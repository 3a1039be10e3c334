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
	made := f.made()
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
