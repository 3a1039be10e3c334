package live

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"coolant"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is the present of the tests.
const start coolant.UnixMilli = 1_764_000_000_000

// clock is a clock that a test moves by hand.
type clock struct{ at coolant.UnixMilli }

func (c *clock) now() time.Time { return c.at.Time() }

func newHub(c *clock, opts Options) *Hub {
	opts.Now = c.now
	return New(opts)
}

func registered(id coolant.DeviceID) coolant.Device {
	return coolant.Device{ID: id, Created: start - coolant.Day}
}

func reading(m coolant.Metric, v float64) coolant.Reading {
	return coolant.Reading{Metric: m, Value: v}
}

func sample(id coolant.DeviceID, at coolant.UnixMilli, r ...coolant.Reading) coolant.Sample {
	return coolant.Sample{Device: id, Time: at, Readings: r}
}

func status(id coolant.DeviceID, state, boot string, conn int, at coolant.UnixMilli) coolant.DeviceDocument {
	body := `{"state":"` + state + `","boot":"` + boot + `","conn":` + strconv.Itoa(conn) + `}`
	return coolant.DeviceDocument{Device: id, Kind: coolant.DocStatus, Body: json.RawMessage(body), Received: at}
}

// drain takes everything there is.
func drain(t *testing.T, s *Subscription) []*Entry {
	t.Helper()
	var all []*Entry
	for {
		var more, ok bool
		all, more, ok = s.Take(all)
		if !ok {
			t.Fatal("the subscriber was dropped")
		}
		if !more {
			return all
		}
	}
}

// lines is the wire form of events, for comparison.
func lines(events []*Entry) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Name() + " " + string(e.JSON())
	}
	return out
}

func newestOf(t *testing.T, h *Hub, id coolant.DeviceID, m coolant.Metric) Newest {
	t.Helper()
	v, ok := h.Device(id)
	if !ok {
		t.Fatalf("no device %s", id)
	}
	for _, n := range v.Newest {
		if n.Metric == m {
			return n
		}
	}
	t.Fatalf("%s has no %s", id, m)
	return Newest{}
}

func TestAppendNumber(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"},
		{math.Copysign(0, -1), "-0"},
		{31.25, "31.25"},
		{-0.0625, "-0.0625"},
		{2410, "2410"},
		{0.1, "0.1"},
		{math.Nextafter(0.3, 1), "0.30000000000000004"},
		{1e-5, "0.00001"},
		{1e-7, "1e-07"},
		{1e22, "1e+22"},
		{123456789.1234, "123456789.1234"},
		{math.NaN(), "null"},
		{math.Inf(1), "null"},
		{math.Inf(-1), "null"},
		{math.MaxFloat64, "1.7976931348623157e+308"},
	} {
		if got := string(AppendNumber(nil, c.v)); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
}

func FuzzAppendNumber(f *testing.F) {
	for _, v := range []float64{0, 31.25, -0.0625, 16.3125, 1e-4, 99999.9999, 1e15, 0.30000000000000004, 5e-324} {
		f.Add(math.Float64bits(v))
		f.Add(math.Float64bits(math.Nextafter(v, 1e300)))
	}
	f.Fuzz(func(t *testing.T, bits uint64) {
		v := math.Float64frombits(bits)
		got := AppendNumber(nil, v)
		if !json.Valid(got) {
			t.Fatalf("%v: %s is not JSON", v, got)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		back, err := strconv.ParseFloat(string(got), 64)
		if err != nil || math.Float64bits(back) != bits {
			t.Fatalf("%v: %s reads back as %v (%v)", v, got, back, err)
		}
		if a := math.Abs(v); a >= 1e-6 && a < 1e21 {
			if want := strconv.FormatFloat(v, 'f', -1, 64); string(got) != want {
				t.Fatalf("%s, but the shortest is %s", got, want)
			}
		}
	})
}

func TestEventJSON(t *testing.T) {
	point := Point{Time: 5, Readings: []coolant.Reading{
		{Metric: "water", Value: 31.25},
		{Metric: "inlet", Value: 85, Quality: coolant.POR85},
		{Metric: "fan_rpm", Value: math.NaN()},
		{Metric: "pump_rpm", Value: 2410},
		{Metric: "outlet", Quality: coolant.CRC},
	}}
	for name, c := range map[string]struct {
		event Event
		want  string
	}{
		"samples": {
			&Samples{Device: "a", Points: []Point{point, {Time: 6}}},
			`{"device":"a","samples":[{"time":5,"values":{"water":31.25,"pump_rpm":2410},"faults":{"inlet":"por85","outlet":"crc"}},{"time":6,"values":{}}]}`,
		},
		"odd names": {
			&Samples{Device: "\"\n\xff", Points: nil},
			`{"device":"\"\n\ufffd","samples":[]}`,
		},
		"backfill": {&Backfill{Device: "a", From: 1, To: 2}, `{"device":"a","from":1,"to":2}`},
		"removed":  {&Removed{Device: "a"}, `{"device":"a"}`},
		"tick":     {&Tick{Time: 9}, `{"time":9}`},
		"rejected": {
			&Rejected{View: ViewOf(coolant.Rejection{ID: 1, Time: 2, Topic: "t", Code: coolant.RejectedValue, Detail: "d", Excerpt: "<\n>", Count: 3})},
			`{"id":1,"time":2,"device":"","topic":"t","code":"bad_value","detail":"d","excerpt":"\u003c\n\u003e","count":3}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := &Entry{Event: c.event}
			if got := string(e.JSON()); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
