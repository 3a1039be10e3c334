package auth

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func clock(at *time.Time) func() time.Time { return func() time.Time { return *at } }

func leafOf(t *testing.T, a *Authority) *x509.Certificate {
	t.Helper()
	c, err := a.TLS().GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	return c.Leaf
}

func verify(t *testing.T, a *Authority, c *x509.Certificate, name string, at time.Time) {
	t.Helper()
	if _, err := c.Verify(x509.VerifyOptions{Roots: a.Pool(), DNSName: name, CurrentTime: at}); err != nil {
		t.Errorf("verify %s at %s: %v", name, at, err)
	}
}

func TestAuthority(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	names := []string{"coolant.local", "localhost", "127.0.0.1", "192.0.2.7"}
	dir := filepath.Join(t.TempDir(), "tls")
	open := func(t *testing.T, names ...string) *Authority {
		t.Helper()
		a, err := OpenAuthority(dir, names, clock(&now))
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open(t, names...)
	first := leafOf(t, a)
	for _, n := range names {
		verify(t, a, first, n, now)
		verify(t, a, first, n, now.Add(-time.Hour))
	}

	t.Run("the same names keep the certificate", func(t *testing.T) {
		if b := open(t, names...); !leafOf(t, b).Equal(first) || !b.cert.Equal(a.cert) {
			t.Error("a second start made new certificates")
		}
	})
	t.Run("other names renew it under the same CA", func(t *testing.T) {
		b := open(t, "coolant.local", "198.51.100.9")
		if !b.cert.Equal(a.cert) {
			t.Error("the CA changed")
		}
		verify(t, a, leafOf(t, b), "198.51.100.9", now)
	})
	t.Run("it is renewed while running", func(t *testing.T) {
		b := open(t, names...)
		old := leafOf(t, b)
		now = now.Add(leafValidity - leafRenewal + time.Hour)
		renewed := leafOf(t, b)
		if renewed.Equal(old) {
			t.Fatal("the certificate was not renewed")
		}
		verify(t, a, renewed, "localhost", now)
	})
	t.Run("a damaged server certificate is made again", func(t *testing.T) {
		if err := os.WriteFile(filepath.Join(dir, "server.crt"), []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		verify(t, a, leafOf(t, open(t, names...)), "localhost", now)
	})
	t.Run("a lost CA certificate is made again for the same key", func(t *testing.T) {
		if err := os.Remove(filepath.Join(dir, "ca.crt")); err != nil {
			t.Fatal(err)
		}
		b := open(t, names...)
		verify(t, a, leafOf(t, b), "localhost", now) // by the pool of the old CA certificate
	})
	t.Run("private keys are private", func(t *testing.T) {
		for _, f := range []string{"ca.key", "server.key"} {
			st, err := os.Stat(filepath.Join(dir, f))
			if err != nil || st.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, error %v", f, st.Mode(), err)
			}
		}
	})
	t.Run("a CA without its key is refused, not replaced", func(t *testing.T) {
		if err := os.Remove(filepath.Join(dir, "ca.key")); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenAuthority(dir, names, clock(&now)); err == nil {
			t.Error("opened a CA without a key")
		}
	})
}
