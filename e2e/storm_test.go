package e2e

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// stormDevices come back at once in the test; `make bench` does it with 10,000.
const stormDevices = 1000

// TestStorm lets a thousand devices lose their server at the same moment and
// come back over TLS all at once. Each must be let in, and have one sample
// acknowledged, and all of them must be connected at the end.
func TestStorm(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	dir := dataDir(t)
	r := randomness(t)
	creds := addDevices(ctx, t, dir, "storm", stormDevices)
	o := proc.Options{Binary: binary(t), Dir: dir}
	s := start(ctx, t, o)
	devices := make([]*returning, len(creds))
	for i, c := range creds {
		p := newPublisher(c, r, time.Now().Add(-time.Hour))
		devices[i] = &returning{publisher: p}
	}
	if err := allReturn(ctx, s, devices); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	for _, d := range devices {
		_ = d.conn.Close()
	}
	o.HTTP, o.MQTTS, o.MQTT = s.Addr.HTTP, s.Addr.MQTTS, s.Addr.MQTT
	s, err := proc.Launch(o) // the devices do not wait until it is ready
	if err != nil {
		t.Fatal(err)
	}
	endWithTest(t, s)
	begin := time.Now()
	if err := allReturn(ctx, s, devices); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d devices were served in %v", len(devices), time.Since(begin).Round(time.Millisecond))
	until(ctx, t, "all devices to count as connected", func() error {
		n, err := connected(ctx, s)
		if err == nil && n != len(devices) {
			err = fmt.Errorf("%d are", n)
		}
		return err
	})
	for _, d := range devices {
		if have, err := d.stored(ctx, s, 2); err != nil || contiguous(have) != 2 {
			t.Fatalf("%s has %v: %v", d.device, have, err)
		}
		_ = d.conn.Close()
	}
}

// returning is a device that connects and publishes one sample each time.
type returning struct {
	*publisher
	conn *mqtt.Conn
	seq  uint64
}

func allReturn(ctx context.Context, s *proc.Server, devices []*returning) error {
	conf, err := proc.TLS(s.Dir)
	if err != nil {
		return err
	}
	var g errgroup.Group
	for _, d := range devices {
		g.Go(func() error {
			d.seq++
			o := mqtt.Options{Addr: s.Addr.MQTTS, TLS: conf, ReadBuffer: 512, Connect: mqtt.Connect{
				Version: mqtt.V5, ID: d.cred.ID, User: d.cred.Username, Password: d.cred.Password, KeepAlive: 60,
			}}
			if err := d.comeBack(ctx, o); err != nil {
				return fmt.Errorf("%s: %w", d.device, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// comeBack tries until its sample is acknowledged.
func (d *returning) comeBack(ctx context.Context, o mqtt.Options) error {
	for {
		c, err := mqtt.Dial(ctx, o)
		if err == nil {
			d.conn = c
			if err = d.publishOne(ctx); err == nil {
				return nil
			}
			_ = c.Close()
		}
		if mqtt.IsRefused(err) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		runFor(ctx, 50*time.Millisecond+rand.N(200*time.Millisecond)) // the device's backoff
	}
}

func (d *returning) publishOne(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = d.conn.Close() })
	defer stop()
	payload := d.appendTelemetry(nil, d.seq, d.seq)
	_, err := d.conn.Write(mqtt.AppendPublish(nil, d.conn.Version, mqtt.Publish{Topic: "coolant/" + d.device + "/telemetry", Payload: payload, ID: 1, QoS: 1}))
	if err != nil {
		return err
	}
	for {
		p, err := d.conn.Next()
		if err != nil {
			return err
		}
		if p.Type == mqtt.TypePubAck {
			_, reason, err := mqtt.ParseAck(d.conn.Version, p)
			if err == nil && reason >= 0x80 {
				err = fmt.Errorf("PUBACK with reason 0x%02x", reason)
			}
			return err
		}
	}
}
