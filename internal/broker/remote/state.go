package remote

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"coolant"
)

// standing is what is known of the link. The broker's mutex guards it.
type standing struct {
	phase    coolant.LinkState
	since    coolant.UnixMilli // of the phase; of the loss while there is no connection
	protocol string
	attempts int
	nextTry  coolant.UnixMilli
	problem  *coolant.BrokerProblem
	// warnings are those of the present connection, found when they occurred. Those
	// that follow from time and configuration are made when they are asked for.
	warnings    []coolant.BrokerProblem
	certificate *coolant.BrokerCertificate
	separation  coolant.Separation
	linked      coolant.UnixMilli // when messages flowed last; 0: never, so that the broker has no session of ours
	told3       coolant.UnixMilli // when the broker refused MQTT 5 in so many words; 0: it did not
	lost        recent            // why the connection before this one ended
	loggedCode  string            // of the problem that was logged last
	loggedAt    coolant.UnixMilli // and when
}

type recent struct {
	problem *coolant.BrokerProblem
	at      coolant.UnixMilli
}

const (
	// certificateWarning is how long before the end of a certificate the warning
	// begins.
	certificateWarning = 30 * coolant.Day
	// shortSession is what an interruption may take without loss at the broker.
	shortSession = time.Hour
	// recently is how long a lost connection is worth a word after it is back.
	recently = 10 * coolant.Minute
	// sayAgain is how often the same problem is logged.
	sayAgain = coolant.Hour
	// askAgain is how long a broker is believed that it does not know MQTT 5.
	askAgain = 6 * coolant.Hour
)

// change changes the state and tells.
func (b *Broker) change(what func(s *standing)) {
	b.mu.Lock()
	what(&b.state)
	b.mu.Unlock()
	b.o.Changed()
}

func (b *Broker) connecting() {
	b.change(func(s *standing) { s.phase, s.nextTry = coolant.LinkConnecting, 0 })
}

// connected notes that messages flow, and what is to be said about it.
func (b *Broker) connected(l *link, o *opened, d *dialled, fresh []coolant.BrokerProblem) {
	now := coolant.Milli(b.o.Now())
	if o.expiry >= 0 && o.expiry < min(shortSession, b.o.SessionExpiry) {
		fresh = append(fresh, *problemf(stepSession, "short_session", "the broker keeps the session for %s only", o.expiry))
	}
	b.change(func(s *standing) {
		switch {
		case s.linked != 0 && !o.present:
			fresh = append(fresh, *problemf(stepSession, "session_lost", "the broker did not keep the session of the last time"))
		case s.linked == 0 && o.present:
			fresh = append(fresh, *problemf(stepSession, "session_foreign", "the broker has a session of %s that this service did not open", b.o.ClientID))
		}
		if o.refused5 {
			s.told3 = now
		}
		s.phase, s.since, s.protocol = coolant.LinkConnected, now, o.protocol
		s.attempts, s.problem, s.certificate = 0, nil, d.certificate
		s.warnings = append(s.warnings, fresh...)
		s.linked, s.loggedCode = now, ""
		b.current, b.life = o.session, l.life
	})
	b.o.Log.Info("connected to the outside broker", slog.String("broker", b.o.URL), slog.String("mqtt", o.protocol), slog.Bool("session_kept", o.present))
	for i := range fresh {
		b.o.Log.LogAttrs(context.Background(), slog.LevelWarn, "about the outside broker", b.attrs(&fresh[i])...)
	}
}

func (b *Broker) disconnected() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current != nil {
		b.state.linked = coolant.Milli(b.o.Now())
	}
	b.current = nil
}

// away is how long no messages have flowed; very long if they never did.
func (b *Broker) away() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return coolant.Milli(b.o.Now()).Sub(b.state.linked)
}

// waiting notes why there is no connection, and when it is tried again.
func (b *Broker) waiting(p *coolant.BrokerProblem, delay time.Duration) {
	now := coolant.Milli(b.o.Now())
	level := slog.LevelDebug
	b.change(func(s *standing) {
		s.attempts++
		if s.phase == coolant.LinkConnected {
			s.since, s.lost, s.attempts = now, recent{p, now}, 0
		}
		if p.Code == "protocol_refused" {
			s.told3 = 0
		}
		s.phase, s.problem, s.warnings = coolant.LinkWaiting, p, nil
		s.nextTry = now.Add(delay)
		if s.loggedCode != p.Code || now-s.loggedAt >= sayAgain {
			level, s.loggedCode, s.loggedAt = slog.LevelWarn, p.Code, now
		}
	})
	b.o.Log.LogAttrs(context.Background(), level, "no connection to the outside broker; it is tried again",
		b.attrs(p, slog.String("in", delay.Round(time.Millisecond).String()))...)
}

