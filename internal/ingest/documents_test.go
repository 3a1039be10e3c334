package ingest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

var errBroken = errors.New("broken")

// unreadable is a store that answers no question.
type unreadable struct{ *fakeStore }

func (*unreadable) LatestWatermarks(context.Context) ([]coolant.Watermark, error) {
	return nil, errBroken
}

func (*unreadable) LastTimes(context.Context, coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error) {
	return nil, nil
}

func TestDocuments(t *testing.T) {
	const online3 = `{"state":"online","boot":"9f3c51d27ab04e66","conn":3}`
	type message struct {
		kind    wire.Kind
		payload string
		stored  bool
		want    coolant.Code
	}
	tests := []struct {
		name   string
		stored string // status at the start
		sent   []message
	}{
		{"info, reported and reply", "", []message{
			{wire.Info, `{"firmware":"1.0.0","metrics":["water"],"more":{"x":1}}`, true, ""},
			{wire.Info, `{"metrics":["Water"]}`, false, coolant.CodeInvalid},
			{wire.Reported, `{"epoch":"e","version":3}`, true, ""},
			{wire.Reported, `{"version":-3}`, false, coolant.CodeInvalid},
			{wire.Reply, `{"id":"1","ok":true}`, false, ""},
			{wire.Reply, `{"id":"1","ok":false}`, false, coolant.CodeInvalid},
			{wire.Desired, `{}`, false, coolant.CodeInvalid},
		}},
		{"the will of the current connection", "", []message{
			{wire.Status, online3, true, ""},
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e66","conn":3}`, true, ""},
		}},
		{"the will of an earlier connection", "", []message{
			{wire.Status, online3, true, ""},
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e66","conn":2}`, false, ""},
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e67","conn":3}`, false, ""},
		}},
		{"the will of the connection before a restart of the server", online3, []message{
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e66","conn":2}`, false, ""},
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e66","conn":3}`, true, ""},
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e66","conn":3}`, false, ""},
		}},
		{"offline without anything before", "", []message{
			{wire.Status, `{"state":"offline","boot":"9f3c51d27ab04e66","conn":2}`, true, ""},
		}},
		{"not a status", "", []message{
			{wire.Status, ``, false, coolant.CodeInvalid},
			{wire.Status, `{"state":"away","boot":"1","conn":1}`, false, coolant.CodeInvalid},
			{wire.Status, `{"state":"online","boot":"1"}`, false, coolant.CodeInvalid},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, newFakeStore(), func(o *ingest.Options) {
					if test.stored != "" {
						o.Documents = []coolant.DeviceDocument{
							{Device: "loop", Kind: coolant.DocStatus, Body: []byte(test.stored)},
							{Device: "loop", Kind: coolant.DocInfo, Body: []byte(`{}`)},
						}
					}
				})
				for i, m := range test.sent {
					before := len(h.store.storedDocuments())
					h.send(m.kind, m.payload, uint64(i))
					if err, settled := h.receipts.of(t, uint64(i)); !settled || coolant.CodeOf(err) != m.want {
						t.Errorf("%s: settled %v with %v, want %q", m.payload, settled, err, m.want)
					}
					if stored := len(h.store.storedDocuments()) > before; stored != m.stored {
						t.Errorf("%s: stored %v, want %v", m.payload, stored, m.stored)
					} else if stored && string(h.store.storedDocuments()[before].Body) != m.payload {
						t.Errorf("stored %s, want %s", h.store.storedDocuments()[before].Body, m.payload)
					}
				}
				if h.watcher.seenDocuments() != len(h.store.storedDocuments()) {
					t.Errorf("the observer saw %d documents of %d", h.watcher.seenDocuments(), len(h.store.storedDocuments()))
				}
			})
		})
	}
}

func TestDocumentsWaitForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		room := time.Now().Add(3 * time.Second)
		store.failDoc = func() error {
			if time.Now().Before(room) {
				return coolant.Errorf(coolant.CodeStorageFull, "full")
			}
			return nil
		}
		h := newHarness(t, store, nil)
		go h.send(wire.Info, `{"chip":"esp32"}`, 1)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if _, settled := h.receipts.of(t, 1); settled || h.watcher.seenDocuments() > 0 {
			t.Error("the document was acknowledged or told before it was stored")
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if err, settled := h.receipts.of(t, 1); !settled || err != nil || len(store.storedDocuments()) != 1 {
			t.Errorf("settled %v with %v, stored %d", settled, err, len(store.storedDocuments()))
		}
		room = time.Now().Add(time.Hour)
		go h.send(wire.Info, `{"chip":"esp32"}`, 2)
		synctest.Wait()
		h.stop()
		synctest.Wait()
		if err, settled := h.receipts.of(t, 2); !settled || coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("at the end: settled %v with %v", settled, err)
		}
	})
}
