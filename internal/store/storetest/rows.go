package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"coolant"
)

func testRows(t *testing.T, open Open) {
	t.Run("one row a time, with values and faults", func(t *testing.T) {
		f := newFixture(t, open)
		f.append(
			sample("a", 1, 1, noon, good("water", 1), good("ambient", 20)),
			sample("a", 1, 2, noon+10, good("water", 2), bad("inlet", coolant.CRC)),
			sample("a", 1, 3, noon+5, good("ambient", 21)),
			sample("a", 1, 4, noon+20, bad("inlet", coolant.Disconnected)))
		tests := []struct {
			name     string
			metrics  []coolant.Metric
			from, to coolant.UnixMilli
			want     []string
		}{
			{"all, in alphabetical order", nil, 0, always, []string{
				"0 [20 NaN 1] [good good good]", "5 [21 NaN NaN] [good good good]",
				"10 [NaN NaN 2] [good crc good]", "20 [NaN NaN NaN] [good disconnected good]",
			}},
			{"some, in an order of one's own", []coolant.Metric{"water", "none", "ambient"}, 0, always, []string{
				"0 [1 NaN 20] [good good good]", "5 [NaN NaN 21] [good good good]", "10 [2 NaN NaN] [good good good]",
			}},
			{"a part", nil, noon + 5, noon + 20, []string{"5 [21 NaN NaN] [good good good]", "10 [NaN NaN 2] [good crc good]"}},
			{"nothing", nil, noon + 21, always, nil},
			{"an empty range", nil, noon, noon, nil},
		}
		for _, test := range tests {
			var got []string
			f.must(f.EachRow(f.ctx, "a", test.metrics, test.from, test.to, func(t coolant.UnixMilli, values []float64, faults []coolant.Quality) error {
				words := make([]string, len(faults))
				for i, q := range faults {
					words[i] = q.String()
				}
				got = append(got, fmt.Sprint(int64(t-noon), values, words))
				return nil
			}))
			if !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s: got %q, want %q", test.name, got, test.want)
			}
		}
		f.wantCode(f.EachRow(f.ctx, "nobody", nil, 0, always, nil), coolant.CodeNotFound)
		stop := errors.New("enough")
		calls := 0
		err := f.EachRow(f.ctx, "a", nil, 0, always, func(coolant.UnixMilli, []float64, []coolant.Quality) error {
			calls++
			return stop
		})
		if !errors.Is(err, stop) || calls != 1 {
			t.Errorf("an error of the callback gives %v after %d calls", err, calls)
		}
	})
	t.Run("long ranges with series of different density", func(t *testing.T) {
		f := newFixture(t, open)
		var batch []coolant.Sample
		const n = 7777
		for i := range uint64(n) {
			readings := []coolant.Reading{good("water", float64(i))}
			if i%100 == 0 {
				readings = append(readings, good("ambient", 1))
			}
			if i%3 == 0 {
				readings = append(readings, bad("inlet", coolant.CRC))
			}
			batch = append(batch, sample("a", 1, i+1, noon+coolant.UnixMilli(i), readings...))
			if i > 0 { // a fault beside a value of the same metric and time
				batch = append(batch, sample("a", 2, i, noon+coolant.UnixMilli(i), bad("water", coolant.Stuck)))
			}
		}
		f.append(batch...)
		next := 0
		f.must(f.EachRow(f.ctx, "a", nil, 0, always, func(at coolant.UnixMilli, v []float64, q []coolant.Quality) error {
			if at != noon+coolant.UnixMilli(next) || v[2] != float64(next) || (v[0] == 1) != (next%100 == 0) || (q[1] == coolant.CRC) != (next%3 == 0) || (q[2] == coolant.Stuck) != (next > 0) {
				return fmt.Errorf("row %d is %d %v %v", next, at-noon, v, q)
			}
			next++
			// The store can be used meanwhile.
			if next == n/2 {
				f.append(sample("b", 1, 1, noon, good("water", 1)))
			}
			return nil
		}))
		if next != n {
			t.Errorf("%d rows, want %d", next, n)
		}
	})
}

func testFaults(t *testing.T, open Open) {
	f := newFixture(t, open)
	readings := []coolant.Reading{
		good("water", 1), bad("water", coolant.CRC), bad("water", coolant.CRC), bad("water", coolant.Stuck),
		bad("water", coolant.CRC), good("water", 2), bad("water", coolant.CRC), bad("water", coolant.CRC),
	}
	for i, r := range readings {
		s := sample("a", 1, uint64(i+1), noon+coolant.UnixMilli(i), r)
		if i == 2 || i == 4 {
			s.Readings = append(s.Readings, bad("inlet", coolant.Disconnected))
		}
		f.append(s)
	}
	span := func(m coolant.Metric, q coolant.Quality, from, to coolant.UnixMilli, count int) coolant.FaultSpan {
		return coolant.FaultSpan{Device: "a", Metric: m, Quality: q, From: noon + from, To: noon + to, Count: count}
	}
	tests := []struct {
		name     string
		from, to coolant.UnixMilli
		want     []coolant.FaultSpan
	}{
		{"all", 0, always, []coolant.FaultSpan{
			span("water", coolant.CRC, 1, 2, 2),
			span("inlet", coolant.Disconnected, 2, 4, 2),
			span("water", coolant.Stuck, 3, 3, 1),
			span("water", coolant.CRC, 4, 4, 1),
			span("water", coolant.CRC, 6, 7, 2),
		}},
		{"cut off at both ends", noon + 2, noon + 7, []coolant.FaultSpan{
			span("inlet", coolant.Disconnected, 2, 4, 2),
			span("water", coolant.CRC, 2, 2, 1),
			span("water", coolant.Stuck, 3, 3, 1),
			span("water", coolant.CRC, 4, 4, 1),
			span("water", coolant.CRC, 6, 6, 1),
		}},
		{"none", noon + 100, always, nil},
	}
	for _, test := range tests {
		got, err := f.Faults(f.ctx, "a", test.from, test.to)
		f.must(err)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got\n%+v, want\n%+v", test.name, got, test.want)
		}
	}
	_, err := f.Faults(f.ctx, "nobody", 0, always)
	f.wantCode(err, coolant.CodeNotFound)
}
