package ingest_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

func short(rejections []coolant.Rejection) (out []string) {
	for _, r := range rejections {
		out = append(out, fmt.Sprintf("%s %s %s x%d", r.Device, r.Topic, r.Code, r.Count))
	}
	slices.Sort(out)
	return out
}

func TestRefusalsAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := newFakeStore()
		registry := prometheus.NewPedanticRegistry()
		h := newHarness(t, store, func(o *ingest.Options) {
			o.Log = slog.New(slog.NewTextHandler(&log, nil))
			o.Registerer = registry
		})
		refuse := func(n int, topic string) {
			for range n {
				h.Refuse(coolant.Rejection{Device: "loop", Topic: topic, Code: coolant.RejectedTopic, Detail: "not yours"})
			}
		}
		refuse(3, "a")
		refuse(1, "b")
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		want := []string{"loop a foreign_topic x3", "loop b foreign_topic x1"}
		if got := short(store.recorded()); !slices.Equal(got, want) {
			t.Errorf("stored %q, want %q", got, want)
		}
		if got := short(h.watcher.told()); !slices.Equal(got, want) {
			t.Errorf("told %q, want %q", got, want)
		}
		refuse(2, "a")
		time.Sleep(time.Second)
		synctest.Wait()
		if got := short(store.recorded()); !slices.Contains(got, "loop a foreign_topic x2") {
			t.Errorf("stored %q: the second time only what is new", got)
		}
		if got := short(h.watcher.told()); !slices.Contains(got, "loop a foreign_topic x5") {
			t.Errorf("told %q: the second time the count of the minute", got)
		}
		time.Sleep(time.Minute)
		refuse(1, "a")
		h.stop()
		if n := strings.Count(log.String(), "msg=refused "); n != 3 {
			t.Errorf("%d lines for three causes:\n%s", n, &log)
		}
		if !strings.Contains(log.String(), `msg="refused in the past minute" device=loop topic=a code=foreign_topic detail="not yours" count=5`) {
			t.Errorf("no summary of the minute:\n%s", &log)
		}
		if n := counted(t, registry, "coolant_ingest_rejected_total"); n != 7 {
			t.Errorf("the metric counts %v, want 7", n)
		}
	})
}

// TestMistakesAreToldApart sends what a newcomer sends, and expects each mistake as
// a line of its own, and the same one with another value as the same line.
func TestMistakesAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		h := newHarness(t, newFakeStore(), func(o *ingest.Options) {
			o.Log, o.RawRetention = slog.New(slog.NewTextHandler(&log, nil)), 90*24*time.Hour
		})
		for i, payload := range []string{
			`{"samples":[]}`,
			`{"boot":"1"}`,
			telemetry(`{"m":{"water":1}}`, `{"m":{"water":1}}`, `{"seq":true,"m":{"water":1}}`, `{"seq":1}`),
			telemetry(`{"seq":2,"m":{"water":500,"inlet":600}}`),
			telemetry(`{"seq":3,"m":{"water":501,"probe1":"","probe2":""}}`),
			telemetry(`{"seq":4,"ts":1,"m":{"water":1}}`),
			telemetry(`{"seq":5,"ts":2,"m":{"water":1}}`),
			`{"boot":"xyz","samples":[]}`,
			`{"boot":"zyx","samples":[]}`,
		} {
			h.send(wire.Telemetry, payload, uint64(i))
			time.Sleep(time.Millisecond)
		}
		h.stop()
		var got []string
		for _, r := range h.store.recorded() {
			place, _, _ := strings.Cut(r.Detail, ": ")
			got = append(got, fmt.Sprintf("%s %s x%d", r.Code, place, r.Count))
		}
		slices.Sort(got)
		want := []string{
			"bad_field boot x1", // missing
			"bad_field boot x2", // not hexadecimal
			"bad_field samples x1", "bad_field samples[0].seq x2", "bad_field samples[2].seq x1", "bad_field samples[3].m x1",
			"bad_value samples[0].m.probe1 x1", "bad_value samples[0].m.probe2 x1",
			"out_of_range samples[0].m.inlet x1", "out_of_range samples[0].m.water x2",
			"too_old samples[0] x2",
		}
		if !slices.Equal(got, want) {
			t.Errorf("stored\n%q, want\n%q", got, want)
		}
		if n := strings.Count(log.String(), "msg=refused "); n != len(want) {
			t.Errorf("%d lines for %d causes:\n%s", n, len(want), &log)
		}
	})
}

