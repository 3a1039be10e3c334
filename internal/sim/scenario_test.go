package sim

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
)

// Every single fault ends with the prescribed action and fault, on a loop with a host of 60 W. It is judged
// by the cold plate as well as by the water: a dead pump looks like a cold loop. Those of the network are in
// TestClosedLoopWithoutNetwork, those of a chiller in TestClosedLoopChiller.
func TestClosedLoopSingleFaults(t *testing.T) {
	table := newFigures("Single faults, 60 W, half an hour", "fault", "pump, fan", "claims", "faults shown", "water at most", "cold plate")

	const (
		minutes = 30
		plate   = 62.0 // C; what a host of 60 W has on water at critical, and a little more
	)
	at := monday.Add(2 * time.Hour)
	untilMS := func(d time.Duration) int64 { return int64(coolant.Milli(at.Add(d))) }
	storm := func(r *Rig, second int) {
		if second%4 != 0 {
			r.SetProbeFault(ProbeCRC)
		} else {
			r.SetProbeFault(ProbeHealthy)
		}
	}
	once := func(do func(*Rig)) func(*Rig, int) {
		return func(r *Rig, second int) {
			if second == 0 {
				do(r)
			}
		}
	}
	probe := func(f ProbeFault) func(*Rig, int) { return once(func(r *Rig) { r.SetProbeFault(f) }) }
	nothing := func(*Rig, int) {}
	const fanAuto = 30.0 // percent; the fan's duty at 60 W by its curve is above it
	for _, c := range []struct {
		name      string
		row       string // of docs/simulation.md that says how hot it gets
		desired   string // on top of the board's
		do        func(*Rig, int)
		minutes   int // 0: minutes
		pump, fan control.Claim
		pumpDuty  float64 // -1: as the law says, which keeps the water below critical
		fanDuty   float64
		faults    string  // active ones
		latched   string  // instead: one that is at least latched, whoever claims the outputs at the end
		untold    bool    // nobody tells the heat of the host
		plate     float64 // the greatest temperature of the cold plate, C; 0: plate
	}{
		{name: "nothing", row: "none", do: nothing, pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1},
		{name: "probe lost", row: "probe lost, at 85.0, wrong checksums", do: probe(ProbeLost), pump: "input_failsafe", fan: "input_failsafe", pumpDuty: 100, fanDuty: 100, faults: "input_lost"},
		{name: "probe at 85.0", row: "probe lost, at 85.0, wrong checksums", do: probe(ProbePOR), pump: "input_failsafe", fan: "input_failsafe", pumpDuty: 100, fanDuty: 100, faults: "input_lost"},
		{name: "probe with wrong checksums", row: "probe lost, at 85.0, wrong checksums", do: probe(ProbeCRC), pump: "input_failsafe", fan: "input_failsafe", pumpDuty: 100, fanDuty: 100, faults: "input_lost"},
		{name: "storm of wrong checksums", row: "a storm of wrong checksums, three of four", do: storm, pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1},
		// Frozen at a plausible value it cannot be told from a calm loop before the others move, and then for two hours more;
		// until then the law goes by a value that was right.
		{name: "probe frozen", row: "probe frozen", do: probe(ProbeStuck), minutes: 30, pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1},
		// Where the load changes the others do move. It freezes in a cold loop, so that the law asks for its least until it is found.
		{
			name: "probe frozen, and a load that comes and goes", row: "the same from a cold loop on, and a load that comes and goes", untold: true, minutes: 180, do: func(r *Rig, second int) {
				r.day = heatStep{after: 60}
				if second < 2400 || second/1200%2 == 1 {
					r.day = heatStep{after: 8}
				}
				if second == 2400 {
					r.SetProbeFault(ProbeStuck)
				}
			},
			pump: "input_failsafe", fan: "input_failsafe", pumpDuty: 100, fanDuty: 100, faults: "probe_stuck input_lost",
		},
		{
			name: "probe out of the water", row: "probe out of the water, the host's heat known", do: probe(ProbeOut),
			pump: "no_heat_transfer", fan: "no_heat_transfer", pumpDuty: 100, fanDuty: 100, faults: "no_heat_transfer",
		},
		// Then the other probes tell, as soon as the water is 10 K warmer than what the lost one says. Cooling brings them together
		// again, so that it goes to and fro; the fault stays latched.
		{name: "probe out of the water, and a silent host", row: "the same with a silent host", untold: true, do: probe(ProbeOut), pumpDuty: -1, fanDuty: -1, latched: "probes_disagree"},
		{
			name: "the only probe out of the water", row: "the same without any other probe in the water", desired: "alone", do: probe(ProbeOut), minutes: 7,
			pump: "no_heat_transfer", fan: "no_heat_transfer", pumpDuty: 100, fanDuty: 100, faults: "no_heat_transfer",
		},
		{name: "probes that disagree", row: "a probe that reads 15 K too much", do: probe(ProbeDrift), pump: "input_failsafe", fan: "input_failsafe", pumpDuty: 100, fanDuty: 100, faults: "probes_disagree"},
		{
			name: "pump stalled", row: "pump stalled, with or without tachometer", do: once(func(r *Rig) { r.StallPump(true) }),
			pump: "stall", fan: "stall", pumpDuty: 100, fanDuty: 100, faults: "pump_stall no_flow", plate: 100,
		},
		{
			name: "pump without tachometer stalled", row: "pump stalled, with or without tachometer", desired: `{"outputs":[{"name":"pump","wiring":{"tacho_pin":null}}]}`, do: once(func(r *Rig) { r.StallPump(true) }),
			pump: "stall", fan: "stall", pumpDuty: 100, fanDuty: 100, faults: "no_flow", plate: 100,
		},
		{name: "fan stalled", row: "fan stalled", do: once(func(r *Rig) { r.StallFan(true) }), pump: "stall", fan: "stall", pumpDuty: 100, fanDuty: 100, faults: "fan_stall"},
		{name: "leak", row: "leak", do: once(func(r *Rig) { r.SetLeak(true) }), pump: "leak", fan: "leak", pumpDuty: 0, fanDuty: 100, faults: "leak", plate: 100},
		{name: "device restarted", row: "the device restarts", do: once(func(r *Rig) { r.Reset() }), pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1},
		// What was desired outlives it: this pump is at 77 %.
		{
			name: "power cut of five minutes", row: "the power is cut for five minutes", desired: `{"outputs":[{"name":"pump","auto":{"input":"water","curve":{"points":[[20,77]]}}}]}`,
			do: once(func(r *Rig) { powerCut(t, r, 5*time.Minute) }), pump: "auto", fan: "auto", pumpDuty: 77, fanDuty: -1,
		},
		// Without power the pump runs by its wiring, whatever leaks; with power the leak is known at once.
		{
			name: "power cut of five minutes in a leak", row: "the same while a leak is latched", do: func(r *Rig, second int) {
				r.SetLeak(second < 60)
				if second == 90 {
					powerCut(t, r, 5*time.Minute)
				}
			},
			pump: "leak", fan: "leak", pumpDuty: 0, fanDuty: 100, faults: "leak", plate: 100,
		},
		{name: "the server sends nonsense", row: "the server sends nonsense", do: func(r *Rig, second int) { nonsense(t, r, second) }, pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1},
		{
			name: "fan overridden to off", row: "fan overridden to off", desired: fmt.Sprintf(`{"outputs":[{"name":"fan","override":{"duty":0,"until":%d}}]}`, untilMS(24*time.Hour)), do: nothing,
			pump: "auto", fan: "override", pumpDuty: -1, fanDuty: 0,
		},
		{
			name: "fan overridden to off for ten minutes", row: "fan overridden to off for ten minutes", desired: fmt.Sprintf(`{"outputs":[{"name":"fan","override":{"duty":0,"until":%d}}]}`, untilMS(10*time.Minute)), do: nothing,
			pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1,
		},
		{
			name: "pump overridden to off and forgotten", row: "pump overridden to off and forgotten", desired: fmt.Sprintf(`{"outputs":[{"name":"pump","override":{"duty":0,"until":%d}}]}`, untilMS(30*time.Minute)), do: nothing,
			minutes: 40, pump: "auto", fan: "auto", pumpDuty: -1, fanDuty: -1, plate: 100,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewRig(RigOptions{Seed: 1, Start: monday})
			r.day = heatStep{after: 60}
			r.Advance(at)
			if !c.untold {
				r.setHost(60, at.Add(24*time.Hour))
			}
			if c.desired == "alone" {
				c.desired = fmt.Sprintf(`{"probes":[{"rom":"%016x","role":"water"},{"rom":"%016x","role":"ambient"}]}`, r.roms[atWater], r.roms[atAmbient])
			}
			if c.desired != "" {
				s, err := theBoard().take(r.set, []byte(`{"epoch":"e","version":1,`+c.desired[1:]))
				if err != nil {
					t.Fatal(err)
				}
				if err := s.control.CheckOverrides(coolant.Milli(at)); err != nil {
					t.Fatal(err)
				}
				if err := r.apply(s); err != nil {
					t.Fatal(err)
				}
			}
			if c.minutes == 0 {
				c.minutes = minutes
			}
			if c.plate == 0 {
				c.plate = plate
			}
			hottest, water := 0.0, 0.0
			for second := range c.minutes * 60 {
				c.do(r, second)
				r.Advance(at.Add(time.Duration(second+1) * time.Second))
				hottest, water = max(hottest, r.State().Host), max(water, r.State().Water)
			}
			// The jerk of a stalled pump is not what it is told most of the time.
			for r.duties[0].By == control.ByStall && r.duties[0].Duty != 100 {
				r.Advance(r.Now().Add(time.Second))
			}
			if water >= 50 || hottest > c.plate {
				t.Errorf("the water came to %.1f C and the cold plate to %.1f C, want below 50 and at most %v", water, hottest, c.plate)
			}
			documented(t, c.row, water, hottest)
			shown := make([]string, 0, 2)
			for _, f := range r.Faults() {
				shown = append(shown, f.Name)
			}
			table.row(c.name, fmt.Sprintf("%.0f, %.0f %%", r.duties[0].Duty, r.duties[1].Duty), fmt.Sprintf("%s, %s", r.duties[0].By, r.duties[1].By),
				strings.Join(shown, " "), fmt.Sprintf("%.1f C", water), fmt.Sprintf("%.1f C", hottest))
			if c.latched != "" {
				if !slices.ContainsFunc(r.Faults(), func(f control.Fault) bool { return f.Name == c.latched }) {
					t.Errorf("faults %+v, want %s among them", r.Faults(), c.latched)
				}
				return
			}
			pump, fan := r.duties[0], r.duties[1]
			if pump.By != c.pump || fan.By != c.fan {
				t.Errorf("the pump is claimed by %s and the fan by %s, want %s and %s", pump.By, fan.By, c.pump, c.fan)
			}
			if c.pumpDuty >= 0 && pump.Duty != c.pumpDuty || c.pumpDuty < 0 && pump.Duty < 40 {
				t.Errorf("the pump is at %v %%, want %v", pump.Duty, c.pumpDuty)
			}
			if c.fanDuty >= 0 && fan.Duty != c.fanDuty || c.fanDuty < 0 && fan.Duty < fanAuto {
				t.Errorf("the fan is at %v %%, want %v", fan.Duty, c.fanDuty)
			}
			var active []string
			for _, f := range r.Faults() {
				if f.Active {
					active = append(active, f.Name)
				}
			}
			slices.Sort(active)
			want := strings.Fields(c.faults)
			slices.Sort(want)
			if !slices.Equal(active, want) {
				t.Errorf("active faults %v, want %v", active, want)
			}
		})
	}
	table.log(t)
}

