package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"coolant"
	"coolant/internal/store/sqlite"
)

// start is a whole day, and long ago.
const start = coolant.UnixMilli(1_700_006_400_000)

// fleet makes batches as many devices send them: one reading a sample, ten
// seconds apart, perDevice samples of each device in a batch.
type fleet struct {
	devices, perDevice int
	metrics            []coolant.Metric
	seq                uint64
	batch              []coolant.Sample
}

func (f *fleet) next() []coolant.Sample {
	f.batch = f.batch[:0]
	readings := make([]coolant.Reading, 0, f.devices*f.perDevice*len(f.metrics))
	for i := range f.perDevice {
		seq := f.seq + uint64(i) + 1
		for d := range f.devices {
			from := len(readings)
			for m, metric := range f.metrics {
				readings = append(readings, coolant.Reading{Metric: metric, Value: float64(320+(int(seq)+m)%100) / 16})
			}
			f.batch = append(f.batch, coolant.Sample{
				Device: coolant.DeviceID(fmt.Sprintf("dev-%d", d)), Boot: coolant.Boot(d + 1), Seq: seq,
				Time: start + coolant.UnixMilli(seq)*10*coolant.Second, Readings: readings[from:],
			})
		}
	}
	f.seq += uint64(f.perDevice)
	return f.batch
}

func openBench(b *testing.B) *sqlite.Store {
	s := open(b, filepath.Join(b.TempDir(), "coolant.db"))
	b.Cleanup(func() { s.Close() })
	return s
}

func BenchmarkAppend(b *testing.B) {
	one := []coolant.Metric{"water"}
	for _, bench := range []struct {
		name  string
		fleet fleet
	}{
		{"5000 samples of 100 devices", fleet{devices: 100, perDevice: 50, metrics: one}},
		{"5000 samples of 5000 devices", fleet{devices: 5000, perDevice: 1, metrics: one}},
		{"1000 samples of 100 devices with 7 readings", fleet{devices: 100, perDevice: 10, metrics: []coolant.Metric{"water", "ambient", "inlet", "pump_rpm", "fan_rpm", "pump_duty", "flow_lpm"}}},
		{"500 samples of 100 devices", fleet{devices: 100, perDevice: 5, metrics: one}},
		{"20 samples of 20 devices", fleet{devices: 20, perDevice: 1, metrics: one}},
		{"1 sample", fleet{devices: 1, perDevice: 1, metrics: one}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := openBench(b)
			b.ReportAllocs()
			f, rows := bench.fleet, 0
			if _, err := s.Append(context.Background(), f.next()); err != nil { // which registers the devices
				b.Fatal(err)
			}
			for b.Loop() {
				b.StopTimer()
				batch := f.next()
				b.StartTimer()
				if _, err := s.Append(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				rows += len(batch) * len(f.metrics)
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkBacklog appends what a device collected in a day at one sample a
// minute: every sample is in a minute of its own.
func BenchmarkBacklog(b *testing.B) {
	s := openBench(b)
	seq := uint64(0)
	for b.Loop() {
		batch := make([]coolant.Sample, 1440)
		for i := range batch {
			seq++
			batch[i] = coolant.Sample{
				Device: "dev", Boot: 1, Seq: seq, Time: start + coolant.UnixMilli(seq)*coolant.Minute,
				Readings: []coolant.Reading{{Metric: "water", Value: float64(seq%100) / 16}},
			}
		}
		if _, err := s.Append(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
}

// fill stores n samples of some metrics and rolls them up.
func fill(b *testing.B, s *sqlite.Store, apart coolant.UnixMilli, n int, metrics ...coolant.Metric) {
	b.Helper()
	batch := make([]coolant.Sample, 0, 5000)
	for i := range n {
		var readings []coolant.Reading
		for k, m := range metrics {
			readings = append(readings, coolant.Reading{Metric: m, Value: float64((i*7+k)%997) / 16})
		}
		batch = append(batch, coolant.Sample{
			Device: "dev", Boot: 1, Seq: uint64(i + 1), Time: start + coolant.UnixMilli(i)*apart, Readings: readings,
		})
		if len(batch) == cap(batch) || i == n-1 {
			if _, err := s.Append(context.Background(), batch); err != nil {
				b.Fatal(err)
			}
			batch = batch[:0]
		}
	}
}

func rollUp(b *testing.B, s *sqlite.Store) {
	b.Helper()
	for more := true; more; {
		var err error
		if more, err = s.RollUp(context.Background(), time.Second); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkColumns(b *testing.B) {
	one := []coolant.Metric{"water"}
	seven := []coolant.Metric{"water", "ambient", "inlet", "pump_rpm", "fan_rpm", "pump_duty", "flow_lpm"}
	for _, bench := range []struct {
		name    string
		apart   coolant.UnixMilli
		n       int
		metrics []coolant.Metric
		dirty   bool
		width   int
	}{
		{"24 h of minutes raw", coolant.Minute, 1440, one, false, 1440},
		{"24 h of minutes raw 7 metrics", coolant.Minute, 1440, seven, false, 1440},
		{"24 h of minutes at 1000", coolant.Minute, 1440, one, false, 1000},
		{"24 h of seconds at 1000", coolant.Second, 86400, one, false, 1000},
		{"24 h of seconds at 1000 not rolled up", coolant.Second, 86400, one, true, 1000},
		{"8 h of seconds at 1000", coolant.Second, 28800, one, false, 1000},
		{"1 y of minutes at 1000", coolant.Minute, 365 * 1440, one, false, 1000},
		{"1 y of minutes at 1000 7 metrics", coolant.Minute, 365 * 1440, seven, false, 1000},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := openBench(b)
			fill(b, s, bench.apart, bench.n, bench.metrics...)
			if !bench.dirty {
				rollUp(b, s)
			}
			w := coolant.Window{Device: "dev", From: start, To: start + coolant.UnixMilli(bench.n)*bench.apart, Width: bench.width}
			points := 0
			b.ReportAllocs()
			for b.Loop() {
				cols, err := s.Columns(context.Background(), w)
				if err != nil {
					b.Fatal(err)
				}
				points = len(cols.Times)
			}
			b.ReportMetric(float64(points), "points")
		})
	}
}

func BenchmarkRollUp(b *testing.B) {
	for _, apart := range []coolant.UnixMilli{coolant.Minute, 10 * coolant.Second} {
		b.Run(fmt.Sprintf("a day of samples every %d s", apart/coolant.Second), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s := openBench(b)
				fill(b, s, apart, int(coolant.Day/apart), "water")
				b.StartTimer()
				rollUp(b, s)
			}
		})
	}
}

// BenchmarkRecords is a storm of small writes, as many devices that connect at
// once cause.
func BenchmarkRecords(b *testing.B) {
	s := openBench(b)
	b.SetParallelism(500)
	b.RunParallel(func(pb *testing.PB) {
		value := make([]byte, 200)
		for i := 0; pb.Next(); i++ {
			if err := s.PutRecord(context.Background(), "session", fmt.Sprintf("%p-%d", &value, i%100), value); err != nil {
				b.Error(err)
			}
		}
	})
}
