package sim

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"coolant"
	"coolant/internal/control"
	"coolant/internal/wire"
)

// claimsStep is a step of contract/claims.json; a member that is missing leaves what it is about as it was.
type claimsStep struct {
	Desired json.RawMessage `json:"desired"`
	Clear   *struct {
		Fault      string `json:"fault"`
		Occurrence int    `json:"occurrence"`
		OK         bool   `json:"ok"`
	} `json:"clear"`
	Commission *struct {
		Args  json.RawMessage `json:"args"`
		OK    bool            `json:"ok"`
		Error string          `json:"error"`
	} `json:"commission"`
	Autotune *struct {
		Args  json.RawMessage `json:"args"`
		OK    bool            `json:"ok"`
		Error string          `json:"error"`
	} `json:"autotune"`
	Abort  *bool                       `json:"abort"`
	Probes map[coolant.Metric]*float64 `json:"probes"`
	Held   []string                    `json:"held"`
	Tacho  *bool                       `json:"tacho"`
	Leak   *bool                       `json:"leak"`
	Flow   json.RawMessage             `json:"flow_lpm"`
	Host   json.RawMessage             `json:"host_w"`
	Air    json.RawMessage             `json:"air"`
	Now    json.RawMessage             `json:"now"`
	RunMS  int64                       `json:"run_ms"`
	Want   map[string]struct {
		Duty       *float64       `json:"duty"`
		Claim      *control.Claim `json:"claim"`
		Supervised *bool          `json:"supervised"`
		Cycles     *int           `json:"cycles"`
	} `json:"want"`
	Faults []struct {
		Name       string `json:"name"`
		Occurrence int    `json:"occurrence"`
		Active     bool   `json:"active"`
	} `json:"faults"`
	Experiment *struct {
		Output string                  `json:"output"`
		Kind   control.ExperimentKind  `json:"kind"`
		State  control.ExperimentState `json:"state"`
		Phase  string                  `json:"phase"`
		Reason string                  `json:"reason"`
		Cycles int                     `json:"cycles"`
	} `json:"experiment"`
}

// claimsLoop is the loop that the vectors describe.
type claimsLoop struct {
	t      *testing.T
	board  settings
	set    settings
	reg    *control.Regulator
	in     control.Senses
	probes map[coolant.Metric]*float64
	held   []string
}

