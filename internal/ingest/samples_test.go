package ingest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"coolant"
	"coolant/internal/ingest"
	"coolant/internal/wire"
)

// text writes a sample shortly: its number, its time after start, its readings.
func text(s coolant.Sample) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d @%d", s.Seq, s.Time-start)
	for _, r := range s.Readings {
		if r.Quality == coolant.Good {
			fmt.Fprintf(&b, " %s=%g", r.Metric, r.Value)
		} else {
			fmt.Fprintf(&b, " %s!%s", r.Metric, r.Quality)
		}
	}
	return b.String()
}

func texts(samples []coolant.Sample) (out []string) {
	for _, s := range samples {
		out = append(out, text(s))
	}
	return out
}

func telemetry(samples ...string) string {
	return `{"boot":"9f3c51d27ab04e66","samples":[` + strings.Join(samples, ",") + `]}`
}

// TestWordsOfTimes is what people read of a time that is refused, and what fits into
// an acknowledgement.
func TestWordsOfTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t, newFakeStore(), func(o *ingest.Options) { o.RawRetention = 90 * 24 * time.Hour })
		for i, test := range []struct{ sample, want string }{
			{`{"ts":1764600000000,`, "samples[0]: ts 2025-12-01T14:40:00Z (1764600000000 ms) is 7 days ahead of the server; at most 5m is allowed"},
			{`{"ts":1700000000000,`, "samples[0]: its time 2023-11-14T22:13:20Z (1700000000000 ms) is over 90 days ago, the raw retention"},
			{`{"ts":0,`, "samples[0]: its time 1970-01-01T00:00:00Z (0 ms) is not after 1970 began"},
		} {
			h.send(wire.Telemetry, telemetry(test.sample+`"seq":1,"m":{"water":1}}`), uint64(i))
			synctest.Wait()
			if err, _ := h.receipts.of(t, uint64(i)); err == nil || err.Error() != test.want || len(test.want) > 110 {
				t.Errorf("%v, want %q of at most 110 bytes", err, test.want)
			}
		}
	})
}

