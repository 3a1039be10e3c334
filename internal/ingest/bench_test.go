package ingest_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// nullStore takes everything at no cost.
type nullStore struct {
	no    uint64
	fresh []bool
	marks []coolant.Watermark
}

func (s *nullStore) Append(_ context.Context, batch []coolant.Sample) (coolant.Commit, error) {
	s.no++
	for len(s.fresh) < len(batch) {
		s.fresh = append(s.fresh, true)
	}
	s.marks = append(s.marks[:0], coolant.Watermark{Device: batch[0].Device, Boot: batch[0].Boot, Through: batch[0].Seq})
	return coolant.Commit{No: s.no, Fresh: s.fresh[:len(batch)], Watermarks: s.marks}, nil
}

func (s *nullStore) LastTimes(context.Context, coolant.DeviceID) (map[coolant.Metric]coolant.UnixMilli, error) {
	return nil, nil
}

func (s *nullStore) LatestWatermarks(context.Context) ([]coolant.Watermark, error) { return nil, nil }
func (s *nullStore) PutDocument(context.Context, coolant.DeviceDocument) error     { return nil }
func (s *nullStore) RecordRejections(context.Context, []coolant.Rejection) error   { return nil }

// tally is a receipt that only counts.
type tally struct {
	settled atomic.Int64
	want    int64
	done    chan struct{}
}

func (c *tally) Settle(uint64, error) {
	if c.settled.Add(1) == c.want {
		close(c.done)
	}
}

func BenchmarkAccept(b *testing.B) {
	for _, bench := range []struct{ name, metrics string }{
		{"one", `"water":31.25`},
		{"seven", `"water":31.25,"ambient":22.5,"pump_rpm":2410,"fan_rpm":880,"pump_duty":60,"fan_duty":35,"flow_lpm":1.30`},
	} {
		payload := fmt.Appendf(nil, `{"boot":"9f3c51d27ab04e66","samples":[{"seq":42,"ts":1764000000123,"m":{%s}}]}`, bench.metrics)
		b.Run(bench.name, func(b *testing.B) {
			g, err := ingest.New(ingest.Options{
				Store: &nullStore{}, Down: func(string, []byte, byte, bool) error { return nil },
			})
			if err != nil {
				b.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- g.Run(ctx) }()
			m := wire.Message{Device: "loop", Kind: wire.Telemetry, Topic: "coolant/loop/telemetry", Payload: payload, Received: start, Live: true}
			count := &tally{want: int64(b.N), done: make(chan struct{})}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				g.Accept(m, count, uint64(i))
			}
			<-count.done
			b.StopTimer()
			cancel()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkAcceptParallel has as many senders as processors, each a device of
// its own, as a broker has.
func BenchmarkAcceptParallel(b *testing.B) {
	payload := []byte(`{"boot":"9f3c51d27ab04e66","samples":[{"seq":42,"ts":1764000000123,"m":{"water":31.25}}]}`)
	g, err := ingest.New(ingest.Options{Store: &nullStore{}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- g.Run(ctx) }()
	var senders atomic.Int64
	count := &tally{want: int64(b.N), done: make(chan struct{})}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		id := coolant.DeviceID(fmt.Sprintf("loop%d", senders.Add(1)))
		m := wire.Message{Device: id, Kind: wire.Telemetry, Topic: wire.Topic(id, wire.Telemetry), Payload: payload, Received: start, Live: true}
		for pb.Next() {
			g.Accept(m, count, 0)
		}
	})
	<-count.done
	b.StopTimer()
	cancel()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
}
