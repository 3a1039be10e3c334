package remote

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/broker/brokertest"
)

// TestProblems checks what a person is told about each thing that can be wrong
// with an endpoint, against real brokers.
func TestProblems(t *testing.T) {
	good, ca := secure(t, brokertest.Options{Users: map[string]string{"server": "right"}})
	other := brokertest.NewAuthority(t, "Other CA")
	certified := func(until time.Time, names ...string) *brokertest.Mosquitto {
		return brokertest.Start(t, brokertest.Options{Leaf: ca.Issue(t, "broker", until, names...)})
	}
	later := time.Now().Add(48 * time.Hour)
	expired := certified(time.Now().Add(-48*time.Hour), "localhost")
	elsewhere := certified(later, "broker.example", "192.0.2.1")
	demanding := brokertest.Start(t, brokertest.Options{Leaf: ca.Issue(t, "broker", later, "localhost"), ClientCA: ca.File})
	plain := brokertest.Start(t, brokertest.Options{})
	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)
	closed := closedPort(t)
	_, deaf, _ := net.SplitHostPort(silent(t))
	refusing := onlyTLS(t, ca)

	with := func(url string, change ...func(*Endpoint)) Endpoint {
		e := Endpoint{URL: url, CAFile: ca.File, Username: "server", Password: "right"}
		for _, c := range change {
			c(&e)
		}
		return e
	}
	tests := []struct {
		name       string
		e          Endpoint
		step, code string
		detail     string // must be contained
	}{
		{"wrong password", with("mqtts://localhost:"+good.Port, func(e *Endpoint) { e.Password = "wrong" }), "connect", "bad_credentials", "0x87"},
		{"wrong password, MQTT 3.1.1", with("mqtts://localhost:"+good.Port, func(e *Endpoint) { e.Password, e.Protocol = "wrong", protocol3 }), "connect", "bad_credentials", "not authorized"},
		{"unknown CA", with("mqtts://localhost:"+good.Port, func(e *Endpoint) { e.CAFile = other.File }), "tls", "unknown_ca", `"broker", issued by "Test CA"`},
		{"system roots only", with("mqtts://localhost:"+good.Port, func(e *Endpoint) { e.CAFile = "" }), "tls", "unknown_ca", `issued by "Test CA"`},
		{"expired", with("mqtts://localhost:" + expired.Port), "tls", "certificate_expired", `issued by "Test CA", expired on 20`},
		{"wrong host name", with("mqtts://localhost:" + elsewhere.Port), "tls", "wrong_host", `is for "broker.example", 192.0.2.1, not for "localhost"`},
		{"an address that the certificate does not have", with("mqtts://127.0.0.1:" + elsewhere.Port), "tls", "wrong_host", `not for "127.0.0.1"`},
		{"no client certificate", with("mqtts://localhost:" + demanding.Port), "tls", "client_certificate", "certificate"},
		{"TLS to a port without it", with("mqtts://localhost:" + plain.Port), "tls", "tls_failed", "hung up"},
		{"no TLS to a port with it", with("mqtt://localhost:" + good.Port), "connect", "connection_lost", ""},
		{"a broker that wants a name", with("mqtts://127.0.0.1:" + refusing), "tls", "no_sni", "127.0.0.1"},
		{"nothing listens", with("mqtts://localhost:" + closed), "tcp", "refused", "nothing listens on localhost:" + closed},
		{"no such host", with("mqtts://no-such-host.invalid:8883"), "dns", "dns", "no-such-host.invalid"},
		{"nobody answers the handshake", with("mqtts://localhost:" + deaf), "tls", "timeout", "does not answer"},
		{"nobody answers the CONNECT", with("mqtt://localhost:" + deaf), "connect", "timeout", "MQTT broker?"},
		{"nobody answers the CONNECT, MQTT 3.1.1", with("mqtt://localhost:"+deaf, func(e *Endpoint) { e.Protocol = protocol3 }), "connect", "timeout", "MQTT broker?"},
		{"TLS to a web server", with("mqtts://" + web.Listener.Addr().String()), "tls", "not_tls", "not with TLS"},
		{"a web server", with("mqtt://" + web.Listener.Addr().String()), "connect", "timeout", "MQTT broker?"},
		{"a web server without a broker behind it", with("ws://" + web.Listener.Addr().String() + "/mqtt"), "websocket", "not_websocket", "404"},
		{"a web socket to what is no web server", with("ws://localhost:" + plain.Port + "/mqtt"), "websocket", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := begin(t, test.e, newInbox(stored))
			p := h.problem(t)
			if p.Step != test.step || test.code != "" && p.Code != test.code || !strings.Contains(p.Detail, test.detail) {
				t.Errorf("got %s %s: %s\nwant %s %s with %q", p.Step, p.Code, p.Detail, test.step, test.code, test.detail)
			}
			if p.Hint == "" {
				t.Errorf("%s has no hint", p.Code)
			}
			s := h.Status()
			if err := h.Health(); err == nil || s.State == coolant.LinkConnected || s.Attempts == 0 {
				t.Errorf("health %v, status %+v", err, s)
			}
			if text := fmt.Sprint(p, s); strings.Contains(text, "right") || strings.Contains(text, "wrong ") {
				t.Errorf("the password is shown: %s", text)
			}
		})
	}
}

