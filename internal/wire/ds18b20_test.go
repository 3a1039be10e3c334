package wire_test

import (
	"encoding/hex"
	"math"
	"slices"
	"testing"
)

// scratchpadCRC is the DS18B20's CRC-8 (datasheet): polynomial x^8 + x^5 + x^4 + 1,
// least significant bit first.
func scratchpadCRC(data []byte) (crc byte) {
	for _, b := range data {
		for range 8 {
			mix := (crc ^ b) & 1
			crc >>= 1
			if mix != 0 {
				crc ^= 0x8c
			}
			b >>= 1
		}
	}
	return crc
}

// near says whether there was a good reading lately that is not far from v.
type near func(v float64) bool

// readScratchpad is what the vectors say, written down once in Go: the firmware
// does it in C.
func readScratchpad(p []byte, near near) (celsius float64, quality string) {
	raw := int16(uint16(p[0]) | uint16(p[1])<<8)
	same := func(b byte) bool { return !slices.ContainsFunc(p, func(x byte) bool { return x != b }) }
	undefined := 3 - (p[4]>>5)&3
	celsius = float64(raw&^(1<<undefined-1)) / 16
	switch {
	case same(0xff) || same(0x00):
		return 0, "disconnected"
	case scratchpadCRC(p[:8]) != p[8]:
		return 0, "crc"
	case raw == 0x0550 && (p[6] == 0x0c || !near(85)):
		return 0, "por85"
	case celsius < -55 || celsius > 125:
		return 0, "range"
	}
	return celsius, "good"
}

func TestDS18B20Vectors(t *testing.T) {
	type file struct {
		Cases []struct {
			Name       string  `json:"name"`
			Scratchpad string  `json:"scratchpad"`
			Quality    string  `json:"quality"`
			Celsius    float64 `json:"celsius"`
			Previous   *struct {
				Celsius float64 `json:"celsius"`
				AgoMS   int64   `json:"ago_ms"`
			} `json:"previous"`
		} `json:"cases"`
	}
	for _, c := range vectors[file](t, "ds18b20.json").Cases {
		p, err := hex.DecodeString(c.Scratchpad)
		if err != nil || len(p) != 9 {
			t.Fatalf("%s: %q is not nine bytes", c.Name, c.Scratchpad)
		}
		celsius, quality := readScratchpad(p, func(v float64) bool {
			return c.Previous != nil && c.Previous.AgoMS <= 600000 && math.Abs(v-c.Previous.Celsius) <= 10
		})
		if celsius != c.Celsius || quality != c.Quality {
			t.Errorf("%s: %g %s, want %g %s", c.Name, celsius, quality, c.Celsius, c.Quality)
		}
	}
}
