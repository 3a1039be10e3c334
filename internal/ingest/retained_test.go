package ingest_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// pass passes a message on as an outside broker's client would.
func (h *harness) pass(kind wire.Kind, payload string, retained bool, token uint64) {
	topic := wire.Topic("loop", kind)
	if kind == wire.Article {
		topic = wire.ArticleTopic
	}
	h.Accept(wire.Message{
		Device: "loop", Kind: kind, Topic: topic, Payload: []byte(payload), Received: start, Again: true, Retained: retained,
	}, h.receipts, token)
}

// TestRetainedDocuments checks that what an outside broker had kept is news only if
// it is: at each connection there is a copy of everything.
func TestRetainedDocuments(t *testing.T) {
	const (
		online  = `{"state":"online","boot":"9f3c51d27ab04e66","conn":3}`
		offline = `{"state":"offline","boot":"9f3c51d27ab04e66","conn":3}`
		info    = `{"firmware":"1.0.0"}`
		newInfo = `{"firmware":"1.0.1"}`
	)
	type message struct {
		kind     wire.Kind
		payload  string
		retained bool
		stored   bool
		want     coolant.Code
	}
	tests := []struct {
		name   string
		stored map[coolant.Document]string // at the start
		sent   []message
	}{
		{"nothing is stored yet", nil, []message{
			{wire.Info, info, true, true, ""},
			{wire.Status, online, true, true, ""},
			{wire.Reported, `{"epoch":"e","version":3}`, true, true, ""},
		}},
		{"the same again after a lost connection", nil, []message{
			{wire.Info, info, false, true, ""},
			{wire.Info, info, true, false, ""},
			{wire.Info, info, true, false, ""},
			{wire.Reported, `{"epoch":"e","version":3}`, false, true, ""},
			{wire.Reported, `{"epoch":"e","version":3}`, true, false, ""},
			{wire.Status, online, false, true, ""},
			{wire.Status, online, true, false, ""},
		}},
		{"the same right after a restart", map[coolant.Document]string{coolant.DocInfo: info, coolant.DocStatus: online, coolant.DocReported: `{"version":3}`}, []message{
			{wire.Info, info, true, false, ""},
			{wire.Status, online, true, false, ""},
			{wire.Reported, `{"version":3}`, true, false, ""},
		}},
		{"changed while this server was away", map[coolant.Document]string{coolant.DocInfo: info, coolant.DocStatus: online}, []message{
			{wire.Info, newInfo, true, true, ""},
			{wire.Info, newInfo, true, false, ""},
			{wire.Status, offline, true, true, ""},
			{wire.Status, offline, true, false, ""},
		}},
		{"changed, and changed back", map[coolant.Document]string{coolant.DocInfo: info}, []message{
			{wire.Info, newInfo, false, true, ""},
			{wire.Info, info, true, true, ""},
		}},
		{"said by the device itself, the same is news", map[coolant.Document]string{coolant.DocInfo: info, coolant.DocStatus: online}, []message{
			{wire.Info, info, false, true, ""},
			{wire.Status, online, false, true, ""},
		}},
		{"a copy that cannot be read", map[coolant.Document]string{coolant.DocInfo: info}, []message{
			{wire.Info, `{"metrics":["Water"]}`, true, false, coolant.CodeInvalid},
			{wire.Info, info, true, false, ""},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, newFakeStore(), func(o *ingest.Options) {
					for kind, body := range test.stored {
						o.Documents = append(o.Documents, coolant.DeviceDocument{Device: "loop", Kind: kind, Body: []byte(body)})
					}
				})
				for i, m := range test.sent {
					before := len(h.store.storedDocuments())
					h.pass(m.kind, m.payload, m.retained, uint64(i))
					if err, settled := h.receipts.of(t, uint64(i)); !settled || coolant.CodeOf(err) != m.want {
						t.Errorf("%d, %s: settled %v with %v, want %q", i, m.payload, settled, err, m.want)
					}
					if stored := len(h.store.storedDocuments()) > before; stored != m.stored {
						t.Errorf("%d, %s: stored %v, want %v", i, m.payload, stored, m.stored)
					}
				}
				if seen := h.watcher.seenDocuments(); seen != len(h.store.storedDocuments()) {
					t.Errorf("the observer saw %d documents of %d", seen, len(h.store.storedDocuments()))
				}
			})
		})
	}
}

