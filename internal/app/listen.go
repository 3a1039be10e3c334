package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"coolant"
	"coolant/internal/api"
	"coolant/internal/app/config"
)

// listeners are the open ports of the service; nil where one is turned off.
type listeners struct {
	http, mqtts, mqtt, debug net.Listener
}

// listen opens every configured port, or none.
func listen(ctx context.Context, c config.Config) (l listeners, err error) {
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	for _, p := range []struct {
		address, key, flag string
		into               *net.Listener
	}{
		{c.HTTP.Addr, "http.addr", "http", &l.http},
		{c.MQTTS.Addr, "mqtts.addr", "mqtts", &l.mqtts},
		{c.MQTT.Addr, "mqtt.addr", "mqtt", &l.mqtt},
		{c.Debug.Addr, "debug.addr", "debug-addr", &l.debug},
	} {
		if p.address == "" || c.Broker == coolant.BrokerRemote && (p.into == &l.mqtts || p.into == &l.mqtt) {
			continue
		}
		opened, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.address)
		if errors.Is(err, syscall.EADDRINUSE) {
			return l, fmt.Errorf("%s: %s is in use by another program; stop it, or choose another address with --%s (for example --%s 127.0.0.1:0 for any free port)",
				p.key, p.address, p.flag, p.flag)
		}
		if err != nil {
			return l, fmt.Errorf("%s: %w", p.key, err)
		}
		*p.into = opened
	}
	return l, nil
}

func (l listeners) close() {
	for _, x := range []net.Listener{l.http, l.mqtts, l.mqtt, l.debug} {
		if x != nil {
			x.Close()
		}
	}
}

func (l listeners) addresses() Addresses {
	return Addresses{HTTP: address(l.http), MQTTS: address(l.mqtts), MQTT: address(l.mqtt)}
}

func address(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// shown lists the addresses for the page.
func (a Addresses) shown() []api.Listener {
	var out []api.Listener
	for _, l := range []api.Listener{{Name: "http", Address: a.HTTP}, {Name: "mqtts", Address: a.MQTTS}, {Name: "mqtt", Address: a.MQTT}} {
		if l.Address != "" {
			out = append(out, l)
		}
	}
	return out
}
