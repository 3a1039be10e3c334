package remote

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"coolant"
	"coolant/internal/broker/brokertest"
	"coolant/internal/wire"
)

// versions runs a test with each version of MQTT.
func versions(t *testing.T, test func(t *testing.T, protocol string)) {
	t.Helper()
	for _, protocol := range []string{protocol5, protocol3} {
		t.Run("MQTT "+protocol, func(t *testing.T) { test(t, protocol) })
	}
}

// TestMessages checks what becomes of each topic.
func TestMessages(t *testing.T) {
	versions(t, func(t *testing.T, protocol string) {
		m, ca := secure(t, brokertest.Options{})
		e := at(m, ca)
		e.Protocol = protocol
		var refused atomic.Int64
		in := newInbox(stored)
		h := begin(t, e, in, func(o *Options) { o.Refuse = func(coolant.Rejection) { refused.Add(1) } }).linked(t)
		if s := h.Status(); s.Protocol != protocol || s.Certificate == nil || s.Certificate.Issuer != "Test CA" || len(s.Warnings) != 0 {
			t.Errorf("the status is %+v", s)
		}
		device := peer(t, at(m, ca), "loop")
		say(t, device, "coolant/loop/status", `{"state":"online"}`, true)
		say(t, device, "coolant/loop/telemetry", `{"boot":"1"}`, false)
		say(t, device, "coolant/loop/info", `{}`, true)
		say(t, device, "coolant/loop/reported", `{}`, true)
		say(t, device, "coolant/loop/reply", `{}`, false)
		say(t, device, "coolant/loop/desired", `not for us`, false)
		say(t, device, "coolant/Loop/telemetry", `no device id`, false)
		say(t, device, "coolant/loop/info", ``, true) // removes what is retained
		say(t, device, wire.ArticleTopic, `{"temp":21.5}`, false)
		got := in.wait(t, 6)
		var kinds []string
		for _, m := range got {
			kinds = append(kinds, fmt.Sprintf("%s %s %v", m.Device, m.Kind, m.Retained))
			if m.Live || !m.Again {
				t.Errorf("%s: live %v, again %v; an outside broker may have held it", m.Topic, m.Live, m.Again)
			}
		}
		want := "loop status false, loop telemetry false, loop info false, loop reported false, loop reply false, esp32 article false"
		if text := strings.Join(kinds, ", "); text != want {
			t.Errorf("got  %s\nwant %s", text, want)
		}
		if refused.Load() != 1 {
			t.Errorf("%d messages were refused, want the one without a device", refused.Load())
		}
		// A link that comes anew finds what is retained, and says that it was.
		h.stop()
		again := newInbox(stored)
		begin(t, e, again).linked(t)
		for _, m := range again.wait(t, 2) {
			if !m.Retained {
				t.Errorf("%s came again, not as retained", m.Topic)
			}
		}
	})
}

// TestAcknowledgement checks that nothing is acknowledged before it is settled: a
// message that was not comes again, one that was does not.
func TestAcknowledgement(t *testing.T) {
	versions(t, func(t *testing.T, protocol string) {
		m, ca := secure(t, brokertest.Options{})
		e := at(m, ca)
		e.Protocol = protocol
		in := newInbox(nil) // keeps everything and settles nothing
		h := begin(t, e, in).linked(t)
		device := peer(t, at(m, ca), "loop")
		for i := range 5 {
			say(t, device, "coolant/loop/telemetry", fmt.Sprint(i), false)
		}
		got := in.wait(t, 5)
		// 1 and 2 are settled, and must wait for 0; then 0 is, and 3 and 4 never.
		got[1].receipt.Settle(got[1].token, nil)
		got[2].receipt.Settle(got[2].token, coolant.Errorf(coolant.CodeInvalid, "nonsense"))
		got[0].receipt.Settle(got[0].token, nil)
		h.stop()
		again := newInbox(stored)
		begin(t, e, again).linked(t)
		var payloads []string
		for _, m := range again.wait(t, 2) {
			payloads = append(payloads, string(m.Payload))
		}
		if text := strings.Join(payloads, " "); text != "3 4" {
			t.Errorf("%s came again, want 3 4", text)
		}
		// A receipt of the connection that has ended changes nothing.
		got[3].receipt.Settle(got[3].token, nil)
	})
}

// TestStoreFails checks that a message which could not be stored is delivered
// again, with all that follows, once the store works.
func TestStoreFails(t *testing.T) {
	versions(t, func(t *testing.T, protocol string) {
		m, ca := secure(t, brokertest.Options{})
		e := at(m, ca)
		e.Protocol = protocol
		var broken atomic.Bool
		broken.Store(true)
		in := newInbox(func(m message) {
			if broken.Load() {
				m.receipt.Settle(m.token, coolant.Errorf(coolant.CodeStorageFull, "no room"))
				return
			}
			m.receipt.Settle(m.token, nil)
		})
		h := begin(t, e, in).linked(t)
		device := peer(t, at(m, ca), "loop")
		say(t, device, "coolant/loop/telemetry", "a", false)
		if p := h.problem(t); p.Code != "store_failed" {
			t.Fatalf("the problem is %v", p)
		}
		say(t, device, "coolant/loop/telemetry", "b", false)
		broken.Store(false)
		eventually(t, "both messages, stored", func() error {
			seen := map[string]bool{}
			for _, m := range in.all() {
				seen[string(m.Payload)] = true
			}
			if !seen["a"] || !seen["b"] {
				return fmt.Errorf("seen %v", seen)
			}
			return h.Health()
		})
		h.stop()
		again := newInbox(stored)
		begin(t, e, again).linked(t)
		say(t, device, "coolant/loop/telemetry", "c", false)
		if got := again.wait(t, 1); string(got[0].Payload) != "c" {
			t.Errorf("%s came again although it was stored", got[0].Payload)
		}
	})
}

