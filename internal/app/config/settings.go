package config

import (
	"errors"
	"fmt"
	"net"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"coolant"
	"coolant/internal/auth"
)

// setting is one row of the table: what can be set, and how a text becomes its
// value. set checks the value by itself; what concerns several settings is
// checked in check.
type setting struct {
	key  string
	def  string
	help string
	set  func(c *Config, text string) error
}

func settings() []setting {
	return []setting{
		{"http.addr", ":8080", "address of the page and the API; empty turns it off", address(func(c *Config) *string { return &c.HTTP.Addr })},
		{"http.base_path", "/", "path under which a reverse proxy shows the page", setBasePath},
		{"http.public", "off", "what other machines may read while there are no accounts: off (nothing), view (charts and history) or all (diagnostics and metrics too)", oneOf(func(c *Config) *string { return &c.HTTP.Public }, "off", "view", "all")},
		{"mqtts.addr", ":8883", "address of MQTT over TLS; empty turns it off", address(func(c *Config) *string { return &c.MQTTS.Addr })},
		{"mqtts.names", "", "further host names and addresses that the certificate names, separated by commas", setNames},
		{"mqtt.addr", "127.0.0.1:1883", "address of plain MQTT; empty turns it off", address(func(c *Config) *string { return &c.MQTT.Addr })},
		{"broker", "embedded", "embedded (the broker inside), remote (the one of remote.url) or both", setBroker},
		{"remote.url", "", "outside broker: mqtts://HOST:8883, wss://HOST:8084/mqtt, or mqtt:// and ws:// without TLS", setRemoteURL},
		{"remote.username", "", "the service's user name at the outside broker", text(func(c *Config) *string { return &c.Remote.Username })},
		{"remote.password", "", "its password; better from a file: COOLANT_REMOTE_PASSWORD_FILE", text(func(c *Config) *string { return &c.Remote.Password })},
		{"remote.client_id", "coolant-server", "the service's client id there; two services never share one", setClientID},
		{"remote.ca_file", "", "PEM file of certificates to trust besides the system's", text(func(c *Config) *string { return &c.Remote.CAFile })},
		{"remote.cert_file", "", "PEM file of a client certificate, if the broker asks for one", text(func(c *Config) *string { return &c.Remote.CertFile })},
		{"remote.key_file", "", "PEM file of its key", text(func(c *Config) *string { return &c.Remote.KeyFile })},
		{"remote.server_name", "", "name in the broker's certificate (and for SNI) where it is not the URL's host", setServerName},
		{"remote.protocol", "auto", "auto (MQTT 5, else 3.1.1), 5 or 3.1.1", oneOf(func(c *Config) *string { return &c.Remote.Protocol }, "auto", "5", "3.1.1")},
		{"remote.session_expiry", "7d", "how long the broker is asked to keep messages for a service that is away; it may grant less", duration(time.Minute, 365*day, func(c *Config) *time.Duration { return &c.Remote.SessionExpiry })},
		{"quota.preset", "none", "none, or emqx-serverless for the free allowance of EMQX Cloud Serverless", oneOf(func(c *Config) *string { return &c.Quota.Preset }, "none", "emqx-serverless")},
		{"quota.session_minutes", "0", "session minutes a month; 0 is the preset's", count(func(c *Config) *int64 { return &c.Quota.SessionMinutes })},
		{"quota.bytes", "0", "traffic a month, such as 1GB; 0 is the preset's", size(func(c *Config) *int64 { return &c.Quota.Bytes })},
		{"article.topic", "emqx/esp32/telemetry", "topic of the article's sketch; empty turns it off", setArticleTopic},
		{"article.device", "esp32", "device that publishes to the article's topic", device(func(c *Config) *coolant.DeviceID { return &c.Article.Device })},
		{"article.metric", "water", "metric that the article's temp is", setArticleMetric},
		{"primary", "", "device of /data and /temp_chart; empty means the only one, else the oldest", device(func(c *Config) *coolant.DeviceID { return &c.Primary })},
		{"limits.warning", "40", "water temperature in C from which a device shows a warning", celsius(func(c *Config) *float64 { return &c.Limits.Warning })},
		{"limits.critical", "50", "water temperature in C from which a device is critical, below 60", celsius(func(c *Config) *float64 { return &c.Limits.Critical })},
		{"silence", "90s", "a device not heard of for so long is shown offline (at least three of its intervals)", duration(10*time.Second, 7*24*time.Hour, func(c *Config) *time.Duration { return &c.Silence })},
		{"retention.raw", "90d", "how long every sample is kept", duration(24*time.Hour, 100*year, func(c *Config) *time.Duration { return &c.Retention.Raw })},
		{"retention.minute", "2y", "how long minima, means and maxima of each minute are kept", duration(24*time.Hour, 100*year, func(c *Config) *time.Duration { return &c.Retention.Minute })},
		{"log.level", "info", "debug, info, warn or error", oneOf(func(c *Config) *string { return &c.Log.Level }, "debug", "info", "warn", "error")},
		{"log.format", "auto", "auto, text or json", oneOf(func(c *Config) *string { return &c.Log.Format }, "auto", "text", "json")},
		{"debug.addr", "", "loopback address of the profiler; empty turns it off", setDebug},
	}
}

