package deploy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"coolant/e2e/mqtt"
)

// mosquittoProgram finds the broker also where root's programs are not on the
// path.
func mosquittoProgram(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("Mosquitto is not installed: make deps installs it")
	return ""
}

// startMosquitto starts the real broker with the configuration that we ship; only
// its paths and its port are this machine's.
func startMosquitto(ctx context.Context, t *testing.T, users ...string) (port string) {
	t.Helper()
	dir := t.TempDir()
	text, err := os.ReadFile("mosquitto/mosquitto.conf")
	if err != nil {
		t.Fatal(err)
	}
	rules, err := os.ReadFile("mosquitto/acl")
	if err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(free.Addr().String())
	_ = free.Close()
	conf := strings.NewReplacer("listener 8883", "listener "+port+" 127.0.0.1", "/mosquitto/secret/", dir+"/", "/mosquitto/config/", dir+"/", "/mosquitto/data/", dir+"/").Replace(string(text))
	if os.Geteuid() == 0 {
		conf += "\nuser root\n" // in the container the user is the container's
	}
	writePair(t, dir)
	for name, text := range map[string][]byte{"mosquitto.conf": []byte(conf), "acl": rules, "passwords": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range users {
		if out, err := exec.CommandContext(ctx, "mosquitto_passwd", "-b", filepath.Join(dir, "passwords"), u, "secret-"+u).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	var log bytes.Buffer
	cmd := exec.CommandContext(ctx, mosquittoProgram(t), "-c", filepath.Join(dir, "mosquitto.conf"))
	cmd.Stdout, cmd.Stderr = &log, &log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("Mosquitto:\n%s", log.String())
		}
	})
	until(ctx, t, "Mosquitto", func() error {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = c.Close()
		}
		return err
	})
	t.Setenv("MOSQUITTO_CA", filepath.Join(dir, "ca.crt"))
	return port
}

// writePair lends the broker a certificate for 127.0.0.1.
func writePair(t *testing.T, dir string) {
	t.Helper()
	lender := httptest.NewTLSServer(nil)
	lender.Close()
	if err := writeCertificate(dir, lender.TLS.Certificates[0]); err != nil {
		t.Fatal(err)
	}
}

func as(ctx context.Context, program, port, user string, args ...string) *exec.Cmd {
	args = append([]string{"-h", "127.0.0.1", "-p", port, "--cafile", os.Getenv("MOSQUITTO_CA"), "-u", user, "-P", "secret-" + user, "-q", "1", "-V", "mqttv5"}, args...)
	return exec.CommandContext(ctx, program, args...)
}

