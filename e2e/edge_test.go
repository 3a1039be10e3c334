package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"sync/atomic"
	"testing"
)

// edge ends TLS and passes the plain stream on, as the edge of a hosting
// platform does: it speaks for many apps and finds this one by the name that a
// client sends in its hello (SNI).
type edge struct {
	listener net.Listener
	nameless atomic.Int64 // clients that sent no name
}

func (e *edge) addr() string { return e.listener.Addr().String() }

// startEdge starts an edge in front of the broker, and returns how a client
// trusts it.
func startEdge(t *testing.T, broker string) (*edge, *tls.Config) {
	t.Helper()
	lender := httptest.NewTLSServer(nil) // has a certificate for example.com
	lender.Close()
	trust := &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "example.com", MinVersion: tls.VersionTLS12, NextProtos: []string{"mqtt"}}
	trust.RootCAs.AddCert(lender.Certificate())
	e := &edge{}
	certificate := lender.TLS.Certificates[0]
	conf := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"mqtt"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName == "" {
				e.nameless.Add(1)
				return nil, errors.New("which app is meant?")
			}
			return &certificate, nil
		},
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e.listener = tls.NewListener(plain, conf)
	go func() {
		for {
			c, err := e.listener.Accept()
			if err != nil {
				return
			}
			go relay(c, broker)
		}
	}()
	t.Cleanup(func() { _ = plain.Close() }) // what is open ends with its device or with the broker
	return e, trust
}

// relay copies both ways until either end closes.
func relay(outside net.Conn, broker string) {
	defer outside.Close()
	inside, err := net.Dial("tcp", broker)
	if err != nil {
		return
	}
	defer inside.Close()
	go func() {
		_, _ = io.Copy(inside, outside)
		_ = inside.Close()
		_ = outside.Close()
	}()
	_, _ = io.Copy(outside, inside)
}