// check finds what is wrong between settings that are right by themselves; it
// names the key to blame.
func check(c *Config) (key string, err error) {
	switch {
	case c.Limits.Warning >= c.Limits.Critical:
		return "limits.warning", fmt.Errorf("%g is not below limits.critical (%g)", c.Limits.Warning, c.Limits.Critical)
	case c.Retention.Minute < c.Retention.Raw:
		return "retention.minute", errors.New("is shorter than retention.raw; coarser data must live at least as long")
	case c.Broker != coolant.BrokerEmbedded && c.Remote.URL == "":
		return "broker", fmt.Errorf("%q needs remote.url, the address of the outside broker", c.Broker)
	case (c.Remote.CertFile == "") != (c.Remote.KeyFile == ""):
		return "remote.cert_file", errors.New("remote.cert_file and remote.key_file belong together; set both or none")
	case c.Remote.Username == "" && c.Remote.Password != "":
		return "remote.password", errors.New("is set without remote.username")
	case c.Broker == coolant.BrokerEmbedded && c.HTTP.Addr == "" && c.MQTTS.Addr == "" && c.MQTT.Addr == "":
		return "http.addr", errors.New("every listener is turned off; nothing could reach the service")
	}
	return "", nil
}

func address(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, text string) error {
		if text != "" {
			_, port, err := net.SplitHostPort(text)
			if err != nil {
				return fmt.Errorf("%q is not host:port (for example 127.0.0.1:8080, or :8080 for every interface)", text)
			}
			if n, err := strconv.ParseUint(port, 10, 16); err != nil {
				return fmt.Errorf("%q: the port must be a number from 0 to 65535", text)
			} else if n == 0 && port != "0" {
				return fmt.Errorf("%q: write the port as 0 to have one chosen", text)
			}
		}
		*field(c) = text
		return nil
	}
}

func setBasePath(c *Config, text string) error {
	if strings.ContainsAny(text, "?#\\\"'<> ") {
		return fmt.Errorf("%q is not a path", text)
	}
	p := path.Clean("/" + text)
	if p != "/" {
		p += "/"
	}
	c.HTTP.BasePath = p
	return nil
}

func setNames(c *Config, text string) error {
	c.MQTTS.Names = nil
	for _, n := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		if net.ParseIP(n) == nil && !hostName(n) {
			return fmt.Errorf("%q is neither a host name nor an address", redacted(n))
		}
		c.MQTTS.Names = append(c.MQTTS.Names, n)
	}
	return nil
}

func hostName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(s, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-') {
				return false
			}
		}
	}
	return true
}

func setArticleTopic(c *Config, text string) error {
	if strings.HasPrefix(text, "$share/") {
		return errShared
	}
	if strings.ContainsAny(text, "+#\x00") || len(text) > 1024 {
		return fmt.Errorf("%q is not a topic to publish to; it has no wildcards", text)
	}
	if strings.HasPrefix(text, "coolant/") || strings.HasPrefix(text, "$") {
		return fmt.Errorf("%q belongs to the device contract; choose a topic outside coolant/ and $SYS", text)
	}
	c.Article.Topic = text
	return nil
}

func setArticleMetric(c *Config, text string) error {
	m, err := coolant.ParseMetric(text)
	if err != nil {
		return err
	}
	if m.Unit() != coolant.Celsius {
		return fmt.Errorf("%q is not a temperature", text)
	}
	c.Article.Metric = m
	return nil
}

func device(field func(*Config) *coolant.DeviceID) func(*Config, string) error {
	return func(c *Config, text string) error {
		if text == "" {
			*field(c) = ""
			return nil
		}
		id, err := coolant.ParseDeviceID(text)
		if err != nil {
			return err
		}
		*field(c) = id
		return nil
	}
}

func celsius(field func(*Config) *float64) func(*Config, string) error {
	return func(c *Config, text string) error {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || !(v > 0 && v < 60) {
			return fmt.Errorf("%q is not a temperature above 0 and below 60 C", text)
		}
		*field(c) = v
		return nil
	}
}

const (
	day  = 24 * time.Hour
	year = 365 * day
)

func duration(low, high time.Duration, field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, text string) error {
		d, err := parseDuration(text)
		if err != nil {
			return err
		}
		if d < low || d > high {
			return fmt.Errorf("%s is not between %s and %s", text, formatDuration(low), formatDuration(high))
		}
		*field(c) = d
		return nil
	}
}

// parseDuration reads Go's form and, for long spans, whole days and years
// ("90d", "2y").
func parseDuration(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": day, "y": year} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			n, err := strconv.Atoi(number)
			if err == nil && n >= 0 && n <= 36500 && time.Duration(n) <= 100*year/unit {
				return time.Duration(n) * unit, nil
			}
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration (for example 90s, 36h, 90d, 2y)", text)
	}
	return d, nil
}

func formatDuration(d time.Duration) string {
	switch {
	case d >= year && d%year == 0:
		return strconv.Itoa(int(d/year)) + "y"
	case d >= day && d%day == 0:
		return strconv.Itoa(int(d/day)) + "d"
	}
	return d.String()
}

func oneOf(field func(*Config) *string, words ...string) func(*Config, string) error {
	return func(c *Config, text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("%q is not one of %s", text, strings.Join(words, ", "))
		}
		*field(c) = text
		return nil
	}
}

func setDebug(c *Config, text string) error {
	if text != "" && !auth.IsLoopback(text) {
		return fmt.Errorf("%q is not a loopback address; the profiler is never shown to the network", text)
	}
	return address(func(c *Config) *string { return &c.Debug.Addr })(c, text)
}
