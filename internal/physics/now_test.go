package physics_test

import (
	"math"
	"testing"

	"coolant"
	"coolant/internal/physics"
)

func TestNow(t *testing.T) {
	const (
		pair     = "0.502 ± 0.82"  // two probes of the datasheet: 2 sqrt(2 (0.5^2 + 0.03125^2) / 3)
		compared = "0.502 ± 0.077" // 2 sqrt((2 0.03125^2 + 0.05^2) / 3)
	)
	at := func(of func(coolant.UnixMilli) map[coolant.Metric]float64) physics.Table {
		return table(200, 10*coolant.Second, of)
	}
	always := func(values map[coolant.Metric]float64) physics.Table {
		return at(func(coolant.UnixMilli) map[coolant.Metric]float64 { return values })
	}
	with := func(m coolant.Metric, v float64) map[coolant.Metric]float64 {
		s := steady()
		s[m] = v
		return s
	}
	part := func(heat float64) map[coolant.Metric]float64 {
		s := steady()
		dT := heat / (physics.WattsPerFlow * 1.2)
		s[coolant.Inlet], s[coolant.Outlet] = 28.3-dT/2, 28.3+dT/2
		return s
	}
	both := zeroed(coolant.Inlet, coolant.Outlet)
	for _, c := range []struct {
		name                               string
		table                              physics.Table
		loop                               physics.Loop
		difference, heat, rise, resistance string
	}{
		{"zeroed", always(steady()), both, compared, "42 ± 6.9", "6.3 ± 0.82", "0.15 ± 0.031"},
		{"all zeroed", always(steady()), zeroed(coolant.Ambient, coolant.Inlet, coolant.Outlet, coolant.Water), compared, "42 ± 6.9", "6.3 ± 0.077", "0.15 ± 0.025"},
		{"one of the two", always(steady()), zeroed(coolant.Outlet, coolant.Water), pair, "42 ± 69", "6.3 ± 0.82", "uncertain[]"},
		{"not zeroed", always(steady()), pumpAndFan(), pair, "42 ± 69", "6.3 ± 0.82", "uncertain[]"},
		{"little heat", always(part(8)), both, "0.0955 ± 0.077", "8 ± 6.5", "6.3 ± 0.82", "uncertain[]"},
		{"a strong load of unchecked probes", always(part(400)), pumpAndFan(), "4.78 ± 0.82", "400 ± 72", "6.3 ± 0.82", "0.0157 ± 0.0035"},
		{"the pump rests", always(with(coolant.FlowLPM, 0)), both, compared, "still[]", "6.3 ± 0.82", "still[]"},
		{"no flow meter", always(without(steady(), coolant.FlowLPM)), both, compared, "missing[flow_lpm]", "6.3 ± 0.82", "missing[flow_lpm]"},
		{"two probes", always(without(steady(), coolant.FlowLPM, coolant.Inlet, coolant.Outlet)), pumpAndFan(), "missing[inlet outlet]", "missing[inlet outlet flow_lpm]", "6.3 ± 0.82", "missing[inlet outlet flow_lpm]"},
		{"water alone", always(map[coolant.Metric]float64{coolant.Water: 30}), pumpAndFan(), "missing[inlet outlet]", "missing[inlet outlet flow_lpm]", "missing[ambient]", "missing[inlet outlet flow_lpm ambient]"},
		{"a metric without a good reading", always(with(coolant.Outlet, math.NaN())), both, "missing[outlet]", "missing[outlet]", "6.3 ± 0.82", "missing[outlet]"},
		{"nothing", physics.Table{}, both, "silent[]", "silent[]", "silent[]", "silent[]"},
		{"silent for six minutes", at(func(at coolant.UnixMilli) map[coolant.Metric]float64 {
			if at > present-6*coolant.Minute {
				return nil
			}
			return steady()
		}), both, "silent[]", "silent[]", "silent[]", "silent[]"},
		{"the water still follows", at(func(at coolant.UnixMilli) map[coolant.Metric]float64 {
			return with(coolant.Water, 28.3+float64(at-present)/float64(10*coolant.Minute)) // 0.1 K a minute
		}), both, compared, "42 ± 6.9", "6.06 ± 0.82", "unsettled[]"},
		{"started a moment ago", table(30, 10*coolant.Second, func(coolant.UnixMilli) map[coolant.Metric]float64 { return steady() }), both, compared, "42 ± 6.9", "6.3 ± 0.82", "unsettled[]"},
		{"the load of the last minutes", at(func(at coolant.UnixMilli) map[coolant.Metric]float64 {
			if at <= present-5*coolant.Minute {
				return part(100)
			}
			return part(20)
		}), both, "0.239 ± 0.077", "20 ± 6.6", "6.3 ± 0.82", "0.0787 ± 0.013"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := physics.Now(c.table, &c.loop, present, 0)
			for _, f := range []struct {
				name string
				got  coolant.Figure
				want string
			}{{"difference", p.Difference, c.difference}, {"heat", p.Heat, c.heat}, {"rise", p.Rise, c.rise}, {"resistance", p.Resistance, c.resistance}} {
				if got := text(f.got); got != f.want {
					t.Errorf("%s is %s, want %s", f.name, got, f.want)
				}
			}
		})
	}
}

func TestWhatOthersSeeOfTheWindow(t *testing.T) {
	slow := zeroed(coolant.Inlet, coolant.Outlet)
	slow.Interval = coolant.Hour
	hourly := table(6, coolant.Hour, func(coolant.UnixMilli) map[coolant.Metric]float64 { return steady() })
	if p := physics.Now(hourly, &slow, present+50*coolant.Minute, 0); p.Heat.Value == nil || p.Window != int64(3*coolant.Hour) || p.Time != present {
		t.Errorf("a sample an hour: %+v", p)
	}
	// From before the probes were zeroed nothing is said with the band of zeroed ones.
	fast := table(200, 10*coolant.Second, func(coolant.UnixMilli) map[coolant.Metric]float64 { return steady() })
	loop := zeroed(coolant.Inlet, coolant.Outlet)
	loop.ProbesSince = present - 10*coolant.Second
	if p := physics.Now(fast, &loop, present, 0); p.Heat.Unknown != coolant.UnknownCollecting {
		t.Errorf("ten seconds after zeroing: %s", text(p.Heat))
	}
	loop.ProbesSince = present - 3*coolant.Minute
	if p := physics.Now(fast, &loop, present, 0); p.Heat.Value == nil || p.Resistance.Unknown != coolant.UnknownUnsettled {
		t.Errorf("three minutes after zeroing: %s, %s", text(p.Heat), text(p.Resistance))
	}
}

// A known time constant decides what counts as settled: a fast loop follows at once.
func TestSettledByTheTimeConstant(t *testing.T) {
	slope := table(200, 10*coolant.Second, func(at coolant.UnixMilli) map[coolant.Metric]float64 {
		s := steady()
		s[coolant.Water] += float64(at-present) / float64(10*coolant.Minute)
		return s
	})
	loop := zeroed(coolant.Inlet, coolant.Outlet)
	for tau, want := range map[float64]bool{60: true, 300: true, 1200: false} {
		if p := physics.Now(slope, &loop, present, tau); (p.Resistance.Value != nil) != want {
			t.Errorf("tau %v s: %s", tau, text(p.Resistance))
		}
	}
}
