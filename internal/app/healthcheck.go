package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/auth"
)

// Healthcheck asks the service that runs on the data directory whether it is
// ready; nil means yes. The error says why not. It asks as this machine, over the
// page's listener, or over the command socket where that listener is off or on one
// address of the network only, on which it would be a stranger.
func Healthcheck(ctx context.Context, c config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	dir := dataDir(c.Data)
	a, err := dir.readAddresses()
	if err != nil {
		return err
	}
	if address := reachable(a.HTTP); auth.IsLoopback(address) {
		return askPage(ctx, address)
	}
	client := dialAdmin(dir)
	if client == nil {
		return coolant.Errorf(coolant.CodeUnavailable,
			"the service cannot be asked: http.addr (%s) is not on a loopback address, and the command socket %s does not answer", a.HTTP, dir.socket())
	}
	return client.Ready(ctx)
}

func askPage(ctx context.Context, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the service does not answer: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10)) // what there is, explains
		return fmt.Errorf("the service is not ready: %s", strings.TrimSpace(string(body)))
	}
	return nil
}

// notReady names the parts that are not ready, and why; nil if all are.
func notReady(parts map[string]error) error {
	var causes []string
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if err := parts[name]; err != nil {
			causes = append(causes, name+": "+err.Error())
		}
	}
	if causes == nil {
		return nil
	}
	return coolant.Errorf(coolant.CodeUnavailable, "the service is not ready: %s", strings.Join(causes, "; "))
}

// reachable turns the address of a listener on every interface into one that can
// be called from this machine.
func reachable(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
