package load

import (
	"fmt"
	"math/rand/v2"
	"strconv"

	"coolant/e2e/mqtt"
)

// Stream is the telemetry of one device from one start of it. Every sample is a
// function of its number, so that what is stored can be checked without a copy.
type Stream struct {
	Device string
	Boot   uint64
	Start  int64   // time of sample 1, Unix milliseconds
	Step   float64 // milliseconds from one sample to the next, at least 1

	topic string
	boot  string
}

// NewStream makes a stream with a random boot.
func NewStream(device string, start int64, step float64) *Stream {
	boot := rand.Uint64() | 1
	return &Stream{
		Device: device, Boot: boot, Start: start, Step: step,
		topic: "coolant/" + device + "/telemetry", boot: fmt.Sprintf("%016x", boot),
	}
}

// Time is when sample seq was measured, in Unix milliseconds.
func (s *Stream) Time(seq uint64) int64 { return s.Start + int64(float64(seq-1)*s.Step) }

// Seq is the number of the sample that was measured at the time t, by the
// inverse of Time; 0 where there is none.
func (s *Stream) Seq(t int64) uint64 {
	seq := uint64(float64(t-s.Start)/s.Step) + 1
	for _, n := range [...]uint64{seq, seq + 1, seq - 1} {
		if t >= s.Start && n > 0 && s.Time(n) == t {
			return n
		}
	}
	return 0
}

// Value is the water temperature of sample seq in C: 20 to 40 in the steps of
// 1/16 that the sensor has.
func Value(seq uint64) float64 { return 20 + float64(seq%320)/16 }

// AppendPayload appends the contract's telemetry message with the samples from
// first to last.
func (s *Stream) AppendPayload(b []byte, first, last uint64) []byte {
	b = append(b, `{"boot":"`...)
	b = append(b, s.boot...)
	b = append(b, `","samples":[`...)
	for seq := first; seq <= last; seq++ {
		if seq > first {
			b = append(b, ',')
		}
		b = append(b, `{"seq":`...)
		b = strconv.AppendUint(b, seq, 10)
		b = append(b, `,"ts":`...)
		b = strconv.AppendInt(b, s.Time(seq), 10)
		b = append(b, `,"m":{"water":`...)
		b = strconv.AppendFloat(b, Value(seq), 'f', -1, 64)
		b = append(b, `}}`...)
	}
	return append(b, `]}`...)
}

// message builds PUBLISH packets with one sample each.
type message struct {
	stream  *Stream
	version mqtt.Version
	payload []byte
}

func (m *message) append(b []byte, id uint16, seq uint64) []byte {
	m.payload = m.stream.AppendPayload(m.payload[:0], seq, seq)
	return mqtt.AppendPublish(b, m.version, mqtt.Publish{Topic: m.stream.topic, Payload: m.payload, ID: id, QoS: 1})
}

// packetID numbers messages from 1 to 65535 and around.
func packetID(seq uint64) uint16 { return uint16((seq-1)%65535) + 1 }
