package control_test

import (
	"slices"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// Probes that nobody gave a role name themselves in the order in which they are found, and a replaced one
// takes the vacant role when it is told to.
func TestProbesFindTheirRoles(t *testing.T) {
	roles := func(l *loop) (names []coolant.Metric) {
		for _, r := range l.reg.Readings() {
			names = append(names, r.Metric)
		}
		return names
	}
	cfg := loopConfig()
	named := cfg.Probes
	cfg.Probes = nil
	l := newLoop(t, cfg)
	l.run(quarter)
	if want := []coolant.Metric{"water", "temp2", "temp3"}; !slices.Equal(roles(l), want) {
		t.Errorf("roles %v, want %v", roles(l), want)
	}
	// The outlet's probe becomes water: the old one loses the role and keeps its readings.
	cfg.Probes = []control.ProbeConfig{{ROM: romOutlet, Role: "water"}, {ROM: 99, Role: "inlet"}}
	if err := l.reg.Apply(cfg); err != nil {
		t.Fatal(err)
	}
	l.run(quarter)
	if want := []coolant.Metric{"water", "inlet", "temp2", "temp3"}; !slices.Equal(roles(l), want) {
		t.Errorf("roles %v, want %v", roles(l), want)
	}
	got := l.reg.Readings()
	if got[0].Value != 28.5 || got[1].Quality != coolant.Disconnected || got[2].Value != 28 || l.reg.Role(romWater) != "temp2" {
		t.Errorf("readings %+v", got)
	}
	cfg.Probes = named
	if err := l.reg.Apply(cfg); err != nil {
		t.Fatal(err)
	}
	if want := []coolant.Metric{"water", "ambient", "outlet"}; !slices.Equal(roles(l), want) || l.reg.Role(99) != "" {
		t.Errorf("roles %v, want %v: a probe that was never there does not stay", roles(l), want)
	}
}

// A probe that was put in for one that does not answer takes its role, without its offset, keeps it through
// other settings, and gives it back if that one answers after all.
func TestAVacantRoleIsFilled(t *testing.T) {
	const romGone = 99
	cfg := loopConfig()
	cfg.Probes[0] = control.ProbeConfig{ROM: romGone, Role: coolant.Water, Offset: 3}
	l := newLoop(t, cfg)
	l.run(9750 * time.Millisecond)
	if l.reg.Role(romWater) == coolant.Water {
		t.Error("it takes the role before it is clear that the other one is gone")
	}
	l.run(time.Second)
	if got := l.reg.Readings(); l.reg.Role(romWater) != coolant.Water || len(got) != 3 || got[0].Value != 28 || got[0].Quality != coolant.Good {
		t.Errorf("the roles are %+v", got)
	}
	if f := l.reg.Faults(); !slices.Contains(f, control.Fault{Name: control.FaultReplaced, Occurrence: 1}) {
		t.Errorf("faults %+v, want %s", f, control.FaultReplaced)
	}
	other := cfg
	other.BusyW = 100
	if err := l.reg.Apply(other); err != nil || l.reg.Role(romWater) != coolant.Water {
		t.Errorf("other settings take the role away: %v", err)
	}
	l.in.Probes = append(l.in.Probes, control.ProbeRead{ROM: romGone, Fresh: true, Value: 30})
	l.run(quarter)
	if l.reg.Role(romGone) != coolant.Water || l.reg.Role(romWater) != "temp2" {
		t.Errorf("the roles are %q and %q", l.reg.Role(romGone), l.reg.Role(romWater))
	}
	if d := l.reg.Drives()[0]; d.By != control.ByFailsafe {
		t.Errorf("one reading already counts: %+v", d)
	}
	l.run(time.Second)
	if got := l.reg.Readings()[0]; got.Value != 33 || l.reg.Drives()[0].By != control.ByAuto {
		t.Errorf("its own reading with its offset is %+v, and the pump %+v", got, l.reg.Drives()[0])
	}
	// A probe that is named no more loses its role.
	cfg.Probes = cfg.Probes[:1]
	if err := l.reg.Apply(cfg); err != nil || l.reg.Role(romAmbient) == coolant.Ambient {
		t.Errorf("a probe that is named no more is %q, %v", l.reg.Role(romAmbient), err)
	}
}

// A probe that is put in long after the start counts only after three good readings, like any
// input that was lost.
func TestAProbeThatIsPutInLateProvesItselfFirst(t *testing.T) {
	cfg := loopConfig()
	cfg.Probes = cfg.Probes[:1]
	cfg.Probes[0].ROM = 99
	l := newLoop(t, cfg)
	probes := l.in.Probes
	l.in.Probes = nil
	l.run(20 * time.Second)
	l.in.Probes = probes[:1]
	l.run(2 * quarter)
	if d := l.reg.Drives()[0]; l.reg.Role(romWater) == coolant.Water || d.By != control.ByFailsafe {
		t.Errorf("two readings already count: role %q, pump %+v", l.reg.Role(romWater), d)
	}
	l.run(quarter)
	if d := l.reg.Drives()[0]; l.reg.Role(romWater) != coolant.Water || d.By != control.ByAuto {
		t.Errorf("three readings do not count: role %q, pump %+v", l.reg.Role(romWater), d)
	}
}

// A probe that answers after all has the offset of the latest settings, and meanwhile they
// disturb the one that stands in for it in nothing.
func TestTheOffsetOfAProbeThatIsGone(t *testing.T) {
	const romGone = 99
	cfg := loopConfig()
	cfg.Probes[0] = control.ProbeConfig{ROM: romGone, Role: coolant.Water, Offset: 3}
	l := newLoop(t, cfg)
	l.run(11 * time.Second)
	cfg.Probes = slices.Clone(cfg.Probes)
	cfg.Probes[0].Offset = -1
	if err := l.reg.Apply(cfg); err != nil || l.reg.Role(romWater) != coolant.Water || l.reg.Readings()[0].Value != 28 {
		t.Errorf("role %q, readings %+v, %v", l.reg.Role(romWater), l.reg.Readings(), err)
	}
	l.in.Probes = append(l.in.Probes, control.ProbeRead{ROM: romGone, Fresh: true, Value: 30})
	l.run(3 * quarter)
	if got := l.reg.Readings()[0]; l.reg.Role(romGone) != coolant.Water || got.Value != 29 {
		t.Errorf("role %q, reading %+v", l.reg.Role(romGone), got)
	}
}
