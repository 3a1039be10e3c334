package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"coolant/bench/internal/load"
	"coolant/bench/internal/report"
)

const (
	viewers       = 100
	viewedDevices = 100
	viewedRate    = 100 // messages a second: every device once a second
)

// browser measures from the moment at which a sample was due to be published to
// the moment at which each viewer has it.
func browser(ctx context.Context, b *bench) ([]report.Row, error) {
	row := report.Row{
		ID: "browser", Unit: report.Millis, What: "publish to browser p99, 100 SSE viewers", Aim: "50 ms", Earlier: "SSE alone 14 ms",
	}
	var rounds []report.Round
	for i := range b.rounds {
		r, err := b.browserRound(ctx)
		if err != nil {
			return nil, fmt.Errorf("round %d: %w", i+1, err)
		}
		fmt.Fprintf(os.Stderr, "  round %d: p99 %.4g ms\n", i+1, r.Value)
		rounds = append(rounds, r)
	}
	row.Coolant = report.NewMeasure(rounds)
	row.Note = fmt.Sprintf("%d devices publish one sample a second each over TLS, so %d samples a second reach every one of %d streams and %d all of them; every viewer has received every sample. Median %.1f ms; PUBACK p99 of the same samples %.1f ms; the generator itself was behind its schedule by %.2f ms (p99). The viewers share the cores.",
		viewedDevices, viewedRate, viewers, viewedRate*viewers, row.Coolant.Extra[extraP50], row.Coolant.Extra["puback_p99_ms"], row.Coolant.Extra["generator_late_p99_ms"])
	return []report.Row{row}, nil
}

func (b *bench) browserRound(ctx context.Context) (report.Round, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	s, err := b.open(ctx, viewedDevices, b.debugEnv()...)
	if err != nil {
		return report.Round{}, err
	}
	defer s.close()
	t, err := s.target(true)
	if err != nil {
		return report.Round{}, err
	}
	v, err := load.NewViewers(ctx, s.URL("/api/v1/stream"), viewers)
	if err != nil {
		return report.Round{}, err
	}
	o := load.OpenOptions{
		Rate: viewedRate, Warmup: 0, Window: b.span(10 * time.Second),
		Sent: func(device int, ts int64, due time.Time) { v.Expect(s.clients[device].ID, ts, due) },
	}
	profiled := b.startProfile(ctx, "browser", 0, o.Window)
	res, err := load.Open(ctx, t, o)
	profiled()
	if err == nil {
		err = v.Wait(ctx)
	}
	seen, closeErr := v.Close()
	if err == nil {
		err = closeErr
	}
	if err != nil {
		return report.Round{}, err
	}
	return report.Round{Value: millis(seen.Quantile(0.99)), Extra: map[string]float64{
		extraP50: millis(seen.Quantile(0.5)), extraMax: millis(seen.Max()),
		"generator_late_p99_ms": millis(res.Late.Quantile(0.99)), "puback_p99_ms": millis(res.Latency.Quantile(0.99)),
	}}, s.verify(ctx, res.Devices)
}