// TestMosquittoSeparates proves with Mosquitto's own clients that the shipped
// rules let each device use its own topics in the right direction, and nothing
// else, and that nobody comes in without a password.
func TestMosquittoSeparates(t *testing.T) {
	ctx := deadline(t, time.Minute)
	port := startMosquitto(ctx, t, "coolant-server", "loop", "pool")
	tests := []struct {
		from, to, topic string
		arrives         bool
	}{
		{"loop", "coolant-server", "coolant/loop/telemetry", true},
		{"loop", "coolant-server", "coolant/loop/status", true},
		{"loop", "coolant-server", "coolant/loop/info", true},
		{"loop", "coolant-server", "coolant/loop/reported", true},
		{"loop", "coolant-server", "coolant/loop/reply", true},
		{"coolant-server", "loop", "coolant/loop/committed", true},
		{"coolant-server", "loop", "coolant/loop/desired", true},
		{"coolant-server", "loop", "coolant/loop/command", true},
		{"coolant-server", "loop", "coolant/loop/input", true},
		{"loop", "coolant-server", "coolant/pool/telemetry", false}, // in another's name
		{"loop", "pool", "coolant/pool/desired", false},             // drive another's pump
		{"loop", "pool", "coolant/pool/command", false},
		{"loop", "loop", "coolant/loop/desired", false},           // its own orders
		{"loop", "loop", "coolant/loop/telemetry", false},         // up is not down
		{"coolant-server", "pool", "coolant/loop/desired", false}, // listen to another's
		{"pool", "loop", "coolant/pool/telemetry", false},
		{"loop", "coolant-server", "emqx/esp32/telemetry", false},
		{"loop", "pool", "chat", false},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s to %s on %s", tt.from, tt.to, tt.topic), func(t *testing.T) {
			// The second message is one that arrives in any case: whoever got it without
			// the first will not get the first.
			end := "coolant/" + tt.to + "/input"
			sub, err := mqtt.Dial(ctx, mqtt.Options{Addr: net.JoinHostPort("127.0.0.1", port), TLS: trust(t), Connect: mqtt.Connect{
				Version: mqtt.V5, ID: "reader", User: tt.to, Password: "secret-" + tt.to,
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer sub.Close()
			for _, filter := range []string{tt.topic, end} {
				_ = sub.Subscribe(1, filter) // a refusal is one way to say no
			}
			_ = as(ctx, "mosquitto_pub", port, tt.from, "-t", tt.topic, "-m", "x").Run() // here too
			if msg, err := as(ctx, "mosquitto_pub", port, "coolant-server", "-t", end, "-m", "end").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, msg)
			}
			arrived := arrives(ctx, t, sub, tt.topic)
			if arrived != tt.arrives {
				t.Errorf("arrived: %v, want %v", arrived, tt.arrives)
			}
		})
	}
	t.Run("nobody without a password", func(t *testing.T) {
		anonymous := exec.CommandContext(ctx, "mosquitto_pub", "-h", "127.0.0.1", "-p", port, "--cafile", os.Getenv("MOSQUITTO_CA"), "-t", "coolant/loop/telemetry", "-m", "x")
		if err := anonymous.Run(); err == nil {
			t.Error("let in without a name")
		}
		wrong := as(ctx, "mosquitto_pub", port, "loop", "-P", "wrong", "-t", "coolant/loop/telemetry", "-m", "x")
		if err := wrong.Run(); err == nil {
			t.Error("let in with a wrong password")
		}
		plain := exec.CommandContext(ctx, "mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-u", "loop", "-P", "secret-loop", "-t", "coolant/loop/telemetry", "-m", "x")
		if err := plain.Run(); err == nil {
			t.Error("let in without TLS")
		}
	})
}

// TestMosquittoQueues proves that more than Mosquitto's default of 1,000 messages
// wait for a service that is away.
func TestMosquittoQueues(t *testing.T) {
	ctx := deadline(t, time.Minute)
	port := startMosquitto(ctx, t, "coolant-server", "loop")
	const messages = 3000
	session := func(args ...string) *exec.Cmd {
		return as(ctx, "mosquitto_sub", port, "coolant-server", append([]string{"-t", "coolant/+/telemetry", "-c", "-i", "service", "-x", "3600"}, args...)...)
	}
	if out, err := session("-E").CombinedOutput(); err != nil { // subscribes and leaves
		t.Fatalf("%v: %s", err, out)
	}
	pub := as(ctx, "mosquitto_pub", port, "loop", "-t", "coolant/loop/telemetry", "-l")
	pub.Stdin = strings.NewReader(strings.Repeat("x\n", messages))
	if out, err := pub.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := session("-C", fmt.Sprint(messages)).Output()
	if n := bytes.Count(out, []byte("x\n")); err != nil || n != messages {
		t.Errorf("%d of %d messages waited: %v", n, messages, err)
	}
}

// arrives reads until the message that says "end".
func arrives(ctx context.Context, t *testing.T, c *mqtt.Conn, topic string) (arrived bool) {
	t.Helper()
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	for {
		p, err := c.Next()
		if err != nil {
			t.Fatalf("the last message did not come: %v", err)
		}
		if p.Type != mqtt.TypePublish {
			continue
		}
		got, payload, id, _, err := mqtt.ParsePublish(c.Version, p)
		if err != nil {
			t.Fatal(err)
		}
		last := string(payload) == "end"
		arrived = arrived || string(got) == topic && !last
		if last {
			return arrived
		}
		if _, err := c.Write(mqtt.AppendPubAck(nil, id)); err != nil {
			t.Fatal(err)
		}
	}
}

// trust is a client configuration that trusts the broker's certificate.
func trust(t *testing.T) *tls.Config {
	t.Helper()
	text, err := os.ReadFile(os.Getenv("MOSQUITTO_CA"))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatal("no certificate")
	}
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}
