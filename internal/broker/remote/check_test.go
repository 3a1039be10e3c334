package remote

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/broker/brokertest"
	"coolant/internal/wire"
)

// steps runs a check and writes down what it reported.
func steps(t *testing.T, o CheckOptions) (report string, separation coolant.Separation, err error) {
	t.Helper()
	var b strings.Builder
	o.ArticleTopic, o.times = wire.ArticleTopic, quick()
	o.Report = func(r Result) {
		switch {
		case !r.OK:
			fmt.Fprintf(&b, "%s:%s! ", r.Step, r.Problem.Code)
		case r.Problem != nil:
			fmt.Fprintf(&b, "%s:%s? ", r.Step, r.Problem.Code)
		default:
			fmt.Fprintf(&b, "%s ", r.Step)
		}
	}
	separation, err = Check(t.Context(), o)
	return strings.TrimSpace(b.String()), separation, err
}

// TestCheck goes the way to a real broker, whose access rules are as the guides
// set them, and such that something is wrong with them.
func TestCheck(t *testing.T) {
	const (
		server   = "user server\ntopic readwrite coolant/#\ntopic read emqx/esp32/telemetry\n"
		apart    = "pattern write coolant/%u/telemetry\npattern write coolant/%u/status\npattern write coolant/%u/info\npattern write coolant/%u/reported\npattern write coolant/%u/reply\npattern read coolant/%u/committed\npattern read coolant/%u/desired\npattern read coolant/%u/command\npattern read coolant/%u/input\n"
		lax      = "user loop\ntopic readwrite coolant/#\n"
		talker   = "user loop\ntopic readwrite coolant/loop/#\ntopic write coolant/+/desired\n"
		listener = "user loop\ntopic readwrite coolant/loop/#\ntopic read coolant/+/desired\n"
	)
	users := map[string]string{"server": "s", "loop": "l"}
	tests := []struct {
		name, acl, password string
		want                string
		state               coolant.SeparationState
		detail              string
	}{
		{"as the guides set it", server + apart, "l", "dns tcp tls connect subscribe publish echo separation", coolant.SeparationProven, "is heard on its own topics"},
		{"without a device", server + apart, "", "dns tcp tls connect subscribe publish echo separation:separation_unproven?", coolant.SeparationUnproven, ""},
		{"no rules", "", "l", "dns tcp tls connect subscribe publish echo separation:separation_broken!", coolant.SeparationBroken, "may publish another device's telemetry, committed, status, info, desired, reported, command, reply, input, and hear another device's telemetry, committed, status, info, desired, reported, command, reply, input"},
		{"rules for everything", server + lax, "l", "dns tcp tls connect subscribe publish echo separation:separation_broken!", coolant.SeparationBroken, "publish another device's telemetry, committed"},
		{"a device that may drive others", server + talker, "l", "dns tcp tls connect subscribe publish echo separation:separation_broken!", coolant.SeparationBroken, "may publish another device's desired"},
		{"a device that may overhear others", server + listener, "l", "dns tcp tls connect subscribe publish echo separation:separation_broken!", coolant.SeparationBroken, "may hear another device's desired"},
		{"a device that may overhear commands", server + apart + "\nuser loop\ntopic read coolant/+/command\n", "l", "dns tcp tls connect subscribe publish echo separation:separation_broken!", coolant.SeparationBroken, "may hear another device's command"},
		{"a device that may forge what is committed", server + apart + "\nuser loop\ntopic write coolant/+/committed\ntopic write coolant/+/status\n", "l", "dns tcp tls connect subscribe publish echo separation:separation_broken!", coolant.SeparationBroken, "may publish another device's committed, status"},
		{"a service that hears no commands", "user server\ntopic deny coolant/+/command\ntopic readwrite coolant/#\ntopic read emqx/esp32/telemetry\n\nuser loop\ntopic readwrite coolant/loop/#\ntopic write coolant/+/command\n", "l", "", coolant.SeparationUnproven, ""},
		{"a device that may do nothing", server, "l", "dns tcp tls connect subscribe publish echo separation:publish_refused!", coolant.SeparationUnproven, ""},
		{"a device's wrong password", server + apart, "wrong", "dns tcp tls connect subscribe publish echo separation:bad_credentials!", coolant.SeparationUnproven, ""},
		{"a service that may not speak", "user server\ntopic read coolant/#\n" + apart, "l", "dns tcp tls connect subscribe publish:publish_refused!", coolant.SeparationUnproven, ""},
		{"a service that may not listen", "user server\ntopic write coolant/#\n" + apart, "l", "dns tcp tls connect subscribe publish echo:echo_missing!", coolant.SeparationUnproven, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m, ca := secure(t, brokertest.Options{Users: users, ACL: test.acl})
			o := CheckOptions{Endpoint: at(m, ca)}
			o.Username, o.Password = "server", "s"
			if test.password != "" {
				o.Device, o.DevicePassword = "loop", test.password
			}
			// A service that runs meanwhile is not disturbed, and takes nothing of it for
			// a device's.
			in := newInbox(stored)
			if strings.HasPrefix(test.acl, server) {
				e := o.Endpoint
				h := begin(t, e, in).linked(t)
				defer func() {
					if err := h.Health(); err != nil {
						t.Errorf("the running service was disturbed: %v", err)
					}
					for _, m := range in.all() {
						t.Errorf("the running service was told %s", m.Topic)
					}
				}()
			}
			got, separation, err := steps(t, o)
			if test.want != "" && got != test.want || separation.State != test.state || !strings.Contains(separation.Detail, test.detail) {
				t.Errorf("got  %s, %+v\nwant %s, %s with %q", got, separation, test.want, test.state, test.detail)
			}
			if failed := test.want == "" || strings.Contains(test.want, "!"); (err != nil) != failed {
				t.Errorf("the error is %v", err)
			}
			if tried := separation.State != coolant.SeparationUnproven; tried != (separation.Checked != 0) {
				t.Errorf("the time of the trial is %d", separation.Checked)
			}
		})
	}
}

