//go:build unix

package embedded

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"testing"
	"time"
)

const idleVariable = "COOLANT_TEST_IDLE" // address, number, "tls" or "plain"

// TestIdleClients is not a test: it is the process of clients that
// BenchmarkIdle measures the broker with, so that their memory is not counted.
func TestIdleClients(t *testing.T) {
	args := strings.Fields(os.Getenv(idleVariable))
	if len(args) != 3 {
		return
	}
	n, _ := strconv.Atoi(args[1])
	work := make(chan int)
	ready := make(chan error)
	var held []*client
	lock := make(chan struct{}, 1)
	for range 32 {
		go func() {
			for i := range work {
				ready <- func() error {
					nc, err := net.Dial("tcp", args[0])
					if err != nil {
						return err
					}
					if args[2] == "tls" {
						nc = tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
					}
					c := &client{Conn: nc, t: t, r: bufio.NewReaderSize(nc, 16), version: 5}
					user := fmt.Sprintf("d%05d", i)
					pk := connecting(5, user)
					pk.Connect.Keepalive = 3600
					pk = withWill(pk, "coolant/"+user+"/status", `{"state":"offline","boot":"9f3c51d27ab04e66","conn":1}`)
					if ack := c.connect(pk); ack.ReasonCode != 0 {
						return fmt.Errorf("refused: %#x", ack.ReasonCode)
					}
					if code := c.subscribe(1, "coolant/"+user+"/#", 1); code > 2 {
						return fmt.Errorf("subscription refused: %#x", code)
					}
					lock <- struct{}{}
					held = append(held, c)
					<-lock
					return nil
				}()
			}
		}()
	}
	go func() {
		for i := range n {
			work <- i
		}
		close(work)
	}()
	start := time.Now()
	for range n {
		if err := <-ready; err != nil {
			t.Fatal(err)
		}
	}
	fmt.Printf("connected in %d ms\n", time.Since(start).Milliseconds())
	_, _ = io.Copy(io.Discard, os.Stdin) // until the benchmark ends
	runtime.KeepAlive(held)
}

// BenchmarkIdle measures the memory of the process, and its growth for each of
// 10,000 plain and 5,000 TLS clients that have a last will and a subscription and
// say nothing.
func BenchmarkIdle(b *testing.B) {
	for _, v := range []struct {
		n    int
		kind string
	}{{10000, "plain"}, {5000, "tls"}} {
		b.Run(fmt.Sprintf("%s=%d", v.kind, v.n), func(b *testing.B) {
			h := openBench(b, 0)
			before := resident(b)
			address := h.plain
			if v.kind == "tls" {
				address = h.tls
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestIdleClients$", "-test.v")
			cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d %s", idleVariable, address, v.n, v.kind))
			in, err := cmd.StdinPipe()
			if err != nil {
				b.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				b.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			var ms float64
			for lines.Scan() {
				if _, err := fmt.Sscanf(lines.Text(), "connected in %f ms", &ms); err == nil {
					break
				}
			}
			if ms == 0 {
				b.Fatal("the clients did not connect")
			}
			peak := resident(b)
			runtime.GC()
			runtime.GC()
			settled := resident(b)
			debug.FreeOSMemory()
			after := resident(b)
			if got := h.Connected(); got != v.n {
				b.Fatalf("%d clients are connected, want %d", got, v.n)
			}
			b.ReportMetric(peak/1024, "MB-peak")
			b.ReportMetric(settled/1024, "MB-after-gc")
			b.ReportMetric(after/1024, "MB")
			b.ReportMetric((after-before)/float64(v.n), "KB/client")
			b.ReportMetric(ms/1000, "s-connecting")
			if path := os.Getenv("COOLANT_TEST_HEAP"); path != "" {
				writeHeap(b, path+v.kind)
			}
			in.Close()
			_, _ = io.Copy(io.Discard, out)
			_ = cmd.Wait()
			eventually(b, "all clients are gone", func() bool { return h.Connected() == 0 })
		})
	}
}

// resident is the memory of this process in KB.
func resident(b *testing.B) float64 {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("only Linux tells the memory of a process so")
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmRSS: %f kB", &kb); err == nil {
			return kb
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

func writeHeap(b *testing.B, path string) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := pprof.WriteHeapProfile(f); err != nil {
		b.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.Logf("heap in use %d MB, idle %d MB, stacks %d MB, system %d MB", m.HeapInuse>>20, m.HeapIdle>>20, m.StackInuse>>20, m.Sys>>20)
}
