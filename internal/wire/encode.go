package wire

import (
	"math"
	"strconv"

	"coolant"
)

// AppendTelemetry appends the JSON form of t to dst, in the order of the
// contract: boot, samples, and within a sample seq, ts or age, m, q. A reading
// that is no finite number goes out as the quality `range`.
func AppendTelemetry(dst []byte, t *TelemetryPayload) []byte {
	dst = append(dst, `{"boot":"`...)
	dst = appendBoot(dst, t.Boot)
	dst = append(dst, `","samples":[`...)
	for i := range t.Samples {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendSample(dst, &t.Samples[i])
	}
	return append(dst, `]}`...)
}

func appendSample(dst []byte, s *TelemetrySample) []byte {
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendUint(dst, s.Seq, 10)
	switch s.Stamp {
	case TimeStamp:
		dst = append(dst, `,"ts":`...)
		dst = strconv.AppendInt(dst, int64(s.Time), 10)
	case AgeStamp:
		dst = append(dst, `,"age":`...)
		dst = strconv.AppendInt(dst, int64(s.Age), 10)
	case NoStamp:
	}
	dst = append(dst, `,"m":{`...)
	faults := 0
	first := true
	for _, r := range s.Readings {
		if sentQuality(r) != coolant.Good {
			faults++
			continue
		}
		dst = appendName(dst, r.Metric, first)
		dst = appendNumber(dst, r.Value)
		first = false
	}
	dst = append(dst, '}')
	if faults > 0 || s.Judged {
		dst = append(dst, `,"q":{`...)
		first = true
		for _, r := range s.Readings {
			q := sentQuality(r)
			if q == coolant.Good {
				continue
			}
			dst = appendName(dst, r.Metric, first)
			dst = append(dst, '"')
			dst = append(dst, q.String()...)
			dst = append(dst, '"')
			first = false
		}
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

func sentQuality(r coolant.Reading) coolant.Quality {
	if r.Quality == coolant.Good && (math.IsNaN(r.Value) || math.IsInf(r.Value, 0)) {
		return coolant.OutOfRange
	}
	return r.Quality
}

func appendName(dst []byte, m coolant.Metric, first bool) []byte {
	if !first {
		dst = append(dst, ',')
	}
	dst = append(dst, '"')
	dst = append(dst, m...)
	return append(dst, `":`...)
}

// appendNumber appends the shortest JSON number that reads back as v.
func appendNumber(dst []byte, v float64) []byte {
	format := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, v, format, -1, 64)
}
