package config

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"coolant"
)

func setBroker(c *Config, text string) error {
	switch m := coolant.BrokerMode(text); m {
	case coolant.BrokerEmbedded, coolant.BrokerRemote, coolant.BrokerBoth:
		c.Broker = m
		return nil
	}
	return fmt.Errorf("%q is not one of embedded, remote, both", text)
}

// remotePorts are the ports of the schemes, where a URL names none.
var remotePorts = map[string]string{"mqtts": "8883", "mqtt": "1883", "wss": "443", "ws": "80"}

// setRemoteURL keeps the URL with its port. Other spellings that people know from
// elsewhere are understood.
func setRemoteURL(c *Config, text string) error {
	if text == "" {
		c.Remote.URL = ""
		return nil
	}
	if strings.HasPrefix(text, "$share/") {
		return errShared
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%q is not an address such as mqtts://broker.example:8883", redacted(text))
	}
	switch u.Scheme {
	case "ssl", "tls":
		u.Scheme = "mqtts"
	case "tcp":
		u.Scheme = "mqtt"
	}
	port, known := remotePorts[u.Scheme]
	if !known {
		return fmt.Errorf("%q: the scheme is one of mqtts, mqtt, wss, ws", redacted(text))
	}
	if u.User != nil {
		return errors.New("the address must not hold a user name or password; set remote.username and remote.password")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%q: an address has no ? and no #", redacted(text))
	}
	web := u.Scheme == "wss" || u.Scheme == "ws"
	if !web && strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("%q: only wss:// and ws:// have a path", redacted(text))
	}
	if u.Hostname() == "" {
		return fmt.Errorf("%q has no host name", redacted(text))
	}
	if u.Port() == "" {
		u.Host = strings.TrimSuffix(u.Host, ":") + ":" + port
	} else if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q: the port must be a number from 1 to 65535", redacted(text))
	}
	switch {
	case !web:
		u.Path = ""
	case u.Path == "" || u.Path == "/":
		u.Path = "/mqtt"
	}
	c.Remote.URL = u.String()
	return nil
}

var errShared = errors.New("a shared subscription would split the history between several SQLite files; run one service")

// redacted takes out of an address what may be a secret when it is quoted: a user
// name and password, which are all before the last @ (a password may hold an @, and
// even a :// or no scheme may be there at all), and what follows a ? or #.
func redacted(text string) string {
	if at := strings.LastIndexByte(text, '@'); at >= 0 {
		text = mask + text[at:]
	}
	if end := strings.IndexAny(text, "?#"); end >= 0 {
		text = text[:end+1] + mask
	}
	return text
}

func setClientID(c *Config, text string) error {
	if text == "" || len(text) > 64 || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fmt.Errorf("%q is not a client id: 1 to 64 printable ASCII characters without spaces", redacted(text))
	}
	c.Remote.ClientID = text
	return nil
}

func setServerName(c *Config, text string) error {
	if text != "" && !hostName(text) {
		return fmt.Errorf("%q is not a host name", redacted(text))
	}
	c.Remote.ServerName = text
	return nil
}

// text takes any text of one line.
func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, text string) error {
		if strings.ContainsAny(text, "\r\n\x00") {
			return errors.New("must be a single line")
		}
		*field(c) = text
		return nil
	}
}

func count(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, text string) error {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a whole number from 0", text)
		}
		*field(c) = n
		return nil
	}
}

// size takes a number of bytes, with a decimal unit where wanted.
func size(field func(*Config) *int64) func(*Config, string) error {
	return func(c *Config, text string) error {
		number, unit := text, int64(1)
		for suffix, factor := range map[string]int64{"kB": 1e3, "KB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12} {
			if rest, ok := strings.CutSuffix(text, suffix); ok {
				number, unit = strings.TrimSpace(rest), factor
			}
		}
		n, err := strconv.ParseFloat(number, 64)
		if err != nil || !(n >= 0 && n*float64(unit) <= 1e18) {
			return fmt.Errorf("%q is not a size (for example 500MB or 1GB)", text)
		}
		*field(c) = int64(n * float64(unit))
		return nil
	}
}