// TestRetainedDocumentThatCouldNotBeStored checks that a copy which the store did not
// take does not count as stored: it comes again, and is stored then.
func TestRetainedDocumentThatCouldNotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		store.failDoc = func() error { return errBroken }
		h := newHarness(t, store, nil)
		h.pass(wire.Info, `{}`, true, 1)
		if err, settled := h.receipts.of(t, 1); !settled || coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("settled %v with %v", settled, err)
		}
		store.failDoc = nil
		h.pass(wire.Info, `{}`, true, 2)
		if err, settled := h.receipts.of(t, 2); !settled || err != nil || len(store.storedDocuments()) != 1 {
			t.Errorf("settled %v with %v, stored %d", settled, err, len(store.storedDocuments()))
		}
	})
}

// TestRetainedSamples checks that a copy of unknown age is never stored as if it were
// of now.
func TestRetainedSamples(t *testing.T) {
	tests := []struct {
		name    string
		kind    wire.Kind
		payload string
		stored  []string
		want    coolant.Code
		refused []coolant.RejectionCode
	}{
		{"with a time", wire.Telemetry, telemetry(`{"seq":1,"ts":1763999990000,"m":{"water":31}}`), []string{"1 @-10000 water=31"}, "", nil},
		{"without a time", wire.Telemetry, telemetry(`{"seq":1,"m":{"water":31}}`), []string{"1 @0"}, coolant.CodeInvalid, []coolant.RejectionCode{coolant.RejectedUntimed}},
		{"with an age", wire.Telemetry, telemetry(`{"seq":1,"age":0,"m":{"water":31}}`), []string{"1 @0"}, coolant.CodeInvalid, []coolant.RejectionCode{coolant.RejectedAge}},
		{
			"one with a time and one without", wire.Telemetry, telemetry(`{"seq":1,"ts":1763999990000,"m":{"water":31}}`, `{"seq":2,"m":{"water":32}}`),
			[]string{"1 @-10000 water=31", "2 @0"},
			"",
			[]coolant.RejectionCode{coolant.RejectedUntimed},
		},
		{"the article's", wire.Article, `{"temp":21.5}`, nil, coolant.CodeInvalid, []coolant.RejectionCode{coolant.RejectedUntimed}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, newFakeStore(), nil)
				h.pass(test.kind, test.payload, true, 1)
				synctest.Wait()
				if err, settled := h.receipts.of(t, 1); !settled || coolant.CodeOf(err) != test.want {
					t.Errorf("settled %v with %v, want %q", settled, err, test.want)
				}
				if got := texts(h.store.stored()); !slices.Equal(got, test.stored) {
					t.Errorf("stored %q, want %q", got, test.stored)
				}
				time.Sleep(2 * time.Second)
				synctest.Wait()
				var codes []coolant.RejectionCode
				for _, r := range h.store.recorded() {
					codes = append(codes, r.Code)
					if r.Code == coolant.RejectedUntimed && !strings.Contains(r.Detail, "retain flag") {
						t.Errorf("it is not said what to do: %s", r.Detail)
					}
				}
				if !slices.Equal(codes, test.refused) {
					t.Errorf("refused %v, want %v", codes, test.refused)
				}

				// The same without the flag is of now.
				before := len(h.store.stored())
				h.pass(wire.Article, `{"temp":21.5}`, false, 2)
				synctest.Wait()
				if err, settled := h.receipts.of(t, 2); !settled || err != nil || len(h.store.stored()) != before+1 {
					t.Errorf("without the flag: settled %v with %v", settled, err)
				}
			})
		})
	}
}

