//go:build unix

package embedded

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sort"
	"sync"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"coolant/internal/wire"
)

// committer is a Handler that settles in batches, as a group commit does: what
// arrives while a batch is being committed is the next batch.
type committer struct {
	mu      sync.Mutex
	arrived sync.Cond
	batch   []due
	closed  bool
	commit  time.Duration // how long a commit takes
}

type due struct {
	r     wire.Receipt
	token uint64
}

func (c *committer) Accept(m wire.Message, r wire.Receipt, token uint64) {
	c.mu.Lock()
	c.batch = append(c.batch, due{r, token})
	if len(c.batch) == 1 {
		c.arrived.Signal()
	}
	c.mu.Unlock()
}

func (c *committer) run() {
	var batch []due
	for {
		c.mu.Lock()
		for len(c.batch) == 0 && !c.closed {
			c.arrived.Wait()
		}
		if c.closed {
			c.mu.Unlock()
			return
		}
		batch, c.batch = c.batch, batch[:0]
		c.mu.Unlock()
		if c.commit > 0 {
			time.Sleep(c.commit)
		}
		for _, d := range batch {
			d.r.Settle(d.token, nil)
		}
	}
}

func startCommitter(b testing.TB, commit time.Duration) *committer {
	c := &committer{commit: commit}
	c.arrived.L = &c.mu
	var done sync.WaitGroup
	done.Go(c.run)
	b.Cleanup(func() {
		c.mu.Lock()
		c.closed = true
		c.arrived.Signal()
		c.mu.Unlock()
		done.Wait()
	})
	return c
}

func openBench(b testing.TB, commit time.Duration, change ...func(*Options)) *house {
	c := startCommitter(b, commit)
	return open(b, append([]func(*Options){func(o *Options) {
		o.Auth, o.Handler, o.Log = everyone{}, c, slog.New(slog.DiscardHandler)
	}}, change...)...)
}

const benchPayload = `{"boot":"9f3c51d27ab04e66","samples":[{"seq":42,"ts":1764000000123,"m":{"water":31.25}}]}`

// pump publishes n messages with at most window in flight and returns the time of
// each until its acknowledgement, if asked to.
func pump(c *client, topic string, n, window int) error {
	one := encode(c.t, c.version, publishing(topic, benchPayload, 1, 1))
	at := len(one) - len(benchPayload) - 2 // of the packet id
	if c.version == 5 {
		at-- // the length of the properties
	}
	out := bytes.Repeat(one, window)
	acks := make([]byte, 4*window)
	id, sent, acked := uint16(0), 0, 0
	send := func(k int) error {
		k = min(k, n-sent)
		for i := range k {
			if id++; id == 0 {
				id = 1
			}
			binary.BigEndian.PutUint16(out[i*len(one)+at:], id)
		}
		sent += k
		_, err := c.Write(out[:k*len(one)])
		return err
	}
	if err := send(window); err != nil {
		return err
	}
	rest := 0
	for acked < n {
		m, err := c.Read(acks[rest:])
		if err != nil {
			return err
		}
		m += rest
		k := m / 4
		rest = m % 4
		copy(acks, acks[4*k:m])
		acked += k
		if sent < n && k > 0 {
			if err := send(k); err != nil {
				return err
			}
		}
	}
	return nil
}

func benchClients(b *testing.B, n int, address string, version byte) []*client {
	var cs []*client
	for i := range n {
		c := dial(b, address)
		user := fmt.Sprintf("d%05d", i)
		pk := connecting(version, user)
		pk.Connect.Keepalive = 600
		if ack := c.connect(pk); ack.ReasonCode != 0 {
			b.Fatalf("refused: %#x", ack.ReasonCode)
		}
		_ = c.SetDeadline(time.Time{})
		cs = append(cs, c)
	}
	return cs
}

