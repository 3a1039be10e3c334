package ingest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// ledger is a receipt that holds ingest to its promise: at the moment of an
// acknowledgement everything that the message says is in the store.
type ledger struct {
	store *fakeStore
	mu    sync.Mutex
	said  map[uint64]map[identity]float64 // by token: the good values of each sample
	heard map[uint64]int
	acked map[uint64]bool
	wrong []string
}

func (l *ledger) Settle(token uint64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard[token]++
	if err != nil && coolant.CodeOf(err) != coolant.CodeInvalid {
		return
	}
	l.acked[token] = true
	l.store.mu.Lock()
	defer l.store.mu.Unlock()
	for id := range l.said[token] {
		if !l.store.seen[id] {
			l.wrong = append(l.wrong, fmt.Sprintf("token %d is acknowledged, but %v is not stored", token, id))
		}
	}
}

// TestPromise drives ingest with random batches, duplicates, holes, garbage and
// a store that fails in every way it may, and stops it at a random moment. Every
// receipt is settled exactly once, nothing is acknowledged that the store lacks,
// no sample is stored twice, and no value is invented.
func TestPromise(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// rapid needs its own goroutine, so that all choices are made outside the bubble.
		type message struct {
			token   uint64
			payload string
			pause   time.Duration
			sender  int
		}
		l := &ledger{store: newFakeStore(), said: map[uint64]map[identity]float64{}, heard: map[uint64]int{}, acked: map[uint64]bool{}}
		poison := uint64(rapid.IntRange(0, 40).Draw(rt, "poison"))
		outcomes := rapid.SliceOfN(rapid.SampledFrom([]coolant.Code{"", "", "", coolant.CodeStorageFull, coolant.CodeUnavailable, coolant.CodeInternal}), 1, 12).Draw(rt, "outcomes")
		maxPending := rapid.IntRange(1, 8).Draw(rt, "maxPending")
		stopAfter := time.Duration(rapid.IntRange(0, 20000).Draw(rt, "stop")) * time.Millisecond
		var sent []message
		for i := range rapid.IntRange(1, 25).Draw(rt, "messages") {
			token := uint64(i)
			m := message{token: token, sender: rapid.IntRange(0, 2).Draw(rt, "sender"), pause: time.Duration(rapid.IntRange(0, 700).Draw(rt, "pause")) * time.Millisecond}
			if rapid.IntRange(0, 9).Draw(rt, "garbage") == 0 {
				m.payload = rapid.SampledFrom(hostile).Draw(rt, "payload")
				sent = append(sent, m)
				continue
			}
			l.said[token] = map[identity]float64{}
			var parts []string
			for range rapid.IntRange(0, 6).Draw(rt, "samples") {
				seq := rapid.IntRange(1, 40).Draw(rt, "seq")
				value := fmt.Sprint(20 + seq)
				if rapid.IntRange(0, 7).Draw(rt, "bad") == 0 {
					value = "null"
				}
				parts = append(parts, fmt.Sprintf(`{"seq":%d,"ts":%d,"m":{"water":%s}}`, seq, int64(start)+int64(seq), value))
				id := identity{coolant.DeviceID(fmt.Sprintf("d%d", m.sender)), 0x9f3c51d27ab04e66, uint64(seq)}
				if id.seq != poison {
					l.said[token][id] = float64(20 + seq)
				}
			}
			m.payload = telemetry(parts...)
			sent = append(sent, m)
		}
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			l.store.fail = func(batch []coolant.Sample) error {
				for _, s := range batch {
					if s.Seq == poison && len(s.Readings) > 0 {
						return coolant.Errorf(coolant.CodeInvalid, "poison")
					}
				}
				calls++
				if code := outcomes[calls%len(outcomes)]; code != "" {
					return coolant.Errorf(code, "no")
				}
				return nil
			}
			g, err := ingest.New(ingest.Options{Store: l.store, MaxPending: maxPending})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- g.Run(ctx) }()
			for sender := range 3 {
				go func() {
					for _, m := range sent {
						if m.sender != sender {
							continue
						}
						time.Sleep(m.pause)
						device := coolant.DeviceID(fmt.Sprintf("d%d", sender))
						g.Accept(wire.Message{
							Device: device, Kind: wire.Telemetry, Topic: wire.Topic(device, wire.Telemetry), Payload: []byte(m.payload), Received: start + 1000,
						}, l, m.token)
					}
				}()
			}
			time.Sleep(stopAfter)
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
		})
		for _, m := range sent {
			if l.heard[m.token] != 1 {
				rt.Errorf("token %d was settled %d times", m.token, l.heard[m.token])
			}
		}
		for _, wrong := range l.wrong {
			rt.Error(wrong)
		}
		stored := map[identity]int{}
		for _, s := range l.store.stored() {
			id := identity{s.Device, s.Boot, s.Seq}
			if stored[id]++; stored[id] > 1 {
				rt.Errorf("%v is stored twice", id)
			}
			for _, r := range s.Readings {
				if r.Quality != coolant.Good || r.Value != float64(20+s.Seq) {
					rt.Errorf("%v is stored as %v", id, r)
				}
			}
		}
	})
}

var hostile = []string{
	``, `{`, `null`, `{"boot":"0","samples":[]}`, `{"boot":"1","samples":[{}]}`, `{"boot":"1","samples":[1,null,"x",[]]}`,
	strings.Repeat("[", 1000), `{"boot":"1","samples":[{"m":{"water":1}}]}`,
}
