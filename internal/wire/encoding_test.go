package wire_test

import (
	"encoding/json"
	"math"
	"testing"

	"coolant"
	"coolant/internal/wire"
)

type encodingSample struct {
	Seq     uint64             `json:"seq"`
	TS      *coolant.UnixMilli `json:"ts"`
	Age     *coolant.UnixMilli `json:"age"`
	Watched bool               `json:"watched"`
	Metrics []struct {
		Name    coolant.Metric `json:"name"`
		Value   float64        `json:"value"`
		Quality string         `json:"quality"`
	} `json:"metrics"`
}

// wire is the sample as this package has it.
func (s encodingSample) wire(t *testing.T) wire.TelemetrySample {
	t.Helper()
	out := wire.TelemetrySample{Seq: s.Seq, Judged: s.Watched}
	switch {
	case s.TS != nil:
		out.Stamp, out.Time = wire.TimeStamp, *s.TS
	case s.Age != nil:
		out.Stamp, out.Age = wire.AgeStamp, *s.Age
	}
	for _, m := range s.Metrics {
		r := coolant.Reading{Metric: m.Name, Value: m.Value}
		if m.Quality != "" {
			q, ok := coolant.ParseQuality(m.Quality)
			if !ok {
				t.Fatalf("%q is no quality", m.Quality)
			}
			r.Quality = q
			out.Judged = true
		}
		out.Readings = append(out.Readings, r)
	}
	return out
}

func parseBoot(t *testing.T, text string) coolant.Boot {
	t.Helper()
	b, err := coolant.ParseBoot(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What the firmware writes is what our encoder writes, byte for byte, and is read
// as it was meant.
func TestTelemetryEncoding(t *testing.T) {
	type file struct {
		Telemetry []struct {
			Name    string           `json:"name"`
			Boot    string           `json:"boot"`
			Samples []encodingSample `json:"samples"`
			Rounds  bool             `json:"rounds"`
			Payload string           `json:"payload"`
		} `json:"telemetry"`
	}
	for _, c := range vectors[file](t, "encoding.json").Telemetry {
		t.Run(c.Name, func(t *testing.T) {
			want := wire.TelemetryPayload{Boot: parseBoot(t, c.Boot)}
			for _, s := range c.Samples {
				want.Samples = append(want.Samples, s.wire(t))
			}
			if ours := string(wire.AppendTelemetry(nil, &want)); ours != c.Payload && !c.Rounds {
				t.Errorf("we write %s, the firmware %s", ours, c.Payload)
			}
			var d wire.Decoder
			var got wire.TelemetryPayload
			if err := d.Decode([]byte(c.Payload), &got); err != nil || len(got.Problems) > 0 || got.Boot != want.Boot || len(got.Samples) != len(want.Samples) {
				t.Fatalf("%v %v: %+v", err, got.Problems, got)
			}
			for i := range want.Samples {
				sameSample(t, got.Samples[i], want.Samples[i])
			}
		})
	}
}

// sameSample compares two samples; numbers may differ by what rounding to four
// decimals takes away.
func sameSample(t *testing.T, got, want wire.TelemetrySample) {
	t.Helper()
	if got.Seq != want.Seq || got.Stamp != want.Stamp || got.Time != want.Time || got.Age != want.Age || got.Judged != want.Judged || len(got.Readings) != len(want.Readings) {
		t.Fatalf("%+v, want %+v", got, want)
	}
	readings := map[coolant.Metric]coolant.Reading{}
	for _, r := range got.Readings {
		readings[r.Metric] = r
	}
	for _, w := range want.Readings {
		if r, ok := readings[w.Metric]; !ok || r.Quality != w.Quality || w.Quality == coolant.Good && math.Abs(r.Value-w.Value) > 0.000051 {
			t.Errorf("%s is %+v, want %+v", w.Metric, r, w)
		}
	}
}

func TestStatusAndReplyEncoding(t *testing.T) {
	type file struct {
		Status []struct {
			Name    string `json:"name"`
			Online  bool   `json:"online"`
			Boot    string `json:"boot"`
			Conn    uint64 `json:"conn"`
			Payload string `json:"payload"`
		} `json:"status"`
		Reply []struct {
			Name    string  `json:"name"`
			ID      string  `json:"id"`
			Error   *string `json:"error"`
			Payload string  `json:"payload"`
		} `json:"reply"`
	}
	v := vectors[file](t, "encoding.json")
	for _, c := range v.Status {
		want := wire.StatusPayload{Online: c.Online, Boot: parseBoot(t, c.Boot), Conn: c.Conn}
		if ours := string(wire.AppendStatus(nil, want)); ours != c.Payload {
			t.Errorf("%s: we write %s, the firmware %s", c.Name, ours, c.Payload)
		}
		if got, err := wire.DecodeStatus([]byte(c.Payload)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", c.Name, got, err)
		}
	}
	for _, c := range v.Reply {
		want := wire.ReplyPayload{ID: c.ID, OK: c.Error == nil}
		if c.Error != nil {
			want.Error = *c.Error
		}
		if ours, err := wire.EncodeReply(want); err != nil || string(ours) != c.Payload {
			t.Errorf("%s: we write %s, the firmware %s (%v)", c.Name, ours, c.Payload, err)
		}
		if got, err := wire.DecodeReply([]byte(c.Payload)); err != nil || got != want {
			t.Errorf("%s: %+v, %v", c.Name, got, err)
		}
	}
}

// Of info and reported the decoders have what they know, and Raw the rest: the
// members of a case are the ones of its payload.
func TestDocumentEncoding(t *testing.T) {
	v := vectors[map[string]json.RawMessage](t, "encoding.json")
	for kind, decode := range map[string]func([]byte) (json.RawMessage, any, error){
		"info":     func(p []byte) (json.RawMessage, any, error) { i, err := wire.DecodeInfo(p); return i.Raw, i, err },
		"reported": func(p []byte) (json.RawMessage, any, error) { r, err := wire.DecodeReported(p); return r.Raw, r, err },
	} {
		var cases []map[string]any
		if err := json.Unmarshal(v[kind], &cases); err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			t.Run(kind+"/"+c["name"].(string), func(t *testing.T) {
				payload := c["payload"].(string)
				raw, known, err := decode([]byte(payload))
				if err != nil || string(raw) != payload {
					t.Fatalf("%s, %v", raw, err)
				}
				var all map[string]any
				if err := json.Unmarshal(raw, &all); err != nil {
					t.Fatal(err)
				}
				encoded, err := json.Marshal(known)
				if err != nil {
					t.Fatal(err)
				}
				contains(t, kind, all, jsonOf(t, encoded))
				delete(c, "payload")
				if label, ok := c["label"]; ok {
					c["name"] = label
				} else {
					delete(c, "name")
				}
				delete(c, "label")
				contains(t, kind, all, c)
			})
		}
	}
}

func jsonOf(t *testing.T, raw []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// contains checks that everything in want is in got.
func contains(t *testing.T, where string, got, want any) {
	t.Helper()
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s is %v", where, got)
		}
		for name, member := range w {
			contains(t, where+"."+name, g[name], member)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			t.Errorf("%s is %v, want %v", where, got, want)
			return
		}
		for i := range w {
			contains(t, where, g[i], w[i])
		}
	default:
		if got != want {
			t.Errorf("%s is %v, want %v", where, got, want)
		}
	}
}
