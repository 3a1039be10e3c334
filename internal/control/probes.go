package control

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"coolant"
)

// recoveryReadings is how many good readings in a row bring a lost probe back: a loose contact
// that answers now and then is no input.
const recoveryReadings = 3

// vacantAfter: a probe that did not answer once so long after the start is gone, not slow.
const vacantAfter = 10 * time.Second

// probe is a role and the probe that feeds it. It is used from its first good reading on, lost
// when it had none for [inputPatience], and in between the last good one holds.
type probe struct {
	rom    uint64 // 0: none was found yet
	role   coolant.Metric
	offset float64
	// instead is the ROM of the configuration whose role it took over, and theirs that one's
	// offset; 0: the role is its own.
	instead uint64
	theirs  float64
	water   bool // it is on the water side
	found   bool // it was on the bus since the start
	seen    bool // it has had a good reading since the start
	lost    bool
	value   float64 // the last good one with its offset, C
	latest  coolant.Reading
	good    time.Duration // since the last good reading, or the start
	fresh   time.Duration // since the last conversion, or the start
	watched time.Duration // since the watch was last asked
	streak  int           // good readings in a row
	watch   stuckWatch
}

// usable says whether its value may be used for control.
func (p *probe) usable() bool { return p != nil && p.seen && !p.lost }

// probes are all roles: those of the configuration first, in its order.
type probes struct {
	list  []*probe
	named bool // the configuration names probes
	roles int  // of the list, the first ones: those of the configuration
	age   time.Duration
	// replaced says that a probe took a vacant role over in this step.
	replaced bool
	// others is room for the readings that a probe is compared with.
	others []place
}

// waterRole says whether a role is on the water side: water, inlet or outlet, also numbered.
func waterRole(role coolant.Metric) bool {
	base := strings.TrimRight(string(role), "0123456789")
	return slices.Contains([]coolant.Metric{coolant.Water, coolant.Inlet, coolant.Outlet}, coolant.Metric(base))
}

func (ps *probes) role(role coolant.Metric) *probe {
	if i := slices.IndexFunc(ps.list, func(p *probe) bool { return p.role == role }); i >= 0 {
		return ps.list[i]
	}
	return nil
}

func (ps *probes) rom(rom uint64) *probe {
	if i := slices.IndexFunc(ps.list, func(p *probe) bool { return p.rom == rom }); i >= 0 {
		return ps.list[i]
	}
	return nil
}

// apply takes the roles of the configuration. Those of a probe that is known already keep
// their state.
func (ps *probes) apply(configured []ProbeConfig) {
	for i := 0; i < len(configured) && i < ps.roles; i++ {
		// A probe that another one stands in for gets the offset of the latest settings when it answers.
		if p := ps.list[i]; p.instead != 0 && p.instead == configured[i].ROM {
			p.theirs = configured[i].Offset
		}
	}
	if ps.unchanged(configured) {
		return
	}
	ps.named, ps.roles = len(configured) > 0, len(configured)
	old := ps.list
	for _, p := range old {
		p.instead = 0
	}
	ps.list = nil
	for _, c := range configured {
		p := &probe{rom: c.ROM, latest: coolant.Reading{Quality: coolant.Disconnected}}
		if i := slices.IndexFunc(old, func(o *probe) bool { return o.rom == c.ROM }); i >= 0 {
			p = old[i]
			old = slices.Delete(slices.Clone(old), i, i+1)
		}
		p.shift(c.Offset)
		p.name(c.Role)
		ps.list = append(ps.list, p)
	}
	for _, p := range old {
		if !p.found || len(ps.list) == maxRoles {
			continue // it was only ever a name in the configuration
		}
		p.shift(0)
		ps.nameItself(p)
		ps.list = append(ps.list, p)
	}
	if len(ps.list) == 0 {
		p := &probe{latest: coolant.Reading{Quality: coolant.Disconnected}}
		p.name(coolant.Water)
		ps.list = append(ps.list, p)
	}
}

// unchanged says that the roles are those of the configuration already, so that nothing has
// to be disturbed, least of all a probe that took over a role.
func (ps *probes) unchanged(configured []ProbeConfig) bool {
	if len(ps.list) == 0 || ps.roles != len(configured) {
		return false
	}
	for i, c := range configured {
		p := ps.list[i]
		if p.role != c.Role || p.instead == 0 && (p.rom != c.ROM || p.offset != c.Offset) || p.instead != 0 && p.instead != c.ROM {
			return false
		}
	}
	return true
}

func (p *probe) name(role coolant.Metric) {
	p.role, p.latest.Metric, p.water = role, role, waterRole(role)
}

// shift gives it another offset.
func (p *probe) shift(offset float64) {
	p.value += offset - p.offset
	p.latest.Value += offset - p.offset
	p.offset = offset
}

