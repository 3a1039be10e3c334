package mqtt_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"coolant/e2e/mqtt"
)

func TestPublishRoundTrip(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name    string
		version mqtt.Version
		publish mqtt.Publish
	}{
		{"QoS 0", mqtt.V311, mqtt.Publish{Topic: "a", Payload: []byte("1")}},
		{"QoS 1 of version 5", mqtt.V5, mqtt.Publish{Topic: "a/b", Payload: []byte("{}"), ID: 258, QoS: 1}},
		{"more than the buffer holds", mqtt.V311, mqtt.Publish{Topic: "a/b", Payload: []byte(long), ID: 65535, QoS: 1}},
		{"empty payload", mqtt.V5, mqtt.Publish{Topic: "t", QoS: 2, ID: 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stream []byte
			for range 3 {
				stream = mqtt.AppendPublish(stream, tt.version, tt.publish)
			}
			r := mqtt.NewReader(iotest.OneByteReader(bytes.NewReader(stream)), 64)
			for range 3 {
				p, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				topic, payload, id, qos, err := mqtt.ParsePublish(tt.version, p)
				if err != nil {
					t.Fatal(err)
				}
				if string(topic) != tt.publish.Topic || !bytes.Equal(payload, tt.publish.Payload) ||
					id != tt.publish.ID || qos != tt.publish.QoS {
					t.Errorf("got %s %q id %d QoS %d, want %+v", topic, payload, id, qos, tt.publish)
				}
			}
			if r.Buffered() {
				t.Error("something is left in the buffer")
			}
		})
	}
}

func TestPublishAllocatesNothing(t *testing.T) {
	buf := make([]byte, 0, 4096)
	payload := []byte(`{"boot":"9f3c51d27ab04e66","samples":[]}`)
	n := testing.AllocsPerRun(100, func() {
		buf = mqtt.AppendPublish(buf[:0], mqtt.V5, mqtt.Publish{Topic: "coolant/a/telemetry", Payload: payload, ID: 7, QoS: 1})
	})
	if n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestReaderRefusesBrokenLength(t *testing.T) {
	for _, stream := range [][]byte{{0x30, 0xff, 0xff, 0xff, 0xff, 0x01}, {0x30, 0xff, 0xff, 0xff, 0x7f}} {
		if _, err := mqtt.NewReader(bytes.NewReader(stream), 64).Next(); err == nil {
			t.Errorf("% x was taken for a packet", stream)
		}
	}
}
