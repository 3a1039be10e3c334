package wire

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"coolant"
)

// Limits of the arguments of the command `endpoint`.
const (
	MaxEndpointURL    = 256      // bytes of the address
	MaxEndpointSecret = 128      // bytes of the user name, and of the password
	MaxEndpointCA     = 16 << 10 // bytes of PEM: more than a dozen certificates
	MinTrial          = 5 * time.Second
	MaxTrial          = time.Hour
	DefaultTrial      = 10 * time.Minute

	maxHostName   = 253 // RFC 1035, without the final dot
	defaultSecure = "8883"
)

// EndpointArgs are the arguments of the command `endpoint`: the broker that a
// device is to try, and who it is there.
type EndpointArgs struct {
	URL      string // mqtts://host:port; the port is always there after decoding
	Username string // 1 to 128 printable ASCII characters
	Password string // the same
	// CA is whom the device trusts there, as PEM certificates of at most 16 KiB;
	// empty means the public roots that it has.
	CA string
	// ServerName is the name that the broker's certificate has to carry; empty means
	// the host of the URL.
	ServerName string
	// Trial is how long the new endpoint may take to prove itself, in whole seconds,
	// 5 s to 1 h; 0 encodes as the default of 10 min.
	Trial time.Duration
}

// Host is the host:port of the URL.
func (a EndpointArgs) Host() string {
	_, host, _ := strings.Cut(a.URL, "://")
	return host
}

// endpointJSON is the form of [EndpointArgs] on the wire.
type endpointJSON struct {
	URL        string `json:"url"`
	Username   string `json:"username"`
	Password   string `json:"password"`
	CA         string `json:"ca,omitempty"`
	ServerName string `json:"server_name,omitempty"`
	TrialS     int64  `json:"trial_s"`
}

// EncodeEndpoint returns the JSON form of a, for the args of a command.
func EncodeEndpoint(a EndpointArgs) ([]byte, error) {
	if a.Trial == 0 {
		a.Trial = DefaultTrial
	}
	return json.Marshal(endpointJSON{a.URL, a.Username, a.Password, a.CA, a.ServerName, int64(a.Trial / time.Second)})
}

// DecodeEndpoint reads the arguments of the command `endpoint`. The error is a
// [*Problem]; it never holds the password.
func DecodeEndpoint(p []byte) (EndpointArgs, error) {
	o := parseObject(p)
	a := EndpointArgs{
		URL:      o.secureURL("url"),
		Username: o.printable("username", MaxEndpointSecret),
		Password: o.printable("password", MaxEndpointSecret),
		CA:       o.certificates("ca"),
		Trial:    DefaultTrial,
	}
	if o.there("server_name") {
		a.ServerName = o.word("server_name", maxHostName)
	}
	if o.there("trial_s") {
		s := o.integer("trial_s", 0)
		if o.problem == nil && (s < int64(MinTrial/time.Second) || s > int64(MaxTrial/time.Second)) {
			o.fail(coolant.RejectedRange, "trial_s", "%d is not within %d to %d", s, int64(MinTrial/time.Second), int64(MaxTrial/time.Second))
		}
		a.Trial = time.Duration(s) * time.Second
	}
	if err := o.err(); err != nil {
		return EndpointArgs{}, err
	}
	return a, nil
}

// there says whether a field is present.
func (o *object) there(field string) bool {
	_, ok := o.members[field]
	return ok
}

// printable reads a required string of 1 to limit printable ASCII characters;
// spaces are among them. A mistake does not quote the text, which may be secret.
func (o *object) printable(field string, limit int) (text string) {
	if !o.need(field) {
		return ""
	}
	if json.Unmarshal(o.members[field], &text) != nil || text == "" || len(text) > limit ||
		strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) {
		o.fail(coolant.RejectedField, field, "1 to %d printable ASCII characters are expected", limit)
	}
	return text
}

// secureURL reads the required address of a broker and adds the port where there
// is none.
func (o *object) secureURL(field string) (text string) {
	if !o.need(field) {
		return ""
	}
	if json.Unmarshal(o.members[field], &text) != nil {
		o.fail(coolant.RejectedField, field, "a string is expected")
		return ""
	}
	address, why := SecureURL(text)
	if why != "" {
		o.fail(coolant.RejectedField, field, "%s", why)
	}
	return address
}

// SecureURL checks the address of a broker for a device: mqtts://host or
// mqtts://host:port. It returns the address with its port, or why it is refused;
// that text never quotes what might be a password.
func SecureURL(text string) (address, why string) {
	if len(text) > MaxEndpointURL {
		return "", "an address has at most " + strconv.Itoa(MaxEndpointURL) + " characters"
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", "an address has printable ASCII characters only, and no spaces"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "", "an address such as mqtts://broker.example:8883 is expected"
	case u.Scheme != "mqtts":
		return "", "a device speaks mqtts:// (MQTT over TLS) only, not " + strings.ToLower(u.Scheme) + "://"
	case u.User != nil:
		return "", "the address must not hold a user name or password; they have members of their own"
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		return "", "an address has no ? and no #"
	case strings.Trim(u.Path, "/") != "":
		return "", "an mqtts:// address has no path"
	case strings.ContainsAny(u.Hostname(), "%/?#@[]\"'\\<>{}|^`") || strings.ContainsFunc(u.Hostname(), func(r rune) bool { return r <= ' ' || r > '~' }):
		return "", "the host has a character that no host name has"
	case strings.Contains(u.Hostname(), ":") && u.Host[0] != '[':
		return "", "an address has one port, and an IPv6 address stands in brackets"
	case len(u.Hostname()) > maxHostName:
		return "", "a host has at most " + strconv.Itoa(maxHostName) + " characters"
	}
	port := u.Port()
	if port == "" {
		port = defaultSecure
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return "", "the port must be a number from 1 to 65535"
	}
	address = "mqtts://" + net.JoinHostPort(u.Hostname(), port)
	if len(address) > MaxEndpointURL {
		return "", "an address has at most " + strconv.Itoa(MaxEndpointURL) + " characters with its port"
	}
	return address, ""
}

// certificates reads an optional string of PEM certificates.
func (o *object) certificates(field string) (text string) {
	if !o.there(field) || o.problem != nil {
		return ""
	}
	o.read(field, "a string", &text)
	if o.problem != nil {
		return ""
	}
	if len(text) > MaxEndpointCA {
		o.fail(coolant.RejectedTooLarge, field, "%d bytes; at most %d are allowed", len(text), MaxEndpointCA)
		return ""
	}
	if why := badCertificates(text); why != "" {
		o.fail(coolant.RejectedField, field, "%s", why)
	}
	return text
}

// badCertificates says why a text is not one or more PEM certificates; "" if it
// is.
func badCertificates(text string) string {
	rest, n := []byte(text), 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return "certificates are expected, not a " + excerpt([]byte(block.Type))
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return "certificate " + strconv.Itoa(n+1) + " cannot be read: " + err.Error()
		}
		n++
	}
	if n == 0 {
		return "there is no PEM certificate in it"
	}
	return ""
}
