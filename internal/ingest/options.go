package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
)

// Store is what ingest needs of a store. All methods are safe for concurrent
// use. An error with the code [coolant.CodeInvalid] says that the same call can
// never succeed; any other error may pass.
type Store interface {
	// Append stores a batch in one transaction and returns when it is on disk.
	Append(ctx context.Context, batch []coolant.Sample) (coolant.Commit, error)
	// LastTimes returns the time of the newest sample of each series of a device.
	LastTimes(ctx context.Context, device coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error)
	// LatestWatermarks returns the watermark of every device's newest boot.
	LatestWatermarks(ctx context.Context) ([]coolant.Watermark, error)
	// PutDocument keeps the newest document of a device and kind.
	PutDocument(ctx context.Context, doc coolant.DeviceDocument) error
	// RecordRejections adds to the counts of the rejections of the same device,
	// topic, code, mistake and minute.
	RecordRejections(ctx context.Context, rejections []coolant.Rejection) error
}

// Observer learns what has happened, after it is on disk. Its methods must
// return quickly: Committed is called by the committer itself.
type Observer interface {
	// Committed has the samples that were new in a commit and have readings, in
	// the order in which they arrived. The slice is valid only during the call;
	// the samples and their readings may be kept, and never change.
	Committed(no uint64, fresh []coolant.Sample)
	// Document has a document that was stored.
	Document(doc coolant.DeviceDocument)
	// Rejected has a rejection about once a second while it goes on; Count is that
	// of the minute so far.
	Rejected(rejection coolant.Rejection)
}

// Replier learns what devices answered to commands. Its method must return quickly
// and is safe for concurrent use.
type Replier interface {
	// Reply has an answer of the form that the contract wants. A repeated command is
	// answered again, so it may come more than once.
	Reply(from coolant.DeviceID, reply coolant.CommandReply)
}

// Options says what an [Ingest] works with.
type Options struct {
	Store Store // required
	// Down publishes to a device. It may block; nil publishes nothing.
	Down     func(topic string, payload []byte, qos byte, retain bool) error
	Observer Observer // nil observes nothing
	Replies  Replier  // nil drops the answers to commands

	// ArticleMetric is what the article's temperature is stored as; empty means
	// coolant.Water.
	ArticleMetric coolant.Metric
	// RawRetention is how old a sample may be; 0 accepts any age.
	RawRetention time.Duration
	// CommittedEvery is the shortest time between two `committed` messages to one
	// device; 0 means 3 s.
	CommittedEvery time.Duration
	// MaxPending is how many messages may wait for their commit; 0 means 65,536.
	MaxPending int
	// MaxPendingBytes bounds the memory of what waits; 0 means 32 MiB.
	MaxPendingBytes int
	// Documents are the stored documents at the start, of which the status ones
	// say which connections are current.
	Documents []coolant.DeviceDocument

	Now        func() time.Time      // nil means time.Now
	Log        *slog.Logger          // nil discards
	Registerer prometheus.Registerer // nil registers no metrics
}

// Limits of time and of the store's transactions. A sender is held back for at most
// holdBack; then its message is not acknowledged, so that it comes again. Whoever
// waited longer has usually hung up, which only reading would tell: while a disk is
// full, every reconnection would leave another one waiting.
const (
	maxAhead   = 5 * coolant.Minute // how far a sample's time may lie ahead of the server's
	maxBatch   = 10000              // samples in one Append, except for a single larger message
	firstRetry = 50 * time.Millisecond
	lastRetry  = time.Second
	holdBack   = 30 * time.Second
	lastChance = 2 * time.Second // for the commits after the end of Run's context
)

func (o *Options) complete() error {
	if o.Store == nil {
		return errors.New("ingest needs a store")
	}
	if o.ArticleMetric == "" {
		o.ArticleMetric = coolant.Water
	}
	if !coolant.ValidMetric(o.ArticleMetric) {
		return coolant.Errorf(coolant.CodeInvalid, "article metric %q is not the name of a metric", o.ArticleMetric)
	}
	if o.CommittedEvery <= 0 {
		o.CommittedEvery = 3 * time.Second
	}
	if o.MaxPending <= 0 {
		o.MaxPending = 1 << 16
	}
	if o.MaxPendingBytes <= 0 {
		o.MaxPendingBytes = 32 << 20
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	return nil
}

// nobody observes nothing.
type nobody struct{}

func (nobody) Committed(uint64, []coolant.Sample) {}
func (nobody) Document(coolant.DeviceDocument)    {}
func (nobody) Rejected(coolant.Rejection)         {}
