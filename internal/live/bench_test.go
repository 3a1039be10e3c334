package live

import (
	"fmt"
	"testing"

	"coolant"
)

// commits makes batches as a group commit does: many devices, interleaved.
func commits(devices, samples, metrics int) []coolant.Sample {
	list := make([]coolant.Sample, samples)
	for i := range list {
		list[i].Device = coolant.DeviceID(fmt.Sprintf("device-%d", i%devices))
		for m := range metrics {
			list[i].Readings = append(list[i].Readings, coolant.Reading{Metric: coolant.Metric(fmt.Sprintf("m%02d", m)), Value: 20 + float64(i%64)/16})
		}
	}
	return list
}

func BenchmarkCommitted(b *testing.B) {
	for _, watched := range []bool{false, true} {
		for _, metrics := range []int{1, 8} {
			b.Run(fmt.Sprintf("watched=%v/metrics=%d", watched, metrics), func(b *testing.B) {
				clk := &clock{at: start}
				h := newHub(clk, Options{})
				if watched {
					sub := h.Subscribe("")
					defer sub.Close()
				}
				list := commits(100, 500, metrics)
				b.ReportAllocs()
				for b.Loop() {
					clk.at += 10
					for i := range list {
						list[i].Time = clk.at + coolant.UnixMilli(i/100)
					}
					h.Committed(1, list)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/sample")
			})
		}
	}
}

// BenchmarkFanOut is a commit, its encoding, and 100 subscribers that take it.
func BenchmarkFanOut(b *testing.B) {
	clk := &clock{at: start}
	h := newHub(clk, Options{})
	subs := make([]*Subscription, 100)
	for i := range subs {
		subs[i] = h.Subscribe("")
		defer subs[i].Close()
	}
	list := commits(100, 500, 8)
	var buf []*Entry
	b.ReportAllocs()
	for b.Loop() {
		clk.at += 10
		for i := range list {
			list[i].Time = clk.at + coolant.UnixMilli(i/100)
		}
		h.Committed(1, list)
		for _, s := range subs {
			buf, _, _ = s.Take(buf[:0])
			for _, e := range buf {
				_ = e.JSON()
			}
		}
	}
}

func BenchmarkLook(b *testing.B) {
	clk := &clock{at: start}
	h := newHub(clk, Options{})
	list := commits(10_000, 10_000, 8)
	for i := range list {
		list[i].Time = start
	}
	h.Committed(1, list)
	for b.Loop() {
		h.look()
	}
}

func BenchmarkSnapshot(b *testing.B) {
	clk := &clock{at: start}
	h := newHub(clk, Options{})
	list := commits(10_000, 10_000, 8)
	b.ReportAllocs()
	for b.Loop() {
		clk.at += 1000
		for i := range list {
			list[i].Time = clk.at
		}
		h.Committed(1, list)
		h.Snapshot()
	}
}

func BenchmarkSamplesJSON(b *testing.B) {
	list := commits(1, 1, 8)
	list[0].Time = start
	e := samplesOf("device-0", []*coolant.Sample{&list[0]})
	var dst []byte
	for b.Loop() {
		dst = e.appendJSON(dst[:0])
	}
	b.SetBytes(int64(len(dst)))
}