// documented compares how hot it got with what docs/simulation.md says, in the first row that has this fault.
func documented(t *testing.T, row string, water, plate float64) {
	t.Helper()
	page, err := os.ReadFile("../../docs/simulation.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(page), "\n| "+row+" | ")
	line, _, _ := strings.Cut(rest, "\n")
	figures := strings.Split(line, " | ")
	var saidWater, saidPlate float64
	if _, err := fmt.Sscanf(figures[len(figures)-1], "%f, %f C", &saidWater, &saidPlate); !found || err != nil {
		t.Fatalf("docs/simulation.md has no figures for %q: %q, %v", row, line, err)
	}
	if math.Abs(water-saidWater) > 0.1 || math.Abs(plate-saidPlate) > 0.1 {
		t.Errorf("the water came to %.1f C and the cold plate to %.1f C; docs/simulation.md says %v and %v C", water, plate, saidWater, saidPlate)
	}
}

// powerCut takes the power from the device for a while: nobody drives a pin then, which is full cooling by wiring.
func powerCut(t *testing.T, r *Rig, long time.Duration) {
	t.Helper()
	kept := r.set
	r.set.wiring = nil
	for range int(long / tick) {
		r.act(tick)
		r.now = r.now.Add(tick)
	}
	if r.pump.speed < 0.99 || r.fan.speed < 0.99 {
		t.Errorf("without power the pump turns at %.2f and the fan at %.2f of their speed", r.pump.speed, r.fan.speed)
	}
	r.set = kept
	r.Reset()
	for _, d := range r.duties {
		if d.Duty != 100 {
			t.Errorf("with power back, before anything is known: %+v", d)
		}
	}
}

// nonsense is a desired state that is none, another one each minute; none of them changes anything.
func nonsense(t *testing.T, r *Rig, second int) {
	t.Helper()
	states := []string{
		"", "[]", `{"epoch":"e","version":2`, `{"epoch":"e","version":2,"critical_c":80}`, `{"epoch":"e","version":2,"outputs":[{"name":"pump","min_duty":0}]}`,
		`{"epoch":"e","version":2,"outputs":[{"name":"fan","auto":{"input":"water","curve":{"points":[[30,0],[20,100]]}}}]}`,
		`{"epoch":"e","version":2,"outputs":[{"name":"pump","wiring":{"inverted":false}}]}`, strings.Repeat("[", 100000),
	}
	if second%60 != 0 {
		return
	}
	before := r.set
	s, err := theBoard().take(r.set, []byte(states[second/60%len(states)]))
	if err == nil {
		err = r.apply(s)
	}
	if err == nil || !reflect.DeepEqual(before, r.set) {
		t.Errorf("%.80s: %v", states[second/60%len(states)], err)
	}
}