// TestClientCertificate checks that a broker which asks for a certificate gets it.
func TestClientCertificate(t *testing.T) {
	ca := brokertest.NewAuthority(t, "Test CA")
	m := brokertest.Start(t, brokertest.Options{Leaf: ca.Issue(t, "broker", time.Now().Add(10*24*time.Hour), "broker.example"), ClientCA: ca.File})
	e := at(m, ca)
	own := ca.Issue(t, "server", time.Now().Add(time.Hour))
	e.CertFile, e.KeyFile, e.ServerName = own.Cert, own.Key, "broker.example"
	h := begin(t, e, newInbox(stored)).linked(t)
	w := h.Status().Warnings
	if len(w) != 1 || w[0].Code != "certificate_expires" || !strings.Contains(w[0].Detail, `"broker" ends on`) {
		t.Errorf("the certificate ends in ten days, and the warnings are %v", w)
	}
}

// TestConfiguration checks what is refused before anything is dialled.
func TestConfiguration(t *testing.T) {
	ca := brokertest.NewAuthority(t, "Test CA")
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("not PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, e := range map[string]Endpoint{
		"remote.url":      {URL: "nonsense"},
		"remote.ca_file":  {URL: "mqtts://localhost:1", CAFile: "/does/not/exist"},
		"no PEM":          {URL: "mqtts://localhost:1", CAFile: junk},
		"remote.key_file": {URL: "mqtts://localhost:1", CertFile: ca.File, KeyFile: junk},
	} {
		_, err := New(t.Context(), Options{Endpoint: e, Handler: newInbox(stored), Records: &records{}})
		if coolant.CodeOf(err) != coolant.CodeInvalid || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReasons checks that every code with which a broker can refuse or dismiss a
// client is understood, in both versions.
func TestReasons(t *testing.T) {
	tests := []struct {
		name     string
		protocol string
		answer   []byte // to the CONNECT
		then     []byte // after the SUBSCRIBE
		code     string
	}{
		{"banned", protocol5, []byte{0x20, 3, 0, 0x8a, 0}, nil, "banned"},
		{"quota", protocol5, []byte{0x20, 3, 0, 0x97, 0}, nil, "quota_reached"},
		{"with a reason", protocol5, append([]byte{0x20, 9, 0, 0x89, 6, 0x1f, 0, 3}, "why"...), nil, "server_busy"},
		{"another server", protocol5, []byte{0x20, 3, 0, 0x9c, 0}, nil, "use_another_server"},
		{"too fast", protocol5, []byte{0x20, 3, 0, 0x9f, 0}, nil, "rate_exceeded"},
		{"client id", protocol5, []byte{0x20, 3, 0, 0x85, 0}, nil, "client_id_refused"},
		{"not available", protocol5, []byte{0x20, 3, 0, 0x88, 0}, nil, "server_unavailable"},
		{"an unknown code", protocol5, []byte{0x20, 3, 0, 0xfe, 0}, nil, "connection_lost"},
		{"the protocol, where no other is allowed", protocol5, []byte{0x20, 3, 0, 0x84, 0}, nil, "protocol_refused"},
		{"the protocol, in the old form", protocol5, []byte{0x20, 2, 0, 1}, nil, "protocol_refused"},
		{"the protocol, MQTT 3.1.1", protocol3, []byte{0x20, 2, 0, 1}, nil, "protocol_refused"},
		{"client id, MQTT 3.1.1", protocol3, []byte{0x20, 2, 0, 2}, nil, "client_id_refused"},
		{"not available, MQTT 3.1.1", protocol3, []byte{0x20, 2, 0, 3}, nil, "server_unavailable"},
		{"bad password, MQTT 3.1.1", protocol3, []byte{0x20, 2, 0, 4}, nil, "bad_credentials"},
		{"dismissed for its rate", protocol5, []byte{0x20, 3, 0, 0, 0}, []byte{0xe0, 2, 0x96, 0}, "rate_exceeded"},
		{"dismissed for the quota", protocol5, []byte{0x20, 3, 0, 0, 0}, []byte{0xe0, 2, 0x97, 0}, "quota_reached"},
		{"shutting down", protocol5, []byte{0x20, 3, 0, 0, 0}, []byte{0xe0, 2, 0x8b, 0}, "shutting_down"},
		{"kicked out", protocol5, []byte{0x20, 3, 0, 0, 0}, []byte{0xe0, 2, 0x98, 0}, "dismissed"},
		{"garbage", protocol5, []byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil, "connection_lost"},
		{"garbage later", protocol5, []byte{0x20, 3, 0, 0, 0}, []byte{0x20, 3, 0, 0, 0}, "connection_lost"},
		{"nothing at all", protocol5, []byte{}, nil, "connection_lost"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := Endpoint{URL: "mqtt://" + scripted(t, test.answer, test.then), Protocol: test.protocol}
			p := begin(t, e, newInbox(stored)).problem(t)
			if p.Code != test.code || p.Hint == "" {
				t.Errorf("got %+v, want %s", p, test.code)
			}
		})
	}
}

// TestOldBroker checks that a broker without MQTT 5 is spoken to with 3.1.1, in
// whichever way it says so, and that this is worth a word.
func TestOldBroker(t *testing.T) {
	m := brokertest.Start(t, brokertest.Options{})
	for name, answer := range map[string][]byte{
		"says so": {0x20, 2, 0, 1}, "says so in the new form": {0x20, 3, 0, 0x84, 0}, "hangs up": nil,
	} {
		t.Run(name, func(t *testing.T) {
			in := newInbox(stored)
			h := begin(t, Endpoint{URL: "mqtt://" + without5(t, m.Addr, answer), ClientID: strings.ReplaceAll(name, " ", "-")}, in).linked(t)
			if s := h.Status(); s.Protocol != protocol3 || len(s.Warnings) != 1 || s.Warnings[0].Code != "old_protocol" {
				t.Errorf("the status is %+v", s)
			}
			say(t, peer(t, Endpoint{URL: "mqtt://" + m.Addr}, "loop"), "coolant/loop/telemetry", "x", false)
			in.wait(t, 1)
		})
	}
}

// closedPort is a port on which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// serveConns calls fn with every connection until the test ends.
func serveConns(t *testing.T, fn func(net.Conn)) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go fn(c)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// silent takes connections and says nothing on them.
func silent(t *testing.T) string {
	t.Helper()
	return serveConns(t, func(c net.Conn) {
		defer c.Close()
		_, _ = io.Copy(io.Discard, c) // until the other side gives up
	})
}

// onlyTLS wants to be asked for by a name.
func onlyTLS(t *testing.T, ca *brokertest.Authority) string {
	t.Helper()
	leaf := ca.Issue(t, "broker", time.Now().Add(time.Hour), "broker.example")
	pair, err := tls.LoadX509KeyPair(leaf.Cert, leaf.Key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if hello.ServerName == "" {
			return nil, nil // which crypto/tls answers by unrecognized_name
		}
		return &pair, nil
	}}
	address := serveConns(t, func(c net.Conn) {
		defer c.Close()
		_ = tls.Server(c, config).Handshake() // which fails, as it must
	})
	_, port, _ := net.SplitHostPort(address)
	return port
}

