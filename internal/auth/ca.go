package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Validity of the local CA and of the server certificate it signs. A device
// keeps the CA for its life; the server's certificate is renewed when less than
// a third of its time is left. Both start a day in the past, because a device's
// clock may be behind.
const (
	caValidity   = 20 * 365 * 24 * time.Hour
	leafValidity = 397 * 24 * time.Hour
	leafRenewal  = leafValidity / 3
	clockSlack   = 24 * time.Hour
)

// Authority is the local certificate authority in DIR/tls: ca.crt, which devices
// trust, and ca.key. It signs the certificate of this server's MQTT listener for
// the names it is given and renews it in time. Safe for concurrent use.
type Authority struct {
	dir   string
	names []string
	now   func() time.Time

	cert *x509.Certificate
	key  *ecdsa.PrivateKey

	mu   sync.Mutex
	leaf *tls.Certificate
}

// OpenAuthority loads the authority in dir, or makes one there. names are the
// host names and addresses that the server's certificate must name. A nil now
// means time.Now. A CA that cannot be read is an error, never replaced: devices
// out there trust it.
func OpenAuthority(dir string, names []string, now func() time.Time) (*Authority, error) {
	if now == nil {
		now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the certificate directory: %w", err)
	}
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	a := &Authority{dir: dir, names: sorted, now: now}
	cert, key, err := loadPair(a.CertFile(), a.path("ca.key"))
	if errors.Is(err, fs.ErrNotExist) {
		cert, key, err = a.create()
	}
	if err != nil {
		return nil, fmt.Errorf("local CA: %w", err)
	}
	a.cert, a.key = cert, key
	if err := a.loadLeaf(); err != nil {
		return nil, err
	}
	return a, nil
}

// CertFile is the path of the CA certificate, in PEM.
func (a *Authority) CertFile() string { return a.path("ca.crt") }

// Pool holds the CA, for clients that verify this server.
func (a *Authority) Pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// TLS is the configuration of the MQTT listener: TLS 1.2 or newer, with a
// certificate that is renewed while the server runs.
func (a *Authority) TLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return a.current()
		},
	}
}

func (a *Authority) current() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fits(a.leaf) {
		return a.leaf, nil
	}
	return a.renew()
}

func (a *Authority) loadLeaf() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	leaf, err := tls.LoadX509KeyPair(a.path("server.crt"), a.path("server.key"))
	if err == nil && a.fits(&leaf) {
		a.leaf = &leaf
		return nil
	}
	// A server certificate that is missing, damaged or for other names is only a
	// copy of what the CA can sign again.
	_, err = a.renew()
	return err
}

// fits reports whether the certificate is signed by this CA, names exactly what
// it must, and has enough time left.
func (a *Authority) fits(leaf *tls.Certificate) bool {
	if leaf == nil || leaf.Leaf == nil {
		return false
	}
	c := leaf.Leaf
	named := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		named = append(named, ip.String())
	}
	slices.Sort(named)
	now := a.now()
	return c.CheckSignatureFrom(a.cert) == nil && slices.Equal(named, a.names) &&
		now.After(c.NotBefore) && c.NotAfter.Sub(now) > leafRenewal
}

// renew signs a new server certificate; the caller holds the lock.
func (a *Authority) renew() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make the server's key: %w", err)
	}
	t := a.template("Coolant server", leafValidity)
	t.KeyUsage = x509.KeyUsageDigitalSignature
	t.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, n := range a.names {
		if ip := net.ParseIP(n); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, n)
		}
	}
	if t.NotAfter.After(a.cert.NotAfter) {
		t.NotAfter = a.cert.NotAfter
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return nil, fmt.Errorf("sign the server's certificate: %w", err)
	}
	// What cannot be kept, on a full disk, is signed again at the next start.
	_ = savePair(a.path("server.crt"), a.path("server.key"), der, key)
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("read back the server's certificate: %w", err)
	}
	a.leaf = &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
	return a.leaf, nil
}

func (a *Authority) create() (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := a.caKey()
	if err != nil {
		return nil, nil, err
	}
	t := a.template("Coolant local CA", caValidity)
	t.IsCA, t.BasicConstraintsValid, t.MaxPathLenZero = true, true, true
	t.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, nil, fmt.Errorf("sign it: %w", err)
	}
	if err := savePair(a.CertFile(), a.path("ca.key"), der, key); err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

// caKey makes the CA's key. A key that stands there without a certificate (a
// first start that was cut off, or a lost file) is used again: devices that
// trust a certificate of this key and name go on trusting the new one.
func (a *Authority) caKey() (*ecdsa.PrivateKey, error) {
	data, err := os.ReadFile(a.path("ca.key"))
	if errors.Is(err, fs.ErrNotExist) {
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM; restore it from a backup", a.path("ca.key"))
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", a.path("ca.key"), err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is not an ECDSA key", a.path("ca.key"))
	}
	return key, nil
}

func (a *Authority) template(name string, validity time.Duration) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127)) // the reader never fails
	now := a.now().UTC()
	return &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)),
		Subject:      pkix.Name{CommonName: name, Organization: []string{"Coolant"}},
		NotBefore:    now.Add(-clockSlack),
		NotAfter:     now.Add(validity),
	}
}

func (a *Authority) path(name string) string { return filepath.Join(a.dir, name) }

func loadPair(certFile, keyFile string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	if _, err := os.Stat(certFile); err != nil {
		return nil, nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s exists without %s; restore the key from a backup", certFile, keyFile)
	}
	if err != nil {
		return nil, nil, err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok || !pair.Leaf.IsCA {
		return nil, nil, fmt.Errorf("%s is not the certificate of a CA with an ECDSA key", certFile)
	}
	return pair.Leaf, key, nil
}

// savePair writes the key before the certificate: a certificate on disk always
// has its key.
func savePair(certFile, keyFile string, der []byte, key *ecdsa.PrivateKey) error {
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("encode the key: %w", err)
	}
	if err := writeFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k}), 0o600); err != nil {
		return err
	}
	return writeFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}

// writeFile replaces a file as a whole, or not at all.
func writeFile(path string, data []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
