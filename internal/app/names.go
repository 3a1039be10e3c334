package app

import (
	"net"
	"os"
	"strings"
)

// certificateNames is what the server's certificate names besides the configured
// names: coolant.local, this machine by its own name, and every address it has
// now, so that a device on the same network can verify it by address.
func certificateNames(configured []string) []string {
	names := append([]string{"coolant.local", "localhost", "127.0.0.1", "::1"}, configured...)
	if host, err := os.Hostname(); err == nil && host != "" {
		host = strings.ToLower(host)
		names = append(names, host)
		if !strings.Contains(host, ".") {
			names = append(names, host+".local")
		}
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return names // the configured names still do
	}
	for _, a := range addresses {
		if n, ok := a.(*net.IPNet); ok && n.IP.IsGlobalUnicast() {
			names = append(names, n.IP.String())
		}
	}
	return names
}