// TestAbsence checks that the broker keeps what comes while nobody is there, that
// the link comes back by itself after a restart of the broker, and that each
// message arrives once.
func TestAbsence(t *testing.T) {
	versions(t, func(t *testing.T, protocol string) {
		m, ca := secure(t, brokertest.Options{Persistent: true})
		e := at(m, ca)
		e.Protocol = protocol
		known := &records{}
		with := func(o *Options) { o.Records = known }
		in := newInbox(stored)
		first := begin(t, e, in, with).linked(t)
		first.stop()
		device := peer(t, at(m, ca), "loop")
		for i := range 3 {
			say(t, device, "coolant/loop/telemetry", fmt.Sprint(i), false)
		}
		h := begin(t, e, in, with).linked(t)
		in.wait(t, 3)
		eventually(t, "three acknowledgements", func() error {
			if n := strings.Count(m.Log(), "Received PUBACK from coolant-server"); n != 3 {
				return fmt.Errorf("the broker has %d", n)
			}
			return nil
		})
		m.Stop()
		if p := h.problem(t); p.Code == "" || h.Health() == nil {
			t.Errorf("the broker is gone and the link says %v, %v", p, h.Health())
		}
		if err := h.Publish("coolant/loop/committed", nil, 0, false); coolant.CodeOf(err) != coolant.CodeUnavailable {
			t.Errorf("publishing without a broker: %v", err)
		}
		m.Start()
		h.linked(t)
		device = peer(t, at(m, ca), "loop")
		say(t, device, "coolant/loop/telemetry", "3", false)
		var got []string
		for _, m := range in.wait(t, 4) {
			got = append(got, string(m.Payload))
		}
		if text := strings.Join(got, " "); text != "0 1 2 3" {
			t.Errorf("got %s", text)
		}
		for _, w := range h.Status().Warnings {
			if w.Code == "session_lost" {
				t.Error("the session is said to be lost, and is not")
			}
		}
	})
}

// TestSessionLost checks that a broker which forgets the session is noticed, also
// across a restart of this service.
func TestSessionLost(t *testing.T) {
	m, ca := secure(t, brokertest.Options{})
	known := &records{}
	with := func(o *Options) { o.Records = known }
	begin(t, at(m, ca), newInbox(stored), with).linked(t).stop()
	m.Kill()
	m.Start()
	h := begin(t, at(m, ca), newInbox(stored), with).linked(t)
	if w := h.Status().Warnings; len(w) != 1 || w[0].Code != "session_lost" || w[0].Hint == "" {
		t.Errorf("the warnings are %+v", w)
	}
}

// TestPublish checks that what is said reaches subscribers, retained or not.
func TestPublish(t *testing.T) {
	const acl = "user server\ntopic readwrite coolant/#\ntopic read emqx/esp32/telemetry\n\nuser loop\ntopic readwrite coolant/loop/#\n"
	versions(t, func(t *testing.T, protocol string) {
		m, ca := secure(t, brokertest.Options{Users: map[string]string{"server": "s", "loop": "l"}, ACL: acl})
		e := at(m, ca)
		e.Protocol, e.Username, e.Password = protocol, "server", "s"
		h := begin(t, e, newInbox(stored)).linked(t)
		if err := h.Publish("coolant/loop/committed", []byte("kept"), 0, true); err != nil {
			t.Fatal(err)
		}
		if err := h.Publish("coolant/loop/command", []byte("at once"), 1, false); err != nil {
			t.Fatal(err)
		}
		own := at(m, ca)
		own.Username, own.Password = "loop", "l"
		heard := make(chan string, 10)
		device := peer(t, own, "loop")
		err := await(t.Context(), device.Subscribe("coolant/loop/#", 1, func(_ mqtt.Client, m mqtt.Message) {
			heard <- fmt.Sprintf("%s %s %v", m.Topic(), m.Payload(), m.Retained())
		}), patience)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Publish("coolant/loop/command", []byte("now"), 1, false); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"coolant/loop/committed kept true", "coolant/loop/command now false"} {
			select {
			case got := <-heard:
				if got != want {
					t.Errorf("heard %s, want %s", got, want)
				}
			case <-time.After(patience):
				t.Fatalf("never heard %s", want)
			}
		}
	})
}

// TestAdmission checks that a device which may not join is refused for good, and
// that its message comes again where that only could not be decided.
func TestAdmission(t *testing.T) {
	m, ca := secure(t, brokertest.Options{})
	var asked atomic.Int64
	refused := make(chan coolant.Rejection, 10)
	in := newInbox(stored)
	h := begin(t, at(m, ca), in, func(o *Options) {
		o.Refuse = func(r coolant.Rejection) { refused <- r }
		o.Admit = func(_ context.Context, id coolant.DeviceID) error {
			switch {
			case id == "removed":
				return coolant.Errorf(coolant.CodeForbidden, "was removed")
			case id == "new" && asked.Add(1) == 1:
				return errors.New("the disk is full")
			}
			return nil
		}
	}).linked(t)
	device := peer(t, at(m, ca), "any")
	say(t, device, "coolant/removed/telemetry", "a", false)
	say(t, device, "coolant/new/telemetry", "b", false)
	if got := in.wait(t, 1); got[0].Device != "new" {
		t.Errorf("got a message of %s", got[0].Device)
	}
	if r := <-refused; r.Device != "removed" || r.Code != coolant.RejectedCredential {
		t.Errorf("refused %+v", r)
	}
	h.linked(t)
}
