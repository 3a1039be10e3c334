package ingest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

func reading(seq int) string {
	return fmt.Sprintf(`{"seq":%d,"ts":%d,"m":{"water":%d}}`, seq, int64(start)-10000+int64(seq), 20+seq%10)
}

func TestGroupCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		release := make(chan struct{})
		var sizes []int
		store.fail = func(batch []coolant.Sample) error {
			sizes = append(sizes, len(batch))
			<-release
			return nil
		}
		h := newHarness(t, store, nil)
		h.send(wire.Telemetry, telemetry(reading(1)), 1)
		synctest.Wait() // the first message is being committed alone
		for seq := 2; seq <= 6; seq++ {
			h.send(wire.Telemetry, telemetry(reading(seq)), uint64(seq))
		}
		synctest.Wait()
		if h.receipts.count() != 0 {
			t.Error("something was acknowledged before the first commit ended")
		}
		close(release)
		synctest.Wait()
		if !slices.Equal(sizes, []int{1, 5}) {
			t.Errorf("committed groups of %v, want 1 and then all that had queued", sizes)
		}
		for token := uint64(1); token <= 6; token++ {
			if err, settled := h.receipts.of(t, token); !settled || err != nil {
				t.Errorf("token %d: settled %v with %v", token, settled, err)
			}
		}
		if got := texts(h.watcher.fresh); len(got) != 6 || !slices.Equal(h.watcher.commits, []uint64{1, 2}) {
			t.Errorf("the observer saw %q at commits %v", got, h.watcher.commits)
		}
	})
}

func TestLargeBatchesAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		release := make(chan struct{})
		var sizes []int
		store.fail = func(batch []coolant.Sample) error {
			sizes = append(sizes, len(batch))
			<-release
			return nil
		}
		h := newHarness(t, store, nil)
		h.send(wire.Telemetry, telemetry(reading(1)), 1)
		synctest.Wait()
		for i := range 5 {
			var samples []string
			for seq := range 4000 {
				samples = append(samples, reading(2+4000*i+seq))
			}
			h.send(wire.Telemetry, telemetry(samples...), uint64(2+i))
		}
		close(release)
		synctest.Wait()
		if !slices.Equal(sizes, []int{1, 8000, 8000, 4000}) {
			t.Errorf("committed groups of %v", sizes)
		}
		if n := len(h.store.stored()); n != 20001 || h.receipts.count() != 6 {
			t.Errorf("stored %d samples, settled %d messages", n, h.receipts.count())
		}
	})
}

func TestStoreFull(t *testing.T) {
	for _, code := range []coolant.Code{coolant.CodeStorageFull, coolant.CodeUnavailable, coolant.CodeInternal} {
		t.Run(string(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				var attempts []time.Time
				room := time.Now().Add(4 * time.Second)
				store.fail = func([]coolant.Sample) error {
					attempts = append(attempts, time.Now())
					if time.Now().Before(room) {
						return fmt.Errorf("append: %w", coolant.Errorf(code, "no"))
					}
					return nil
				}
				h := newHarness(t, store, func(o *ingest.Options) { o.MaxPending = 3 })
				blocked := make(chan struct{})
				go func() {
					for seq := 1; seq <= 4; seq++ {
						h.send(wire.Telemetry, telemetry(reading(seq)), uint64(seq))
					}
					close(blocked)
				}()
				time.Sleep(3 * time.Second)
				synctest.Wait()
				select {
				case <-blocked:
					t.Error("the fourth message was accepted although only three may wait")
				default:
				}
				if h.receipts.count() != 0 {
					t.Error("something was acknowledged that is not stored")
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				<-blocked
				for token := uint64(1); token <= 4; token++ {
					if err, settled := h.receipts.of(t, token); !settled || err != nil {
						t.Errorf("token %d: settled %v with %v", token, settled, err)
					}
				}
				for i := 1; i < len(attempts); i++ {
					if pause := attempts[i].Sub(attempts[i-1]); pause > time.Second {
						t.Errorf("%s between attempts", pause)
					}
				}
				if len(attempts) > 15 {
					t.Errorf("%d attempts in 4 s", len(attempts))
				}
			})
		})
	}
}