// warn adds a warning to the present connection, once.
func (b *Broker) warn(p coolant.BrokerProblem) {
	fresh := false
	b.change(func(s *standing) {
		if fresh = !slices.ContainsFunc(s.warnings, func(w coolant.BrokerProblem) bool { return w.Code == p.Code && w.Step == p.Step }); fresh {
			s.warnings = append(s.warnings, p)
		}
	})
	if fresh {
		b.o.Log.LogAttrs(context.Background(), slog.LevelWarn, "about the outside broker", b.attrs(&p)...)
	}
}

// version is the version to try first: MQTT 5, but for some hours after the broker
// has said that it does not know it. One that only hung up may have had another
// reason.
func (b *Broker) version() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := &b.state; s.told3 != 0 && coolant.Milli(b.o.Now())-s.told3 < askAgain {
		return protocol3
	}
	return protocol5
}

// Status is what people see of the link, now.
func (b *Broker) Status() coolant.RemoteBroker {
	now := coolant.Milli(b.o.Now())
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.state
	return coolant.RemoteBroker{
		URL: b.o.URL, Username: b.o.Username,
		State: s.phase, Since: s.since, Protocol: s.protocol,
		Attempts: s.attempts, NextTry: s.nextTry, Error: s.problem,
		Warnings: b.warnings(now), Certificate: s.certificate, Separation: s.separation,
	}
}

// warnings lists what should be looked at. The caller holds b.mu.
func (b *Broker) warnings(now coolant.UnixMilli) []coolant.BrokerProblem {
	s := &b.state
	all := slices.Clone(s.warnings)
	if all == nil {
		all = []coolant.BrokerProblem{}
	}
	if c := s.certificate; c != nil && c.Expires-now < certificateWarning {
		all = append(all, *expiring(c, now))
	}
	if b.target.tls == nil && !private(b.target.url.Hostname()) {
		all = append(all, *problemf(stepConfig, "no_tls", "%s is not encrypted", b.o.URL))
	}
	if s.protocol == protocol3 && b.target.Protocol == protocolAuto {
		all = append(all, *problemf(stepConnect, "old_protocol", "the broker speaks MQTT 3.1.1 only"))
	}
	if s.phase == coolant.LinkConnected && s.lost.problem != nil && now-s.lost.at < recently {
		before := *s.lost.problem
		before.Detail = "the connection before this one ended: " + before.Detail
		all = append(all, before)
	}
	return all
}

// expiring says which certificate ends and when.
func expiring(c *coolant.BrokerCertificate, now coolant.UnixMilli) *coolant.BrokerProblem {
	days := int(max(0, c.Expires-now) / coolant.Day)
	return problemf(stepTLS, "certificate_expires", "the certificate %q ends on %s, in %s", c.Ending, day(c.Expires.Time()), count(days, "day", "days"))
}

// private reports whether a host is this machine or, by a name without a dot, of
// its own network, such as another container.
func private(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.IsLoopback()
	}
	return net.ParseIP(host) == nil && !strings.Contains(host, ".")
}

// lookAgain brings the certificate up to date while it is about to end, by a
// handshake of its own.
func (b *Broker) lookAgain(ctx context.Context) {
	b.mu.Lock()
	c := b.state.certificate
	b.mu.Unlock()
	if c == nil || c.Expires-coolant.Milli(b.o.Now()) >= certificateWarning {
		return
	}
	d, err := b.target.dial(ctx, b.o.times.dial, func(string, string) {})
	if err != nil {
		return // the next connection will say why
	}
	d.Close()
	b.change(func(s *standing) { s.certificate = d.certificate })
}

// Health is nil while the link stands, and says why not otherwise.
func (b *Broker) Health() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch s := &b.state; {
	case s.phase == coolant.LinkConnected:
		return nil
	case s.problem != nil:
		return fmt.Errorf("%s is not connected: %w", b.o.URL, s.problem)
	}
	return fmt.Errorf("%s is being connected", b.o.URL)
}

// Linked reports whether messages flow.
func (b *Broker) Linked() bool { return b.Health() == nil }

// SetSeparation keeps the result of a trial of the broker's access rules; see
// [Check].
func (b *Broker) SetSeparation(ctx context.Context, s coolant.Separation) error {
	if err := b.memory.rememberSeparation(ctx, b.o.URL, b.o.Username, s); err != nil {
		return err
	}
	b.change(func(st *standing) { st.separation = s })
	return nil
}
