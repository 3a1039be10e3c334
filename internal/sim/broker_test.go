package sim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"coolant"
	"coolant/internal/wire"
)

// broker is a Mosquitto with TLS of its own.
type broker struct {
	addr  string
	ca    string // PEM
	trust *x509.CertPool
}

func startBroker(t *testing.T) *broker {
	t.Helper()
	bin, err := exec.LookPath("mosquitto")
	if err != nil {
		bin = "/usr/sbin/mosquitto"
	}
	dir := t.TempDir()
	trust := writeCertificates(t, dir)
	// Mosquitto cannot take a port of the system's choice.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	l.Close()
	config := fmt.Sprintf("listener %s 127.0.0.1\nallow_anonymous true\npersistence false\ncertfile %s\nkeyfile %s\nmax_queued_messages 0\nmax_inflight_messages 0\n",
		port, filepath.Join(dir, "leaf.crt"), filepath.Join(dir, "leaf.key"))
	if os.Geteuid() == 0 {
		config += "user root\n" // it would give up root and could not read the key
	}
	path := filepath.Join(dir, "mosquitto.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(bin, "-c", path)
	var log strings.Builder
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatalf("start mosquitto (Debian package mosquitto): %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	ca, err := os.ReadFile(filepath.Join(dir, "ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	b := &broker{addr: addr, ca: string(ca), trust: trust}
	eventually(t, "mosquitto listens", func() bool {
		c, err := tls.Dial("tcp", addr, b.tls())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return b
}

func (b *broker) tls() *tls.Config { return &tls.Config{RootCAs: b.trust} }

// writeCertificates makes a CA and a leaf for 127.0.0.1.
func writeCertificates(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "throwaway CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker"},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	must(err)
	keyDER, err := x509.MarshalECPrivateKey(key)
	must(err)
	write := func(name, kind string, der []byte) {
		must(os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	}
	write("ca.crt", "CERTIFICATE", caDER)
	write("leaf.crt", "CERTIFICATE", leafDER)
	write("leaf.key", "EC PRIVATE KEY", keyDER)
	pool := x509.NewCertPool()
	parsed, err := x509.ParseCertificate(caDER)
	must(err)
	pool.AddCert(parsed)
	return pool
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// server is the other end of the contract, as little of it as a test needs.
type server struct {
	t *testing.T
	m *autopaho.ConnectionManager

	mu       sync.Mutex
	messages []seen
	samples  map[coolant.Boot]map[uint64]wire.TelemetrySample
	commits  bool // says `committed`
}

type seen struct {
	device  coolant.DeviceID
	kind    wire.Kind
	payload []byte
}

func startServer(t *testing.T, b *broker, commits bool) *server {
	t.Helper()
	s := &server{t: t, commits: commits, samples: make(map[coolant.Boot]map[uint64]wire.TelemetrySample)}
	ready := make(chan error, 1)
	m, err := autopaho.NewConnection(t.Context(), autopaho.ClientConfig{
		ServerUrls: []*url.URL{{Scheme: "mqtts", Host: b.addr}},
		TlsCfg:     b.tls(),
		OnConnectionUp: func(m *autopaho.ConnectionManager, _ *paho.Connack) {
			go func() {
				_, err := m.Subscribe(t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "coolant/+/+", QoS: 1}}})
				ready <- err
			}()
		},
		ClientConfig: paho.ClientConfig{
			ClientID: "server",
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
				s.take(p.Packet.Topic, p.Packet.Payload)
				return true, nil
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.m = m
	t.Cleanup(func() { <-m.Done() })
	if err := <-ready; err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) take(topic string, payload []byte) {
	id, kind, ok := wire.ParseTopic(topic)
	if !ok || !kind.Up() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, seen{id, kind, append([]byte(nil), payload...)})
	if kind != wire.Telemetry {
		return
	}
	var p wire.TelemetryPayload
	if err := new(wire.Decoder).Decode(payload, &p); err != nil || len(p.Problems) > 0 {
		s.t.Errorf("telemetry %s: %v %v", payload, err, p.Problems)
		return
	}
	of := s.samples[p.Boot]
	if of == nil {
		of = make(map[uint64]wire.TelemetrySample)
		s.samples[p.Boot] = of
	}
	for _, sample := range p.Samples {
		sample.Readings = append([]coolant.Reading(nil), sample.Readings...)
		of[sample.Seq] = sample
	}
	if !s.commits {
		return
	}
	through := uint64(0)
	for of[through+1].Seq != 0 {
		through++
	}
	committed := wire.AppendCommitted(nil, wire.CommittedPayload{Boot: p.Boot, Through: through})
	go s.publish(wire.Topic(id, wire.Committed), committed, true)
}

func (s *server) publish(topic string, payload []byte, retain bool) {
	_, _ = s.m.Publish(context.Background(), &paho.Publish{Topic: topic, Payload: payload, Retain: retain})
}

// has returns how many samples came, and last the newest message of a kind.
func (s *server) has() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range s.samples {
		n += len(of)
	}
	return n
}

func (s *server) last(kind wire.Kind) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.messages) - 1; i >= 0; i-- {
		if s.messages[i].kind == kind {
			return string(s.messages[i].payload)
		}
	}
	return ""
}

func (s *server) boots() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.samples)
}

// runSim starts a simulation and returns how to end it in order.
func runSim(t *testing.T, b *broker, change func(*Options)) (stop func()) {
	t.Helper()
	o := Options{
		Broker: b.addr, TLS: b.tls(), Devices: Fleet(1, 1),
		Interval: time.Second, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, o) }()
	var once sync.Once
	stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}