func TestOneCulprit(t *testing.T) {
	for _, code := range []coolant.Code{coolant.CodeInvalid, coolant.CodeInternal} {
		t.Run(string(code), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				release := make(chan struct{})
				store.fail = func(batch []coolant.Sample) error {
					<-release
					for _, s := range batch {
						if s.Seq == 7 && len(s.Readings) > 0 {
							return coolant.Errorf(code, "seven")
						}
					}
					return nil
				}
				h := newHarness(t, store, nil)
				h.send(wire.Telemetry, telemetry(reading(1)), 1)
				synctest.Wait()
				h.send(wire.Telemetry, telemetry(reading(2), reading(3)), 2)
				h.send(wire.Telemetry, telemetry(reading(4), reading(5), reading(6), reading(7), reading(8)), 3)
				h.send(wire.Telemetry, telemetry(reading(9)), 4)
				close(release)
				time.Sleep(time.Minute)
				synctest.Wait()
				for token := uint64(1); token <= 4; token++ {
					err, settled := h.receipts.of(t, token)
					want := coolant.Code("")
					if token == 3 && code == coolant.CodeInternal {
						want = coolant.CodeUnavailable // not acknowledged: it must come again
					}
					if !settled || coolant.CodeOf(err) != want {
						t.Errorf("token %d: settled %v with %v, want %q", token, settled, err, want)
					}
				}
				var seqs []uint64
				for _, s := range h.store.stored() {
					if len(s.Readings) > 0 {
						seqs = append(seqs, s.Seq)
					}
				}
				want := []uint64{1, 2, 3, 4, 5, 6, 8, 9}
				if code == coolant.CodeInternal {
					want = []uint64{1, 2, 3, 9}
				}
				if slices.Sort(seqs); !slices.Equal(seqs, want) {
					t.Errorf("stored %v, want %v", seqs, want)
				}
				h.stop()
				if code == coolant.CodeInvalid {
					if through := store.marks["loop"][0x9f3c51d27ab04e66]; through != 9 {
						t.Errorf("the watermark is %d, want 9: the refused sample must not hold it", through)
					}
					if len(store.rejections) != 1 || !strings.Contains(store.rejections[0].Detail, "seven") {
						t.Errorf("rejections %+v", store.rejections)
					}
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	full := coolant.Errorf(coolant.CodeStorageFull, "full")
	tests := []struct {
		name string
		fail error
		want coolant.Code
	}{
		{"what is pending is committed", nil, ""},
		{"what cannot be stored is not acknowledged", full, coolant.CodeUnavailable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				release := make(chan struct{})
				store.fail = func([]coolant.Sample) error { <-release; return test.fail }
				h := newHarness(t, store, func(o *ingest.Options) { o.MaxPending = 2 })
				for seq := 1; seq <= 2; seq++ {
					h.send(wire.Telemetry, telemetry(reading(seq)), uint64(seq))
					synctest.Wait()
				}
				go h.send(wire.Telemetry, telemetry(reading(3)), 3) // waits for room
				synctest.Wait()
				go h.stop()
				synctest.Wait()
				close(release)
				time.Sleep(time.Minute)
				for token := uint64(1); token <= 2; token++ {
					if err, settled := h.receipts.of(t, token); !settled || coolant.CodeOf(err) != test.want {
						t.Errorf("token %d: settled %v with %v, want %q", token, settled, err, test.want)
					}
				}
				if err, settled := h.receipts.of(t, 3); !settled || coolant.CodeOf(err) != coolant.CodeUnavailable {
					t.Errorf("the message that waited: settled %v with %v", settled, err)
				}
				h.send(wire.Telemetry, telemetry(reading(4)), 4)
				h.send(wire.Status, `{"state":"online","boot":"1","conn":1}`, 5)
				if err, _ := h.receipts.of(t, 4); coolant.CodeOf(err) != coolant.CodeUnavailable {
					t.Errorf("after the end: %v", err)
				}
			})
		})
	}
}

func TestStoreUnreadable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := &unreadable{fakeStore: newFakeStore()}
		g, err := ingest.New(ingest.Options{Store: broken})
		if err != nil {
			t.Fatal(err)
		}
		heard := newReceipts()
		g.Accept(wire.Message{Device: "loop", Kind: wire.Telemetry, Payload: []byte(telemetry(reading(1))), Received: start}, heard, 1)
		if err := g.Run(t.Context()); !errors.Is(err, errBroken) {
			t.Errorf("Run returns %v", err)
		}
		if err, settled := heard.of(t, 1); !settled || coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("settled %v with %v", settled, err)
		}
	})
}

// TestHeldBackForAWhile fills the queue and fails the documents for longer than a
// sender is held back: what does not fit is not acknowledged, nothing is left
// waiting, and what fitted is stored when there is room.
func TestHeldBackForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := coolant.Errorf(coolant.CodeStorageFull, "full")
		store := newFakeStore()
		store.fail = func([]coolant.Sample) error { return full }
		store.failDoc = func() error { return full }
		h := newHarness(t, store, func(o *ingest.Options) { o.MaxPending = 2 })
		status := func(state string, conn int) string {
			return fmt.Sprintf(`{"state":%q,"boot":"9f3c51d27ab04e66","conn":%d}`, state, conn)
		}
		h.send(wire.Telemetry, telemetry(reading(1)), 1)
		h.send(wire.Telemetry, telemetry(reading(2)), 2)
		go h.send(wire.Telemetry, telemetry(reading(3)), 3)
		go h.send(wire.Status, status("online", 1), 4)
		var returned atomic.Int64
		will := func(conn int) {
			h.Accept(wire.Message{
				Device: "loop", Kind: wire.Status, Topic: "coolant/loop/status", Payload: []byte(status("offline", conn)), Received: start,
			}, h.receipts, uint64(10+conn))
			returned.Add(1)
		}
		for conn := range 20 {
			go will(conn)
			time.Sleep(2 * time.Second)
		}
		synctest.Wait()
		for _, token := range []uint64{3, 4} {
			if err, settled := h.receipts.of(t, token); !settled || coolant.CodeOf(err) != coolant.CodeUnavailable {
				t.Errorf("token %d: settled %v with %v", token, settled, err)
			}
		}
		for _, token := range []uint64{1, 2} {
			if _, settled := h.receipts.of(t, token); settled {
				t.Errorf("token %d is settled though nothing is stored", token)
			}
		}
		if n := returned.Load(); n != 19 {
			t.Errorf("%d of 20 last wills do not wait any more, want all but the last", n)
		}
		store.mu.Lock()
		store.fail, store.failDoc = nil, nil
		store.mu.Unlock()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := len(store.stored()); n != 2 {
			t.Errorf("%d samples are stored", n)
		}
		if docs := store.storedDocuments(); len(docs) != 1 || string(docs[0].Body) != status("offline", 19) {
			t.Errorf("stored %v", docs)
		}
	})
}
