package remote

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"coolant"
)

// trace is told of every step on the way to a broker that succeeded.
type trace func(step, detail string)

// dialled is a connection over which MQTT can be spoken.
type dialled struct {
	*transport
	certificate *coolant.BrokerCertificate // nil without TLS
	// unproven says that the broker asked for a client's certificate, and that there
	// is none to show.
	unproven bool
}

// dial goes from a name to a connection: DNS, TCP, TLS, web socket. The error is a
// [*coolant.BrokerProblem]. Each step takes at most limit.
func (t *target) dial(ctx context.Context, limit time.Duration, did trace) (*dialled, error) {
	if err := t.resolve(ctx, limit, did); err != nil {
		return nil, err
	}
	step, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	socket, err := (&net.Dialer{}).DialContext(step, "tcp", t.address())
	if err != nil {
		return nil, network(stepTCP, t.address(), err)
	}
	did(stepTCP, "connected to "+socket.RemoteAddr().String())
	out := &dialled{}
	c := socket
	if t.tls != nil {
		if c, err = out.secure(ctx, t, limit, socket, did); err != nil {
			socket.Close()
			return nil, err
		}
	}
	if t.web {
		if c, err = t.upgrade(ctx, limit, c); err != nil {
			socket.Close()
			return nil, err
		}
		did(stepWebSocket, "speaks MQTT over a web socket")
	}
	out.transport = newTransport(c)
	return out, nil
}

// resolve asks for the host's addresses, so that a wrong name is told from a wrong
// port.
func (t *target) resolve(ctx context.Context, limit time.Duration, did trace) error {
	host := t.url.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		did(stepDNS, host+" is an address")
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return network(stepDNS, host, err)
	}
	did(stepDNS, host+" is "+strings.Join(addresses, ", "))
	return nil
}

// secure makes the TLS handshake.
func (d *dialled) secure(ctx context.Context, t *target, limit time.Duration, socket net.Conn, did trace) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	config := t.tls.Clone()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		if len(t.tls.Certificates) == 0 {
			d.unproven = true
			return &tls.Certificate{}, nil // none
		}
		return &t.tls.Certificates[0], nil
	}
	c := tls.Client(socket, config)
	if err := c.HandshakeContext(ctx); err != nil {
		p := handshake(t.address(), t.name(), err)
		if p.Code == "unknown_ca" && t.CAFile != "" {
			p.Detail += "; it is not in remote.ca_file either"
		}
		return nil, p
	}
	state := c.ConnectionState()
	certificate := certificateOf(&state)
	d.certificate = certificate
	did(stepTLS, tls.VersionName(state.Version)+", certificate "+named(state.PeerCertificates[0])+", issued by "+
		issuer(state.PeerCertificates[0])+"; the chain ends on "+day(certificate.Expires.Time()))
	return c, nil
}

// certificateOf describes the verified chain that lasts longest: a broker may be
// trusted in more than one way.
func certificateOf(state *tls.ConnectionState) *coolant.BrokerCertificate {
	leaf := state.PeerCertificates[0]
	out := &coolant.BrokerCertificate{Subject: subject(leaf), Issuer: issuerOf(leaf)}
	for _, chain := range state.VerifiedChains {
		first := slices.MinFunc(chain, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
		if end := coolant.Milli(first.NotAfter); end > out.Expires {
			out.Expires, out.Ending = end, subject(first)
		}
	}
	return out
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// upgrade opens a web socket over a connection that stands.
func (t *target) upgrade(ctx context.Context, limit time.Duration, c net.Conn) (net.Conn, error) {
	step, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	u := *t.url
	u.Scheme = "ws" // TLS, if there is any, is below
	client := &http.Client{
		Transport: &http.Transport{
			DialContext:       func(context.Context, string, string) (net.Conn, error) { return c, nil },
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	ws, answer, err := websocket.Dial(step, u.String(), &websocket.DialOptions{HTTPClient: client, Subprotocols: []string{"mqtt"}}) //nolint:bodyclose // Dial says that it need not be closed
	switch {
	case err != nil && answer != nil:
		return nil, problemf(stepWebSocket, "not_websocket", "%s%s answers %s instead of opening a web socket", t.address(), t.url.Path, answer.Status)
	case err != nil && step.Err() == nil && !errors.Is(err, io.EOF):
		return nil, problemf(stepWebSocket, "not_websocket", "%s does not speak HTTP: %s", t.address(), last(err))
	case err != nil:
		return nil, network(stepWebSocket, t.address(), err)
	case ws.Subprotocol() != "mqtt":
		_ = ws.CloseNow() // it is of no use either way
		return nil, problemf(stepWebSocket, "not_websocket", "%s%s opens web sockets, but not for MQTT", t.address(), t.url.Path)
	}
	ws.SetReadLimit(maxPacket)
	return websocket.NetConn(context.WithoutCancel(ctx), ws, websocket.MessageBinary), nil
}

// transport is a connection with a buffer for reading. It counts what crosses the
// network, and remembers how it failed.
type transport struct {
	net.Conn
	buffer  *bufio.Reader
	counted func(in, out int) // set before it is used

	missing int // of head; the reader's own
	mu      sync.Mutex
	head    []byte // the first bytes that the broker sent
	failed  error  // of reading
}

// writeLimit is how long a broker may refuse to read.
const writeLimit = 10 * time.Second

func newTransport(c net.Conn) *transport {
	t := &transport{Conn: c, counted: func(int, int) {}, missing: headSize}
	t.buffer = bufio.NewReaderSize(source{t}, 8<<10)
	return t
}

// source is what the buffer reads from.
type source struct{ t *transport }

func (s source) Read(p []byte) (int, error) {
	n, err := s.t.Conn.Read(p)
	s.t.counted(n, 0)
	return n, err
}

// headSize is the length of a CONNACK of MQTT 3.1.1.
const headSize = 4

// Read implements net.Conn.
func (t *transport) Read(p []byte) (int, error) {
	n, err := t.buffer.Read(p)
	if t.missing > 0 && n > 0 {
		t.mu.Lock()
		t.head = append(t.head, p[:min(n, t.missing)]...)
		t.missing = headSize - len(t.head)
		t.mu.Unlock()
	}
	if err != nil {
		t.mu.Lock()
		t.failed = err
		t.mu.Unlock()
	}
	return n, err
}

// beginning is what the broker sent first, at most headSize bytes.
func (t *transport) beginning() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.head)
}

// failure is how reading ended, nil if it has not.
func (t *transport) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// Write implements net.Conn.
func (t *transport) Write(p []byte) (int, error) {
	if err := t.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return 0, err
	}
	n, err := t.Conn.Write(p)
	t.counted(0, n)
	return n, err
}

// packetWriter makes one write, and so one TLS record, of each packet, which
// paho.golang writes in several pieces between Lock and Unlock.
type packetWriter struct {
	*transport
	mu     sync.Mutex
	packet []byte
}

// Lock begins a packet.
func (w *packetWriter) Lock() { w.mu.Lock() }

// Write takes a piece of the packet.
func (w *packetWriter) Write(p []byte) (int, error) {
	w.packet = append(w.packet, p...)
	return len(p), nil
}

// Unlock sends the packet. A failure ends the connection, which the reader
// notices: what needs to be known to have arrived is acknowledged.
func (w *packetWriter) Unlock() {
	defer w.mu.Unlock()
	if len(w.packet) == 0 {
		return
	}
	if _, err := w.transport.Write(w.packet); err != nil {
		w.Close()
	}
	if w.packet = w.packet[:0]; cap(w.packet) > 64<<10 {
		w.packet = nil
	}
}