// scripted answers a CONNECT, then a SUBSCRIBE with every QoS 1, then says more.
func scripted(t *testing.T, answer, then []byte) string {
	t.Helper()
	return serveConns(t, func(c net.Conn) {
		defer c.Close()
		r := bufio.NewReader(c)
		if _, _, err := readPacket(r); err != nil || len(answer) == 0 {
			return
		}
		_, _ = c.Write(answer) // the client may be gone
		if then == nil {
			_, _ = io.Copy(io.Discard, r)
			return
		}
		for {
			kind, body, err := readPacket(r)
			if err != nil {
				return
			}
			if kind>>4 == 8 {
				_, _ = c.Write([]byte{0x90, 9, body[0], body[1], 0, 1, 1, 1, 1, 1, 1})
				_, _ = c.Write(then)
			}
		}
	})
}

// without5 passes connections on to a broker, but for those that open with MQTT 5.
func without5(t *testing.T, broker string, answer []byte) string {
	t.Helper()
	return serveConns(t, func(c net.Conn) {
		defer c.Close()
		r := bufio.NewReader(c)
		kind, body, err := readPacket(r)
		if err != nil {
			return
		}
		if body[6] == 5 { // 00 04 M Q T T level
			_, _ = c.Write(answer)
			return
		}
		up, err := net.Dial("tcp", broker)
		if err != nil {
			return
		}
		defer up.Close()
		_, _ = up.Write(append([]byte{kind, byte(len(body))}, body...)) // CONNECT packets of tests are short
		pass(bufferedConn{c, r}, up)
	})
}

// bufferedConn is a connection of which something was read already.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (b bufferedConn) Read(p []byte) (int, error) { return b.r.Read(p) }

// pass copies both ways until either side ends.
func pass(a, b net.Conn) {
	go func() {
		_, _ = io.Copy(a, b)
		a.Close()
	}()
	_, _ = io.Copy(b, a)
	b.Close()
}

// readPacket reads a packet whose length fits into two bytes.
func readPacket(r *bufio.Reader) (kind byte, body []byte, err error) {
	if kind, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	length, shift := 0, 0
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, nil, err
		}
		length |= int(b&0x7f) << shift
		if shift += 7; b < 0x80 {
			break
		}
	}
	body = make([]byte, length)
	_, err = io.ReadFull(r, body)
	return kind, body, err
}
