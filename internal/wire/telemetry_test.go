package wire_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/wire"
)

// TestHostile runs the seeds of the fuzzer one after the other through a single
// decoder, so that nothing of a payload may remain for the next.
func TestHostile(t *testing.T) {
	var d wire.Decoder
	var got wire.TelemetryPayload
	for range 2 {
		for _, payload := range append(hostile(), strings.Repeat("[", 500000), strings.Repeat(`{"a":`, 200000), backlog(300)) {
			compare(t, []byte(payload), &d, &got)
		}
	}
}

// manyWrong are members of m, each with a name of its own, that are no numbers.
func manyWrong(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"w%d":""`, i)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	var d wire.Decoder
	var got wire.TelemetryPayload
	head := `{"boot":"1","samples":[`
	tests := []struct {
		name     string
		payload  string
		reject   coolant.RejectionCode
		samples  int
		problems int // entries
		count    int // of the last one
	}{
		{"a MiB of nonsense", strings.Repeat("x", 1<<20), coolant.RejectedNotJSON, 0, 0, 0},
		{"a MiB of spaces", strings.Repeat(" ", 1<<20), coolant.RejectedNotJSON, 0, 0, 0},
		{"a byte more", strings.Repeat(" ", 1<<20+1), coolant.RejectedTooLarge, 0, 0, 0},
		{"5000 samples", head + strings.Repeat(`{"seq":1,"m":{}},`, 4999) + `{"seq":1,"m":{}}]}`, "", 5000, 0, 0},
		{"5001 samples", head + strings.Repeat(`{"seq":1,"m":{}},`, 5000) + `{"seq":1,"m":{}}]}`, "", 5000, 1, 1},
		{"problem after problem", head + strings.Repeat(`{"seq":0},`, 4999) + `{"seq":1,"m":{"water":1}}]}`, "", 1, 16, 4999 - 7},
		{"a problem beside many", head + strings.Repeat(`{"seq":0,"m":{}},`, 4999) + `{"seq":1,"m":5}]}`, "", 1, 9, 1},
		{"a field after another", head + `{"seq":1,"m":{` + strings.Repeat(`"Q":1,`, 50) + `"w":""` + manyWrong(1000) + `}}]}`, "", 1, 8 + 32, 1001 - 31},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := d.Decode([]byte(test.payload), &got)
			if test.reject != "" {
				if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Code != test.reject || len(problem.Error()) > 200 {
					t.Errorf("%v, want %s", err, test.reject)
				}
				return
			}
			if err != nil || len(got.Samples) != test.samples || len(got.Problems) != test.problems {
				t.Fatalf("%v, %d samples, %d problems", err, len(got.Samples), len(got.Problems))
			}
			if n := len(got.Problems); n > 0 && got.Problems[n-1].Count != test.count {
				t.Errorf("the last problem counts %d, want %d", got.Problems[n-1].Count, test.count)
			}
		})
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	var d wire.Decoder
	var got wire.TelemetryPayload
	for _, payload := range []string{oneMetric, contract, backlog(100)} {
		p := []byte(payload)
		if n := testing.AllocsPerRun(100, func() {
			if err := d.Decode(p, &got); err != nil {
				t.Fatal(err)
			}
		}); n > 0 {
			t.Errorf("%g allocations for %.60s", n, payload)
		}
	}
}

// TestNamesAreForgotten sends more names than a decoder remembers.
func TestNamesAreForgotten(t *testing.T) {
	var d wire.Decoder
	var got wire.TelemetryPayload
	for i := range 10000 {
		p := fmt.Appendf(nil, `{"boot":"1","samples":[{"seq":1,"m":{"m%d":%d}}]}`, i, i)
		if err := d.Decode(p, &got); err != nil {
			t.Fatal(err)
		}
		if r := got.Samples[0].Readings[0]; r.Metric != coolant.Metric(fmt.Sprintf("m%d", i)) || r.Value != float64(i) {
			t.Fatalf("%s is read as %+v", p, r)
		}
	}
}

func TestAppendTelemetry(t *testing.T) {
	tests := []struct {
		name   string
		sample wire.TelemetrySample
		want   string
	}{
		{"values and faults", wire.TelemetrySample{Seq: 42, Stamp: wire.TimeStamp, Time: 1764000000123, Readings: []coolant.Reading{
			{Metric: "water", Value: 31.25}, {Metric: "inlet", Quality: coolant.Disconnected}, {Metric: "flow_lpm", Value: 1.3},
		}}, `{"seq":42,"ts":1764000000123,"m":{"water":31.25,"flow_lpm":1.3},"q":{"inlet":"disconnected"}}`},
		{"age", wire.TelemetrySample{Seq: 1, Stamp: wire.AgeStamp, Age: 1500}, `{"seq":1,"age":1500,"m":{}}`},
		{"judged", wire.TelemetrySample{Seq: 1, Judged: true, Readings: []coolant.Reading{{Metric: "water", Value: 85}}}, `{"seq":1,"m":{"water":85},"q":{}}`},
		{"what is no number", wire.TelemetrySample{Seq: 1, Readings: []coolant.Reading{
			{Metric: "a", Value: math.NaN()}, {Metric: "b", Value: math.Inf(1)}, {Metric: "c", Value: 1e-9}, {Metric: "d", Value: 1e21},
		}}, `{"seq":1,"m":{"c":1e-09,"d":1e+21},"q":{"a":"range","b":"range"}}`},
	}
	for _, test := range tests {
		p := &wire.TelemetryPayload{Boot: 0x9f3c51d27ab04e66, Samples: []wire.TelemetrySample{test.sample, test.sample}}
		want := `{"boot":"9f3c51d27ab04e66","samples":[` + test.want + `,` + test.want + `]}`
		if got := string(wire.AppendTelemetry(nil, p)); got != want {
			t.Errorf("%s: %s, want %s", test.name, got, want)
		}
	}
}
