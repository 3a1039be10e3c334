package app

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"coolant"
	"coolant/internal/quota"
)

// The meter on the real store: what it counted is there again after a restart, and
// so is what it said.
func TestQuotaSurvivesRestart(t *testing.T) {
	dir := dataDir(t.TempDir())
	limits, preset := quota.Allowance(quota.PresetEMQXServerless, quota.Limits{})
	now := time.Date(2026, 11, 30, 23, 58, 0, 0, time.UTC)
	var before coolant.Quota
	for round := range 3 {
		store, err := dir.openStore(t.Context(), discard(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var told atomic.Int64
		m, err := quota.New(t.Context(), quota.Options{
			Limits: limits, Preset: preset, Records: store, Sessions: func() int { return 1 },
			Changed: func(coolant.Quota) { told.Add(1) }, Now: func() time.Time { return now }, Log: discard(),
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Status(); round > 0 && got != before {
			t.Errorf("after restart %d: %+v, before %+v", round, got, before)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- m.Run(ctx) }()
		m.Count(450_000_000)
		for deadline := time.Now().Add(10 * time.Second); told.Load() == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the meter does not run")
			}
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		before = m.Status()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	if before.Bytes.Used != 1_350_000_000 || before.Level != coolant.QuotaOver || before.Preset != "emqx-serverless" {
		t.Errorf("%+v", before)
	}
}

// A store that is closed under the meter costs a line in the log and nothing else.
func TestQuotaWithoutStore(t *testing.T) {
	store, err := dataDir(t.TempDir()).openStore(t.Context(), discard(), nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := quota.New(t.Context(), quota.Options{Records: store, Sessions: func() int { return 1 }, Log: discard()})
	if err = errors.Join(err, store.Close()); err != nil {
		t.Fatal(err)
	}
	m.Count(5)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := m.Run(ctx); err != nil || m.Status().Bytes.Used != 5 {
		t.Errorf("%v, %+v", err, m.Status())
	}
}