// TestCheckWithoutBroker checks that the way ends at the step that fails, and what
// is worth a word although it works.
func TestCheckWithoutBroker(t *testing.T) {
	ca := brokertest.NewAuthority(t, "Test CA")
	soon := brokertest.Start(t, brokertest.Options{Leaf: ca.Issue(t, "broker", time.Now().Add(10*24*time.Hour), "localhost")})
	old := without5(t, brokertest.Start(t, brokertest.Options{}).Addr, []byte{0x20, 2, 0, 1})
	for name, test := range map[string]struct {
		e    Endpoint
		want string
	}{
		"nothing listens":      {Endpoint{URL: "mqtts://localhost:" + closedPort(t)}, "dns tcp:refused!"},
		"unknown CA":           {Endpoint{URL: "mqtts://localhost:" + soon.Port}, "dns tcp tls:unknown_ca!"},
		"a certificate's end":  {Endpoint{URL: "mqtts://localhost:" + soon.Port, CAFile: ca.File}, "dns tcp tls connect tls:certificate_expires? subscribe publish echo separation:separation_unproven?"},
		"an old broker":        {Endpoint{URL: "mqtt://" + old}, "dns tcp connect connect:old_protocol? subscribe publish echo separation:separation_unproven?"},
		"files that are wrong": {Endpoint{URL: "mqtts://localhost:1", CAFile: "/does/not/exist"}, "config:files!"},
	} {
		t.Run(name, func(t *testing.T) {
			got, _, _ := steps(t, CheckOptions{Endpoint: test.e})
			if got != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

// TestSeparationIsKept checks that the result of a check outlives the service, for
// the broker that it is about.
func TestSeparationIsKept(t *testing.T) {
	e := picky(t, nil, nil)
	known := &records{}
	with := func(o *Options) { o.Records = known }
	h := begin(t, e, newInbox(stored), with).linked(t)
	if s := h.Status().Separation; s.State != coolant.SeparationUnproven {
		t.Errorf("at first it is %+v", s)
	}
	want := coolant.Separation{State: coolant.SeparationProven, Checked: 42, Detail: "apart"}
	if err := h.SetSeparation(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	h.stop()
	if s := begin(t, e, newInbox(stored), with).linked(t).Status().Separation; s != want {
		t.Errorf("after a restart it is %+v", s)
	}
	if s := begin(t, picky(t, nil, nil), newInbox(stored), with).linked(t).Status().Separation; s.State != coolant.SeparationUnproven {
		t.Errorf("of another broker it is %+v", s)
	}
}

// TestCheckAmongNoise checks that a busy broker hides nothing from the check, and
// that messages without a QoS do it no harm: a device that may drive others is
// found out however much others say meanwhile.
func TestCheckAmongNoise(t *testing.T) {
	const acl = "user server\ntopic readwrite coolant/#\n\nuser noise\ntopic readwrite coolant/noise/#\n\n" +
		"user loop\ntopic readwrite coolant/loop/#\ntopic write coolant/+/desired\ntopic write coolant/+/command\n"
	m, ca := secure(t, brokertest.Options{Users: map[string]string{"server": "s", "loop": "l", "noise": "n"}, ACL: acl})
	noisy := at(m, ca)
	noisy.Username, noisy.Password = "noise", "n"
	c := peer(t, noisy, "noise")
	done, quiet := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(quiet)
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				c.Publish("coolant/noise/telemetry", byte(i%2), false, "noise").Wait()
			}
		}
	}()
	defer func() {
		close(done)
		<-quiet
	}()
	o := CheckOptions{Endpoint: at(m, ca), Device: "loop", DevicePassword: "l"}
	o.Username, o.Password = "server", "s"
	for _, protocol := range []string{protocol5, protocol3} {
		o.Protocol = protocol
		got, separation, _ := steps(t, o)
		if separation.State != coolant.SeparationBroken || !strings.Contains(separation.Detail, "publish another device's desired, command") {
			t.Errorf("MQTT %s: %s, %+v", protocol, got, separation)
		}
	}
}
