package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
	"coolant/internal/broker/brokertest"
)

// A day alone, at one sample a minute, goes out as the contract's devices send it: in
// batches, a few of them in flight.
const (
	dayOfSamples   = 24 * 60
	samplesOfBatch = 60
	batchesFlying  = 4
)

// comeBack is how many devices send their day at the same time: their reconnections
// are spread by a random delay.
const comeBack = 4

// TestBacklogBesideLive lets many devices that were alone for a day come back through
// an outside broker, while another one measures. Its samples are stored one after the
// other in the middle of all that, and nothing is lost or doubled.
func TestBacklogBesideLive(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	r := randomness(t)
	const devices = 100
	creds := outsiders("back", devices)
	live := outsiders("live", 1)[0]
	b := startOutside(t, brokertest.Options{}, append(creds, live)...)
	s := start(ctx, t, proc.Options{Binary: binary(t), Dir: dataDir(t), Env: b.env(t, "remote")})

	sources := make([]*source, devices)
	conns := make([]*mqtt.Conn, devices)
	for i, c := range creds {
		sources[i] = &source{
			device: c.ID, boot: fmt.Sprintf("%016x", r.Uint64()|1), step: 60_000,
			base: time.Now().Add(-dayOfSamples * time.Minute).UnixMilli(), salt: r.Uint64N(1000),
		}
		conns[i] = dialOutside(ctx, t, b, c)
	}
	now := &source{device: live.ID, boot: fmt.Sprintf("%016x", r.Uint64()|1), step: 1000, base: time.Now().Add(-24 * time.Hour).UnixMilli(), salt: 1}
	nowConn := dialOutside(ctx, t, b, live)

	began := time.Now()
	sent := make(chan error, devices)
	turn := make(chan struct{}, comeBack)
	for i := range sources {
		go func() {
			turn <- struct{}{}
			sent <- sources[i].sendDay(ctx, conns[i])
			<-turn
		}()
	}
	// A live sample that is seen in the store, and then the count says that not all of
	// the backlog is: it was stored before that.
	const all, enough = devices * dayOfSamples, 10
	between, worst, backlog, seq := 0, time.Duration(0), 0, uint64(0)
	for backlog < all {
		seq++
		asked := time.Now()
		if err := publish(ctx, nowConn, now, seq); err != nil {
			t.Fatal(err)
		}
		until(ctx, t, "a live sample", func() error { return now.has(ctx, s, seq) })
		waited := time.Since(asked)
		n, err := storedSamples(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		if backlog = n - int(seq); backlog > 0 && backlog < all {
			between++
			worst = max(worst, waited)
		}
	}
	if between < enough {
		t.Errorf("only %d live samples were stored before the whole backlog was", between)
	}
	t.Logf("%d samples of backlog in %v; %d live ones were stored meanwhile, the slowest after %v",
		backlog, time.Since(began).Round(time.Millisecond), between, worst.Round(time.Millisecond))
	for range sources {
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
	}
	for _, one := range append(sources, now) {
		last := uint64(dayOfSamples)
		if one == now {
			last = seq
		}
		have, err := one.stored(ctx, s, last)
		if err != nil || contiguous(have) != last {
			t.Fatalf("%s: %d of %d samples are stored, %v", one.device, contiguous(have), last, err)
		}
	}
}

// sendDay sends a day's samples, oldest first, and returns when the broker has
// acknowledged all of them.
func (s *source) sendDay(ctx context.Context, c *mqtt.Conn) error {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	flying := 0
	for first := uint64(1); first <= dayOfSamples || flying > 0; {
		if first <= dayOfSamples && flying < batchesFlying {
			payload := s.appendTelemetry(nil, first, first+samplesOfBatch-1)
			id := uint16(first)
			if _, err := c.Write(mqtt.AppendPublish(nil, c.Version, mqtt.Publish{Topic: "coolant/" + s.device + "/telemetry", Payload: payload, ID: id, QoS: 1})); err != nil {
				return err
			}
			first += samplesOfBatch
			flying++
			continue
		}
		if err := awaitAck(c); err != nil {
			return fmt.Errorf("%s: %w", s.device, err)
		}
		flying--
	}
	return nil
}

func publish(ctx context.Context, c *mqtt.Conn, s *source, seq uint64) error {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	p := mqtt.Publish{Topic: "coolant/" + s.device + "/telemetry", Payload: s.appendTelemetry(nil, seq, seq), ID: uint16(seq), QoS: 1}
	if _, err := c.Write(mqtt.AppendPublish(nil, c.Version, p)); err != nil {
		return err
	}
	return awaitAck(c)
}

func awaitAck(c *mqtt.Conn) error {
	p, err := c.Next()
	if err != nil {
		return err
	}
	if p.Type != mqtt.TypePubAck {
		return fmt.Errorf("a packet of type %d instead of a PUBACK", p.Type)
	}
	return nil
}

// has says whether the server has a sample; nil means yes.
func (s *source) has(ctx context.Context, srv *proc.Server, seq uint64) error {
	path := fmt.Sprintf("/api/v1/devices/%s/samples.csv?metrics=pump_rpm&from=%d&to=%d", s.device, s.time(seq), s.time(seq)+1)
	code, body, err := srv.Get(ctx, path)
	if err != nil {
		return err
	}
	if code != http.StatusOK || strings.Count(string(body), "\n") != 2 {
		return fmt.Errorf("%d %s", code, body)
	}
	return nil
}

// storedSamples is how many samples the server has stored since it started.
func storedSamples(ctx context.Context, s *proc.Server) (int, error) {
	_, body, err := s.Get(ctx, "/metrics")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(body)) {
		if text, ok := strings.CutPrefix(line, "coolant_ingest_samples_total "); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
			return int(n), err
		}
	}
	return 0, errors.New("there is no counter of samples")
}
