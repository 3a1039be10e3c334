package live

import (
	"slices"
	"strings"
	"testing"

	"coolant"
)

// outside is a status with something in every part that is a pointer or a list.
func outside() coolant.BrokerStatus {
	return coolant.BrokerStatus{
		Mode: coolant.BrokerRemote,
		Remote: &coolant.RemoteBroker{
			URL: "mqtts://broker.example:8883", State: coolant.LinkWaiting, Attempts: 1,
			Error:       &coolant.BrokerProblem{Step: "tls", Code: "unknown_ca", Detail: "d", Hint: "h"},
			Warnings:    []coolant.BrokerProblem{{Step: "tls", Code: "certificate_ending"}},
			Certificate: &coolant.BrokerCertificate{Subject: "s"},
		},
		Quota: &coolant.Quota{Level: coolant.QuotaOK},
	}
}

func TestBrokerTellsOnlyChanges(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	h.Broker(outside()) // nobody reads yet; it is known all the same
	sub := h.Subscribe("")
	defer sub.Close()
	for _, e := range drain(t, sub) {
		if strings.Contains(string(e.JSON()), "broker.example") {
			t.Errorf("the snapshot contains the broker: %s", e.JSON())
		}
	}
	for name, c := range map[string]struct {
		change func(*coolant.BrokerStatus)
		news   bool
	}{
		"nothing":     {func(*coolant.BrokerStatus) {}, false},
		"state":       {func(s *coolant.BrokerStatus) { s.Remote.State = coolant.LinkConnected }, true},
		"error":       {func(s *coolant.BrokerStatus) { s.Remote.Error.Code = "timeout" }, true},
		"no error":    {func(s *coolant.BrokerStatus) { s.Remote.Error = nil }, true},
		"warning":     {func(s *coolant.BrokerStatus) { s.Remote.Warnings[0].Detail = "soon" }, true},
		"certificate": {func(s *coolant.BrokerStatus) { s.Remote.Certificate.Expires = 1 }, true},
		"quota":       {func(s *coolant.BrokerStatus) { s.Quota.Level = coolant.QuotaOver }, true},
		"no remote":   {func(s *coolant.BrokerStatus) { s.Remote = nil }, true},
	} {
		h.Broker(outside())
		drain(t, sub)
		status := outside()
		c.change(&status)
		h.Broker(status)
		h.Broker(status)
		want := 0
		if c.news {
			want = 1
		}
		if got := drain(t, sub); len(got) != want {
			t.Errorf("%s: %v, want %d events", name, lines(got), want)
		}
	}
}

// The caller may go on changing its status.
func TestBrokerKeepsNothing(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	status := outside()
	h.Broker(status)
	events := drain(t, sub)
	before := events[0].Event.cost()
	status.Remote.Error.Detail, status.Remote.Warnings[0].Detail = "overwritten", "overwritten"
	status.Remote.Certificate.Issuer, status.Remote.URL, status.Quota.Preset = "overwritten", "overwritten", "overwritten"
	if got := lines(events); len(got) != 1 || strings.Contains(got[0], "overwritten") || events[0].Event.cost() != before {
		t.Errorf("events %v", got)
	}
	h.Broker(status)
	if got := drain(t, sub); len(got) != 1 {
		t.Errorf("a change in place is not noticed: %v", lines(got))
	}
}

func TestBrokerJSON(t *testing.T) {
	h := newHub(&clock{at: start}, Options{})
	sub := h.Subscribe("")
	defer sub.Close()
	drain(t, sub)
	h.Broker(coolant.BrokerStatus{Mode: coolant.BrokerEmbedded})
	h.Broker(coolant.BrokerStatus{Mode: coolant.BrokerRemote, Remote: &coolant.RemoteBroker{State: coolant.LinkConnecting}})
	want := []string{
		`broker {"mode":"embedded"}`,
		`broker {"mode":"remote","remote":{"url":"","username":"","state":"connecting","since":0,"attempts":0,"warnings":[],"separation":{"state":""}}}`,
	}
	if got := lines(drain(t, sub)); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
}

// What an event holds counts against the ring's memory, its list included.
func TestBrokerCost(t *testing.T) {
	small, large := &Broker{Status: outside()}, &Broker{Status: outside()}
	large.Status.Remote.Warnings = append(large.Status.Remote.Warnings, coolant.BrokerProblem{Detail: strings.Repeat("x", 10_000)})
	if d := large.cost() - small.cost(); d < 10_000 {
		t.Errorf("10 kB more cost %d more", d)
	}
	if n := (&Broker{}).cost(); n < baseCost {
		t.Errorf("an empty one costs %d", n)
	}
}
