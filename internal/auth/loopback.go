package auth

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// forwarding are the headers that proxies add. A request that carries one came
// through a proxy, so its loopback address says nothing about its sender.
var forwarding = [...]string{
	"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server",
	"X-Real-Ip", "X-Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Fly-Client-Ip", "Fly-Forwarded-Port",
}

// Local reports whether a request was sent from this machine to this machine: its
// address is a loopback address, its Host header names loopback (otherwise a
// foreign page could reach us by DNS rebinding), and no proxy has forwarded it. So
// what a sender can write into a request makes it less, never more. A proxy on this
// machine that adds none of the usual headers cannot be told from its user.
func Local(r *http.Request) bool {
	for _, h := range forwarding {
		if _, ok := r.Header[h]; ok {
			return false
		}
	}
	return loopbackAddress(r.RemoteAddr) && loopbackHost(r.Host)
}

func loopbackAddress(hostport string) bool {
	a, err := netip.ParseAddrPort(hostport)
	return err == nil && a.Addr().Unmap().IsLoopback()
}

// loopbackHost reports whether a Host header names this machine by loopback:
// localhost, 127.0.0.0/8 or [::1], with or without a port.
func loopbackHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	} else {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "["), "]")
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.Zone() == "" && a.Unmap().IsLoopback()
}

// IsLoopback reports whether a listener at this address is reachable from this
// machine only. An empty host means every interface.
func IsLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopbackHost(host)
}
