package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/wire"
)

// Handler takes what devices publish.
type Handler interface {
	// Accept takes a message, of whose payload it keeps nothing after it returned,
	// and settles the token with the receipt sooner or later, perhaps before it
	// returns. It may block to hold the broker back.
	Accept(m wire.Message, r wire.Receipt, token uint64)
}

// Records keeps small values by bucket and key, and has them on disk when a call
// returns.
type Records interface {
	PutRecord(ctx context.Context, bucket, key string, value []byte) error
	EachRecord(ctx context.Context, bucket string, fn func(key string, value []byte) error) error
}

// Endpoint is a broker and how to be let in.
type Endpoint struct {
	// URL is mqtts://host:port, mqtt://, wss://host:port/path or ws://, with a port.
	URL                string
	Username, Password string // both empty: none
	ClientID           string
	// CAFile has certificates to trust besides the system's. CertFile and KeyFile are
	// a client certificate. All are PEM; empty means none.
	CAFile, CertFile, KeyFile string
	ServerName                string // for SNI and the certificate; "" is the URL's host
	Protocol                  string // "auto", "5" or "3.1.1"; "" is "auto"
}

// Options is what a link to a broker is made of.
type Options struct {
	Endpoint
	// SessionExpiry is how long the broker is asked to keep the session; 0 is a week.
	SessionExpiry time.Duration
	// PublishRate bounds what is published, in messages a second, where the broker
	// does; 0 is no bound.
	PublishRate float64

	Handler Handler
	Records Records
	// Admit decides whether messages of a device are taken. An error with the code
	// [coolant.CodeForbidden] refuses the message and is shown; with any other one the
	// message comes again. It is called for every message and must be fast for
	// devices that it knows. Nil takes everyone.
	Admit func(ctx context.Context, device coolant.DeviceID) error
	// Refuse is told what was refused. Nil drops it.
	Refuse func(coolant.Rejection)
	// Connected is called in a goroutine of its own each time a connection stands and
	// is subscribed. Nil does nothing.
	Connected func(ctx context.Context)
	// Changed is called when the status has changed. It must return quickly. Nil does
	// nothing.
	Changed func()
	// Traffic is told of bytes that crossed the broker, estimated where they are the
	// devices' (a message crosses it twice: once on either side). Nil counts nothing.
	Traffic func(bytes int)

	// ArticleTopic is the topic of the article's sketch, from ArticleDevice. Either
	// may be empty: then there is none.
	ArticleTopic  string
	ArticleDevice coolant.DeviceID

	Now        func() time.Time      // nil means time.Now
	Log        *slog.Logger          // nil means slog.Default
	Registerer prometheus.Registerer // nil means that nobody reads the metrics

	times times // by tests; zero means usualTimes
}

// times are how long the link waits; tests wait less.
type times struct {
	dial    time.Duration // for each step until the CONNACK
	request time.Duration // for SUBACK and PUBACK
	settle  time.Duration // for acknowledgements that are due when the link stops
	first   time.Duration // before the second attempt
	last    time.Duration // greatest delay
	lasting time.Duration // the same where only a person can help
	steady  time.Duration // a connection that held for so long lets the delay start again
}

func usualTimes() times {
	return times{
		dial: 10 * time.Second, request: 10 * time.Second, settle: time.Second,
		first: time.Second, last: time.Minute, lasting: 5 * time.Minute, steady: 10 * time.Second,
	}
}

const (
	// keepAlive is in seconds; a broker may ask for another one. A broker that falls
	// silent is noticed after twice as long.
	keepAlive = 20
	// receiveMaximum bounds what the broker may have in flight toward us, and with it
	// the memory of what waits for ingest: 64 messages of 1 MiB. Brokers have 20
	// (Mosquitto) or 32 (EMQX) in flight by default.
	receiveMaximum = 64
	maxPacket      = 1<<20 + 4<<10 // as of the embedded broker: a payload of 1 MiB, topic, properties
	maxPassword    = 65535         // what MQTT can carry
)

func (o *Options) complete() error {
	var errs []error
	if o.Handler == nil {
		errs = append(errs, errors.New("remote broker: Handler is missing"))
	}
	if o.Records == nil {
		errs = append(errs, errors.New("remote broker: Records is missing"))
	}
	if o.SessionExpiry <= 0 {
		o.SessionExpiry = 7 * 24 * time.Hour
	}
	if o.Admit == nil {
		o.Admit = func(context.Context, coolant.DeviceID) error { return nil }
	}
	if o.Refuse == nil {
		o.Refuse = func(coolant.Rejection) {}
	}
	if o.Connected == nil {
		o.Connected = func(context.Context) {}
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Traffic == nil {
		o.Traffic = func(int) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.times == (times{}) {
		o.times = usualTimes()
	}
	return errors.Join(errs...)
}

// target is an endpoint that was understood.
type target struct {
	Endpoint
	url *url.URL
	tls *tls.Config // nil without TLS
	web bool        // over a web socket
}

// target reads the files of the endpoint. The error is a [*coolant.BrokerProblem]
// inside one with the code [coolant.CodeInvalid].
func (e Endpoint) target() (*target, error) {
	invalid := func(p *coolant.BrokerProblem) error {
		return coolant.Errorf(coolant.CodeInvalid, "outside broker: %w", p)
	}
	u, err := url.Parse(e.URL)
	if err != nil || u.Hostname() == "" || u.Port() == "" {
		return nil, invalid(problemf(stepConfig, "config", "remote.url %q is not scheme://host:port", e.URL))
	}
	t := &target{Endpoint: e, url: u, web: u.Scheme == "wss" || u.Scheme == "ws"}
	if len(e.Password) > maxPassword || len(e.Username) > maxPassword {
		return nil, invalid(problemf(stepConfig, "config", "user name and password have at most %d bytes", maxPassword))
	}
	if t.Protocol == "" {
		t.Protocol = protocolAuto
	}
	if u.Scheme != "mqtts" && u.Scheme != "wss" {
		return t, nil
	}
	t.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: e.ServerName}
	if t.tls.ServerName == "" {
		t.tls.ServerName = u.Hostname()
	}
	if e.CAFile != "" {
		pem, err := os.ReadFile(e.CAFile)
		if err != nil {
			return nil, invalid(problemf(stepConfig, "files", "remote.ca_file: %s", err))
		}
		// A set of roots and not one: the CA of a cloud broker has changed before.
		t.tls.RootCAs, err = x509.SystemCertPool()
		if err != nil {
			t.tls.RootCAs = x509.NewCertPool()
		}
		if !t.tls.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalid(problemf(stepConfig, "files", "remote.ca_file: there is no PEM certificate in %s", e.CAFile))
		}
	}
	if e.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(e.CertFile, e.KeyFile)
		if err != nil {
			return nil, invalid(problemf(stepConfig, "files", "remote.cert_file, remote.key_file: %s", err))
		}
		t.tls.Certificates = []tls.Certificate{pair}
	}
	return t, nil
}

// address is host:port.
func (t *target) address() string { return t.url.Host }

// name is what the broker's certificate must be for.
func (t *target) name() string {
	if t.tls == nil {
		return t.url.Hostname()
	}
	return t.tls.ServerName
}
