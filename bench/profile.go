package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// debugAddr is where a server that is profiled serves net/http/pprof. Only one
// runs at a time.
func (b *bench) debugAddr() string {
	if b.profile == "" {
		return ""
	}
	if b.debug == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ""
		}
		b.debug = l.Addr().String()
		_ = l.Close() // the server takes the port
	}
	return b.debug
}

func (b *bench) debugEnv() []string {
	if a := b.debugAddr(); a != "" {
		return []string{"COOLANT_DEBUG_ADDR=" + a}
	}
	return nil
}

// startProfile takes a processor profile of the server during the window that
// begins after warmup, once for each id, where profiles are wanted. The function that it returns
// waits for it.
func (b *bench) startProfile(ctx context.Context, id string, warmup, window time.Duration) (wait func()) {
	file := filepath.Join(b.profile, id+".pprof")
	if b.profile == "" {
		return func() {}
	}
	if _, err := os.Stat(file); err == nil {
		return func() {}
	}
	done := make(chan struct{})
	time.AfterFunc(warmup, func() {
		defer close(done)
		url := fmt.Sprintf("http://%s/debug/pprof/profile?seconds=%d", b.debugAddr(), max(int(window.Seconds()), 1))
		if err := download(ctx, url, file); err != nil {
			fmt.Fprintf(os.Stderr, "  no profile: %v\n", err)
		}
	})
	return func() { <-done }
}

func download(ctx context.Context, url, file string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answered %s", url, resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(file, body, 0o644)
}
