package ingest_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// TestOutdatedStatus checks which status that an outside broker had kept says how the
// device is: one of a restart while the server was away does, one of before the device
// came to the embedded broker does not.
func TestOutdatedStatus(t *testing.T) {
	const (
		near     = "near"     // over the embedded broker
		will     = "will"     // published by the embedded broker
		far      = "far"      // through the outside broker
		retained = "retained" // kept there
		queued   = "queued"   // waited there
	)
	type message struct {
		after   time.Duration // since the one before
		way     string
		payload string // telemetry if it has samples
		stored  bool   // a status
	}
	offline := func(boot, conn int) string {
		return fmt.Sprintf(`{"state":"offline","boot":"%x","conn":%d}`, boot, conn)
	}
	tests := []struct {
		name   string
		stored string // status at the start
		sent   []message
		boot   int // that is current to the committed messages at the end
	}{
		{"the device moved to the embedded broker", "", []message{
			{0, far, online(0xb, 5), true},
			{time.Minute, near, online(0xc, 6), true},
			{time.Minute, retained, online(0xb, 5), false},
			{time.Minute, retained, online(0xb, 5), false},
			{time.Minute, will, offline(0xc, 6), true},
		}, 0xc},
		{"the outside broker is met again only later", online(0xa, 1), []message{
			{0, near, online(0xc, 6), true},
			{time.Second, retained, online(0xb, 5), false},
			{time.Second, queued, online(0xb, 5), false},
			{time.Second, queued, offline(0xb, 5), false},
			{time.Second, near, offline(0xc, 6), true},
		}, 0xc},
		{"the same boot moved to the embedded broker", "", []message{
			{0, near, online(0xc, 6), true},
			{time.Hour, retained, online(0xc, 5), false},
			{time.Second, queued, online(0xc, 5), false},
			{time.Second, will, offline(0xc, 6), true},
			{time.Second, retained, online(0xc, 5), false},
		}, 0xc},
		{"the same boot moved back to the outside broker", "", []message{
			{0, near, online(0xc, 6), true},
			{time.Second, retained, online(0xc, 7), true},
			{time.Second, will, offline(0xc, 6), false},
			{time.Second, far, offline(0xc, 7), true},
		}, 0xc},
		{"telemetry says that the device is there still", "", []message{
			{0, near, online(0xc, 6), true},
			{9 * time.Minute, near, of(0xc, 1), false},
			{9 * time.Minute, retained, online(0xb, 5), false},
			{time.Minute, near, of(0xb, 2), false}, // measured before the restart
			{9 * time.Minute, retained, online(0xb, 5), false},
			{time.Minute, will, offline(0xc, 6), true},
		}, 0xc},
		{"a restart while the server was away for an hour", "", []message{
			{0, far, online(0xa, 1), true},
			{time.Minute, far, of(0xa, 1), false},
			{time.Hour, retained, online(0xb, 1), true},
			{time.Second, retained, online(0xb, 1), false},
			{time.Second, far, offline(0xb, 1), true},
		}, 0xb},
		{"a restart while the server was away for a second", "", []message{
			{0, far, online(0xa, 1), true},
			{time.Minute, far, of(0xa, 1), false},
			{time.Second, retained, online(0xb, 1), true},
			{time.Second, far, offline(0xa, 1), false},
		}, 0xb},
		{"a restart while this program did not run", online(0xa, 1), []message{
			{0, retained, online(0xb, 1), true},
		}, 0xb},
		{"a restart that waited in the queue", "", []message{
			{0, far, online(0xa, 1), true},
			{time.Hour, queued, offline(0xa, 1), true},
			{0, queued, online(0xb, 1), true},
			{0, retained, online(0xb, 1), false},
		}, 0xb},
		{"the device left the embedded broker, with its will", "", []message{
			{0, near, online(0xa, 1), true},
			{time.Second, will, offline(0xa, 1), true},
			{time.Second, retained, online(0xb, 2), true},
		}, 0xb},
		{"the device left the embedded broker in order", "", []message{
			{0, near, online(0xa, 1), true},
			{time.Second, near, offline(0xa, 1), true},
			{time.Second, retained, online(0xb, 2), true},
		}, 0xb},
		{"the device left the embedded broker, and restarted at the other one", "", []message{
			{0, near, online(0xa, 1), true},
			{time.Second, near, offline(0xa, 1), true},
			{time.Second, far, online(0xa, 2), true},
			{time.Second, retained, online(0xb, 1), true},
		}, 0xb},
		{"the device left the embedded broker without a word", "", []message{
			{0, near, online(0xa, 1), true},
			{10 * time.Minute, retained, online(0xb, 1), true},
			{time.Second, will, offline(0xa, 1), false},
		}, 0xb},
		{"said by the device itself, the other boot always counts", "", []message{
			{0, near, online(0xc, 6), true},
			{time.Second, far, online(0xb, 1), true},
			{time.Second, near, online(0xd, 1), true},
		}, 0xd},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := &air{began: time.Now()}
				h := newHarness(t, newFakeStore(), func(o *ingest.Options) {
					o.Down = a.publish
					if test.stored != "" {
						o.Documents = []coolant.DeviceDocument{{Device: "loop", Kind: coolant.DocStatus, Body: []byte(test.stored)}}
					}
				})
				for i, m := range test.sent {
					time.Sleep(m.after)
					before := len(h.store.storedDocuments())
					kind := wire.Status
					if strings.Contains(m.payload, "samples") {
						kind = wire.Telemetry
					}
					h.Accept(wire.Message{
						Device: "loop", Kind: kind, Topic: wire.Topic("loop", kind), Payload: []byte(m.payload), Received: start.Add(time.Since(a.began)),
						Live: m.way == near, Again: m.way != near && m.way != will, Retained: m.way == retained, Queued: m.way == queued,
					}, h.receipts, uint64(i))
					synctest.Wait()
					if err, settled := h.receipts.of(t, uint64(i)); !settled || err != nil {
						t.Errorf("%d, %s: settled %v with %v", i, m.payload, settled, err)
					}
					if stored := len(h.store.storedDocuments()) > before; stored != m.stored {
						t.Errorf("%d, %s %s: stored %v, want %v", i, m.way, m.payload, stored, m.stored)
					}
				}

				// Only what is committed of the current boot is retained for the device.
				time.Sleep(10 * time.Second)
				synctest.Wait()
				a.take()
				for i, boot := range []int{0xa, 0xb, 0xc, 0xd} {
					h.send(wire.Telemetry, of(boot, 50), uint64(100+i))
					time.Sleep(10 * time.Second)
					a.expect(t, "at the end", fmt.Sprintf("%.1f loop %d:%d %v", time.Since(a.began).Seconds()-10, boot, through(h, boot), boot == test.boot))
				}
			})
		})
	}
}

