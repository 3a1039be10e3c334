package api

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"coolant"
)

func num(t coolant.UnixMilli) string { return strconv.FormatInt(int64(t), 10) }

func TestSpan(t *testing.T) {
	const day = coolant.Day
	for name, c := range map[string]struct {
		from, to   string
		start, end coolant.UnixMilli
		wrong      string // part of the message
	}{
		"nothing":            {"", "", present - day, present, ""},
		"milliseconds":       {"1000", "2000", 1000, 2000, ""},
		"RFC 3339":           {"2026-01-30T08:00:00Z", "2026-01-31T08:00:00.5Z", present - day, present + 500, ""},
		"with an offset":     {"2026-01-30T16:00:00+08:00", "", present - day, present, ""},
		"plus as a space":    {"2026-01-30T16:00:00 08:00", "", present - day, present, ""},
		"to alone":           {"", "86400000", 0, day, ""},
		"to before a day":    {"", "1000", 0, 1000, ""},
		"twenty years":       {"0", num(maxSpan), 0, maxSpan, ""},
		"too long":           {"0", num(maxSpan + 1), 0, 0, "at most 20 years"},
		"backwards":          {"2000", "1000", 0, 0, "must be before to (1000)"},
		"empty":              {"1000", "1000", 0, 0, "must be before to"},
		"before 1970":        {"-1", "", 0, 0, "from 0"},
		"too late":           {"", "253402300800000", 0, 0, "to 253402300799999"},
		"not a number":       {"1e3", "", 0, 0, "RFC 3339"},
		"a date without":     {"2026-01-30", "", 0, 0, "RFC 3339"},
		"seconds by mistake": {"1769846400", "1769850000", 1769846400, 1769850000, ""}, // cannot be known
	} {
		t.Run(name, func(t *testing.T) {
			var p problems
			start, end := p.span(c.from, c.to, present)
			switch {
			case c.wrong == "" && len(p) > 0:
				t.Errorf("refused: %v", p)
			case c.wrong == "" && (start != c.start || end != c.end):
				t.Errorf("%d to %d, want %d to %d", start, end, c.start, c.end)
			case c.wrong != "" && (len(p) != 1 || !strings.Contains(p[0].Message, c.wrong)):
				t.Errorf("problems %v, want %q", p, c.wrong)
			}
		})
	}
}

func TestMetricsParameter(t *testing.T) {
	long := strings.Repeat("a,", coolant.MaxMetrics) + "a"
	for s, want := range map[string]string{
		"": "", "water": "water", "water,inlet": "water inlet", "water, inlet": "water inlet", "water,water": "water",
		"Water": "!", "water,": "!", ",": "!", "wa ter": "!", long: "!", "=cmd": "!",
	} {
		var p problems
		list := p.metrics(s)
		var words []string
		for _, m := range list {
			words = append(words, string(m))
		}
		got := strings.Join(words, " ")
		if len(p) > 0 {
			got = "!"
		}
		if got != want {
			t.Errorf("%.40q: %q, want %q", s, got, want)
		}
	}
}

func TestShorten(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "abc": "abc", "a\xffb": "a\uFFFDb",
		strings.Repeat("é", 100): strings.Repeat("é", 100),
		strings.Repeat("é", 101): strings.Repeat("é", 100) + "…",
	} {
		if got := shorten(s); got != want {
			t.Errorf("%q: %q", s, got)
		}
	}
}

func FuzzWindow(f *testing.F) {
	f.Add("loop", "water", "0", "1", "10")
	f.Add("", "", "", "", "")
	f.Add("a", "a,b", "2026-01-30T16:00:00 08:00", "253402300799999", "99999999999999999999")
	f.Add("\x00", ",", "9223372036854775807", "-9223372036854775808", "+1")
	f.Fuzz(func(t *testing.T, id, metrics, from, to, width string) {
		var p problems
		w := p.window(&seriesInput{
			ID: deviceParam(id), Metrics: metricsParam(metrics), From: momentParam(from), To: momentParam(to), Width: widthParam(width),
		}, present)
		if err := p.err(); err != nil {
			if e, ok := errors.AsType[*Problem](err); !ok || e.Status != 400 || e.Code != coolant.CodeInvalid || len(e.Errors) == 0 {
				t.Fatalf("%v", err)
			}
			return
		}
		if w.From < 0 || w.From >= w.To || w.To > maxMoment || w.To-w.From > maxSpan || w.Width < 1 || w.Width > coolant.MaxWidth ||
			len(w.Metrics) > coolant.MaxMetrics {
			t.Fatalf("%+v is accepted", w)
		}
		if _, err := coolant.ParseDeviceID(string(w.Device)); err != nil {
			t.Fatal(err)
		}
		for _, m := range w.Metrics {
			if !coolant.ValidMetric(m) {
				t.Fatalf("metric %q is accepted", m)
			}
		}
	})
}
