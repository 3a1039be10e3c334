package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"coolant/internal/app"
	"coolant/internal/app/config"
)

// welcome says where everything is: in words on a terminal, in the log elsewhere.
func welcome(w io.Writer, log *slog.Logger, c config.Config) func(app.Running) {
	return func(r app.Running) {
		if !app.IsTerminal(w) {
			log.Info("coolant is ready", "version", version, "page", page(c, r), "mqtts", r.Addresses.MQTTS, "mqtt", r.Addresses.MQTT,
				"ca", r.Authority.CertFile(), "data", r.Data, "add_device", addDevice(r))
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
		fmt.Fprintf(&b, "  Data              %s\n", r.Data)
		fmt.Fprintf(&b, "  Add a device      %s\n", addDevice(r))
		fmt.Fprint(&b, "  Stop              Ctrl-C\n\n")
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

// addDevice is the command that adds a device to this service, as it can be
// typed where this one was.
func addDevice(r app.Running) string {
	command := program() + " device add my-loop"
	if r.Data != config.DefaultData {
		command += " --data " + r.Data
	}
	return command
}

// program is how this program was called: "coolant" if it is on the path.
func program() string {
	name := os.Args[0]
	if filepath.Base(name) == name {
		return name
	}
	if found, err := exec.LookPath(filepath.Base(name)); err == nil && same(found, name) {
		return filepath.Base(name)
	}
	return name
}

func same(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return errX == nil && errY == nil && os.SameFile(x, y)
}
