package embedded

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"coolant"
)

// TestResumingMuch resumes sessions with more in flight than may be unwritten for a
// client at once, and with messages that it no longer takes.
func TestResumingMuch(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			c := dial(t, h.plain)
			c.connect(pk)
			c.subscribe(1, "coolant/a/desired", 1)
			c.Close()
			eventually(t, "it is gone", func() bool { return h.Connected() == 0 })
			const n = 60
			publish := func(i, size int) {
				t.Helper()
				if err := h.Publish("coolant/a/desired", []byte(fmt.Sprint(i, strings.Repeat(" ", size))), 1, false); err != nil {
					t.Fatal(err)
				}
			}
			for i := range n {
				publish(i, 10_000)
			}
			for range 2 { // to see that nothing was lost when it did not acknowledge
				c.Close()
				c = dial(t, h.plain)
				if ack := c.connect(pk); !ack.SessionPresent {
					t.Fatal("the session is gone")
				}
				if got := c.want(packets.Publish); !strings.HasPrefix(string(got.Payload), "0 ") {
					t.Fatalf("got %.10q first", got.Payload)
				}
			}
			c.Close()
			c = dial(t, h.plain)
			c.connect(pk)
			publish(n, 10)
			for i := range n + 1 {
				got := c.want(packets.Publish)
				if !strings.HasPrefix(string(got.Payload), fmt.Sprint(i, " ")) {
					t.Fatalf("got %.10q, want %d", got.Payload, i)
				}
				c.ack(packets.Puback, got.PacketID)
			}
			c.quiet()
			if version < 5 {
				return
			}
			c.Close()
			eventually(t, "it is gone", func() bool { return h.Connected() == 0 })
			publish(1, 10)
			publish(2, 1000)
			publish(3, 10)
			pk.Properties.MaximumPacketSize = 500
			for range 2 {
				c = dial(t, h.plain)
				c.connect(pk)
				for _, want := range []string{"1 ", "3 "} {
					if got := c.want(packets.Publish); !strings.HasPrefix(string(got.Payload), want) {
						t.Fatalf("got %.10q, want %s", got.Payload, want)
					}
				}
				c.quiet()
				c.Close()
			}
		})
	}
}

// TestConnackIsFirst resumes sessions while messages are published to them.
func TestConnackIsFirst(t *testing.T) {
	h := open(t)
	pk := connecting(5, "a")
	pk.Connect.Clean = false
	pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
	c := dial(t, h.plain)
	c.connect(pk)
	c.subscribe(1, "coolant/a/input", 0)
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if err := h.Publish("coolant/a/input", []byte("x"), 0, false); err != nil {
					t.Error(err)
				}
			}
		}
	})
	defer publishing.Wait()
	defer close(stop)
	for range 200 {
		c = dial(t, h.plain)
		c.connect(pk) // which wants a CONNACK
		c.want(packets.Publish)
		c.Close()
	}
}

// TestSessionsOfOneDevice lets a device connect under ever new client ids: sessions
// that nobody uses make room, and the others are no more than a device may have.
func TestSessionsOfOneDevice(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			pk := connecting(version, "a")
			pk.Connect.Clean = false
			pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
			connect := func(i int) (*client, packets.Packet) {
				pk.Connect.ClientIdentifier = fmt.Sprint("n", i)
				c := dial(t, h.plain)
				return c, c.connect(pk)
			}
			for i := range 3 * maxSessions {
				c, ack := connect(i)
				if ack.ReasonCode != 0 {
					t.Fatalf("CONNACK %#x", ack.ReasonCode)
				}
				c.disconnect()
				c.wantClosed()
				eventually(t, "it is gone", func() bool { return len(h.all()) == 0 })
			}
			if n := len(h.records.keys(bucketSession)); n != maxSessions {
				t.Errorf("%d sessions are stored", n)
			}
			if n := h.server.Clients.Len(); n != maxSessions {
				t.Errorf("%d sessions are known", n)
			}
			var connected []*client
			for i := range maxSessions {
				c, ack := connect(i)
				if ack.ReasonCode != 0 {
					t.Fatalf("CONNACK %#x", ack.ReasonCode)
				}
				connected = append(connected, c)
			}
			if _, ack := connect(maxSessions); ack.ReasonCode != map[byte]byte{4: 3, 5: 0x97}[version] {
				t.Errorf("one too many: CONNACK %#x", ack.ReasonCode)
			}
			if r := h.rejected(coolant.RejectedRate); r.Device != "a" {
				t.Errorf("reported as %+v", r)
			}
			for _, c := range connected {
				c.quiet()
			}
			h.join(version, "b")
		})
	}
}

// TestExpiryAcrossRestarts counts the time without a connection also while the
// server is restarted, and leaves nothing of an expired session on the disk.
func TestExpiryAcrossRestarts(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			records := newMemory()
			day := 0
			start := time.Now()
			run := func(f func(h *house)) {
				h := open(t, func(o *Options) {
					o.Records = records
					o.Now = func() time.Time { return start.AddDate(0, 0, day) }
				})
				f(h)
				if err := h.stop(); err != nil {
					t.Fatal(err)
				}
			}
			run(func(h *house) {
				pk := connecting(version, "a")
				pk.Connect.Clean = false
				pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = sessionExpiry, true
				c := dial(t, h.plain)
				c.connect(pk)
				c.subscribe(1, "coolant/a/command", 1)
				if err := h.Publish("coolant/a/command", []byte("x"), 1, false); err != nil {
					t.Fatal(err)
				}
				c.want(packets.Publish)
			})
			for day = 10; day <= 40; day += 10 {
				left := 1
				if day > 30 {
					left = 0
				}
				run(func(*house) {})
				if s, m := len(records.keys(bucketSession)), len(records.keys(bucketInflight)); s != left || m != left {
					t.Errorf("day %d: %d sessions and %d messages are stored, want %d", day, s, m, left)
				}
			}
		})
	}
}