func drive(b *testing.B, cs []*client, window int) {
	b.ReportAllocs()
	before := processorTime(b)
	b.ResetTimer()
	var all sync.WaitGroup
	for i, c := range cs {
		n := b.N / len(cs)
		if i < b.N%len(cs) {
			n++
		}
		all.Go(func() {
			if n == 0 {
				return
			}
			if err := pump(c, fmt.Sprintf("coolant/d%05d/telemetry", i), n, min(window, n)); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/msg")
}

// processorTime is what this process has used, load generator included. Other than
// the time that passes it hardly depends on what else the machine does.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkPublish measures messages that are acknowledged after a commit that
// costs nothing, load generator included.
func BenchmarkPublish(b *testing.B) {
	for _, v := range []struct {
		clients, window int
		version         byte
	}{{100, 20, 4}, {100, 20, 5}, {1, 20, 4}, {1, 20, 5}, {1, 1, 4}, {1000, 1, 4}} {
		b.Run(fmt.Sprintf("clients=%d/window=%d/v%d", v.clients, v.window, v.version), func(b *testing.B) {
			h := openBench(b, 0)
			drive(b, benchClients(b, v.clients, h.plain, v.version), v.window)
		})
	}
}

// BenchmarkLongWay is BenchmarkPublish by way of mochi's decoder.
func BenchmarkLongWay(b *testing.B) {
	for _, clients := range []int{100, 1} {
		b.Run(fmt.Sprintf("clients=%d/window=20", clients), func(b *testing.B) {
			h := openBench(b, 0)
			h.shortcut = false
			drive(b, benchClients(b, clients, h.plain, 4), 20)
		})
	}
}

// BenchmarkDown measures publishing a retained message without QoS to one of
// 1,000 devices that subscribed to it.
func BenchmarkDown(b *testing.B) {
	h := openBench(b, 0)
	cs := benchClients(b, 1000, h.plain, 5)
	payload := []byte(`{"boot":"9f3c51d27ab04e66","through":42}`)
	topics := make([]string, len(cs))
	for i, c := range cs {
		topics[i] = fmt.Sprintf("coolant/d%05d/committed", i)
		c.subscribe(1, topics[i], 1)
		go func() { _, _ = io.Copy(io.Discard, c.Conn) }()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if err := h.Publish(topics[i%len(topics)], payload, 0, true); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	for _, c := range cs {
		c.Close()
	}
}

// allow is a hook for mochi that lets everybody do everything.
type allow struct{ mqtt.HookBase }

func (*allow) Provides(b byte) bool {
	return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck
}
func (*allow) OnConnectAuthenticate(*mqtt.Client, packets.Packet) bool { return true }
func (*allow) OnACLCheck(*mqtt.Client, string, bool) bool              { return true }

// BenchmarkMochi is the same against mochi alone, which acknowledges at once.
func BenchmarkMochi(b *testing.B) {
	for _, clients := range []int{100, 1} {
		b.Run(fmt.Sprintf("clients=%d/window=20", clients), func(b *testing.B) {
			s := mqtt.New(&mqtt.Options{Logger: slog.New(slog.DiscardHandler)})
			if err := s.AddHook(new(allow), nil); err != nil {
				b.Fatal(err)
			}
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			if err := s.AddListener(listeners.NewNet("l", l)); err != nil {
				b.Fatal(err)
			}
			if err := s.Serve(); err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			drive(b, benchClients(b, clients, l.Addr().String(), 4), 20)
		})
	}
}

// BenchmarkLatency measures the time from publish to acknowledgement at 5,000
// messages a second from 1,000 clients, with a commit of 1 ms.
func BenchmarkLatency(b *testing.B) {
	h := openBench(b, time.Millisecond)
	cs := benchClients(b, 1000, h.plain, 4)
	times := make([]time.Duration, b.N)
	slots := make([]chan int, len(cs))
	var all sync.WaitGroup
	for i, c := range cs {
		slots[i] = make(chan int, 16)
		all.Go(func() {
			one := encode(b, 4, publishing(fmt.Sprintf("coolant/d%05d/telemetry", i), benchPayload, 1, 1))
			ack := make([]byte, 4)
			for k := range slots[i] {
				start := time.Now()
				if _, err := c.Write(one); err != nil {
					b.Error(err)
					return
				}
				if _, err := io.ReadFull(c.Conn, ack); err != nil {
					b.Error(err)
					return
				}
				times[k] = time.Since(start)
			}
		})
	}
	b.ResetTimer()
	tick := time.NewTicker(time.Millisecond)
	for k := 0; k < b.N; {
		<-tick.C
		for range 5 {
			if k < b.N {
				slots[k%len(slots)] <- k
				k++
			}
		}
	}
	tick.Stop()
	for _, s := range slots {
		close(s)
	}
	all.Wait()
	b.StopTimer()
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	b.ReportMetric(float64(times[len(times)/2].Microseconds()), "p50-us")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds()), "p99-us")
}
