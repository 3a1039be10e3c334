package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"

	"coolant/internal/app"
	"coolant/internal/app/config"
)

// welcome says where everything is: in words on a terminal, in the log elsewhere.
func welcome(w io.Writer, log *slog.Logger, c config.Config) func(app.Running) {
	return func(r app.Running) {
		if !app.IsTerminal(w) {
			log.Info("coolant is ready", "version", version, "page", page(c, r), "mqtts", r.Addresses.MQTTS, "mqtt", r.Addresses.MQTT,
				"ca", r.Authority.CertFile(), "data", c.Data, "add_device", "coolant device add my-loop"+dataFlag(c))
			return
		}
		var b strings.Builder
		b.WriteByte('\n')
		if r.Addresses.HTTP != "" {
			fmt.Fprintf(&b, "  Page and API      %s   (from this machine only, until accounts exist)\n", page(c, r))
		}
		if r.Addresses.MQTTS != "" {
			fmt.Fprintf(&b, "  MQTT over TLS     %s   (CA for your devices: %s)\n", r.Addresses.MQTTS, r.Authority.CertFile())
		}
		if r.Addresses.MQTT != "" {
			fmt.Fprintf(&b, "  MQTT, plain       %s\n", r.Addresses.MQTT)
		}
		fmt.Fprintf(&b, "  Data              %s\n", c.Data)
		fmt.Fprintf(&b, "  Add a device      coolant device add my-loop%s\n\n", dataFlag(c))
		_, _ = io.WriteString(w, b.String()) // a terminal that is gone needs no welcome
	}
}

func page(c config.Config, r app.Running) string {
	if r.Addresses.HTTP == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(r.Addresses.HTTP)
	if err != nil {
		return r.Addresses.HTTP
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port) + c.HTTP.BasePath
}

// dataFlag is what the command line needs to find this service's data.
func dataFlag(c config.Config) string {
	if c.Data == config.DefaultData {
		return ""
	}
	return " --data " + c.Data
}
