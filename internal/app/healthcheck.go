package app

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"coolant/internal/app/config"
)

// Healthcheck asks the service that runs on the data directory whether it is
// ready; nil means yes. The error says why not.
func Healthcheck(ctx context.Context, c config.Config) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	a, err := dataDir(c.Data).readAddresses()
	if err != nil {
		return err
	}
	if a.HTTP == "" {
		return fmt.Errorf("the page is turned off (http.addr), so the service cannot be asked")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(a.HTTP)+"/readyz", nil)
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