// counted is the sum of a metric's counters.
func counted(t *testing.T, g prometheus.Gatherer, name string) (sum float64) {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			sum += m.GetCounter().GetValue()
		}
	}
	return sum
}

func TestRefusalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		store := newFakeStore()
		h := newHarness(t, store, func(o *ingest.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		junk := strings.Repeat("\xff€", 1000)
		const n = 5000
		for i := range n {
			h.Refuse(coolant.Rejection{Topic: fmt.Sprintf("%d%s", i, junk), Code: coolant.RejectedTopic, Detail: junk, Excerpt: junk})
		}
		h.Refuse(coolant.Rejection{Device: "other", Topic: "its own", Code: coolant.RejectedTopic})
		time.Sleep(2 * time.Second)
		h.stop()
		sum, others := 0, 0
		for _, r := range store.recorded() {
			sum += r.Count
			if r.Device == "other" && r.Topic == "its own" {
				others++
			}
			for _, s := range []string{r.Topic, r.Detail, r.Excerpt} {
				if !utf8.ValidString(s) || len(s) > 500 {
					t.Fatalf("%d bytes, not cleaned: %q", len(s), s)
				}
			}
			if len(r.Excerpt) > 200 {
				t.Errorf("excerpt of %d bytes", len(r.Excerpt))
			}
		}
		if len(store.rejections) > 60 || sum != n+1 {
			t.Errorf("%d rows that count %d, want at most 60 that count %d", len(store.rejections), sum, n+1)
		}
		if others != 1 {
			t.Error("a flood of one device hides what is refused to another")
		}
		if lines := strings.Count(log.String(), "\n"); lines > 60 {
			t.Errorf("%d lines of log", lines)
		}
	})
}

// TestRefusalsOfTheLastSecond stops at once after a refusal, also when a flush is due.
func TestRefusalsOfTheLastSecond(t *testing.T) {
	for _, wait := range []time.Duration{0, 300 * time.Millisecond, time.Second, 61 * time.Second} {
		t.Run(wait.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := newFakeStore()
				h := newHarness(t, store, nil)
				synctest.Wait()
				refuse := func(detail string) {
					h.Refuse(coolant.Rejection{Device: "loop", Code: coolant.RejectedField, Detail: detail})
				}
				refuse("boot: it is missing")
				time.Sleep(wait)
				refuse("boot: it is missing")
				refuse("samples: it is missing")
				h.stop()
				counts := map[string]int{}
				for _, r := range store.recorded() {
					counts[r.Detail] += r.Count
				}
				if counts["boot: it is missing"] != 2 || counts["samples: it is missing"] != 1 {
					t.Errorf("stored %v", counts)
				}
				told := map[string]int{}
				for _, r := range h.watcher.told() {
					told[r.Detail]++
				}
				if len(told) != 2 {
					t.Errorf("told %v", told)
				}
			})
		})
	}
}

func TestRefusalsOutliveTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newFakeStore()
		store.failReject = errors.New("full")
		h := newHarness(t, store, nil)
		h.Refuse(coolant.Rejection{Device: "loop", Code: coolant.RejectedNotJSON})
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if told := h.watcher.told(); len(told) != 1 {
			t.Errorf("told %v", told)
		}
		store.mu.Lock()
		store.failReject = nil
		store.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := store.recorded(); len(got) != 1 || got[0].Count != 1 {
			t.Errorf("stored %v", got)
		}
	})
}
