package sim

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// A device moves between two real brokers with certificates of different
// authorities, and then stays where it is although it was sent to nobody.
func TestMoveBetweenBrokers(t *testing.T) {
	t.Parallel()
	from, to := startBroker(t), startBroker(t)
	old, fresh := startServer(t, from, true), startServer(t, to, true)
	stop := runSim(t, from, nil)
	eventually(t, "samples at the old broker", func() bool { return old.has() > 1 })
	send := func(s *server, id, addr, ca string) {
		args, err := wire.EncodeEndpoint(wire.EndpointArgs{URL: "mqtts://" + addr, Username: "demo", Password: "x", CA: ca, Trial: wire.MinTrial})
		if err != nil {
			t.Fatal(err)
		}
		c, err := wire.EncodeCommand(wire.CommandPayload{ID: id, Name: wire.CommandEndpoint, Expires: coolant.Milli(time.Now().Add(time.Minute)), Args: args})
		if err != nil {
			t.Fatal(err)
		}
		s.publish(wire.Topic("demo", wire.Command), c, false)
	}
	send(old, "m1", to.addr, to.ca)
	eventually(t, "the answer at the old broker", func() bool { return strings.Contains(old.last(wire.Reply), `{"id":"m1","ok":true}`) })
	eventually(t, "the goodbye at the old broker", func() bool { return strings.Contains(old.last(wire.Status), `"offline"`) })
	eventually(t, "confirmation at the new broker", func() bool {
		return strings.Contains(fresh.last(wire.Info), fmt.Sprintf(`"endpoint":{"url":"mqtts://%s","state":"confirmed","command":"m1"}`, to.addr))
	})
	n := fresh.has()
	eventually(t, "samples go on", func() bool { return fresh.has() > n+1 })

	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	send(fresh, "m2", dead.Addr().String(), to.ca)
	eventually(t, "the answer at the new broker", func() bool { return strings.Contains(fresh.last(wire.Reply), `{"id":"m2","ok":true}`) })
	eventually(t, "the roll-back", func() bool {
		info, err := wire.DecodeInfo([]byte(fresh.last(wire.Info)))
		return err == nil && info.Endpoint != nil && info.Endpoint.State == wire.EndpointRolledBack && info.Endpoint.Command == "m2" &&
			info.Endpoint.URL == "mqtts://"+to.addr && strings.Contains(info.Endpoint.Reason, "refused")
	})
	n = fresh.has()
	eventually(t, "samples after it", func() bool { return fresh.has() > n })
	stop()

	// One boot all the way, and no number of it is missing.
	old.mu.Lock()
	defer old.mu.Unlock()
	fresh.mu.Lock()
	defer fresh.mu.Unlock()
	if len(old.samples) != 1 || len(fresh.samples) != 1 {
		t.Fatalf("%d and %d boots", len(old.samples), len(fresh.samples))
	}
	for boot, at := range fresh.samples {
		last := uint64(0)
		for seq := range at {
			last = max(last, seq)
		}
		for seq := uint64(1); seq <= last; seq++ {
			if len(at[seq].Readings)+len(old.samples[boot][seq].Readings) == 0 {
				t.Errorf("sample %d of %d is nowhere", seq, last)
			}
		}
	}
}