// TestDocumentsThatComeAgain checks that a document which its broker delivers again
// is not held back for ever: other messages wait behind it.
func TestDocumentsThatComeAgain(t *testing.T) {
	const will = `{"state":"offline","boot":"9f3c51d27ab04e66","conn":3}`
	for _, m := range []struct {
		kind    wire.Kind
		payload string
	}{{wire.Info, `{}`}, {wire.Reported, `{}`}, {wire.Status, will}} {
		t.Run(m.kind.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				room := time.Now().Add(time.Minute)
				store.failDoc = func() error {
					if time.Now().Before(room) {
						return coolant.Errorf(coolant.CodeStorageFull, "full")
					}
					return nil
				}
				h := newHarness(t, store, nil)
				began, took := time.Now(), time.Duration(0)
				done := make(chan struct{})
				go func() {
					defer close(done)
					h.pass(m.kind, m.payload, false, 1)
					took = time.Since(began)
				}()
				time.Sleep(29 * time.Second)
				synctest.Wait()
				if h.receipts.count() != 0 {
					t.Error("it was given up early")
				}
				<-done
				if err, settled := h.receipts.of(t, 1); !settled || coolant.CodeOf(err) != coolant.CodeUnavailable || took != 30*time.Second {
					t.Errorf("settled %v with %v after %v", settled, err, took)
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if n := len(store.storedDocuments()); n != 0 {
					t.Errorf("%d documents were stored although they come again", n)
				}
				h.pass(m.kind, m.payload, false, 2)
				if err, settled := h.receipts.of(t, 2); !settled || err != nil || len(store.storedDocuments()) != 1 {
					t.Errorf("again: settled %v with %v, stored %d", settled, err, len(store.storedDocuments()))
				}
				_, _ = h.receipts.of(t, 1) // fails if it was settled twice
			})
		})
	}
}

// TestRepeat tells the devices again what is committed, as it is by now.
func TestRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{began: time.Now()}
		store := newFakeStore()
		store.seed = []coolant.Watermark{{Device: "loop", Boot: 1, Through: 5}, {Device: "sketch"}}
		h := newHarness(t, store, func(o *ingest.Options) { o.Down = a.publish })
		a.expect(t, "at the start", "0.0 loop 1:5 true")

		time.Sleep(10 * time.Second)
		store.mu.Lock()
		store.seed = []coolant.Watermark{{Device: "loop", Boot: 1, Through: 7}, {Device: "pool", Boot: 9, Through: 2}}
		store.mu.Unlock()
		if err := h.Repeat(t.Context()); err != nil {
			t.Error(err)
		}
		a.expect(t, "at a connection", "10.0 loop 1:7 true", "10.0 pool 9:2 true")
		time.Sleep(time.Second)
		if err := h.Repeat(t.Context()); err != nil {
			t.Error(err)
		}
		a.expect(t, "at another one, too soon")
		time.Sleep(2 * time.Second)
		a.expect(t, "after the interval, the same again", "13.0 loop 1:7 true", "13.0 pool 9:2 true")

		time.Sleep(10 * time.Second)
		h.send(wire.Status, online(2, 1), 1)
		a.expect(t, "a new boot", "23.0 loop 2:0 true")
		time.Sleep(10 * time.Second)
		if err := h.Repeat(t.Context()); err != nil {
			t.Error(err)
		}
		a.expect(t, "what is known of the boot before is not kept for it", "33.0 loop 1:7 false", "33.0 pool 9:2 true")

		g, err := ingest.New(ingest.Options{Store: &unreadable{store}, Down: a.publish})
		if err != nil {
			t.Fatal(err)
		}
		if err := g.Repeat(t.Context()); err == nil {
			t.Error("a store that cannot be read is no error")
		}
	})
}
