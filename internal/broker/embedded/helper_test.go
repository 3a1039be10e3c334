package embedded

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"coolant"
	"coolant/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

// passwords is an Authenticator: every user of the map has its value as password.
type passwords map[string]string

func (p passwords) Verify(user string, password []byte) bool {
	want, ok := p[user]
	return ok && want == string(password)
}

// everyone lets anybody in whose password is the user name twice.
type everyone struct{}

func (everyone) Verify(user string, password []byte) bool {
	return len(password) == 2*len(user) && string(password[:len(user)]) == user
}

// memory is a store of records that survives a broker, and can be made to fail.
type memory struct {
	mu   sync.Mutex
	rows map[[2]string][]byte
	fail error
}

func newMemory() *memory { return &memory{rows: map[[2]string][]byte{}} }

func (m *memory) PutRecord(_ context.Context, bucket, key string, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.rows[[2]string{bucket, key}] = bytes.Clone(value)
	return nil
}

func (m *memory) DeleteRecord(_ context.Context, bucket, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.rows, [2]string{bucket, key})
	return m.fail
}

func (m *memory) EachRecord(_ context.Context, bucket string, fn func(string, []byte) error) error {
	m.mu.Lock()
	var keys []string
	rows := map[string][]byte{}
	for k, v := range m.rows {
		if k[0] == bucket {
			keys = append(keys, k[1])
			rows[k[1]] = v
		}
	}
	m.mu.Unlock()
	sort.Strings(keys)
	for _, k := range keys {
		if err := fn(k, rows[k]); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) keys(bucket string) (keys []string) {
	_ = m.EachRecord(context.Background(), bucket, func(k string, _ []byte) error {
		keys = append(keys, k)
		return nil
	})
	return keys
}

// accepted is a message that the handler got, with what settles it.
type accepted struct {
	wire.Message
	payload string
	settle  func(error)
}

// handler is a Handler that settles at once with what verdict says, or leaves it
// to the test where verdict is nil.
type handler struct {
	verdict func(wire.Message) error
	got     chan accepted
}

func (h *handler) Accept(m wire.Message, r wire.Receipt, token uint64) {
	m.Topic = strings.Clone(m.Topic)
	a := accepted{Message: m, payload: string(m.Payload), settle: func(err error) { r.Settle(token, err) }}
	if h.verdict != nil {
		a.settle(h.verdict(m))
	}
	h.got <- a
}

func (h *handler) next(t testing.TB) accepted {
	t.Helper()
	return receive(t, h.got, "a message at the handler")
}

func (h *handler) none(t testing.TB) {
	t.Helper()
	select {
	case m := <-h.got:
		t.Fatalf("the handler got %s %q, expected nothing", m.Topic, m.payload)
	default:
	}
}

func receive[T any](t testing.TB, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("waited %s for %s", patience, what)
		panic("unreachable")
	}
}

// eventually polls until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited %s until %s", patience, what)
		}
		<-tick.C
	}
}

func good(wire.Message) error { return nil }

// house is a broker that serves, and everything around it.
type house struct {
	*Broker
	t          testing.TB
	handler    *handler
	records    *memory
	rejections chan coolant.Rejection
	plain, tls string // addresses
	stop       func() error
}

// open starts a broker with the users a, b, c and esp32, whose passwords are
// their names twice.
func open(t testing.TB, change ...func(*Options)) *house {
	t.Helper()
	h := &house{
		t: t, records: newMemory(), rejections: make(chan coolant.Rejection, 10_000),
		handler: &handler{verdict: good, got: make(chan accepted, 100_000)},
	}
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	o := Options{
		MQTT: listen(), MQTTS: listen(), TLS: certificate(t),
		Auth:         passwords{"a": "aa", "b": "bb", "c": "cc", "esp32": "esp32esp32"},
		Handler:      h.handler,
		Records:      h.records,
		Refuse:       func(r coolant.Rejection) { h.rejections <- r },
		ArticleTopic: wire.ArticleTopic, ArticleDevice: "esp32",
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	o.times = usualTimes()
	o.times.farewell = 200 * time.Millisecond
	for _, f := range change {
		f(&o)
	}
	if m, ok := o.Records.(*memory); ok {
		h.records = m
	}
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	h.Broker, h.plain = b, o.MQTT.Addr().String()
	if o.MQTTS != nil {
		h.tls = o.MQTTS.Addr().String()
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- b.Serve(ctx) }()
	h.stop = sync.OnceValue(func() error {
		cancel()
		return receive(t, served, "the broker to stop")
	})
	t.Cleanup(func() {
		if err := h.stop(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// narrow is a listener of connections with little room for what is not read.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	c, err := n.Listener.Accept()
	if t, ok := c.(*net.TCPConn); ok {
		err = errors.Join(err, t.SetWriteBuffer(4<<10))
	}
	return c, err
}

// patient changes how long the broker waits.
func patient(change func(*times)) func(*Options) {
	return func(o *Options) { change(&o.times) }
}

// rejected waits for a refusal with the code.
func (h *house) rejected(code coolant.RejectionCode) coolant.Rejection {
	h.t.Helper()
	r := receive(h.t, h.rejections, "a refusal "+string(code))
	if r.Code != code {
		h.t.Fatalf("refused as %+v, want %s", r, code)
	}
	return r
}

func (h *house) noneRejected() {
	h.t.Helper()
	select {
	case r := <-h.rejections:
		h.t.Fatalf("refused: %+v", r)
	default:
	}
}

var testCertificate = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

func certificate(t testing.TB) *tls.Config {
	t.Helper()
	c, err := testCertificate()
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{c}}
}

func tlsDialer(config *tls.Config) *tls.Dialer { return &tls.Dialer{Config: config} }

func trust(t testing.TB) *tls.Config {
	t.Helper()
	c := certificate(t).Certificates[0]
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

// join connects as user and expects to be let in.
func (h *house) join(version byte, user string) *client {
	h.t.Helper()
	c := dial(h.t, h.plain)
	if ack := c.connect(connecting(version, user)); ack.ReasonCode != 0 {
		h.t.Fatalf("connecting as %s was refused: %#x", user, ack.ReasonCode)
	}
	return c
}
