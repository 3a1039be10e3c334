package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"coolant/bench/internal/load"
	"coolant/bench/internal/machine"
	"coolant/bench/internal/report"
	"coolant/e2e/proc"
)

// settleTime is how long a server is left alone before its memory is read.
const settleTime = 10 * time.Second

func megabytes(bytes int64) float64 { return float64(bytes) / (1 << 20) }

// settledRSS lets the server come to rest and reads its resident memory.
func (b *bench) settledRSS(ctx context.Context, s *site) (float64, error) {
	t := time.NewTimer(b.span(settleTime))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-s.Done():
		return 0, fmt.Errorf("the server ended; its log:\n%s", s.Log())
	case <-t.C:
	}
	rss, err := machine.RSS(s.PID())
	return megabytes(rss), err
}

func memoryIdle(ctx context.Context, b *bench) ([]report.Row, error) {
	row := report.Row{
		ID: "memory-idle", Unit: report.MiB, What: "memory of the server, idle", Aim: "25 MB", Earlier: "the article's backend 38 MB; broker and store 12 MB",
		Note: "resident memory of the server process alone, 10 s after it was ready.",
	}
	var rounds []report.Round
	for range min(b.rounds, 3) {
		s, err := b.open(ctx, 0)
		if err != nil {
			return nil, err
		}
		rss, err := b.settledRSS(ctx, s)
		s.close()
		if err != nil {
			return nil, err
		}
		rounds = append(rounds, report.Round{Value: rss})
	}
	row.Coolant = report.NewMeasure(rounds)
	return []report.Row{row}, nil
}

// memoryConnected measures the server's memory with n idle devices, connected
// only and then also subscribed to their four topics.
func memoryConnected(n int, secure bool) func(context.Context, *bench) ([]report.Row, error) {
	return func(ctx context.Context, b *bench) ([]report.Row, error) {
		ctx, cancel := context.WithTimeout(ctx, 6*time.Minute)
		defer cancel()
		count := b.scale(n)
		var rows []report.Row
		for _, subscribe := range []bool{false, true} {
			row := memoryRow(n, secure, subscribe)
			rss, took, err := b.fleetMemory(ctx, count, secure, subscribe)
			if err != nil {
				return rows, err
			}
			fmt.Fprintf(os.Stderr, "  %s: %.4g MB\n", row.What, rss)
			row.Coolant = report.NewMeasure([]report.Round{{Value: rss, Extra: map[string]float64{"connect_s": took.Seconds()}}})
			row.Note = fmt.Sprintf("the connections were made in %.1f s, 64 at a time; keep-alive 60 s.", took.Seconds())
			rows = append(rows, row)
		}
		return rows, nil
	}
}

func memoryRow(n int, secure, subscribe bool) report.Row {
	row := report.Row{
		ID: "memory-plain", Unit: report.MiB, What: fmt.Sprintf("memory with %d connected devices, plain", n), Aim: "200 MB", Earlier: "broker and store 263 MB",
	}
	if secure {
		row.ID, row.What = "memory-tls", fmt.Sprintf("memory with %d connected devices, TLS", n)
		row.Aim, row.Earlier = "180 MB", "broker and store 192 MB"
	}
	if subscribe {
		row.ID += "-subscribed"
		row.What += ", each subscribed to its 4 topics"
		row.Aim, row.Earlier = "-", "-"
	}
	return row
}

func (b *bench) fleetMemory(ctx context.Context, n int, secure, subscribe bool) (rss float64, took time.Duration, err error) {
	s, err := b.open(ctx, n, b.debugEnv()...)
	if err != nil {
		return 0, 0, err
	}
	defer s.close()
	t, err := s.target(secure)
	if err != nil {
		return 0, 0, err
	}
	start := time.Now()
	f, err := load.NewFleet(ctx, t, load.FleetOptions{Subscribe: subscribe})
	if err != nil {
		return 0, 0, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	defer f.Close()
	took = time.Since(start)
	rss, err = b.settledRSS(ctx, s)
	if err == nil && f.Lost() > 0 {
		err = fmt.Errorf("the server closed %d of %d connections", f.Lost(), n)
	}
	return rss, took, err
}

// ready measures from the start of the process to the first 200 of /readyz.
func ready(ctx context.Context, b *bench) ([]report.Row, error) {
	s, err := b.open(ctx, b.scale(100))
	if err != nil {
		return nil, err
	}
	defer func() { s.close() }()
	var again, first []report.Round
	for range 2*b.rounds + 1 {
		s.Kill()
		if s.Server, err = proc.Start(ctx, s.options); err != nil {
			return nil, err
		}
		again = append(again, report.Round{Value: time.Since(s.Started()).Seconds()})
	}
	for range b.rounds {
		fresh, err := b.open(ctx, 0)
		if err != nil {
			return nil, err
		}
		first = append(first, report.Round{Value: time.Since(fresh.Started()).Seconds()})
		fresh.close()
	}
	row := report.Row{
		ID: "ready", Unit: report.Seconds, What: "ready after start", Aim: "0.1 s", Earlier: "the article's backend 0.2 to 0.5 s",
		Coolant: report.NewMeasure(again), Note: "from the start of the process to the first 200 of /readyz, asked every 2 ms, after the server before was killed.",
	}
	created := report.Row{
		ID: "ready-first", Unit: report.Seconds, What: "ready after the very first start, which makes the database and the authority", Aim: "-", Earlier: "-",
		Coolant: report.NewMeasure(first),
	}
	return []report.Row{row, created}, nil
}

// storm measures how long it takes until 10,000 devices, which all lost their
// server at the same moment, are served again over TLS.
func storm(ctx context.Context, b *bench) ([]report.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, 6*time.Minute)
	defer cancel()
	n := b.scale(10000)
	s, err := b.open(ctx, n, b.debugEnv()...)
	if err != nil {
		return nil, err
	}
	defer func() { s.close() }()
	t, err := s.target(true)
	if err != nil {
		return nil, err
	}
	f, err := load.NewFleet(ctx, t, load.FleetOptions{})
	if err != nil {
		return nil, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	s.Kill()
	f.Close()
	s.options.HTTP, s.options.MQTTS, s.options.MQTT = s.Addr.HTTP, s.Addr.MQTTS, s.Addr.MQTT
	again, err := proc.Launch(s.options)
	if err != nil {
		return nil, err
	}
	s.Server = again
	profiled := b.startProfile(ctx, "storm", time.Second, 10*time.Second)
	res, err := load.Storm(ctx, t, s.Started())
	profiled()
	if err != nil {
		return nil, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	if err := s.verify(ctx, res.Devices); err != nil {
		return nil, err
	}
	all := res.Served.Max().Seconds()
	fmt.Fprintf(os.Stderr, "  all served after %.4g s\n", all)
	return []report.Row{{
		ID: "storm", Unit: report.Seconds, What: "10,000 devices reconnect over TLS at once: the last one served", Aim: "60 s",
		Earlier: "5,000 full TLS handshakes 12.7 s",
		Coolant: report.NewMeasure([]report.Round{{Value: all, Extra: map[string]float64{
			"median_s": res.Served.Quantile(0.5).Seconds(), "attempts": float64(res.Attempts),
		}}}),
		Note: fmt.Sprintf("from the start of the server process until the last device had the PUBACK of a sample; full handshakes; half of the devices were served after %.1f s; %d connections were tried. The devices' half of the cryptography runs on the same cores.",
			res.Served.Quantile(0.5).Seconds(), res.Attempts),
	}}, nil
}
