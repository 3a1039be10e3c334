package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"coolant/bench/internal/hist"
	"coolant/bench/internal/load"
	"coolant/bench/internal/report"
)

// history is a device with a past, and what a chart asks for.
type history struct {
	samples uint64
	step    time.Duration
	width   int
	env     []string
}

func queryDay(ctx context.Context, b *bench) ([]report.Row, error) {
	h := history{samples: 1440, step: time.Minute, width: 2000}
	rows, err := b.query(ctx, h, report.Row{
		ID: "query-day", Unit: report.Millis, What: "24 h of one-minute data at the API", Aim: "3 ms", Earlier: "the article's backend 5.4 ms",
	})
	return rows, err
}

func querySeconds(ctx context.Context, b *bench) ([]report.Row, error) {
	return b.query(ctx, history{samples: 86400, step: time.Second, width: 1000}, report.Row{
		ID: "query-seconds", Unit: report.Millis, What: "86,400 rows down to 1,000 buckets with extremes", Aim: "10 ms",
		Earlier: "InfluxDB 77 ms; VictoriaMetrics 2.2 ms (averages only); SQL over raw rows 52 to 81 ms",
	})
}

func queryYear(ctx context.Context, b *bench) ([]report.Row, error) {
	// Raw samples are kept for 90 days by default, and older ones are refused.
	h := history{samples: 365 * 1440, step: time.Minute, width: 1000, env: []string{"COOLANT_RETENTION_RAW=400d"}}
	return b.query(ctx, h, report.Row{
		ID: "query-year", Unit: report.Millis, What: "one year of one-minute data at 1,000 buckets, at the API", Aim: "10 ms",
		Earlier: "8 ms from an hourly rollup",
	})
}

// query fills one device through MQTT, waits until the rollups are right, and
// measures the answer to the same kind of question, one at a time.
func (b *bench) query(ctx context.Context, h history, row report.Row) ([]report.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	s, err := b.open(ctx, 1, append(h.env, b.debugEnv()...)...)
	if err != nil {
		return nil, err
	}
	defer s.close()
	t, err := s.target(true)
	if err != nil {
		return nil, err
	}
	end := time.Now().Truncate(time.Minute)
	stream := load.NewStream(s.clients[0].ID, end.Add(-time.Duration(h.samples)*h.step).UnixMilli(), float64(h.step.Milliseconds()))
	begin := time.Now()
	if err := load.Backfill(ctx, t, s.clients[0], stream, h.samples, 500); err != nil {
		return nil, fmt.Errorf("%w; the server's log:\n%s", err, s.Log())
	}
	filled := time.Since(begin)
	c := charter{site: s, stream: stream, history: h}
	if err := c.settle(ctx); err != nil {
		return nil, err
	}
	settled := time.Since(begin)
	if err := s.rest(ctx); err != nil {
		return nil, err
	}
	var rounds []report.Round
	profiled := b.startProfile(ctx, row.ID, 0, time.Second)
	for range b.rounds {
		r, err := c.round(ctx, b.scale(200))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "  median %.4g ms\n", r.Value)
		rounds = append(rounds, r)
	}
	profiled()
	row.Coolant = report.NewMeasure(rounds)
	row.Note = fmt.Sprintf("median time of one request over one kept connection; p99 %.2f ms; %d samples were sent in %.2f s and all rollups were right %.2f s after the beginning; served from %s in %d points.",
		row.Coolant.Extra[extraP99], h.samples, filled.Seconds(), settled.Seconds(), c.resolution, c.points)
	return []report.Row{row}, nil
}

// charter asks for charts of one stream.
type charter struct {
	*site
	stream  *load.Stream
	history history

	resolution string
	points     int
}

// columns is the API's answer, as far as it is checked.
type columns struct {
	Resolution string  `json:"resolution"`
	Step       int64   `json:"step"`
	Times      []int64 `json:"times"`
	Series     []struct {
		Mean []float64 `json:"mean"`
		Min  []float64 `json:"min"`
		Max  []float64 `json:"max"`
	} `json:"series"`
}

