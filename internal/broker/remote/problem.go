package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"coolant"
)

// The steps on the way to a broker, in their order.
const (
	stepConfig     = "config"
	stepDNS        = "dns"
	stepTCP        = "tcp"
	stepTLS        = "tls"
	stepWebSocket  = "websocket"
	stepConnect    = "connect"
	stepSubscribe  = "subscribe"
	stepPublish    = "publish"
	stepEcho       = "echo"
	stepSession    = "session"
	stepSeparation = "separation"
)

// problemf makes a problem with a hint from the table of hints.
func problemf(step, code, format string, args ...any) *coolant.BrokerProblem {
	return &coolant.BrokerProblem{Step: step, Code: code, Detail: fmt.Sprintf(format, args...), Hint: hints[code]}
}

// hints say what to do about a code.
var hints = map[string]string{
	"dns":                       "Check the host name in remote.url, and that this machine can resolve names",
	"timeout":                   "Check the address and the port, and whether a firewall drops the connection",
	"refused":                   "Check the port (8883 for MQTT over TLS, 8084 for WebSocket over TLS) and that the broker runs",
	"unreachable":               "Check this machine's network",
	"unknown_ca":                "If you trust that issuer, save its CA certificate as PEM and set remote.ca_file to it",
	"certificate_expired":       "Whoever runs the broker must renew it; if this machine's clock is wrong, set it",
	"certificate_not_yet_valid": "Check this machine's clock",
	"wrong_host":                "Use a name that the certificate has in remote.url, or set remote.server_name",
	"no_sni":                    "The broker is told apart by its name (SNI): use its host name in remote.url instead of an address, or set remote.server_name",
	"tls_version":               "The broker must speak TLS 1.2 or newer",
	"client_certificate":        "Set remote.cert_file and remote.key_file to a certificate that the broker accepts",
	"not_tls":                   "The port does not speak TLS: use mqtt:// or ws:// for it, or the port with TLS (8883)",
	"tls_failed":                "Check that the port is the one for MQTT over TLS",
	"not_websocket":             "Check the path (EMQX has /mqtt) and the port (8084) in remote.url",
	"bad_credentials":           "Check remote.username and remote.password, and that the broker lets this user in; at EMQX: Access Control, Authentication",
	"not_authorized":            "Allow this user to connect; at EMQX: Access Control, Client Authentication and Banned Clients",
	"client_id_refused":         "Set another remote.client_id",
	"protocol_refused":          "Set remote.protocol to auto, or use a broker with MQTT 5 or 3.1.1",
	"server_unavailable":        "Wait, or look at the broker's own state; a serverless deployment stops when its spend limit is reached",
	"server_busy":               "Wait; the next attempt comes by itself",
	"banned":                    "Lift the ban at the broker; at EMQX: Access Control, Banned Clients",
	"quota_reached":             "The broker's limit of connections or of the month is used up; at EMQX Cloud: raise the spend limit or wait for the next month",
	"rate_exceeded":             "Too many messages or connections a second for this broker; use longer intervals",
	"taken_over":                "Another client connected with the same client id: let only one service use remote.client_id",
	"keepalive":                 "The network to the broker loses packets; the next attempt comes by itself",
	"shutting_down":             "The broker stops or restarts; the next attempt comes by itself",
	"packet_too_large":          "Raise the broker's greatest packet size to 1 MiB",
	"connection_lost":           "The next attempt comes by itself",
	"use_another_server":        "Set remote.url to the server that the broker names",
	"subscription_refused":      "Allow this user to subscribe to coolant/# at the broker",
	"publish_refused":           "Allow this user to publish to coolant/# at the broker",
	"echo_missing":              "Allow this user to publish and to subscribe to coolant/# at the broker",
	"unsteady":                  "Perhaps another service uses the same client id: let only one use remote.client_id; otherwise look at the network",
	"session_foreign":           "If another service uses this client id, give each its own remote.client_id; otherwise nothing is wrong",
	"weak_subscription":         "Let the broker grant QoS 1; without it a message is lost when the connection breaks",
	"dismissed":                 "An administrator or an access rule ended it: see the broker's log, and whether its rules allow coolant/#",
	"store_failed":              "See what keeps the store from writing (is the disk full?); the broker delivers again what was not stored",
	"certificate_expires":       "Whoever runs the broker must renew the certificate before that",
	"old_protocol":              "With MQTT 5 the broker can say why it refuses something; update the broker if you can",
	"no_tls":                    "Use mqtts:// so that nobody on the way reads the password",
	"session_lost":              "Devices that follow the contract send again what was not delivered; check how long and how much the broker keeps for an absent client",
	"short_session":             "Messages that come while this service is away are kept that long only; devices that follow the contract send them again",
	"separation_unproven":       "Run: coolant broker check --device ID",
	"separation_broken":         "Set the broker's access rules: each device its own topics by direction, then deny all",
	"files":                     "Check the path and that this user may read it",
}

// asProblem finds the problem in an error's chain.
func asProblem(err error) *coolant.BrokerProblem {
	if p, ok := errors.AsType[*coolant.BrokerProblem](err); ok {
		return p
	}
	return nil
}