// TestOutdatedStatusEndsNoWait checks that a last will which waits for the store is not
// given up because of what an outside broker had kept.
func TestOutdatedStatusEndsNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		h := newHarness(t, store, nil)
		h.send(wire.Status, online(0xc, 6), 1)
		room := time.Now().Add(5 * time.Second)
		store.failDoc = func() error {
			if time.Now().Before(room) {
				return errBroken
			}
			return nil
		}
		const will = `{"state":"offline","boot":"c","conn":6}`
		go h.Accept(wire.Message{
			Device: "loop", Kind: wire.Status, Topic: wire.Topic("loop", wire.Status), Payload: []byte(will), Received: start,
		}, h.receipts, 2)
		time.Sleep(time.Second)
		h.pass(wire.Status, online(0xb, 5), true, 3)
		if err, settled := h.receipts.of(t, 3); !settled || err != nil {
			t.Errorf("the outdated one: settled %v with %v", settled, err)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if err, settled := h.receipts.of(t, 2); !settled || err != nil {
			t.Errorf("the will: settled %v with %v", settled, err)
		}
		docs := store.storedDocuments()
		if len(docs) != 2 || string(docs[1].Body) != will {
			t.Errorf("stored %d documents, the last one is not the will", len(docs))
		}
	})
}

// through is the watermark of a boot.
func through(h *harness, boot int) uint64 {
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	return h.store.marks["loop"][coolant.Boot(boot)]
}
