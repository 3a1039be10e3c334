package coolant_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"coolant"
)

func TestParseDeviceID(t *testing.T) {
	tests := []struct {
		in string
		ok bool
	}{
		{"a", true},
		{"0", true},
		{"loop-1", true},
		{"a--", true},
		{strings.Repeat("a", 32), true},
		{"", false},
		{"-a", false},
		{"Loop", false},
		{"a_b", false},
		{"a/b", false},
		{"水", false},
		{strings.Repeat("a", 33), false},
	}
	for _, tt := range tests {
		id, err := coolant.ParseDeviceID(tt.in)
		if (err == nil) != tt.ok || tt.ok && string(id) != tt.in {
			t.Errorf("ParseDeviceID(%q) = %q, %v", tt.in, id, err)
		}
		if err != nil && coolant.CodeOf(err) != coolant.CodeInvalid {
			t.Errorf("ParseDeviceID(%q): code %q", tt.in, coolant.CodeOf(err))
		}
	}
}

func TestParseBoot(t *testing.T) {
	for in, want := range map[string]coolant.Boot{
		"9f3c51d27ab04e66": 0x9f3c51d27ab04e66, "1": 1, "FF": 0xff,
		"": 0, "0": 0, "0000000000000000": 0, "9f3c51d27ab04e660": 0, "xyz": 0, "-1": 0, "+1": 0, "0x1": 0, "1_0": 0,
	} {
		got, err := coolant.ParseBoot(in)
		if got != want || (err == nil) != (want != 0) {
			t.Errorf("ParseBoot(%q) = %v, %v; want %v", in, got, err, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := coolant.Boot(rapid.Uint64Min(1).Draw(t, "boot"))
		if got, err := coolant.ParseBoot(b.String()); err != nil || got != b || len(b.String()) != 16 {
			t.Fatalf("%s came back as %v, %v", b, got, err)
		}
	})
}

func TestMetric(t *testing.T) {
	for in, want := range map[string]coolant.Unit{
		"water": coolant.Celsius, "pump_rpm": coolant.RPM, "fan2_rpm": coolant.RPM, "fan_duty": coolant.Percent,
		"flow_lpm": coolant.LitresPerMin, "host_w": coolant.Watt, "room_rh": coolant.RelHumidity, "rpm": coolant.Celsius,
	} {
		m, err := coolant.ParseMetric(in)
		if err != nil || m.Unit() != want {
			t.Errorf("%s: unit %s, error %v; want %s", in, m.Unit(), err, want)
		}
		if low, high := m.Range(); low >= high {
			t.Errorf("%s: range %g to %g", in, low, high)
		}
	}
	for _, in := range []string{"", "Water", "2fan", "_x", "a-b", "a b", strings.Repeat("a", 33), "wässer"} {
		if _, err := coolant.ParseMetric(in); coolant.CodeOf(err) != coolant.CodeInvalid {
			t.Errorf("ParseMetric(%q): %v", in, err)
		}
	}
}

func TestQuality(t *testing.T) {
	for q := coolant.Good; q <= coolant.Stale; q++ {
		if got, ok := coolant.ParseQuality(q.String()); !ok || got != q {
			t.Errorf("%d (%s) came back as %d, %v", q, q, got, ok)
		}
	}
	if _, ok := coolant.ParseQuality("fine"); ok {
		t.Error("a word that is none was accepted")
	}
	if got := coolant.Quality(200).String(); got != "unknown" {
		t.Errorf("quality 200 is called %q", got)
	}
}

func TestUnixMilliTruncate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := coolant.UnixMilli(rapid.Int64Range(-1e15, 1e15).Draw(t, "time"))
		step := coolant.UnixMilli(rapid.Int64Range(1, 1e9).Draw(t, "step"))
		got := m.Truncate(step)
		if got%step != 0 || got > m || m-got >= step {
			t.Fatalf("%d truncated to %d gives %d", m, step, got)
		}
	})
	if got := coolant.UnixMilli(7).Truncate(0); got != 7 {
		t.Errorf("truncating to 0 gives %d", got)
	}
}

func TestCodeOf(t *testing.T) {
	cause := errors.New("cause")
	err := coolant.Errorf(coolant.CodeConflict, "outer: %w", cause)
	if coolant.CodeOf(fmt.Errorf("more: %w", err)) != coolant.CodeConflict || !errors.Is(err, cause) {
		t.Errorf("%v lost its code or its cause", err)
	}
	if coolant.CodeOf(nil) != "" || coolant.CodeOf(cause) != coolant.CodeInternal {
		t.Error("nil has a code, or a plain error has none")
	}
}

