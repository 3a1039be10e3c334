package wire_test

import (
	"fmt"
	"strings"
	"testing"

	"coolant/internal/wire"
)

const (
	oneMetric = `{"boot":"9f3c51d27ab04e66","samples":[{"seq":42,"ts":1764000000123,"m":{"water":31.25}}]}`
	contract  = `{"boot":"9f3c51d27ab04e66","samples":[{"seq":42,"ts":1764000000123,"m":{"water":31.25,"ambient":22.5,"pump_rpm":2410,"fan_rpm":880,"pump_duty":60,"fan_duty":35,"flow_lpm":1.30},"q":{"inlet":"disconnected"}}]}`
)

// backlog is a message with n samples of seven metrics.
func backlog(n int) string {
	var b strings.Builder
	b.WriteString(`{"boot":"9f3c51d27ab04e66","samples":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"seq":%d,"ts":%d,"m":{"water":31.%04d,"ambient":22.5,"pump_rpm":2410,"fan_rpm":880,"pump_duty":60,"fan_duty":35,"flow_lpm":1.30}}`,
			i+1, 1764000000123+int64(i)*60000, i%16*625)
	}
	b.WriteString(`]}`)
	return b.String()
}

func BenchmarkDecode(b *testing.B) {
	for _, bench := range []struct{ name, payload string }{
		{"one", oneMetric},
		{"contract", contract},
		{"backlog1440", backlog(1440)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := []byte(bench.payload)
			var d wire.Decoder
			var t wire.TelemetryPayload
			b.SetBytes(int64(len(p)))
			b.ReportAllocs()
			for b.Loop() {
				if err := d.Decode(p, &t); err != nil || len(t.Problems) > 0 {
					b.Fatal(err, t.Problems)
				}
			}
		})
	}
}
