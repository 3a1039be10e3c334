package load_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"testing"
	"time"

	"coolant/bench/internal/load"
	"coolant/bench/internal/peer"
	"coolant/e2e/mqtt"
)

// mosquitto is a real broker for the generator to talk to.
func mosquitto(t *testing.T, secure bool) (addr string, conf *tls.Config) {
	t.Helper()
	if _, err := peer.Find(); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var cert *peer.Certificate
	if secure {
		var err error
		if cert, err = peer.SelfSigned(dir); err != nil {
			t.Fatal(err)
		}
	}
	m, err := peer.Start(t.Context(), dir, cert)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Stop)
	if addr, conf, err = m.Target(secure); err != nil {
		t.Fatal(err)
	}
	return addr, conf
}

func clients(n int) []load.Client {
	c := make([]load.Client, n)
	for i := range c {
		c[i].ID = fmt.Sprintf("load-%d", i)
	}
	return c
}

var transports = []struct {
	name    string
	secure  bool
	version mqtt.Version
}{
	{"version 5, plain", false, mqtt.V5},
	{"version 3.1.1, TLS", true, mqtt.V311},
}

func TestClosedLoopCountsEveryMessage(t *testing.T) {
	for _, tt := range transports {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			target := load.Target{Version: tt.version, Clients: clients(5)}
			target.Addr, target.TLS = mosquitto(t, tt.secure)
			sink, err := load.NewSink(ctx, target, load.Client{ID: "sink"})
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close()
			edges := 0
			res, err := load.Closed(ctx, target, load.ClosedOptions{
				InFlight: 20, Window: 200 * time.Millisecond, Sink: sink, Edge: func() { edges++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			var sent uint64
			for _, d := range res.Devices {
				if d.Sent != d.Acked {
					t.Errorf("%s: %d sent, %d acknowledged", d.Stream.Device, d.Sent, d.Acked)
				}
				sent += d.Sent
			}
			for sink.Count() < sent && ctx.Err() == nil {
				<-time.After(time.Millisecond)
			}
			if sink.Count() != sent || res.Acked == 0 || res.Acked > sent || edges != 2 {
				t.Errorf("%d sent, %d at the sink, %d in the window, %d edges", sent, sink.Count(), res.Acked, edges)
			}
		})
	}
}

func TestOpenLoopKeepsItsSchedule(t *testing.T) {
	for _, tt := range transports {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			target := load.Target{Version: tt.version, Clients: clients(50)}
			target.Addr, target.TLS = mosquitto(t, tt.secure)
			told := 0
			res, err := load.Open(ctx, target, load.OpenOptions{
				Rate: 1000, Warmup: 50 * time.Millisecond, Window: 200 * time.Millisecond,
				Sent: func(int, int64, time.Time) { told++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			var sent uint64
			for _, d := range res.Devices {
				sent += d.Acked
			}
			// 250 ms at 1,000 a second, however slow the machine is.
			if res.Acked != 200 || sent != 250 || told != 250 {
				t.Errorf("%d in the window, %d in all, %d told; want 200, 250, 250", res.Acked, sent, told)
			}
		})
	}
}

func TestFleetAndStorm(t *testing.T) {
	for _, tt := range transports {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			target := load.Target{Version: tt.version, Clients: clients(50)}
			target.Addr, target.TLS = mosquitto(t, tt.secure)
			f, err := load.NewFleet(ctx, target, load.FleetOptions{Subscribe: true})
			if err != nil {
				t.Fatal(err)
			}
			if f.Lost() != 0 {
				t.Errorf("%d connections were lost", f.Lost())
			}
			f.Close()
			res, err := load.Storm(ctx, target, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if res.Served.Count() != 50 || res.Attempts < 50 {
				t.Errorf("%d served with %d attempts", res.Served.Count(), res.Attempts)
			}
		})
	}
}

func TestBackfillSendsEverySample(t *testing.T) {
	target := load.Target{Version: mqtt.V5, Clients: clients(1)}
	target.Addr, target.TLS = mosquitto(t, false)
	stream := load.NewStream("load-0", 1764000000000, 60000)
	if err := load.Backfill(t.Context(), target, target.Clients[0], stream, 1440, 500); err != nil {
		t.Fatal(err)
	}
}

func TestStream(t *testing.T) {
	for _, step := range []float64{1, 2.5, 200, 60000} {
		s := load.NewStream("a", 1764000000123, step)
		for seq := uint64(1); seq < 5000; seq++ {
			if got := s.Seq(s.Time(seq)); got != seq {
				t.Fatalf("step %v: sample %d was taken for %d", step, seq, got)
			}
		}
		if s.Seq(s.Start-1) != 0 {
			t.Errorf("step %v: a time before the first sample has a number", step)
		}
	}
}
