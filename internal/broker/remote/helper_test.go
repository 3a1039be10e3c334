package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"go.uber.org/goleak"

	"coolant"
	"coolant/internal/broker/brokertest"
	"coolant/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// quick are times for tests: what is tried again is tried at once.
func quick() times {
	return times{
		dial: 2 * time.Second, request: 5 * time.Second, settle: 500 * time.Millisecond,
		first: 10 * time.Millisecond, last: 50 * time.Millisecond, lasting: 50 * time.Millisecond, steady: time.Minute,
	}
}

// message is what a handler was given.
type message struct {
	wire.Message
	receipt wire.Receipt
	token   uint64
}

// inbox is a handler that keeps what comes; answer, if set, settles it.
type inbox struct {
	mu     sync.Mutex
	got    []message
	answer func(m message)
	news   chan struct{}
}

func newInbox(answer func(m message)) *inbox {
	return &inbox{answer: answer, news: make(chan struct{}, 1)}
}

// stored settles at once, as a store that is never busy.
func stored(m message) { m.receipt.Settle(m.token, nil) }

func (i *inbox) Accept(m wire.Message, r wire.Receipt, token uint64) {
	m.Payload = bytes.Clone(m.Payload)
	kept := message{m, r, token}
	i.mu.Lock()
	i.got = append(i.got, kept)
	answer := i.answer
	i.mu.Unlock()
	select {
	case i.news <- struct{}{}:
	default:
	}
	if answer != nil {
		answer(kept)
	}
}

func (i *inbox) all() []message {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]message(nil), i.got...)
}

// wait waits until at least n messages have come.
func (i *inbox) wait(t *testing.T, n int) []message {
	t.Helper()
	eventually(t, fmt.Sprintf("%d messages", n), func() error {
		if got := i.all(); len(got) < n {
			return fmt.Errorf("there are %d", len(got))
		}
		return nil
	})
	return i.all()
}

// records keeps values in memory.
type records struct {
	mu sync.Mutex
	of map[string]map[string][]byte
}

func (r *records) PutRecord(_ context.Context, bucket, key string, value []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]map[string][]byte{}
	}
	if r.of[bucket] == nil {
		r.of[bucket] = map[string][]byte{}
	}
	r.of[bucket][key] = bytes.Clone(value)
	return nil
}

func (r *records) EachRecord(_ context.Context, bucket string, fn func(string, []byte) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, value := range r.of[bucket] {
		if err := fn(key, value); err != nil {
			return err
		}
	}
	return nil
}

// harness is a link and what is around it.
type harness struct {
	*Broker
	inbox   *inbox
	records *records
	stop    func()
}

// begin runs a link until the test ends or stop is called.
func begin(t *testing.T, e Endpoint, in *inbox, change ...func(*Options)) *harness {
	t.Helper()
	if e.ClientID == "" {
		e.ClientID = "coolant-server"
	}
	h := &harness{inbox: in, records: &records{}}
	o := Options{
		Endpoint: e, Handler: in, Records: h.records, times: quick(),
		ArticleTopic: wire.ArticleTopic, ArticleDevice: "esp32",
		Log: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(&o)
	}
	if r, ok := o.Records.(*records); ok {
		h.records = r
	}
	b, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	h.Broker = b
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the link ended with %v", err)
		}
	})
	t.Cleanup(h.stop)
	return h
}

// testWriter logs to a test.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(p []byte) (int, error) {
	w.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}

// linked waits until messages flow.
func (h *harness) linked(t *testing.T) *harness {
	t.Helper()
	eventually(t, "the link", h.Health)
	return h
}

// problem waits until the link has failed, and returns why.
func (h *harness) problem(t *testing.T) *coolant.BrokerProblem {
	t.Helper()
	var p *coolant.BrokerProblem
	eventually(t, "a failed attempt", func() error {
		if p = h.Status().Error; p == nil {
			return errors.New("none yet")
		}
		return nil
	})
	return p
}

func eventually(t *testing.T, what string, try func() error) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("waited for %s: %v", what, err)
		case <-tick.C:
		}
	}
}

// at is the endpoint of a Mosquitto with TLS.
func at(m *brokertest.Mosquitto, ca *brokertest.Authority) Endpoint {
	return Endpoint{URL: "mqtts://localhost:" + m.Port, CAFile: ca.File}
}

// secure starts a Mosquitto with TLS whose certificate is good.
func secure(t *testing.T, o brokertest.Options) (*brokertest.Mosquitto, *brokertest.Authority) {
	t.Helper()
	ca := brokertest.NewAuthority(t, "Test CA")
	o.Leaf = ca.Issue(t, "broker", time.Now().Add(90*24*time.Hour), "localhost", "127.0.0.1")
	return brokertest.Start(t, o), ca
}

// peer is a device's client, of another library than the link's first.
func peer(t *testing.T, e Endpoint, id string, change ...func(*mqtt.ClientOptions)) mqtt.Client {
	t.Helper()
	target, err := e.target()
	if err != nil {
		t.Fatal(err)
	}
	o := mqtt.NewClientOptions().AddBroker("ssl://" + target.address()).SetTLSConfig(target.tls).
		SetClientID(id).SetUsername(e.Username).SetPassword(e.Password).SetAutoReconnect(false)
	if target.tls == nil {
		o.Servers[0].Scheme = "tcp"
	}
	for _, c := range change {
		c(o)
	}
	c := mqtt.NewClient(o)
	if err := await(t.Context(), c.Connect(), patience); err != nil {
		t.Fatalf("connect %s: %v", id, err)
	}
	t.Cleanup(func() { c.Disconnect(250) })
	return c
}

// say publishes with QoS 1 and waits for the broker.
func say(t *testing.T, c mqtt.Client, topic, payload string, retain bool) {
	t.Helper()
	if err := await(t.Context(), c.Publish(topic, 1, retain, payload), patience); err != nil {
		t.Fatalf("publish to %s: %v", topic, err)
	}
}
