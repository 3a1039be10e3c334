package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"coolant/bench/internal/load"
	"coolant/bench/internal/report"
	"coolant/e2e/mqtt"
)

// duel measures Coolant and the peer in turns, A B A B, so that what else happens
// on the machine meets both.
func (b *bench) duel(ctx context.Context, coolant, other func(context.Context) (report.Round, error)) (report.Measure, *report.Measure, error) {
	var a, z []report.Round
	for i := range b.rounds {
		r, err := coolant(ctx)
		if err != nil {
			return report.NewMeasure(a), nil, fmt.Errorf("round %d of Coolant: %w", i+1, err)
		}
		a = append(a, r)
		fmt.Fprintf(os.Stderr, "  round %d: Coolant %.4g", i+1, r.Value)
		if !b.noPeer {
			if r, err = other(ctx); err != nil {
				return report.NewMeasure(a), nil, fmt.Errorf("round %d of the peer: %w", i+1, err)
			}
			z = append(z, r)
			fmt.Fprintf(os.Stderr, ", peer %.4g", r.Value)
		}
		fmt.Fprintln(os.Stderr)
	}
	if b.noPeer {
		return report.NewMeasure(a), nil, nil
	}
	m := report.NewMeasure(z)
	return report.NewMeasure(a), &m, nil
}

// ingest measures messages a second with one metric each, acknowledged and
// committed, first over TLS and then plain.
func ingest(id string, clients, inFlight int) func(context.Context, *bench) ([]report.Row, error) {
	return func(ctx context.Context, b *bench) ([]report.Row, error) {
		var rows []report.Row
		for _, secure := range []bool{true, false} {
			row := ingestRow(id, clients, inFlight, secure)
			o := load.ClosedOptions{InFlight: inFlight, Warmup: b.span(time.Second), Window: b.span(5 * time.Second)}
			var err error
			row.Coolant, row.Peer, err = b.duel(ctx,
				func(ctx context.Context) (report.Round, error) {
					return b.ingestCoolant(ctx, row.ID, clients, secure, o)
				},
				func(ctx context.Context) (report.Round, error) { return b.ingestPeer(ctx, clients, secure, o) })
			if err != nil {
				return rows, err
			}
			row.Note = fmt.Sprintf("processor time of the server for each message: Coolant %.1f µs, peer %s; from publish to PUBACK p99: Coolant %.1f ms, peer %s.",
				row.Coolant.Extra[extraCPU], extra(row.Peer, extraCPU, "%.1f µs"), row.Coolant.Extra[extraP99], extra(row.Peer, extraP99, "%.1f ms"))
			rows = append(rows, row)
		}
		return rows, nil
	}
}

const (
	extraCPU = "cpu_us_per_message"
	extraP99 = "p99_ms"
	extraP50 = "p50_ms"
	extraMax = "max_ms"
)

func extra(m *report.Measure, name, format string) string {
	if m == nil {
		return "-"
	}
	return fmt.Sprintf(format, m.Extra[name])
}

func ingestRow(id string, clients, inFlight int, secure bool) report.Row {
	row := report.Row{
		ID: id + "-plain", Unit: report.PerSecond,
		What: fmt.Sprintf("acknowledged and committed, %d clients x %d in flight", clients, inFlight),
	}
	if clients == 1 {
		row.What = fmt.Sprintf("acknowledged and committed, one client, %d in flight", inFlight)
		row.Earlier, row.Aim = "10.8 k with an asynchronous commit, 1.5 k with a blocking hook", "15 k"
	} else {
		row.Earlier = "the article's backend 144 to 409 (and it loses messages); Mosquitto with a subscriber 66 k; a bare embedded broker 116 k; asynchronous commit 70 k"
		row.Aim = "90 k, and at least 1.2 x Mosquitto"
	}
	if secure {
		row.ID, row.What = id+"-tls", row.What+", TLS"
		row.Earlier = "-"
	} else {
		row.What += ", plain"
	}
	return row
}