// The vectors of contract/claims.json are what the firmware's C must answer, too. They are read the way
// that the device goes: through the decoder and the settings of its board.
func TestClaimsVectors(t *testing.T) {
	raw, err := os.ReadFile("../../contract/claims.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Defaults string `json:"defaults"`
		Cases    []struct {
			Name    string          `json:"name"`
			Flow    bool            `json:"flow"`
			Desired json.RawMessage `json:"desired"`
			Steps   []claimsStep    `json:"steps"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Cases) < 25 {
		t.Fatalf("only %d cases", len(file.Cases))
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			l := &claimsLoop{t: t, board: settings{control: control.DefaultRegulator()}}
			l.board.control.FlowMeter = c.Flow
			l.board = l.settings([]byte(file.Defaults))
			l.set = l.board
			if c.Desired != nil {
				l.set = l.settings(c.Desired)
			}
			if l.reg, err = control.NewRegulator(l.set.control); err != nil {
				t.Fatal(err)
			}
			l.in.TachoFresh = true
			water, ambient, outlet := 28.0, 22.0, 28.5
			l.probes = map[coolant.Metric]*float64{coolant.Water: &water, coolant.Ambient: &ambient, coolant.Outlet: &outlet}
			for i := range c.Steps {
				l.step(i, &c.Steps[i])
			}
		})
	}
}

// settings are what a payload makes of the board's.
func (l *claimsLoop) settings(payload []byte) settings {
	l.t.Helper()
	w, err := wire.DecodeSettings(payload)
	if err != nil {
		l.t.Fatal(err)
	}
	s, err := l.board.with(w)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// known reads a member that may be null.
func known[T any](t *testing.T, raw json.RawMessage, into *T, flag *bool) {
	t.Helper()
	if raw == nil {
		return
	}
	if *flag = string(raw) != "null"; *flag {
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
}

func (l *claimsLoop) step(i int, s *claimsStep) {
	t := l.t
	if s.Desired != nil {
		l.set = l.settings(s.Desired)
		if err := l.reg.Apply(l.set.control); err != nil {
			t.Fatal(err)
		}
	}
	if s.Clear != nil {
		if err := l.reg.Clear(s.Clear.Fault, s.Clear.Occurrence); (err == nil) != s.Clear.OK {
			t.Errorf("step %d: clear %s: %v, want %v", i, s.Clear.Fault, err, s.Clear.OK)
		}
	}
	l.try(i, s)
	for role, v := range s.Probes {
		l.probes[role] = v
	}
	if s.Held != nil {
		l.held = s.Held
	}
	set(&l.in.TachoFresh, s.Tacho)
	set(&l.in.LeakWet, s.Leak)
	known(t, s.Flow, &l.in.FlowLPM, &l.in.FlowFresh)
	known(t, s.Host, &l.in.HostW, &l.in.HostKnown)
	known(t, s.Now, &l.in.Now, &l.in.ClockValid)
	var air struct{ RH, C float64 }
	if known(t, s.Air, &air, &l.in.HumidityFresh); l.in.HumidityFresh && s.Air != nil {
		l.in.HumidityRH, l.in.HumidityC = air.RH, air.C
	}
	for ms := int64(0); ms < s.RunMS; ms += 250 {
		l.run()
	}
	l.check(i, s)
}

// try begins or ends an experiment.
func (l *claimsLoop) try(i int, s *claimsStep) {
	t := l.t
	if c := s.Commission; c != nil {
		a, err := wire.DecodeCommission(c.Args)
		if err != nil {
			t.Fatal(err)
		}
		err = l.reg.Commission(control.CommissionAsk{
			Output: string(a.Output), Test: control.ExperimentKind(a.Test), Duty: *a.Duty, Time: time.Duration(a.Seconds) * time.Second, Filled: a.Filled,
		})
		if (err == nil) != c.OK || err != nil && !strings.Contains(err.Error(), c.Error) {
			t.Errorf("step %d: %s: %v, want %v %q", i, c.Args, err, c.OK, c.Error)
		}
	}
	if c := s.Autotune; c != nil {
		a, err := wire.DecodeAutotune(c.Args)
		if err != nil {
			t.Fatal(err)
		}
		err = l.reg.Autotune(control.AutotuneAsk{Output: string(a.Output), Setpoint: a.Setpoint, Time: time.Duration(a.Minutes) * time.Minute})
		if (err == nil) != c.OK || err != nil && !strings.Contains(err.Error(), c.Error) {
			t.Errorf("step %d: %s: %v, want %v %q", i, c.Args, err, c.OK, c.Error)
		}
	}
	if s.Abort != nil {
		if err := l.reg.Abort(); (err == nil) != *s.Abort {
			t.Errorf("step %d: abort: %v", i, err)
		}
	}
}

// run is one step of the loop.
func (l *claimsLoop) run() {
	l.in.Probes = l.in.Probes[:0]
	for _, p := range l.board.control.Probes {
		read := control.ProbeRead{ROM: p.ROM, Fresh: true, Quality: coolant.Disconnected}
		if v := l.probes[p.Role]; v != nil {
			read.Value, read.Quality = *v, coolant.Good
		}
		l.in.Probes = append(l.in.Probes, read)
	}
	l.in.RPM = l.in.RPM[:0]
	for i, d := range l.reg.Drives() {
		rpm := 40 * d.Duty
		if slices.Contains(l.held, l.set.control.Outputs[i].Name) {
			rpm = 0
		}
		l.in.RPM = append(l.in.RPM, rpm)
	}
	l.reg.Step(l.in, 250*time.Millisecond)
}

func (l *claimsLoop) check(i int, s *claimsStep) {
	t, drives := l.t, l.reg.Drives()
	if s.Want != nil {
		for name := range s.Want {
			if !slices.ContainsFunc(l.set.control.Outputs, func(o control.OutputConfig) bool { return o.Name == name }) {
				t.Fatalf("step %d: there is no output %s", i, name)
			}
		}
	}
	for k, o := range l.set.control.Outputs {
		want, got := s.Want[o.Name], drives[k]
		if want.Duty != nil && !(math.Abs(got.Duty-*want.Duty) <= 1e-6) || want.Claim != nil && got.By != *want.Claim ||
			want.Supervised != nil && got.Supervised != *want.Supervised || want.Cycles != nil && got.Cycles != *want.Cycles {
			text, _ := json.Marshal(want)
			t.Errorf("step %d: %s is %+v, want %s", i, o.Name, got, text)
		}
	}
	if w := s.Experiment; w != nil {
		e, _ := l.reg.Experiment()
		if e.Output != w.Output || e.Kind != w.Kind || e.State != w.State || e.Phase != w.Phase || e.Cycles != w.Cycles || !strings.Contains(e.Reason, w.Reason) || (e.Reason == "") != (w.Reason == "") {
			t.Errorf("step %d: the experiment is %+v, want %+v", i, e, *w)
		}
	}
	if s.Faults == nil {
		return
	}
	faults := l.reg.Faults()
	same := len(faults) == len(s.Faults)
	for k := 0; same && k < len(faults); k++ {
		f, w := faults[k], s.Faults[k]
		same = f.Name == w.Name && f.Occurrence == w.Occurrence && f.Active == w.Active
	}
	if !same {
		t.Errorf("step %d: faults %+v, want %+v", i, faults, s.Faults)
	}
}
