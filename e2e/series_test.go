package e2e

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"coolant/e2e/proc"
)

// source is one start of a device. All of its samples follow from their numbers,
// so that anything stored can be judged without a copy of what was sent.
type source struct {
	device string
	boot   string
	base   int64 // time of sample 1 in Unix milliseconds
	step   int64 // milliseconds between two samples
	salt   uint64
}

func (s *source) time(seq uint64) int64 { return s.base + int64(seq-1)*s.step }

// seq is the inverse of time; 0 where there is no such sample.
func (s *source) seq(at int64) uint64 {
	if at < s.base || (at-s.base)%s.step != 0 {
		return 0
	}
	return uint64((at-s.base)/s.step) + 1
}

// water is the value of sample seq, 20 to 45 C in steps of 1/16; ok is false
// where the probe was disturbed.
func (s *source) water(seq uint64) (value float64, ok bool) {
	return 20 + float64((seq*7919+s.salt)%400)/16, (seq+s.salt)%29 != 0
}

// inlet is the second probe, which is disturbed more often.
func (s *source) inlet(seq uint64) (value float64, ok bool) {
	return 18 + float64((seq*104729+s.salt)%320)/16, (seq+s.salt)%13 != 0
}

// appendTelemetry appends the telemetry message with the samples first to last.
func (s *source) appendTelemetry(b []byte, first, last uint64) []byte {
	b = fmt.Appendf(b, `{"boot":%q,"samples":[`, s.boot)
	for seq := first; seq <= last; seq++ {
		if seq > first {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"seq":%d,"ts":%d,"m":{"pump_rpm":%d`, seq, s.time(seq), 1000+seq%1000)
		var faults []byte
		if v, ok := s.water(seq); ok {
			b = fmt.Appendf(b, `,"water":%v`, v)
		} else {
			faults = append(faults, `"water":"crc"`...)
		}
		if v, ok := s.inlet(seq); ok {
			b = fmt.Appendf(b, `,"inlet":%v`, v)
		} else {
			if faults != nil {
				faults = append(faults, ',')
			}
			faults = append(faults, `"inlet":"disconnected"`...)
		}
		b = append(b, '}')
		if faults != nil {
			b = fmt.Appendf(b, `,"q":{%s}`, faults)
		}
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// stored reads what the server has of a source and checks every value. The
// result says for each number up to last whether the sample is stored; a sample
// that was never sent, or is there twice, is an error.
func (s *source) stored(ctx context.Context, srv *proc.Server, last uint64) ([]bool, error) {
	path := fmt.Sprintf("/api/v1/devices/%s/samples.csv?metrics=inlet,pump_rpm,water&from=%d&to=%d", s.device, s.base-60000, s.time(last+1000))
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL(path), http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		body, err := io.ReadAll(resp.Body)
		return nil, errors.Join(fmt.Errorf("%s answered %s: %s", path, resp.Status, body), err)
	}
	rows := csv.NewReader(resp.Body)
	rows.ReuseRecord = true
	header, err := rows.Read()
	if err != nil || fmt.Sprint(header) != "[time inlet pump_rpm water faults]" {
		return nil, fmt.Errorf("header of the export is %q: %w", header, err)
	}
	have := make([]bool, last+1)
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return have, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the export: %w", err)
		}
		at, err := time.Parse(time.RFC3339, row[0])
		if err != nil {
			return nil, err
		}
		seq := s.seq(at.UnixMilli())
		switch {
		case seq == 0 || seq > last:
			return nil, fmt.Errorf("%s has a sample at %s that was never sent", s.device, row[0])
		case have[seq]:
			return nil, fmt.Errorf("%s has sample %d twice", s.device, seq)
		}
		have[seq] = true
		if err := s.checkRow(seq, row[1], row[2], row[3], row[4]); err != nil {
			return nil, fmt.Errorf("%s, sample %d, row %q: %w", s.device, seq, row, err)
		}
	}
}

func (s *source) checkRow(seq uint64, inlet, pump, water, faults string) error {
	wantFaults := ""
	if v, ok := s.inlet(seq); !ok {
		wantFaults = "inlet=disconnected"
		if inlet != "" {
			return errors.New("the faulty inlet has a value")
		}
	} else if err := sameNumber(inlet, v); err != nil {
		return err
	}
	if v, ok := s.water(seq); !ok {
		if wantFaults != "" {
			wantFaults += " "
		}
		wantFaults += "water=crc"
		if water != "" {
			return errors.New("the faulty water has a value")
		}
	} else if err := sameNumber(water, v); err != nil {
		return err
	}
	if faults != wantFaults {
		return fmt.Errorf("faults %q, want %q", faults, wantFaults)
	}
	return sameNumber(pump, float64(1000+seq%1000))
}

func sameNumber(text string, want float64) error {
	got, err := strconv.ParseFloat(text, 64)
	if err == nil && got != want {
		err = fmt.Errorf("%v, want %v", got, want)
	}
	return err
}

// contiguous is the greatest n for which samples 1 to n are all stored.
func contiguous(have []bool) uint64 {
	n := uint64(0)
	for n+1 < uint64(len(have)) && have[n+1] {
		n++
	}
	return n
}

// chart is the answer of the series endpoint.
type chart struct {
	Resolution string  `json:"resolution"`
	Step       int64   `json:"step"`
	Times      []int64 `json:"times"`
	Series     []struct {
		Metric string     `json:"metric"`
		Mean   []*float64 `json:"mean"`
		Min    []*float64 `json:"min"`
		Max    []*float64 `json:"max"`
		Last   []*float64 `json:"last"`
	} `json:"series"`
}

// checkRollup compares the newest buckets of the water series, as wide as width
// milliseconds, with samples 1 to last.
func (s *source) checkRollup(ctx context.Context, srv *proc.Server, resolution string, width int64, last uint64) error {
	const most = 5000
	to := (s.time(last)/width + 1) * width
	from := max(s.base/width, to/width-most) * width
	path := fmt.Sprintf("/api/v1/devices/%s/series?metrics=water&from=%d&to=%d&width=%d", s.device, from, to, (to-from)/width)
	code, body, err := srv.Get(ctx, path)
	if err != nil {
		return err
	}
	var c chart
	if err := json.Unmarshal(body, &c); err != nil || code != http.StatusOK {
		return fmt.Errorf("%s answered %d %.300s: %w", path, code, body, err)
	}
	if c.Resolution != resolution || c.Step != width || len(c.Series) != 1 {
		return fmt.Errorf("%s was answered from %s with a step of %d and %d series; want %s", path, c.Resolution, c.Step, len(c.Series), resolution)
	}
	want := s.buckets(from, last, width)
	for i, at := range c.Times {
		w, ok := want[at]
		if !ok {
			return fmt.Errorf("there is a bucket at %d", at)
		}
		delete(want, at)
		x := c.Series[0]
		for _, v := range []struct {
			name string
			got  *float64
			want float64
		}{{"min", x.Min[i], w.min}, {"max", x.Max[i], w.max}, {"mean", x.Mean[i], w.sum / w.n}, {"last", x.Last[i], w.last}} {
			if v.got == nil || math.Abs(*v.got-v.want) > 1e-6 {
				return fmt.Errorf("%s of the %s bucket at %d is %v, want %v", v.name, resolution, at, show(v.got), v.want)
			}
		}
	}
	if len(want) > 0 {
		return fmt.Errorf("%d of the buckets are missing", len(want))
	}
	return nil
}

func show(v *float64) any {
	if v == nil {
		return "null"
	}
	return *v
}

type bucket struct{ min, max, sum, n, last float64 }

func (s *source) buckets(from int64, last uint64, width int64) map[int64]*bucket {
	out := map[int64]*bucket{}
	for seq := uint64(1); seq <= last; seq++ {
		v, ok := s.water(seq)
		if !ok || s.time(seq) < from {
			continue
		}
		at := s.time(seq) / width * width
		b := out[at]
		if b == nil {
			b = &bucket{min: v, max: v}
			out[at] = b
		}
		b.min, b.max = min(b.min, v), max(b.max, v)
		b.sum += v
		b.n++
		b.last = v
	}
	return out
}
