package api

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"coolant"
	"coolant/internal/live"
)

// BenchmarkStream measures the time from a commit to each of 100 viewers over
// real connections, at 100 commits a second of 10 devices each. The viewers run
// in the same process and share its processors.
func BenchmarkStream(b *testing.B) {
	const viewers, devices = 100, 10
	f := newFixture()
	f.opts.Now = time.Now
	f.hub = live.New(live.Options{})
	f.opts.Hub = f.hub
	srv := httptest.NewServer(f.handler(b))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()

	var mu sync.Mutex
	var delays []time.Duration
	var ready, done sync.WaitGroup
	for range viewers {
		ready.Add(1)
		done.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+streamPath, nil)
			if err != nil {
				panic(err)
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				panic(err)
			}
			defer resp.Body.Close()
			ready.Done()
			mine := watchDelays(resp.Body)
			mu.Lock()
			defer mu.Unlock()
			delays = append(delays, mine...)
		})
	}
	ready.Wait()
	pacer := time.NewTicker(10 * time.Millisecond)
	defer pacer.Stop()
	batch := make([]coolant.Sample, devices)
	for b.Loop() {
		<-pacer.C
		now := time.Now()
		for i := range batch {
			batch[i] = coolant.Sample{Device: coolant.DeviceID(fmt.Sprint("d", i)), Time: coolant.Milli(now), Readings: []coolant.Reading{
				{Metric: "water", Value: 31.25}, {Metric: "sent_us", Value: float64(now.UnixMicro() % 1e12)},
			}}
		}
		f.hub.Committed(1, batch)
	}
	b.StopTimer()
	f.hub.Rejected(coolant.Rejection{}) // ends the viewers
	done.Wait()
	http.DefaultClient.CloseIdleConnections()
	slices.Sort(delays)
	b.ReportMetric(float64(len(delays))/float64(b.N), "events/commit")
	b.ReportMetric(float64(delays[len(delays)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(delays[len(delays)*99/100].Microseconds())/1000, "p99-ms")
}

// watchDelays reads the time that each sample carries.
func watchDelays(body io.Reader) []time.Duration {
	var delays []time.Duration
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() && lines.Text() != "event: rejected" {
		_, rest, found := strings.Cut(lines.Text(), `"sent_us":`)
		end := strings.IndexAny(rest, "},")
		if !found || end < 0 {
			continue
		}
		if sent, err := strconv.ParseInt(rest[:end], 10, 64); err == nil {
			delays = append(delays, time.Duration(time.Now().UnixMicro()%1e12-sent)*time.Microsecond)
		}
	}
	return delays
}