// nameItself gives the first probe without configured roles `water`, every other one the first
// of temp2, temp3, .. that is free.
func (ps *probes) nameItself(p *probe) {
	role := coolant.Water
	for n := 2; ps.role(role) != nil || ps.named && n == 2 && role == coolant.Water; n++ {
		role = coolant.Metric("temp" + strconv.Itoa(n))
	}
	p.name(role)
}

func (ps *probes) discover(rom uint64) {
	if rom == 0 {
		return
	}
	known := ps.rom(rom)
	if known != nil {
		known.found = true
	}
	switch {
	case known != nil || ps.giveBack(rom):
	case !ps.named && ps.list[0].rom == 0:
		ps.list[0].rom, ps.list[0].found = rom, true
	case len(ps.list) < maxRoles:
		// Without a reading since the start it is as lost as any other: it is not put in for one
		// that is gone before it has proved itself.
		p := &probe{rom: rom, found: true, good: ps.age, lost: ps.age >= inputPatience, latest: coolant.Reading{Quality: coolant.Disconnected}}
		ps.nameItself(p)
		ps.list = append(ps.list, p)
	}
}

// giveBack: the probe that had been given up answers after all. It gets its role back, and the
// other one a place without.
func (ps *probes) giveBack(rom uint64) bool {
	i := slices.IndexFunc(ps.list, func(p *probe) bool { return p.instead == rom })
	if i < 0 {
		return false
	}
	other := ps.list[i]
	// Three good readings end that it is lost.
	back := &probe{rom: rom, offset: other.theirs, found: true, lost: true, good: inputPatience, latest: coolant.Reading{Quality: coolant.Disconnected}}
	back.name(other.role)
	ps.list[i] = back
	if len(ps.list) < maxRoles {
		other.instead = 0
		ps.nameItself(other)
		ps.list = append(ps.list, other)
	}
	return true
}

// fillVacancy: series belong to roles, not to ROM ids. Where exactly one probe of the
// configuration was not on the bus since the start, and exactly one good probe has no role, this
// one was put in for that one.
func (ps *probes) fillVacancy() {
	if ps.age < vacantAfter {
		return
	}
	vacant, spare := -1, -1
	for i, p := range ps.list {
		which, candidate := &spare, p.usable()
		if i < ps.roles {
			// A role whose probe was on the bus since the start is lost, not vacant: it may come back.
			which, candidate = &vacant, !p.found
		}
		switch {
		case !candidate:
		case *which >= 0:
			return
		default:
			*which = i
		}
	}
	if vacant < 0 || spare < 0 {
		return
	}
	gone, taken := ps.list[vacant], ps.list[spare]
	taken.instead, taken.theirs = gone.rom, gone.offset
	taken.name(gone.role)
	ps.list[vacant] = taken
	ps.list = slices.Delete(ps.list, spare, spare+1)
	ps.replaced = true
}

// step takes what was read, dt after the last time.
func (ps *probes) step(reads []ProbeRead, dt time.Duration) {
	ps.replaced = false
	for _, r := range reads {
		ps.discover(r.ROM)
	}
	ps.age += dt
	for _, p := range ps.list {
		p.good, p.fresh, p.watched = p.good+dt, p.fresh+dt, p.watched+dt
		i := slices.IndexFunc(reads, func(r ProbeRead) bool { return r.ROM == p.rom && r.ROM != 0 && r.Fresh })
		switch {
		case i >= 0:
			ps.take(p, reads[i])
		case p.fresh >= inputPatience:
			p.streak = 0
			if p.found {
				p.latest.Quality = coolant.Stale
			}
		}
		if p.good >= inputPatience {
			p.lost = true
		}
	}
	if ps.named {
		ps.fillVacancy()
	}
}

func (ps *probes) take(p *probe, r ProbeRead) {
	p.found, p.fresh = true, 0
	q := r.Quality
	if q == coolant.Good && !finite(r.Value) {
		q = coolant.OutOfRange
	}
	if q == coolant.Good && ps.frozen(p, r.Value) {
		q = coolant.Stuck
	}
	p.latest = coolant.Reading{Metric: p.role, Value: r.Value + p.offset, Quality: q}
	if q != coolant.Good {
		p.streak = 0
		return
	}
	p.value, p.good, p.seen = p.latest.Value, 0, true
	p.streak = min(p.streak+1, recoveryReadings)
	if p.streak == recoveryReadings {
		p.lost = false
	}
}

// frozen judges only the water side: the air may well stand still for hours.
func (ps *probes) frozen(p *probe, value float64) bool {
	if !p.water {
		return false
	}
	ps.others = ps.others[:0]
	for _, o := range ps.list {
		if o != p && o.water && o.latest.Quality == coolant.Good {
			ps.others = append(ps.others, place{o.rom, o.latest.Value})
		}
	}
	dt := p.watched
	p.watched = 0
	return p.watch.step(value, ps.others, dt)
}
