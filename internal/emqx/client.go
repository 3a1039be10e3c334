package emqx

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"coolant"
)

const (
	defaultTimeout = 15 * time.Second
	maxAnswer      = 64 << 10 // bytes that are read of an answer
	maxQuote       = 300      // bytes of an answer that are quoted
	apiPath        = "/api/v5"
)

// Options says which API a [Client] speaks to.
type Options struct {
	// URL is the address of the API: http(s)://host:port, to which /api/v5 is added,
	// or with the path that the console of EMQX Cloud shows. Plain http is taken for
	// a host of one's own only.
	URL string
	// Key and Secret are those of an API key (EMQX Cloud calls them App ID and App
	// Secret).
	Key, Secret string
	Timeout     time.Duration     // of one request; 0 means 15 s
	Transport   http.RoundTripper // nil means http.DefaultTransport
}

// Client speaks to the API. It is safe for concurrent use.
type Client struct {
	base   string
	key    string
	secret string
	http   *http.Client
}

// New makes a client; it does not connect. The error has the code
// [coolant.CodeInvalid].
func New(o Options) (*Client, error) {
	base, err := baseURL(o.URL)
	if err != nil {
		return nil, coolant.Errorf(coolant.CodeInvalid, "--emqx-api: %w", err)
	}
	if o.Key == "" || o.Secret == "" {
		return nil, coolant.Errorf(coolant.CodeInvalid,
			"the key of the EMQX API is missing: set COOLANT_EMQX_API_KEY and COOLANT_EMQX_API_SECRET, or with _FILE the files that hold them (EMQX: System, API Key; EMQX Cloud: App ID and App Secret)")
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	return &Client{base: base, key: o.Key, secret: o.Secret, http: &http.Client{
		Transport: o.Transport,
		Timeout:   o.Timeout,
		// The key and a password go along with every request: nobody may send them
		// elsewhere. And a POST would come out of a redirection as a GET.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// baseURL checks an address and completes it.
func baseURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", errors.New("an address such as https://emqx.example:18084 is expected")
	case u.User != nil:
		return "", errors.New("the address must not hold the key; set COOLANT_EMQX_API_KEY and COOLANT_EMQX_API_SECRET")
	case u.RawQuery != "" || u.Fragment != "":
		return "", errors.New("an address has no ? and no #")
	case u.Scheme == "http" && !ownHost(u.Hostname()):
		return "", fmt.Errorf("http:// would send the key and the passwords in clear text to %s; use https://", u.Hostname())
	}
	if u.Path = strings.TrimRight(u.Path, "/"); u.Path == "" {
		u.Path = apiPath
	}
	return u.String(), nil
}

// ownHost says whether a name can only be one of this machine or of a private
// network: a loopback or private address, or a name without a dot, as containers
// have.
func ownHost(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate()
	}
	return !strings.Contains(host, ".")
}

// failure is an answer other than the wanted one.
type failure struct {
	status int
	code   string // of EMQX, such as ALREADY_EXISTS; "" if the answer is not EMQX's
	text   string // the answer, shortened
	to     string // where a redirection points
}

// documented says whether the answer has the form of an EMQX error.
func (f *failure) documented() bool { return f.code != "" }

// exists says whether EMQX has the thing already. Newer versions answer 409, and
// older ones 400 with the same code.
func (f *failure) exists() bool {
	return f != nil && (f.status == http.StatusConflict || f.status == http.StatusBadRequest && f.code == "ALREADY_EXISTS")
}

// missing says whether EMQX does not have the thing.
func (f *failure) missing() bool {
	return f != nil && f.status == http.StatusNotFound && f.documented()
}

// call makes one request. A failure is what EMQX said instead of a success; an
// error is that it said nothing.
func (c *Client) call(ctx context.Context, method, path string, body any) (*failure, error) {
	return c.ask(ctx, method, path, body, nil)
}

// ask is call with an answer that is read into what into points to, unless it is
// nil.
func (c *Client) ask(ctx context.Context, method, path string, body, into any) (*failure, error) {
	var payload io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		payload = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, payload)
	if err != nil {
		return nil, err
	}
	req.SetBasicAuth(c.key, c.secret)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	switch res.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusNoContent:
		if into == nil {
			return nil, nil
		}
		if err == nil {
			err = json.Unmarshal(answer, into)
		}
		if err != nil {
			return nil, fmt.Errorf("the answer cannot be read: %w", err)
		}
		return nil, nil
	}
	f := &failure{status: res.StatusCode, to: res.Header.Get("Location")}
	if err != nil {
		f.text = "(the answer broke off)"
		return f, nil
	}
	var said struct{ Code, Message string }
	if json.Unmarshal(answer, &said) == nil && said.Code != "" {
		f.code, f.text = said.Code, said.Code+": "+said.Message
	} else {
		f.text = string(answer)
	}
	f.text = quote(f.text)
	return f, nil
}

// hide takes a secret out of what EMQX said: it may quote the request that it
// refuses. A nil failure stays nil.
func (f *failure) hide(secret string) {
	if f != nil && secret != "" {
		f.text = strings.ReplaceAll(f.text, secret, "***")
	}
}

// quote makes an answer fit into one line of an error.
func quote(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "?")), " ")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, text)
	if len(text) > maxQuote {
		text = strings.ToValidUTF8(text[:maxQuote], "") + ".."
	}
	return text
}
