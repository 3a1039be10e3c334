package ingest_test

import (
	"context"
	"sync"
	"testing"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// start is the receipt time of most tests: 2025-11-24 16:00:00 UTC.
const start coolant.UnixMilli = 1764000000000

// identity is what makes a sample recognisable.
type identity struct {
	device coolant.DeviceID
	boot   coolant.Boot
	seq    uint64
}

// fakeStore keeps everything in memory, with watermarks as the contract wants
// them. Fail, if set, is asked before every Append.
type fakeStore struct {
	mu         sync.Mutex
	fail       func(batch []coolant.Sample) error
	failDoc    func() error
	samples    []coolant.Sample
	seen       map[identity]bool
	marks      map[coolant.DeviceID]map[coolant.Boot]uint64
	no         uint64
	appends    int
	lastTimes  map[coolant.Metric]coolant.UnixMilli
	seed       []coolant.Watermark
	documents  []coolant.DeviceDocument
	rejections []coolant.Rejection
	failReject error
}

func newFakeStore() *fakeStore {
	return &fakeStore{seen: map[identity]bool{}, marks: map[coolant.DeviceID]map[coolant.Boot]uint64{}}
}

func (f *fakeStore) Append(_ context.Context, batch []coolant.Sample) (coolant.Commit, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.appends++
	if f.fail != nil {
		if err := f.fail(batch); err != nil {
			return coolant.Commit{}, err
		}
	}
	done := coolant.Commit{Fresh: make([]bool, len(batch))}
	named := map[identity]bool{}
	for i, s := range batch {
		id := identity{s.Device, s.Boot, s.Seq}
		done.Fresh[i] = !s.Identified() || !f.seen[id]
		if s.Identified() {
			f.seen[id] = true
			named[identity{s.Device, s.Boot, 0}] = true
		}
		if done.Fresh[i] {
			s.Readings = append([]coolant.Reading(nil), s.Readings...)
			f.samples = append(f.samples, s)
		}
	}
	for id := range named {
		through := f.marks[id.device][id.boot]
		for f.seen[identity{id.device, id.boot, through + 1}] {
			through++
		}
		if f.marks[id.device] == nil {
			f.marks[id.device] = map[coolant.Boot]uint64{}
		}
		f.marks[id.device][id.boot] = through
		done.Watermarks = append(done.Watermarks, coolant.Watermark{Device: id.device, Boot: id.boot, Through: through})
	}
	f.no++
	done.No = f.no
	return done, nil
}

func (f *fakeStore) LastTimes(context.Context, coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error) {
	return f.lastTimes, nil
}

func (f *fakeStore) LatestWatermarks(context.Context) ([]coolant.Watermark, error) {
	return f.seed, nil
}

func (f *fakeStore) PutDocument(_ context.Context, doc coolant.DeviceDocument) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failDoc != nil {
		if err := f.failDoc(); err != nil {
			return err
		}
	}
	f.documents = append(f.documents, doc)
	return nil
}

func (f *fakeStore) RecordRejections(ctx context.Context, rejections []coolant.Rejection) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.failReject != nil {
		return f.failReject
	}
	f.rejections = append(f.rejections, rejections...)
	return nil
}

func (f *fakeStore) stored() []coolant.Sample {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]coolant.Sample(nil), f.samples...)
}

func (f *fakeStore) storedDocuments() []coolant.DeviceDocument {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]coolant.DeviceDocument(nil), f.documents...)
}

func (f *fakeStore) recorded() []coolant.Rejection {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]coolant.Rejection(nil), f.rejections...)
}

// receipts records what every token heard.
type receipts struct {
	mu    sync.Mutex
	heard map[uint64][]error
	more  chan struct{}
}

func newReceipts() *receipts {
	return &receipts{heard: map[uint64][]error{}, more: make(chan struct{}, 1)}
}

func (r *receipts) Settle(token uint64, err error) {
	r.mu.Lock()
	r.heard[token] = append(r.heard[token], err)
	r.mu.Unlock()
	select {
	case r.more <- struct{}{}:
	default:
	}
}

func (r *receipts) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.heard)
}

// of returns what the token heard; settled is false if it heard nothing, and the
// test fails if it heard more than one thing.
func (r *receipts) of(t testing.TB, token uint64) (err error, settled bool) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch heard := r.heard[token]; len(heard) {
	case 0:
		return nil, false
	case 1:
		return heard[0], true
	default:
		t.Fatalf("token %d was settled %d times: %v", token, len(heard), heard)
		return nil, false
	}
}

// watcher is an Observer that remembers.
type watcher struct {
	mu        sync.Mutex
	fresh     []coolant.Sample
	commits   []uint64
	documents []coolant.DeviceDocument
	rejected  []coolant.Rejection
}

func (w *watcher) Committed(no uint64, fresh []coolant.Sample) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.commits = append(w.commits, no)
	w.fresh = append(w.fresh, fresh...)
}

func (w *watcher) Document(doc coolant.DeviceDocument) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.documents = append(w.documents, doc)
}

func (w *watcher) Rejected(r coolant.Rejection) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rejected = append(w.rejected, r)
}

func (w *watcher) told() []coolant.Rejection {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]coolant.Rejection(nil), w.rejected...)
}

func (w *watcher) seenDocuments() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.documents)
}

// harness runs an Ingest on the fakes.
type harness struct {
	*ingest.Ingest
	store    *fakeStore
	receipts *receipts
	watcher  *watcher
	stop     func()
}

func newHarness(t testing.TB, store *fakeStore, change func(*ingest.Options)) *harness {
	t.Helper()
	h := &harness{store: store, receipts: newReceipts(), watcher: &watcher{}}
	o := ingest.Options{Store: store, Observer: h.watcher}
	if change != nil {
		change(&o)
	}
	g, err := ingest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	h.Ingest = g
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(h.stop)
	return h
}

// send passes a message on as the broker would.
func (h *harness) send(kind wire.Kind, payload string, token uint64) {
	topic := wire.Topic("loop", kind)
	if kind == wire.Article {
		topic = wire.ArticleTopic
	}
	h.Accept(wire.Message{
		Device: "loop", Kind: kind, Topic: topic, Payload: []byte(payload), Received: start, Live: true,
	}, h.receipts, token)
}
