package embedded

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/wire"
)

// Authenticator knows the devices and their passwords.
type Authenticator interface {
	// Verify reports whether password is that of the user, whose name is a device
	// id. It is called from many goroutines and must be fast.
	Verify(user string, password []byte) bool
}

// Handler takes what devices publish.
type Handler interface {
	// Accept takes a message, of whose payload it keeps nothing after it returned,
	// and settles the token with the receipt sooner or later, perhaps before it
	// returns. It may block to hold the sender back; nobody else waits for it.
	Accept(m wire.Message, r wire.Receipt, token uint64)
}

// Records keeps small values by bucket and key, and has them on disk when a call
// returns.
type Records interface {
	PutRecord(ctx context.Context, bucket, key string, value []byte) error
	DeleteRecord(ctx context.Context, bucket, key string) error
	EachRecord(ctx context.Context, bucket string, fn func(key string, value []byte) error) error
}

// The defaults of [Options].
const (
	// DefaultMaxPacket lets a payload of 1 MiB through, so that whoever handles it
	// can say what is wrong with it; the rest is room for topic and properties.
	DefaultMaxPacket = 1<<20 + 4<<10
	// DefaultMaxConnections is above what is measured and promised (10,000).
	DefaultMaxConnections = 20_000
)

// Options is what a broker is made of.
type Options struct {
	// MQTTS and MQTT are where it listens, with TLS and without; nil turns one off.
	// Both are plain TCP listeners: TLS is the broker's. Serve closes them.
	MQTTS, MQTT net.Listener
	// TLS has the certificate for MQTTS; versions below 1.2 are never spoken.
	TLS *tls.Config

	Auth    Authenticator
	Handler Handler
	Records Records
	// Known reports whether there is a device of that id, whose name nobody else may
	// use as a client id: a session under it would keep the device out. What is
	// refused to who tries wrong passwords for it is shown as the device's. Nil
	// knows nobody. It is called from many goroutines and must be fast.
	Known func(coolant.DeviceID) bool
	// Refuse is told what was refused: wrong passwords, foreign topics and
	// sessions, oversized and malformed packets. It may be called from many
	// goroutines and must not block for long; merging equal ones, logging and
	// storing is its business. Nil drops them.
	Refuse func(coolant.Rejection)

	// ArticleTopic is the topic of the article's sketch, to which ArticleDevice may
	// publish besides its own. Either may be empty: then there is none.
	ArticleTopic  string
	ArticleDevice coolant.DeviceID

	MaxPacket      int // greatest packet in bytes; 0 means DefaultMaxPacket
	MaxConnections int // 0 means DefaultMaxConnections

	Now        func() time.Time      // nil means time.Now
	Log        *slog.Logger          // nil means slog.Default
	Registerer prometheus.Registerer // nil means that nobody reads the metrics

	times times // by tests; zero means usualTimes
}

// complete checks o and fills in the defaults.
func (o *Options) complete() error {
	var errs []error
	if o.Auth == nil {
		errs = append(errs, errors.New("broker: Auth is missing"))
	}
	if o.Handler == nil {
		errs = append(errs, errors.New("broker: Handler is missing"))
	}
	if o.Records == nil {
		errs = append(errs, errors.New("broker: Records is missing"))
	}
	if o.MQTTS != nil && o.TLS == nil {
		errs = append(errs, errors.New("broker: MQTTS needs TLS"))
	}
	if o.TLS != nil {
		o.TLS = o.TLS.Clone()
		o.TLS.MinVersion = max(o.TLS.MinVersion, tls.VersionTLS12)
	}
	if o.Known == nil {
		o.Known = func(coolant.DeviceID) bool { return false }
	}
	if o.Refuse == nil {
		o.Refuse = func(coolant.Rejection) {}
	}
	if o.MaxPacket == 0 {
		o.MaxPacket = DefaultMaxPacket
	}
	if o.MaxConnections == 0 {
		o.MaxConnections = DefaultMaxConnections
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

// times are how long the broker waits; tests wait less.
type times struct {
	handshake time.Duration // for TLS; long, because a storm of 10,000 shares two cores
	connect   time.Duration // from then until the CONNECT packet is complete
	write     time.Duration // until a client that does not read is dropped
	farewell  time.Duration // for last words, and for the client to read them
	settle    time.Duration // for acknowledgements that are due when the broker stops
	end       time.Duration // for connections to end after that
}

func usualTimes() times {
	return times{
		handshake: 30 * time.Second, connect: 10 * time.Second, write: 10 * time.Second,
		farewell: time.Second, settle: 2 * time.Second, end: 5 * time.Second,
	}
}

// Limits that are not anybody's to choose.
const (
	maxConnect   = 64 << 10  // a CONNECT packet, before anybody is known
	maxUnwritten = 256 << 10 // bytes for a client that does not read; then it is dropped
	// maxSessions is how many sessions a device may have. Where it wants another one,
	// the oldest without a connection ends.
	maxSessions = 16
	// maxUnacknowledged is how many messages of one connection may wait for their
	// commit: the receive maximum of MQTT 5, and where an older client is held back.
	maxUnacknowledged = 256
	// maxUnsettled is how many bytes of one connection may wait for their commit
	// before it is held back, so that none takes what the others need.
	maxUnsettled = 2 << 20
	// maxInflight is how many messages are kept for a client that has not
	// acknowledged them, connected or not.
	maxInflight = 256

	// serverKeepAlive is told to MQTT 5 clients that want none, in seconds.
	serverKeepAlive = 300
	// sessionExpiry is how long a session without a connection is kept, in seconds.
	sessionExpiry = 30 * 24 * 3600
	// messageExpiry is how long retained messages live, in seconds: mochi deletes
	// them after it, a day by default. Ten years are for ever.
	messageExpiry = 10 * 365 * 24 * 3600
)
