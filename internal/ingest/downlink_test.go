package ingest_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// air records what goes down, with the seconds since it was made.
type air struct {
	mu    sync.Mutex
	began time.Time
	sent  []string
	fail  bool
	block chan struct{}
}

func (a *air) publish(topic string, payload []byte, qos byte, retain bool) error {
	if a.block != nil {
		<-a.block
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fail {
		return errors.New("no broker")
	}
	c, err := wire.DecodeCommitted(payload)
	id, kind, ok := wire.ParseTopic(topic)
	if err != nil || !ok || kind != wire.Committed || qos != 0 {
		return fmt.Errorf("published %s to %s with QoS %d", payload, topic, qos)
	}
	a.sent = append(a.sent, fmt.Sprintf("%.1f %s %d:%d %v", time.Since(a.began).Seconds(), id, c.Boot, c.Through, retain))
	return nil
}

func (a *air) take() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	sent := a.sent
	a.sent = nil
	return sent
}

// expect compares what was published since the last call.
func (a *air) expect(t *testing.T, when string, want ...string) {
	t.Helper()
	synctest.Wait()
	if got := a.take(); !slices.Equal(got, want) {
		t.Errorf("%s: published %q, want %q", when, got, want)
	}
}

func of(boot, seq int) string {
	return fmt.Sprintf(`{"boot":"%x","samples":[{"seq":%d,"ts":%d,"m":{"water":20}}]}`, boot, seq, int64(start)-100000+int64(seq))
}

func online(boot, conn int) string {
	return fmt.Sprintf(`{"state":"online","boot":"%x","conn":%d}`, boot, conn)
}

func TestCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{began: time.Now()}
		store := newFakeStore()
		store.seed = []coolant.Watermark{{Device: "other", Boot: 5, Through: 77}, {Device: "sketch"}}
		h := newHarness(t, store, func(o *ingest.Options) { o.Down = a.publish })
		a.expect(t, "at the start", "0.0 other 5:77 true")

		h.send(wire.Telemetry, of(1, 1), 1)
		a.expect(t, "the first", "0.0 loop 1:1 true")
		time.Sleep(time.Second)
		h.send(wire.Telemetry, of(1, 2), 2)
		h.send(wire.Telemetry, of(1, 3), 3)
		a.expect(t, "within the interval")
		time.Sleep(2 * time.Second)
		a.expect(t, "after the interval", "3.0 loop 1:3 true")
		time.Sleep(time.Second)
		h.send(wire.Telemetry, of(1, 5), 5)
		time.Sleep(2 * time.Second)
		a.expect(t, "with a hole", "6.0 loop 1:3 true")
		time.Sleep(10 * time.Second)
		a.expect(t, "without news")
		h.send(wire.Telemetry, of(1, 4), 4)
		a.expect(t, "the hole is filled", "16.0 loop 1:5 true")

		time.Sleep(10 * time.Second)
		h.send(wire.Status, online(2, 1), 10)
		a.expect(t, "a new boot", "26.0 loop 2:0 true")
		h.send(wire.Telemetry, of(2, 1), 11)
		h.send(wire.Telemetry, of(1, 6), 12)
		a.expect(t, "within the interval")
		time.Sleep(3 * time.Second)
		a.expect(t, "both boots, the current one last and retained", "29.0 loop 1:6 false", "29.0 loop 2:1 true")
		h.send(wire.Status, online(2, 2), 13)
		time.Sleep(3 * time.Second)
		a.expect(t, "the same boot reconnects")
		h.send(wire.Article, `{"temp":21.5}`, 14)
		a.expect(t, "a sender without identity")
		h.Forget("loop")
		a.expect(t, "forgotten")
	})
}

func TestCommittedWhenNobodyListens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{began: time.Now(), fail: true}
		h := newHarness(t, newFakeStore(), func(o *ingest.Options) { o.Down = a.publish })
		h.send(wire.Telemetry, of(1, 1), 1)
		time.Sleep(10 * time.Second)
		a.mu.Lock()
		a.fail = false
		a.mu.Unlock()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if sent := a.take(); len(sent) != 1 {
			t.Errorf("published %q, want the watermark once", sent)
		}
	})
}

func TestSlowBrokerDoesNotHoldTheCommitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &air{began: time.Now(), block: make(chan struct{})}
		h := newHarness(t, newFakeStore(), func(o *ingest.Options) { o.Down = a.publish })
		for seq := 1; seq <= 5; seq++ {
			h.send(wire.Telemetry, of(1, seq), uint64(seq))
			synctest.Wait()
			if err, settled := h.receipts.of(t, uint64(seq)); !settled || err != nil {
				t.Fatalf("settled %v with %v", settled, err)
			}
		}
		close(a.block)
		time.Sleep(4 * time.Second)
		a.expect(t, "afterwards", "0.0 loop 1:1 true", "3.0 loop 1:5 true")
	})
}