func (c *charter) url(back time.Duration) string {
	from := c.stream.Start - back.Milliseconds()
	to := c.stream.Time(c.history.samples) + 1
	return c.URL(fmt.Sprintf("/api/v1/devices/%s/series?metrics=water&from=%d&to=%d&width=%d", c.stream.Device, from, to, c.history.width))
}

// settle waits until the answer is right in every bucket.
func (c *charter) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var wrong error
	for {
		err := c.check(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			wrong = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the answer never became right: %w", wrong)
		case <-tick.C:
		}
	}
}

// restFor is how long the rollups must have stood still.
const restFor = time.Second

// rest waits until the server has nothing to roll up any more. Charts are right
// before that too, but they are computed from more raw samples then.
func (s *site) rest(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var last []byte
	since := time.Now()
	for {
		body, err := get(ctx, s.URL("/metrics"))
		if err != nil {
			return err
		}
		_, rest, found := bytes.Cut(body, []byte("\ncoolant_store_rolled_up_hours_total"))
		if !found {
			return errors.New("the metrics do not say how much was rolled up")
		}
		if line, _, _ := bytes.Cut(rest, []byte("\n")); !bytes.Equal(line, last) {
			last, since = bytes.Clone(line), time.Now()
		}
		if time.Since(since) > restFor {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// check compares every point with the samples that were sent.
func (c *charter) check(ctx context.Context) error {
	body, err := get(ctx, c.url(0))
	if err != nil {
		return err
	}
	var got columns
	if err := json.Unmarshal(body, &got); err != nil {
		return err
	}
	if len(got.Series) != 1 || len(got.Times) == 0 || len(got.Times) > c.history.width {
		return fmt.Errorf("%d series, %d points", len(got.Series), len(got.Times))
	}
	c.resolution, c.points = got.Resolution, len(got.Times)
	column, seen := got.Series[0], uint64(0)
	for i, at := range got.Times {
		low, high, n := c.extremes(at, max(got.Step, 1))
		seen += n
		if got.Step == 0 {
			if column.Mean[i] != low {
				return fmt.Errorf("sample at %d is %v, want %v", at, column.Mean[i], low)
			}
		} else if column.Min[i] != low || column.Max[i] != high {
			return fmt.Errorf("bucket at %d is %v to %v, want %v to %v", at, column.Min[i], column.Max[i], low, high)
		}
	}
	if seen != c.history.samples {
		return fmt.Errorf("the points cover %d of %d samples", seen, c.history.samples)
	}
	return nil
}

// extremes are those of the samples that were sent for [from, from+width) ms.
func (c *charter) extremes(from, width int64) (low, high float64, n uint64) {
	step := c.history.step.Milliseconds()
	first := max((from-c.stream.Start+step-1)/step, 0)
	last := min((from+width-1-c.stream.Start)/step, int64(c.history.samples)-1)
	for i := first; i <= last; i++ {
		v := load.Value(uint64(i) + 1)
		if n == 0 || v < low {
			low = v
		}
		if n == 0 || v > high {
			high = v
		}
		n++
	}
	return low, high, n
}

// round asks n times, each time for a range that begins a little earlier, so that
// no answer is the one before.
func (c *charter) round(ctx context.Context, n int) (report.Round, error) {
	var h hist.Hist
	for i := range n + n/10 {
		start := time.Now()
		if _, err := get(ctx, c.url(time.Duration(i)*time.Second)); err != nil {
			return report.Round{}, err
		}
		if i >= n/10 {
			h.Record(time.Since(start))
		}
	}
	return report.Round{Value: millis(h.Quantile(0.5)), Extra: map[string]float64{extraP99: millis(h.Quantile(0.99))}}, nil
}

func get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s: %.300s", url, resp.Status, body)
	}
	return body, err
}
