package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"coolant/bench/internal/load"
	"coolant/bench/internal/machine"
	"coolant/bench/internal/peer"
	"coolant/bench/internal/report"
	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// bench is what every measurement works with.
type bench struct {
	binary  proc.Binary
	dir     string // everything is below it; removed at the end
	profile string // where processor profiles go; empty means none
	debug   string // where the server serves them
	rounds  int
	quick   bool
	noPeer  bool
	results report.Results

	serial int // numbers the data directories
}

// measurement makes one or more rows of the table.
type measurement struct {
	id      string
	measure func(context.Context, *bench) ([]report.Row, error)
}

func measurements() []measurement {
	return []measurement{
		{"ingest-100", ingest("ingest-100", 100, 20)},
		{"ingest-1", ingest("ingest-1", 1, 20)},
		{"latency", latency},
		{"browser", browser},
		{"query-day", queryDay},
		{"query-seconds", querySeconds},
		{"query-year", queryYear},
		{"memory-idle", memoryIdle},
		{"memory-plain", memoryConnected(10000, false)},
		{"memory-tls", memoryConnected(5000, true)},
		{"ready", ready},
		{"storm", storm},
	}
}

// span is d, or a short time in a smoke run.
func (b *bench) span(d time.Duration) time.Duration {
	if b.quick {
		return min(d, 500*time.Millisecond)
	}
	return d
}

// scale is n, or a twentieth of it in a smoke run.
func (b *bench) scale(n int) int {
	if b.quick {
		return max(n/20, 1)
	}
	return n
}

// site is a running Coolant on a data directory of its own.
type site struct {
	*proc.Server
	options proc.Options
	clients []load.Client
}

// open starts a server on a fresh data directory with n devices.
func (b *bench) open(ctx context.Context, n int, env ...string) (*site, error) {
	b.serial++
	dir := filepath.Join(b.dir, strconv.Itoa(b.serial))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	s := &site{options: proc.Options{Binary: b.binary, Dir: dir, Env: env}}
	if n > 0 {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf("load-%05d", i)
		}
		creds, err := b.binary.AddDevices(ctx, dir, ids...)
		if err != nil {
			return nil, err
		}
		for _, c := range creds {
			s.clients = append(s.clients, load.Client{ID: c.ID, User: c.Username, Password: c.Password})
		}
	}
	var err error
	s.Server, err = proc.Start(ctx, s.options)
	return s, err
}

// close ends the server and removes its data.
func (s *site) close() {
	s.Kill()
	_ = os.RemoveAll(s.Dir) // the whole directory goes at the end of the run
}

// target is the server as a load sees it, over TLS or plain.
func (s *site) target(secure bool) (load.Target, error) {
	t := load.Target{Addr: s.Addr.MQTT, Version: mqtt.V5, Clients: s.clients}
	if secure {
		conf, err := proc.TLS(s.Dir)
		if err != nil {
			return t, err
		}
		t.Addr, t.TLS = s.Addr.MQTTS, conf
	}
	return t, nil
}

// verify checks that what the server acknowledged is stored, each sample once
// and with its value, and nothing that was never sent.
func (s *site) verify(ctx context.Context, devices []load.Sent) error {
	for _, d := range devices {
		if d.Sent == 0 {
			continue
		}
		if err := s.verifyDevice(ctx, d); err != nil {
			return fmt.Errorf("verify %s: %w", d.Stream.Device, err)
		}
	}
	return nil
}

func (s *site) verifyDevice(ctx context.Context, d load.Sent) error {
	from, to := d.Stream.Start, d.Stream.Time(d.Sent)+1
	url := s.URL(fmt.Sprintf("/api/v1/devices/%s/samples.csv?metrics=water&from=%d&to=%d", d.Stream.Device, from, to))
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
	rows := csv.NewReader(resp.Body)
	rows.ReuseRecord = true
	if _, err := rows.Read(); err != nil {
		return fmt.Errorf("header of the export: %w", err)
	}
	var last, stored uint64
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		at, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			return err
		}
		seq := d.Stream.Seq(at.UnixMilli())
		value, err := strconv.ParseFloat(row[1], 64)
		if err != nil || seq <= last || seq > d.Sent || value != load.Value(seq) {
			return fmt.Errorf("row %q after sample %d is none of what was sent", row, last)
		}
		last = seq
		stored++
	}
	if stored < d.Acked {
		return fmt.Errorf("%d of %d acknowledged samples are stored", stored, d.Acked)
	}
	return nil
}

// mosquitto starts the peer with the certificate of the site, where there is one.
func (b *bench) mosquitto(ctx context.Context, secure bool) (*peer.Mosquitto, error) {
	dir, err := os.MkdirTemp(b.dir, "mosquitto-")
	if err != nil {
		return nil, err
	}
	var cert *peer.Certificate
	if secure {
		if cert, err = peer.SelfSigned(dir); err != nil {
			return nil, err
		}
	}
	m, err := peer.Start(ctx, dir, cert)
	if err == nil {
		b.results.Peer = "Mosquitto " + m.Version + " passing the same messages at QoS 1 to one subscriber that stores nothing"
	}
	return m, err
}

// meter takes the processor time that a process used between two edges.
type meter struct {
	pid   int
	times []time.Duration
}

func (m *meter) edge() {
	if t, err := machine.CPU(m.pid); err == nil {
		m.times = append(m.times, t)
	}
}

// perMessage is the processor time in microseconds that each of n messages cost.
func (m *meter) perMessage(n uint64) float64 {
	if len(m.times) < 2 || n == 0 {
		return 0
	}
	return float64((m.times[1] - m.times[0]).Microseconds()) / float64(n)
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
