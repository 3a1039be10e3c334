package sqlite

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"coolant"
)

// TestChunkRoundTrip writes and reads random chunks, and every cut of them.
func TestChunkRoundTrip(t *testing.T) {
	number := rapid.OneOf(
		rapid.Float64Range(-1e6, 1e6),
		rapid.Map(rapid.IntRange(-2000, 2000), func(i int) float64 { return float64(i) / 16 }),
		rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64}),
	)
	rapid.Check(t, func(t *rapid.T) {
		buckets := make([]bucket, rapid.SampledFrom([]int{24, 60}).Draw(t, "slots"))
		for i := range buckets {
			if rapid.Bool().Draw(t, "present") {
				buckets[i].add(number.Draw(t, "first"))
			}
			for buckets[i].n > 0 && rapid.Bool().Draw(t, "more") {
				buckets[i].add(number.Draw(t, "value"))
			}
		}
		body := encodeChunk(nil, buckets)
		got := make([]bucket, len(buckets))
		got[0].n = 99 // decoding overwrites
		if err := decodeChunk(body, got); err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprint(buckets), fmt.Sprint(got); a != b {
			t.Fatalf("wrote %s, read %s", a, b)
		}
		for n := range body {
			if err := decodeChunk(body[:n], got); err == nil {
				t.Fatalf("the first %d of %d bytes were accepted", n, len(body))
			}
		}
	})
}

// TestChunkIsSmall keeps an hour of readings of a probe below the size at which
// a row no longer fits into its page.
func TestChunkIsSmall(t *testing.T) {
	buckets := make([]bucket, 60)
	for i := range buckets {
		for k := range 6 {
			buckets[i].add(float64(500+(i*6+k)%37) / 16)
		}
	}
	if n := len(encodeChunk(nil, buckets)); n > 900 {
		t.Errorf("an hour takes %d bytes, want at most 900", n)
	}
}

func TestDamagedForms(t *testing.T) {
	if err := decodeChunk([]byte{9, 0}, make([]bucket, 60)); err == nil {
		t.Error("a chunk of an unknown version was accepted")
	}
	if err := decodeChunk([]byte{chunkVersion, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, make([]bucket, 24)); err == nil {
		t.Error("a chunk with too many buckets was accepted")
	}
	sample := coolant.Sample{Device: "a", Boot: 1, Seq: 1, Time: 5, Readings: []coolant.Reading{{Metric: "water", Value: 1}, {Metric: "inlet", Quality: coolant.CRC}}}
	body := encodeSamples(nil, []coolant.Sample{sample}, []bool{true})
	for n := range body {
		if n == 1 { // a batch of nothing
			continue
		}
		if got, err := decodeSamples(body[:n]); err == nil {
			t.Errorf("the first %d of %d bytes of a journal row were read as %v", n, len(body), got)
		}
	}
	if _, err := decodeSamples([]byte{journalVersion, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}); err == nil {
		t.Error("a name of an impossible length was accepted")
	}
}

func TestNiceStep(t *testing.T) {
	tests := []struct {
		name     string
		from, to coolant.UnixMilli
		width    int
		floor    coolant.UnixMilli
		want     coolant.UnixMilli
	}{
		{"a millisecond", 0, 1, 1, 1, 1},
		{"an hour at 1000", 0, coolant.Hour, 1000, 1, 5 * coolant.Second},
		{"a day at 1000", 0, coolant.Day, 1000, 1, 2 * coolant.Minute},
		{"a day at 1440", 0, coolant.Day, 1440, 1, coolant.Minute},
		{"a day that begins within a minute", 30 * coolant.Second, coolant.Day + 30*coolant.Second, 1440, 1, 2 * coolant.Minute},
		{"a week at 1000", 0, 7 * coolant.Day, 1000, 1, 15 * coolant.Minute},
		{"a year at 1000", 0, 365 * coolant.Day, 1000, 1, 12 * coolant.Hour},
		{"a year at 1", coolant.Day, 366 * coolant.Day, 1, 1, 640 * coolant.Day},
		{"an hour, at least in hours", 0, coolant.Hour, 1000, coolant.Hour, coolant.Hour},
	}
	for _, test := range tests {
		if got := niceStep(test.from, test.to, test.width, test.floor); got != test.want {
			t.Errorf("%s: step %d, want %d", test.name, got, test.want)
		}
	}
	for _, step := range niceSteps {
		switch {
		case step < coolant.Minute && coolant.Minute%step != 0,
			step >= coolant.Minute && step < coolant.Hour && step%coolant.Minute != 0,
			step >= coolant.Hour && step%coolant.Hour != 0:
			t.Errorf("step %d does not suit the stored resolutions", step)
		}
	}
}

func TestDeviceCacheIsBounded(t *testing.T) {
	c := newDeviceCache(3)
	use := func(id coolant.DeviceID) {
		c.settle()
		if c.get(id) == nil {
			c.add(&device{id: id})
		}
	}
	for _, id := range []coolant.DeviceID{"a", "b", "c", "a", "d"} {
		use(id)
	}
	for id, want := range map[coolant.DeviceID]bool{"a": true, "b": false, "c": true, "d": true} {
		if got := c.devices[id] != nil; got != want {
			t.Errorf("%s is remembered: %v, want %v", id, got, want)
		}
	}
	c.settle()
	c.get("a")
	c.forgetTouched()
	if c.devices["a"] != nil || c.devices["c"] == nil {
		t.Error("a failed transaction forgets what it touched, and nothing else")
	}
	for i := range 100 {
		c.add(&device{id: coolant.DeviceID(fmt.Sprint(i))}) // all in one transaction
	}
	c.settle()
	for i := range 200 {
		use(coolant.DeviceID(fmt.Sprint("x", i)))
	}
	if len(c.devices) > 103 {
		t.Errorf("%d devices are remembered", len(c.devices))
	}
}