// network explains an error of the network at a step.
func network(step, address string, err error) *coolant.BrokerProblem {
	if p := asProblem(err); p != nil {
		return p
	}
	if alert, ok := alertOf(err); ok {
		return alerted(address, "", alert) // TLS 1.3 refuses a client's certificate after the handshake
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		switch {
		case dns.IsNotFound:
			return problemf(stepDNS, "dns", "there is no host %s", dns.Name)
		case dns.IsTimeout:
			return problemf(stepDNS, "dns", "the name servers do not answer for %s", dns.Name)
		}
		return problemf(stepDNS, "dns", "cannot resolve %s: %s", dns.Name, dns.Err)
	}
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return problemf(step, "refused", "nothing listens on %s", address)
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &timeout) && timeout.Timeout():
		return problemf(step, "timeout", "%s does not answer", address)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.ENETDOWN):
		return problemf(step, "unreachable", "there is no way to %s: %s", address, last(err))
	}
	return problemf(step, "connection_lost", "the connection to %s broke off: %s", address, last(err))
}

// last is the innermost error in words; that of a closed connection is spelled
// out.
func last(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "the other side closed it"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// handshake explains an error of a TLS handshake for a name.
func handshake(address, name string, err error) *coolant.BrokerProblem {
	if refused, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return untrusted(name, refused.UnverifiedCertificates, refused.Err)
	}
	if header, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return problemf(stepTLS, "not_tls", "%s answers, but not with TLS: %s", address, header.Msg)
	}
	if alert, ok := alertOf(err); ok {
		return alerted(address, name, alert)
	}
	if strings.Contains(err.Error(), "unsupported") {
		return problemf(stepTLS, "tls_version", "%s offers no version of TLS from 1.2 on: %s", address, last(err))
	}
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF) {
		return problemf(stepTLS, "tls_failed", "%s hung up on the TLS handshake for %q", address, name)
	}
	return network(stepTLS, address, err)
}

// alertOf returns the alert by which the other side refused a handshake, in the
// words of crypto/tls, which keeps its type to itself.
func alertOf(err error) (alert string, ok bool) {
	remote, ok := errors.AsType[*net.OpError](err)
	if !ok || remote.Op != "remote error" {
		return "", false
	}
	return strings.TrimPrefix(remote.Err.Error(), "tls: "), true
}

// alerted explains an alert (RFC 8446, section 6).
func alerted(address, name, alert string) *coolant.BrokerProblem {
	_, notAddress := netip.ParseAddr(name)
	switch {
	case alert == "unrecognized name", alert == "handshake failure" && notAddress == nil:
		return problemf(stepTLS, "no_sni", "%s refused the handshake for the name %q: %s", address, name, alert)
	case strings.Contains(alert, "certificate"):
		return problemf(stepTLS, "client_certificate", "%s refused the certificate of this service, or that there is none: %s", address, alert)
	case alert == "protocol version not supported":
		return problemf(stepTLS, "tls_version", "%s offers no version of TLS from 1.2 on", address)
	}
	return problemf(stepTLS, "tls_failed", "%s refused the handshake: %s", address, alert)
}

// untrusted explains why a certificate was not accepted: which one it was, and
// who issued it. chain is what the broker presented, its own first.
func untrusted(name string, chain []*x509.Certificate, err error) *coolant.BrokerProblem {
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		return problemf(stepTLS, "wrong_host", "the certificate is for %s, not for %q", names(host.Certificate), name)
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		c := invalid.Cert
		if c.NotAfter.Before(time.Now()) {
			return problemf(stepTLS, "certificate_expired", "the certificate %s, issued by %s, expired on %s", named(c), issuer(c), day(c.NotAfter))
		}
		return problemf(stepTLS, "certificate_not_yet_valid", "the certificate %s is valid from %s on", named(c), day(c.NotBefore))
	}
	if len(chain) == 0 {
		return problemf(stepTLS, "unknown_ca", "the broker's certificate is not trusted: %s", err)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); !ok {
		return problemf(stepTLS, "unknown_ca", "the certificate %s, issued by %s, is not accepted: %s", named(chain[0]), issuer(chain[0]), err)
	}
	top := chain[len(chain)-1]
	if top.CheckSignatureFrom(top) == nil && len(chain) == 1 {
		return problemf(stepTLS, "unknown_ca", "the certificate %s is self-signed, and not trusted here", named(top))
	}
	return problemf(stepTLS, "unknown_ca", "the certificate %s, issued by %s, is not trusted: nobody known here signed it", named(top), issuer(top))
}

func named(c *x509.Certificate) string { return strconv.Quote(subject(c)) }

func issuer(c *x509.Certificate) string { return strconv.Quote(issuerOf(c)) }

func subject(c *x509.Certificate) string { return nameOf(&c.Subject) }

func issuerOf(c *x509.Certificate) string { return nameOf(&c.Issuer) }

// nameOf is how people call the owner of a certificate, at most 120 bytes of it.
func nameOf(n *pkix.Name) string {
	text := n.CommonName
	if text == "" {
		text = n.String()
	}
	return strings.ToValidUTF8(text[:min(len(text), 120)], "")
}

// names lists what a certificate is for, at most five.
func names(c *x509.Certificate) string {
	var all []string
	for _, n := range c.DNSNames {
		all = append(all, fmt.Sprintf("%.80q", n))
	}
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	switch {
	case len(all) == 0:
		return named(c)
	case len(all) > 5:
		all = append(all[:5], fmt.Sprintf("%d more", len(all)-5))
	}
	return strings.Join(all, ", ")
}