func TestSamples(t *testing.T) {
	old := start.Add(-90*24*time.Hour) - 1
	tests := []struct {
		name    string
		kind    wire.Kind
		stale   bool // not live
		sent    []string
		stored  []string
		heard   []coolant.Code // "" where nil
		refused []string       // code and count
	}{
		{
			name: "one sample", sent: []string{telemetry(`{"seq":1,"ts":1764000000000,"m":{"water":31.25},"q":{"inlet":"crc"}}`)},
			stored: []string{"1 @0 water=31.25 inlet!crc"}, heard: []coolant.Code{""},
		},
		{
			name: "a batch", sent: []string{telemetry(`{"seq":1,"ts":1763999990000,"m":{"water":31}}`, `{"seq":2,"ts":1764000000000,"m":{"water":32}}`)},
			stored: []string{"1 @-10000 water=31", "2 @0 water=32"}, heard: []coolant.Code{""},
		},
		{
			name: "no samples", sent: []string{telemetry()}, heard: []coolant.Code{""},
		},
		{
			name: "a repeated message", sent: []string{
				telemetry(`{"seq":1,"ts":1764000000000,"m":{"water":31}}`), telemetry(`{"seq":1,"ts":1764000000000,"m":{"water":31}}`),
			},
			stored: []string{"1 @0 water=31"}, heard: []coolant.Code{"", ""},
		},
		{
			name: "not JSON", sent: []string{`{"boot":`}, heard: []coolant.Code{coolant.CodeInvalid}, refused: []string{"not_json 1"},
		},
		{
			name: "no boot", sent: []string{`{"samples":[{"seq":1,"m":{"water":1}}]}`},
			heard: []coolant.Code{coolant.CodeInvalid}, refused: []string{"bad_field 1"},
		},
		{
			name: "a bad sample beside a good one", sent: []string{telemetry(`{"seq":1,"ts":"now","m":{"water":31}}`, `{"seq":2,"ts":1764000000000,"m":{"water":32}}`)},
			stored: []string{"1 @0", "2 @0 water=32"}, heard: []coolant.Code{""}, refused: []string{"bad_field 1"},
		},
		{
			name: "a bad metric beside a good one", sent: []string{telemetry(`{"seq":1,"ts":1764000000000,"m":{"water":null,"Ambient":3,"inlet":30}}`)},
			stored: []string{"1 @0 inlet=30"}, heard: []coolant.Code{""}, refused: []string{"bad_metric 1", "bad_value 1"},
		},
		{
			name: "nothing usable, but a number", sent: []string{telemetry(`{"seq":7,"ts":1764000000000,"m":{"water":1e999}}`)},
			stored: []string{"7 @0"}, heard: []coolant.Code{coolant.CodeInvalid}, refused: []string{"bad_value 1"},
		},
		{
			name: "nothing usable and no number", sent: []string{telemetry(`{"ts":1764000000000,"m":{"water":1}}`)},
			heard: []coolant.Code{coolant.CodeInvalid}, refused: []string{"bad_field 1"},
		},
		{
			name: "5 minutes ahead", sent: []string{telemetry(`{"seq":1,"ts":1764000300000,"m":{"water":31}}`, `{"seq":2,"ts":1764000300001,"m":{"water":31}}`)},
			stored: []string{"1 @300000 water=31", "2 @0"}, heard: []coolant.Code{""}, refused: []string{"future 1"},
		},
		{
			name: "too old", sent: []string{telemetry(fmt.Sprintf(`{"seq":1,"ts":%d,"m":{"water":31}}`, old), fmt.Sprintf(`{"seq":2,"ts":%d,"m":{"water":31}}`, old+1))},
			stored: []string{"1 @0", fmt.Sprintf("2 @%d water=31", old+1-start)}, heard: []coolant.Code{""}, refused: []string{"too_old 1"},
		},
		{
			name: "age over a live connection", sent: []string{telemetry(`{"seq":1,"age":1500,"m":{"water":31}}`)},
			stored: []string{"1 @-1500 water=31"}, heard: []coolant.Code{""},
		},
		{
			name: "age from something that queues", stale: true, sent: []string{telemetry(`{"seq":1,"age":1500,"m":{"water":31}}`)},
			stored: []string{"1 @0"}, heard: []coolant.Code{coolant.CodeInvalid}, refused: []string{"age_not_live 1"},
		},
		{
			name: "outside the physical range", sent: []string{telemetry(`{"seq":1,"ts":1764000000000,"m":{"water":125.5,"pump_duty":100,"fan_duty":101,"fan_rpm":-1}}`)},
			stored: []string{"1 @0 water!range pump_duty=100 fan_duty!range fan_rpm!range"}, heard: []coolant.Code{""}, refused: []string{"out_of_range 1", "out_of_range 1", "out_of_range 1"},
		},
		{
			name: "no time at all", sent: []string{telemetry(`{"seq":1,"m":{"water":31}}`, `{"seq":2,"m":{"water":31,"inlet":30}}`, `{"seq":3,"m":{"inlet":30}}`)},
			stored: []string{"1 @0 water=31", "2 @1 water=31 inlet=30", "3 @2 inlet=30"}, heard: []coolant.Code{""},
		},
		{
			name: "the article's sketch", kind: wire.Article, sent: []string{`{"temp":21.5}`, `{"temp":21.5}`, `{"temp":"21.5"}`, `{"temp":-127}`, `{"temp":999}`},
			stored: []string{"0 @0 water=21.5", "0 @1 water=21.5", "0 @2 water!disconnected", "0 @3 water!range"},
			heard:  []coolant.Code{"", "", coolant.CodeInvalid, "", ""}, refused: []string{"bad_value 1", "out_of_range 1"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, newFakeStore(), func(o *ingest.Options) { o.RawRetention = 90 * 24 * time.Hour })
				kind := test.kind
				if kind == wire.KindNone {
					kind = wire.Telemetry
				}
				for i, payload := range test.sent {
					h.Accept(wire.Message{
						Device: "loop", Kind: kind, Topic: wire.Topic("loop", kind), Payload: []byte(payload), Received: start, Live: !test.stale,
					}, h.receipts, uint64(i))
					synctest.Wait()
					err, settled := h.receipts.of(t, uint64(i))
					if !settled || coolant.CodeOf(err) != test.heard[i] {
						t.Errorf("message %d: settled %v with %q (%v), want %q", i, settled, coolant.CodeOf(err), err, test.heard[i])
					}
				}
				if got := texts(h.store.stored()); !slices.Equal(got, test.stored) {
					t.Errorf("stored %q, want %q", got, test.stored)
				}
				h.stop()
				var refused []string
				for _, r := range h.store.rejections {
					refused = append(refused, fmt.Sprintf("%s %d", r.Code, r.Count))
					if r.Detail == "" || r.Excerpt == "" || r.Device != "loop" {
						t.Errorf("incomplete rejection: %+v", r)
					}
				}
				slices.Sort(refused)
				if !slices.Equal(refused, test.refused) {
					t.Errorf("refused %q, want %q", refused, test.refused)
				}
			})
		})
	}
}
