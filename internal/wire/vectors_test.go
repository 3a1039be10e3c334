package wire_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"coolant"
	"coolant/internal/wire"
)

// vectors reads a file of the contract, which C and TypeScript read as well.
func vectors[T any](t *testing.T, name string) (v T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "contract", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

type vectorSample struct {
	Seq     uint64             `json:"seq"`
	TS      *coolant.UnixMilli `json:"ts"`
	Age     *coolant.UnixMilli `json:"age"`
	Values  map[string]float64 `json:"values"`
	Faults  map[string]string  `json:"faults"`
	Refused bool               `json:"refused"`
	Judged  bool               `json:"judged"`
}

type vectorProblem struct {
	Sample int                   `json:"sample"`
	Field  string                `json:"field"`
	Code   coolant.RejectionCode `json:"code"`
}

// String makes two samples comparable.
func (s vectorSample) String() string { raw, _ := json.Marshal(s); return string(raw) }

func fromWire(in wire.TelemetrySample) vectorSample {
	s := vectorSample{Seq: in.Seq, Values: map[string]float64{}, Faults: map[string]string{}, Refused: in.Refused, Judged: in.Judged && !in.Refused}
	switch {
	case in.Refused:
	case in.Stamp == wire.TimeStamp:
		s.TS = &in.Time
	case in.Stamp == wire.AgeStamp:
		s.Age = &in.Age
	}
	for _, r := range in.Readings {
		if r.Quality == coolant.Good {
			s.Values[string(r.Metric)] = r.Value
		} else {
			s.Faults[string(r.Metric)] = r.Quality.String()
		}
	}
	return s
}

func TestTelemetryVectors(t *testing.T) {
	type file struct {
		Cases []struct {
			Name       string                `json:"name"`
			Payload    string                `json:"payload"`
			PayloadHex string                `json:"payload_hex"`
			Reject     coolant.RejectionCode `json:"reject"`
			Field      string                `json:"field"`
			Boot       string                `json:"boot"`
			Samples    []vectorSample        `json:"samples"`
			Problems   []vectorProblem       `json:"problems"`
		} `json:"cases"`
	}
	var d wire.Decoder
	var got wire.TelemetryPayload
	for _, c := range vectors[file](t, "telemetry.json").Cases {
		t.Run(c.Name, func(t *testing.T) {
			payload := []byte(c.Payload)
			if c.PayloadHex != "" {
				payload, _ = hex.DecodeString(c.PayloadHex)
			}
			err := d.Decode(payload, &got)
			if c.Reject != "" {
				problem, ok := errors.AsType[*wire.Problem](err)
				if !ok || problem.Code != c.Reject || problem.Field != c.Field {
					t.Fatalf("%#v, want %s at %q", err, c.Reject, c.Field)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Boot.String() != c.Boot {
				t.Errorf("boot %s, want %s", got.Boot, c.Boot)
			}
			var samples []vectorSample
			for _, s := range got.Samples {
				samples = append(samples, fromWire(s))
			}
			if fmt.Sprint(samples) != fmt.Sprint(c.Samples) {
				t.Errorf("samples %v, want %v", samples, c.Samples)
			}
			var problems []vectorProblem
			for _, p := range got.Problems {
				for range p.Count {
					problems = append(problems, vectorProblem{p.Sample, p.Field, p.Code})
				}
			}
			if !slices.Equal(problems, c.Problems) {
				t.Errorf("problems %v, want %v", problems, c.Problems)
			}
			if len(got.Problems) == 0 && len(got.Samples) > 0 {
				readsBack(t, &got)
			}
		})
	}
}

// readsBack encodes a payload and decodes it again.
func readsBack(t *testing.T, p *wire.TelemetryPayload) {
	t.Helper()
	var d wire.Decoder
	var again wire.TelemetryPayload
	text := wire.AppendTelemetry(nil, p)
	if err := d.Decode(text, &again); err != nil || len(again.Problems) > 0 {
		t.Fatalf("%s: %v %v", text, err, again.Problems)
	}
	if again.Boot != p.Boot || len(again.Samples) != len(p.Samples) {
		t.Fatalf("%s reads back as %+v", text, again)
	}
	for i := range p.Samples {
		if a, b := fromWire(again.Samples[i]).String(), fromWire(p.Samples[i]).String(); a != b {
			t.Errorf("%s reads back as %s", b, a)
		}
	}
}

func TestMessageVectors(t *testing.T) {
	type file struct {
		Cases []struct {
			Kind    string                `json:"kind"`
			Name    string                `json:"name"`
			Payload string                `json:"payload"`
			Accept  map[string]any        `json:"accept"`
			Reject  coolant.RejectionCode `json:"reject"`
		} `json:"cases"`
	}
	seen := map[string]bool{}
	for _, c := range vectors[file](t, "messages.json").Cases {
		seen[c.Kind] = true
		t.Run(c.Kind+"/"+c.Name, func(t *testing.T) {
			got, err := decodeAny(c.Kind, []byte(c.Payload))
			if c.Reject != "" {
				if problem, ok := errors.AsType[*wire.Problem](err); !ok || problem.Code != c.Reject {
					t.Fatalf("%#v, want the code %s", err, c.Reject)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			// Through JSON, so that all numbers are float64.
			raw, _ := json.Marshal(got)
			var members map[string]any
			if err := json.Unmarshal(raw, &members); err != nil {
				t.Fatal(err)
			}
			if !maps.Equal(members, c.Accept) {
				t.Errorf("%v, want %v", members, c.Accept)
			}
		})
	}
	for kind := wire.Committed; kind <= wire.Article; kind++ {
		if !seen[kind.String()] {
			t.Errorf("no vector for %s", kind)
		}
	}
}

// decodeAny decodes a message and returns the members that the vectors name.
func decodeAny(kind string, p []byte) (map[string]any, error) {
	switch kind {
	case "committed":
		v, err := wire.DecodeCommitted(p)
		return map[string]any{"boot": v.Boot.String(), "through": v.Through}, err
	case "status":
		v, err := wire.DecodeStatus(p)
		return map[string]any{"online": v.Online, "boot": v.Boot.String(), "conn": v.Conn}, err
	case "article":
		v, err := wire.DecodeArticle(p)
		return map[string]any{"temp": v}, err
	case "command":
		v, err := wire.DecodeCommand(p)
		return map[string]any{"id": v.ID, "name": v.Name, "expires": v.Expires}, err
	case "reply":
		v, err := wire.DecodeReply(p)
		return map[string]any{"id": v.ID, "ok": v.OK, "error": v.Error}, err
	case "info":
		v, err := wire.DecodeInfo(p)
		return map[string]any{"firmware": v.Firmware, "chip": v.Chip, "interval_ms": v.IntervalMS}, err
	case "reported":
		v, err := wire.DecodeReported(p)
		return map[string]any{"epoch": v.Epoch, "version": v.Version, "refused": v.Refused, "interval_ms": v.IntervalMS}, err
	case "desired":
		v, err := wire.DecodeDesired(p)
		return map[string]any{"epoch": v.Epoch, "version": v.Version, "interval_ms": v.IntervalMS}, err
	case "input":
		v, err := wire.DecodeInput(p)
		return map[string]any{"host_w": v.HostW, "valid_s": v.Valid.Seconds()}, err
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}

func TestTopicVectors(t *testing.T) {
	type file struct {
		ACL []struct {
			User      coolant.DeviceID `json:"user"`
			Topic     string           `json:"topic"`
			Publish   bool             `json:"publish"`
			Subscribe bool             `json:"subscribe"`
		} `json:"acl"`
		IDs []struct {
			ID    string `json:"id"`
			Valid bool   `json:"valid"`
		} `json:"ids"`
	}
	v := vectors[file](t, "topics.json")
	for _, c := range v.ACL {
		id, kind, ok := wire.ParseTopic(c.Topic)
		own := ok && id == c.User
		publish := own && kind.Up() || c.Topic == wire.ArticleTopic && c.User == "esp32"
		if subscribe := own && kind.Down(); publish != c.Publish || subscribe != c.Subscribe {
			t.Errorf("%s on %s: publish %v, subscribe %v; want %v and %v", c.User, c.Topic, publish, subscribe, c.Publish, c.Subscribe)
		}
		if own && wire.Topic(id, kind) != c.Topic {
			t.Errorf("%s is written as %s", c.Topic, wire.Topic(id, kind))
		}
	}
	for _, c := range v.IDs {
		if _, err := coolant.ParseDeviceID(c.ID); (err == nil) != c.Valid {
			t.Errorf("id %q: %v, want valid %v", c.ID, err, c.Valid)
		}
	}
}

func TestWordVectors(t *testing.T) {
	type file struct {
		Qualities []struct {
			Word   string          `json:"word"`
			Number coolant.Quality `json:"number"`
		} `json:"qualities"`
		Metrics []struct {
			Metric  string       `json:"metric"`
			Unit    coolant.Unit `json:"unit"`
			Low     float64      `json:"low"`
			High    float64      `json:"high"`
			Invalid bool         `json:"invalid"`
		} `json:"metrics"`
	}
	v := vectors[file](t, "words.json")
	for _, c := range v.Qualities {
		if q, ok := coolant.ParseQuality(c.Word); !ok || q != c.Number || q.String() != c.Word {
			t.Errorf("%s is %d", c.Word, q)
		}
	}
	if next := coolant.Quality(len(v.Qualities)); next.String() != "unknown" {
		t.Errorf("the quality %s has no vector", next)
	}
	for _, c := range v.Metrics {
		m, err := coolant.ParseMetric(c.Metric)
		if (err != nil) != c.Invalid {
			t.Errorf("metric %q: %v", c.Metric, err)
		}
		if c.Invalid {
			continue
		}
		if low, high := m.Range(); m.Unit() != c.Unit || low != c.Low || high != c.High {
			t.Errorf("%s is %s from %g to %g", m, m.Unit(), low, high)
		}
	}
}
