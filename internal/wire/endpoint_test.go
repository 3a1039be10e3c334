package wire_test

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/wire"
)

type endpointFile struct {
	Args []struct {
		Name    string                `json:"name"`
		Payload string                `json:"payload"`
		Accept  map[string]any        `json:"accept"`
		Reject  coolant.RejectionCode `json:"reject"`
	} `json:"args"`
	Info []struct {
		Name    string                `json:"name"`
		Payload string                `json:"payload"`
		Accept  map[string]string     `json:"accept"`
		Reject  coolant.RejectionCode `json:"reject"`
	} `json:"info"`
}

func TestEndpointVectors(t *testing.T) {
	for _, c := range vectors[endpointFile](t, "endpoint.json").Args {
		t.Run(c.Name, func(t *testing.T) {
			got, err := wire.DecodeEndpoint([]byte(c.Payload))
			if refused(t, err, c.Reject) {
				if strings.Contains(err.Error(), "correct horse") {
					t.Errorf("the refusal tells the password: %v", err)
				}
				return
			}
			raw, _ := json.Marshal(map[string]any{
				"url": got.URL, "username": got.Username, "password": got.Password, "server_name": got.ServerName,
				"certificates": strings.Count(got.CA, "BEGIN CERTIFICATE"), "trial_s": got.Trial.Seconds(),
			})
			var members map[string]any
			if err := json.Unmarshal(raw, &members); err != nil || !maps.Equal(members, c.Accept) {
				t.Errorf("%v, want %v (%v)", members, c.Accept, err)
			}
			if again, err := wire.DecodeEndpoint(encodeEndpoint(t, got)); err != nil || again != got {
				t.Errorf("%+v reads back as %+v, %v", got, again, err)
			}
		})
	}
}

func TestEndpointInfoVectors(t *testing.T) {
	for _, c := range vectors[endpointFile](t, "endpoint.json").Info {
		t.Run(c.Name, func(t *testing.T) {
			got, err := wire.DecodeInfo([]byte(c.Payload))
			if refused(t, err, c.Reject) {
				return
			}
			var members map[string]string
			if e := got.Endpoint; e != nil {
				members = map[string]string{"url": e.URL, "state": e.State, "reason": e.Reason, "command": e.Command}
			}
			if !maps.Equal(members, c.Accept) {
				t.Errorf("%v, want %v", members, c.Accept)
			}
		})
	}
}

// refused checks an error against the code that a vector names, and says whether
// there is one.
func refused(t *testing.T, err error, want coolant.RejectionCode) bool {
	t.Helper()
	var got coolant.RejectionCode
	if problem, ok := errors.AsType[*wire.Problem](err); ok {
		got = problem.Code
	}
	if got != want || (err == nil) != (want == "") {
		t.Fatalf("%#v, want the code %q", err, want)
	}
	return err != nil
}

func encodeEndpoint(t *testing.T, a wire.EndpointArgs) []byte {
	t.Helper()
	p, err := wire.EncodeEndpoint(a)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestEndpointDefaults(t *testing.T) {
	a, err := wire.DecodeEndpoint(encodeEndpoint(t, wire.EndpointArgs{URL: "mqtts://broker.example", Username: "u", Password: "p"}))
	if err != nil || a.Trial != 10*time.Minute || a.Host() != "broker.example:8883" {
		t.Errorf("%+v, %v", a, err)
	}
}

// FuzzEndpoint feeds the decoder of the command's arguments: it never panics,
// stays within its limits, and what it accepts it reads again from its own
// encoding.
func FuzzEndpoint(f *testing.F) {
	f.Add([]byte(`{"url":"mqtts://broker.example","username":"loop","password":"p","server_name":"x","trial_s":60}`))
	f.Add([]byte(`{"url":"mqtts://[::1%25eth0]:8883","username":"loop","password":"p","ca":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}`))
	for _, p := range hostile() {
		f.Add([]byte(p))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		got, err := wire.DecodeEndpoint(p)
		if err != nil {
			if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Detail == "" || problem.Code == "" {
				t.Errorf("%q has the error %#v", p, err)
			}
			return
		}
		if len(got.CA) > wire.MaxEndpointCA || got.Password == "" || got.Trial < wire.MinTrial || got.Trial > wire.MaxTrial {
			t.Errorf("%q is accepted as %+v", p, got)
		}
		if _, why := wire.SecureURL(got.URL); why != "" {
			t.Errorf("%q: the address %q is refused again: %s", p, got.URL, why)
		}
		if again, err := wire.DecodeEndpoint(encodeEndpoint(t, got)); err != nil || again != got {
			t.Errorf("%+v reads back as %+v, %v", got, again, err)
		}
	})
}
