// Package config resolves the service's configuration once, from defaults, the
// YAML file, the environment and the command line, each stronger than the one
// before, and reports every mistake in them together, each at its place.
//
// One table, in settings.go, says what can be set; all four sources, the
// validation and the printed configuration follow it.
package config

import (
	"time"

	"coolant"
)

// Config is a resolved, valid configuration.
type Config struct {
	// Data is the directory that holds everything the service keeps.
	Data string

	HTTP  HTTP
	MQTTS MQTTS
	MQTT  MQTT

	Broker coolant.BrokerMode // through which brokers devices come
	Remote Remote
	Quota  Quota

	Article   Article
	Primary   coolant.DeviceID // the device of the article's endpoints; "" chooses by age
	Limits    coolant.Limits
	Silence   time.Duration // a device not heard of for so long is offline, at least
	Retention Retention
	Log       Log
	Debug     Debug
}

// HTTP is the listener of the page and the API.
type HTTP struct {
	Addr     string // host:port; "" is off
	BasePath string // "/" or "/prefix/", where a reverse proxy shows the page
	Public   string // what others than this machine may read: "off", "view" or "all"
}

// MQTTS is the broker's TLS listener.
type MQTTS struct {
	Addr  string   // host:port; "" is off
	Names []string // further host names and addresses for its certificate
}

// MQTT is the broker's plain listener.
type MQTT struct {
	Addr string // host:port; "" is off
}

// Remote is the outside broker. It may be configured before Broker says that it
// is used, so that it can be checked first.
type Remote struct {
	URL      string // mqtts://host:8883, mqtt://, wss://host:8084/mqtt or ws://; "" is none
	Username string
	Password string
	ClientID string // names our session there
	// CAFile holds further certificates to trust besides the system's; CertFile and
	// KeyFile are a client certificate. Empty means none.
	CAFile, CertFile, KeyFile string
	ServerName                string        // for SNI and the certificate; "" is the URL's host
	Protocol                  string        // auto, 5 or 3.1.1
	SessionExpiry             time.Duration // how long the broker is asked to keep our session
}

// Quota is the allowance of a metered broker.
type Quota struct {
	Preset         string // none or emqx-serverless
	SessionMinutes int64  // a month; 0 is what the preset says
	Bytes          int64  // likewise
}

// Article maps the topic of the article's sketch to a series.
type Article struct {
	Topic  string
	Device coolant.DeviceID
	Metric coolant.Metric
}

// Retention says how long each resolution is kept; hours are kept for ever.
type Retention struct {
	Raw    time.Duration
	Minute time.Duration
}

// Log says what is logged, and how.
type Log struct {
	Level  string // debug, info, warn or error
	Format string // auto, text or json; auto is text on a terminal
}

// Debug is the profiler's listener, for developers.
type Debug struct {
	Addr string // a loopback host:port; "" is off
}

// Sources is where a configuration comes from.
type Sources struct {
	// Data is the data directory from the command line, "" if not given.
	Data string
	// File is the configuration file from the command line, "" if not given; then
	// DATA/coolant.yaml is read if it exists.
	File string
	// Flags holds the settings given on the command line, by key ("http.addr").
	Flags map[string]string
	// Env is the environment in the form of os.Environ.
	Env []string
}

// DefaultData is the data directory if nothing names another.
const DefaultData = "data"