func (b *bench) ingestCoolant(ctx context.Context, id string, clients int, secure bool, o load.ClosedOptions) (report.Round, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	s, err := b.open(ctx, clients, b.debugEnv()...)
	if err != nil {
		return report.Round{}, err
	}
	defer s.close()
	t, err := s.target(secure)
	if err != nil {
		return report.Round{}, err
	}
	cpu := &meter{pid: s.PID()}
	o.Edge = cpu.edge
	profiled := b.startProfile(ctx, id, o.Warmup, o.Window)
	res, err := load.Closed(ctx, t, o)
	profiled()
	if err != nil {
		return report.Round{}, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	if err := s.verify(ctx, res.Devices); err != nil {
		return report.Round{}, err
	}
	return ingestRound(res, cpu, false), nil
}

func (b *bench) ingestPeer(ctx context.Context, clients int, secure bool, o load.ClosedOptions) (report.Round, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	m, err := b.mosquitto(ctx, secure)
	if err != nil {
		return report.Round{}, err
	}
	defer m.Stop()
	t := load.Target{Version: mqtt.V5, Clients: anonymous(clients)}
	if t.Addr, t.TLS, err = m.Target(secure); err != nil {
		return report.Round{}, err
	}
	if o.Sink, err = load.NewSink(ctx, t, load.Client{ID: "sink"}); err != nil {
		return report.Round{}, err
	}
	defer o.Sink.Close()
	cpu := &meter{pid: m.PID()}
	o.Edge = cpu.edge
	res, err := load.Closed(ctx, t, o)
	if err != nil {
		return report.Round{}, err
	}
	return ingestRound(res, cpu, true), nil
}

func ingestRound(res *load.ClosedResult, cpu *meter, sink bool) report.Round {
	return report.Round{Value: res.Rate(sink), Extra: map[string]float64{
		extraCPU: cpu.perMessage(res.Acked), extraP99: millis(res.Latency.Quantile(0.99)), extraP50: millis(res.Latency.Quantile(0.5)),
	}}
}

func anonymous(n int) []load.Client {
	c := make([]load.Client, n)
	for i := range c {
		c[i].ID = fmt.Sprintf("load-%05d", i)
	}
	return c
}

// latency measures publish to PUBACK at a fixed rate.
func latency(ctx context.Context, b *bench) ([]report.Row, error) {
	const clients, rate = 1000, 5000
	o := load.OpenOptions{Rate: rate, Warmup: b.span(2 * time.Second), Window: b.span(10 * time.Second)}
	var rows []report.Row
	for _, secure := range []bool{true, false} {
		row := report.Row{
			ID: "latency-plain", Unit: report.Millis, What: "publish to PUBACK p99 at 5,000/s from 1,000 clients, plain", Aim: "10 ms", Earlier: "3 to 21 ms",
		}
		if secure {
			row.ID, row.What, row.Earlier = "latency-tls", "publish to PUBACK p99 at 5,000/s from 1,000 clients, TLS", "-"
		}
		var err error
		row.Coolant, row.Peer, err = b.duel(ctx,
			func(ctx context.Context) (report.Round, error) {
				return b.latencyCoolant(ctx, row.ID, clients, secure, o)
			},
			func(ctx context.Context) (report.Round, error) { return b.latencyPeer(ctx, clients, secure, o) })
		if err != nil {
			return rows, err
		}
		row.Note = fmt.Sprintf("from the moment at which a message was due; median: Coolant %.2f ms, peer %s; the generator itself was behind its schedule by %.2f ms (p99). The peer acknowledges without storing.",
			row.Coolant.Extra[extraP50], extra(row.Peer, extraP50, "%.2f ms"), row.Coolant.Extra["generator_late_p99_ms"])
		rows = append(rows, row)
	}
	return rows, nil
}

func (b *bench) latencyCoolant(ctx context.Context, id string, clients int, secure bool, o load.OpenOptions) (report.Round, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	s, err := b.open(ctx, clients, b.debugEnv()...)
	if err != nil {
		return report.Round{}, err
	}
	defer s.close()
	t, err := s.target(secure)
	if err != nil {
		return report.Round{}, err
	}
	profiled := b.startProfile(ctx, id, o.Warmup, o.Window)
	res, err := load.Open(ctx, t, o)
	profiled()
	if err != nil {
		return report.Round{}, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	return latencyRound(res), s.verify(ctx, res.Devices)
}

func (b *bench) latencyPeer(ctx context.Context, clients int, secure bool, o load.OpenOptions) (report.Round, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	m, err := b.mosquitto(ctx, secure)
	if err != nil {
		return report.Round{}, err
	}
	defer m.Stop()
	t := load.Target{Version: mqtt.V5, Clients: anonymous(clients)}
	if t.Addr, t.TLS, err = m.Target(secure); err != nil {
		return report.Round{}, err
	}
	sink, err := load.NewSink(ctx, t, load.Client{ID: "sink"})
	if err != nil {
		return report.Round{}, err
	}
	defer sink.Close()
	res, err := load.Open(ctx, t, o)
	if err != nil {
		return report.Round{}, err
	}
	return latencyRound(res), nil
}

func latencyRound(res *load.OpenResult) report.Round {
	return report.Round{Value: millis(res.Latency.Quantile(0.99)), Extra: map[string]float64{
		extraP50: millis(res.Latency.Quantile(0.5)), extraMax: millis(res.Latency.Max()),
		"generator_late_p99_ms": millis(res.Late.Quantile(0.99)),
	}}
}
