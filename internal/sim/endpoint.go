package sim

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"time"

	"coolant"
	"coolant/internal/wire"
)

// endpoint is a broker, and who the device is there.
type endpoint struct {
	url      string // without credentials
	host     string // host:port
	tls      *tls.Config
	user     string
	password string
}

// newEndpoint takes the arguments of a command that were checked.
func newEndpoint(a wire.EndpointArgs) endpoint {
	c := &tls.Config{ServerName: a.ServerName, MinVersion: tls.VersionTLS12}
	if a.CA != "" {
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM([]byte(a.CA))
	}
	return endpoint{url: a.URL, host: a.Host(), tls: c, user: a.Username, password: a.Password}
}

// trial is an endpoint that has to prove itself.
type trial struct {
	to      endpoint
	long    time.Duration
	command string // its id
}

// residence is what the flash knows of where the device lives.
type residence struct {
	confirmed endpoint
	trial     *trial // nil: none is under way
	// outcome is that of the last trial.
	outcome string // confirmed or rolled back
	reason  string // why it was rolled back
	command string // whose trial it was
}

// confirm makes the endpoint on trial the one to stay at.
func (r *residence) confirm() {
	*r = residence{confirmed: r.trial.to, outcome: wire.EndpointConfirmed, command: r.trial.command}
}

// rollBack gives the trial up.
func (r *residence) rollBack(reason string) {
	*r = residence{
		confirmed: r.confirmed, outcome: wire.EndpointRolledBack, command: r.trial.command,
		reason: fmt.Sprintf("%s: %s", r.trial.to.url, reason),
	}
}

// info is what the device says of it.
func (r *residence) info() *wire.EndpointInfo {
	if r.trial != nil {
		return &wire.EndpointInfo{URL: r.trial.to.url, State: wire.EndpointTrial, Command: r.trial.command}
	}
	state := r.outcome
	if state == "" {
		state = wire.EndpointConfirmed
	}
	return &wire.EndpointInfo{URL: r.confirmed.url, State: state, Reason: r.reason, Command: r.command}
}

// proves says whether a `committed` that came over an endpoint on trial shows that
// the server reads and writes there. known is the greatest number that was heard of
// this boot over other endpoints, next the number that the next sample will have.
// What the broker had kept may be older than the trial, from an earlier stay of the
// same boot; it counts only if it says more than could be known then.
func proves(c wire.CommittedPayload, retained bool, boot coolant.Boot, known, next uint64) bool {
	return c.Boot == boot && c.Through < next && (!retained || c.Through > known)
}