func TestAssess(t *testing.T) {
	const now = coolant.UnixMilli(1_800_000_000_000)
	silence := coolant.Milli(time.UnixMilli(0).Add(90 * time.Second))
	ago := func(s int64) coolant.UnixMilli { return now - coolant.UnixMilli(s)*coolant.Second }
	water := func(v float64, at coolant.UnixMilli) coolant.Newest {
		return coolant.Newest{Metric: coolant.Water, Value: v, Time: at}
	}
	broken := coolant.Newest{Metric: coolant.Inlet, Quality: coolant.CRC, Time: ago(1)}
	online := coolant.Presence{Online: true, Since: ago(100)}
	tests := []struct {
		name string
		v    coolant.Vitals
		want coolant.Health
	}{
		{"never heard of", coolant.Vitals{}, coolant.HealthWaiting},
		{"connected, nothing measured yet", coolant.Vitals{Presence: online}, coolant.HealthWaiting},
		{"gone before it measured", coolant.Vitals{Presence: coolant.Presence{Since: ago(5)}}, coolant.HealthOffline},
		{"fine", coolant.Vitals{Newest: []coolant.Newest{water(31, ago(5))}, Presence: online}, coolant.HealthOK},
		{"fine without presence", coolant.Vitals{Newest: []coolant.Newest{water(31, ago(5))}}, coolant.HealthOK},
		{"at the warning limit", coolant.Vitals{Newest: []coolant.Newest{water(40, ago(5))}}, coolant.HealthWarning},
		{"at the critical limit", coolant.Vitals{Newest: []coolant.Newest{water(50, ago(5))}}, coolant.HealthCritical},
		{"critical beats a fault", coolant.Vitals{Newest: []coolant.Newest{broken, water(50, ago(5))}}, coolant.HealthCritical},
		{"an alarm beats a fault", coolant.Vitals{Newest: []coolant.Newest{water(45, ago(5)), broken}, Alarm: true}, coolant.HealthAlarm},
		{"critical beats an alarm", coolant.Vitals{Newest: []coolant.Newest{water(50, ago(5))}, Alarm: true}, coolant.HealthCritical},
		{"a silent device with an alarm", coolant.Vitals{Newest: []coolant.Newest{water(30, ago(3600))}, Silence: 1, Alarm: true}, coolant.HealthOffline},
		{"a fault beats a warning", coolant.Vitals{Newest: []coolant.Newest{water(45, ago(5)), broken}}, coolant.HealthFault},
		{"water itself is faulty", coolant.Vitals{Newest: []coolant.Newest{{Metric: coolant.Water, Value: 85, Quality: coolant.POR85, Time: ago(1)}}}, coolant.HealthFault},
		{"silent", coolant.Vitals{Newest: []coolant.Newest{water(31, ago(91))}, Presence: online}, coolant.HealthOffline},
		{"silent after critical", coolant.Vitals{Newest: []coolant.Newest{water(55, ago(91))}}, coolant.HealthOffline},
		{"said goodbye", coolant.Vitals{Newest: []coolant.Newest{water(31, ago(5))}, Presence: coolant.Presence{Since: ago(4)}}, coolant.HealthOffline},
		{"heard of after the goodbye", coolant.Vitals{Newest: []coolant.Newest{water(31, ago(5))}, Presence: coolant.Presence{Since: ago(6)}}, coolant.HealthOK},
		{"an old fault of a probe that was taken out", coolant.Vitals{Newest: []coolant.Newest{water(31, ago(5)), {Metric: coolant.Inlet, Quality: coolant.CRC, Time: ago(3600)}}}, coolant.HealthOK},
		{"old hot water from another time", coolant.Vitals{Newest: []coolant.Newest{water(55, ago(3600)), {Metric: coolant.Inlet, Value: 30, Time: ago(1)}}}, coolant.HealthOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.v.Silence = silence
			if got := coolant.Assess(tt.v, coolant.DefaultLimits(), now); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"fan", "fan", 0}, {"fan", "", 3}, {"", "fan", 3}, {"fan", "van", 1}, {"min_dutty", "min_duty", 1}, {"kitten", "sitting", 3}} {
		if got := coolant.Distance(tt.a, tt.b); got != tt.want {
			t.Errorf("from %q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}
