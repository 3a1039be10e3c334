package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"coolant/e2e/mqtt"
	"coolant/e2e/proc"
)

// crashes is how often the server is killed under load.
const crashes = 22

// TestCrash kills the server at random moments while devices publish, and starts
// it again on the same data. After every crash, before any device has come back,
// everything that was acknowledged must be there, and `committed` must not have
// promised more than is stored without a hole. In the end every sample is there
// exactly once with the right value, and the rollups equal the raw samples.
func TestCrash(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	r := randomness(t)
	dir := dataDir(t)
	publishers := crashPublishers(ctx, t, dir, r)
	f := launch(ctx, t, publishers...)
	o := proc.Options{Binary: binary(t), Dir: dir}
	stillborn := 0
	for i := range crashes {
		s := start(ctx, t, o)
		if _, err := f.check(ctx, s); err != nil {
			t.Fatalf("after crash %d: %v", i, err)
		}
		before := f.acked()
		f.admit(ctx, t, s)
		runFor(ctx, time.Duration(20+r.IntN(400))*time.Millisecond)
		if i%4 == 3 { // every fourth time wait until it is surely busy
			until(ctx, t, "an acknowledgement", func() error { return more(f.acked(), before) })
		}
		s.Kill()
		f.expel()
		if i%5 == 4 { // and now and then it dies while it starts
			again, err := proc.Launch(o)
			if err != nil {
				t.Fatal(err)
			}
			runFor(ctx, time.Duration(r.IntN(60))*time.Millisecond)
			again.Kill()
			stillborn++
		}
	}
	if f.acked() == 0 {
		t.Fatal("nothing was acknowledged in any of the runs")
	}

	s := start(ctx, t, o)
	f.admit(ctx, t, s)
	until(ctx, t, "samples of more than an hour", f.fillHours)
	f.pause(true)
	until(ctx, t, "every sample to be acknowledged and committed", f.settled)
	stored, err := f.check(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	made := f.made()
	if stored != made {
		t.Errorf("%d samples were sent, %d are stored", made, stored)
	}
	for _, p := range publishers {
		checkRollups(ctx, t, s, p)
	}
	t.Logf("%d samples of %d devices over %d crashes and %d deaths at start", made, len(publishers), crashes, stillborn)
}

// crashPublishers are devices of every kind: both versions, plain and TLS, single
// samples and batches.
func crashPublishers(ctx context.Context, t *testing.T, dir string, r *rand.Rand) []*publisher {
	t.Helper()
	kinds := []struct {
		version mqtt.Version
		secure  bool
		batch   int
	}{
		{mqtt.V5, false, 1},
		{mqtt.V311, false, 1},
		{mqtt.V5, true, 1},
		{mqtt.V5, false, 10},
		{mqtt.V311, true, 40},
		{mqtt.V5, true, 3},
	}
	creds := addDevices(ctx, t, dir, "crash", len(kinds))
	base := time.Now().Add(-30 * 24 * time.Hour)
	publishers := make([]*publisher, len(kinds))
	for i, k := range kinds {
		p := newPublisher(creds[i], r, base)
		p.version, p.secure, p.batch = k.version, k.secure, k.batch
		publishers[i] = p
	}
	return publishers
}

// checkRollups waits until the rollups of both resolutions are what the samples
// make them.
func checkRollups(ctx context.Context, t *testing.T, s *proc.Server, p *publisher) {
	t.Helper()
	made, _, _ := p.progress()
	last := uint64(made)
	until(ctx, t, "the minutes of "+p.device, func() error { return p.checkRollup(ctx, s, "1m", 60_000, last) })
	until(ctx, t, "the hours of "+p.device, func() error { return p.checkRollup(ctx, s, "1h", 3600_000, last) })
}

func more(now, before int) error {
	if now <= before {
		return errors.New("none has come")
	}
	return nil
}

// runFor lets the server work for a time that is part of the test: the moment of
// the crash.
func runFor(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
