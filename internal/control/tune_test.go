package control_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"coolant/internal/control"
)

// tuneVector is a case of contract/tune.json.
type tuneVector struct {
	Name   string `json:"name"`
	Config struct {
		Setpoint float64 `json:"setpoint"`
		Least    float64 `json:"least"`
		Full     float64 `json:"full"`
		Minutes  int64   `json:"minutes"`
	} `json:"config"`
	DtMS   int64               `json:"dt_ms"`
	Trace  [][2]*float64       `json:"trace"`
	Asks   [][]json.RawMessage `json:"asks"`
	Result struct {
		State    control.ExperimentState `json:"state"`
		Reason   string                  `json:"reason"`
		Kp       float64                 `json:"kp"`
		Ti       float64                 `json:"ti_s"`
		Deadband float64                 `json:"deadband_k"`
		Delay    float64                 `json:"delay_s"`
		Gain     float64                 `json:"gain"`
		Swing    float64                 `json:"swing_k"`
		Settle   float64                 `json:"settle_s"`
	} `json:"result"`
}

// tuneAsk is what is asked for and told from a step on.
type tuneAsk struct {
	step   int
	duty   float64
	phase  string
	cycles int
}

func (v *tuneVector) asks(t *testing.T) []tuneAsk {
	t.Helper()
	asks := make([]tuneAsk, len(v.Asks))
	for i, raw := range v.Asks {
		a := &asks[i]
		for k, into := range []any{&a.step, &a.duty, &a.phase, &a.cycles} {
			if err := json.Unmarshal(raw[k], into); err != nil {
				t.Fatal(err)
			}
		}
	}
	return asks
}

// The vectors of contract/tune.json are what the firmware's C must answer, too.
func TestTuneVectors(t *testing.T) {
	var file struct {
		Experiments []tuneVector `json:"experiments"`
	}
	readVectors(t, "tune.json", &file)
	if len(file.Experiments) == 0 {
		t.Fatal("no vectors")
	}
	for _, v := range file.Experiments {
		t.Run(v.Name, func(t *testing.T) {
			c := v.Config
			law := control.NewTune(control.TuneConfig{Setpoint: c.Setpoint, Least: c.Least, Full: c.Full, Time: time.Duration(c.Minutes) * time.Minute})
			asks, step := v.asks(t), 0
			for _, run := range v.Trace {
				value := math.NaN()
				if run[0] != nil {
					value = *run[0]
				}
				for range int(*run[1]) {
					step++
					law.Step(value, time.Duration(v.DtMS)*time.Millisecond)
					for len(asks) > 1 && asks[1].step <= step {
						asks = asks[1:]
					}
					if got := (tuneAsk{asks[0].step, law.Duty(), law.Phase(), law.Cycles()}); got != asks[0] {
						t.Fatalf("step %d: %+v, want %+v", step, got, asks[0])
					}
				}
			}
			r := v.Result
			if law.State() != r.State || !strings.Contains(law.Reason(), r.Reason) || (law.Reason() == "") != (r.Reason == "") {
				t.Fatalf("%s, %q", law.State(), law.Reason())
			}
			got := law.Tuned()
			for what, pair := range map[string][2]float64{
				"kp": {got.Kp, r.Kp}, "ti": {got.Ti.Seconds(), r.Ti}, "deadband": {got.Deadband, r.Deadband}, "delay": {got.Delay, r.Delay},
				"gain": {got.Gain, r.Gain}, "swing": {got.Swing, r.Swing}, "settle": {got.Settle, r.Settle},
			} {
				if !(math.Abs(pair[0]-pair[1]) <= 1e-9*math.Abs(pair[1])) {
					t.Errorf("%s is %v, want %v", what, pair[0], pair[1])
				}
			}
			law.Step(20, time.Minute) // changes nothing any more
			if law.State() != r.State || law.Tuned() != got || law.Phase() != "" {
				t.Errorf("after its end it is %s, %+v", law.State(), law.Tuned())
			}
		})
	}
}

// integrator is the loop that the law takes for granted, with a probe of 12 bits.
type integrator struct {
	gain, warming     float64 // K per second per percent, K/s
	delay             int     // s
	lag, noise, value float64
	core              float64
	duties            []float64
}

func (p *integrator) step(duty float64, rng *rand.Rand) float64 {
	p.duties = append(p.duties, duty)
	was := p.duties[max(len(p.duties)-1-p.delay, 0)]
	p.value += p.warming - p.gain*was
	p.core += (p.value - p.core) / p.lag
	return math.Round((p.core+p.noise*rng.NormFloat64())*16) / 16
}

// What is found is what is there, of loops of every size, wherever the setpoint is between the steps of the probe.
func TestTuneFindsWhatIsThere(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	worst, most := 0.0, 0.0
	for range 200 {
		gain := 5e-5 * math.Pow(8, rng.Float64()) // half a litre has 0.0001
		p := integrator{gain: gain, delay: rng.IntN(40), lag: 1 + 9*rng.Float64(), noise: 0.02, value: 28 + 6*rng.Float64()}
		p.core = p.value
		p.warming = p.gain * (45 + 30*rng.Float64())
		law := control.NewTune(control.TuneConfig{Setpoint: 31 + rng.Float64(), Least: 20, Full: 100, Time: control.MaxTune})
		for law.State() == control.ExperimentRunning {
			law.Step(p.step(law.Duty(), rng), time.Second)
		}
		if law.State() != control.ExperimentDone {
			t.Errorf("%+v ends as %s: %s", p.gain, law.State(), law.Reason())
			continue
		}
		got, delay := law.Tuned(), float64(p.delay)+p.lag
		off, late := math.Abs(got.Gain/p.gain-1), math.Abs(got.Delay-max(delay, 5))
		worst, most = max(worst, off), max(most, late)
		if off > 0.22 || late > 4 {
			t.Errorf("gain %v found as %v, delay %v as %v", p.gain, got.Gain, delay, got.Delay)
		}
	}
	t.Logf("gain within %.0f %%, delay within %.1f s", 100*worst, most)
}

// Along the whole rule an integrator with a delay keeps its margin of phase, and where the delay bounds the gain the rule is SIMC's.
func TestTunedPhaseMargin(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	least, simc := math.Inf(1), 0
	for _, gain := range []float64{0.0004, 0.0008, 0.0016, 0.003} {
		for delay := 0; delay < 60; delay += 4 {
			p := integrator{gain: gain, delay: delay, lag: 1, value: 31, core: 31, warming: 60 * gain}
			law := control.NewTune(control.TuneConfig{Setpoint: 31, Least: 20, Full: 100, Time: control.MaxTune})
			for law.State() == control.ExperimentRunning {
				law.Step(p.step(law.Duty(), rng), time.Second)
			}
			got := law.Tuned()
			if law.State() != control.ExperimentDone {
				continue // it swings too far
			}
			dead, ti, w := got.Delay+5, got.Ti.Seconds(), 1e-5
			for got.Gain*got.Kp/w*math.Hypot(1, 1/(w*ti)) > 1 { // of the open loop
				w *= 1.001
			}
			least = min(least, math.Atan(w*ti)-w*dead)
			if got.Kp < 100 {
				simc++
				if math.Abs(got.Kp*2*got.Gain*dead-1) > 1e-9 || math.Abs(got.Ti.Seconds()/(8*dead)-1) > 1e-6 {
					t.Errorf("%+v is not SIMC's", got)
				}
			}
		}
	}
	if degrees := least * 180 / math.Pi; degrees < 34 || simc < 10 {
		t.Errorf("a margin of %.1f degrees, %d by SIMC", degrees, simc)
	}
}

// Whatever is seen, an experiment ends in its time, asks for one of its two duties, and finds what a PI may have.
func TestTuneAlwaysEnds(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	odd := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300}
	ends := map[control.ExperimentState]int{}
	for range 300 {
		cfg := control.TuneConfig{Setpoint: 60*rng.Float64() - 10, Least: 40 * rng.Float64(), Full: 60 + 40*rng.Float64(), Time: time.Duration(10+rng.IntN(111)) * time.Minute}
		law, total, value := control.NewTune(cfg), time.Duration(0), cfg.Setpoint+4*rng.Float64()-2
		rate, wild, longest := 0.02*rng.Float64(), rng.IntN(3) == 0, []int{1000, 1000, 90000}[rng.IntN(3)]
		for law.State() == control.ExperimentRunning {
			dt := time.Duration(1+rng.IntN(longest)) * time.Millisecond
			toward := rate
			if law.Duty() == cfg.Full {
				toward = -rate
			}
			value += toward * min(dt, 2*time.Second).Seconds()
			seen := math.Round((value+0.02*rng.NormFloat64())*16) / 16
			if wild && rng.IntN(1000) == 0 {
				seen = odd[rng.IntN(len(odd))]
			}
			law.Step(seen, dt)
			total += min(dt, time.Minute)
			if d := law.Duty(); d != cfg.Least && d != cfg.Full {
				t.Fatalf("%+v asks for %v", cfg, d)
			}
			if total > cfg.Time+time.Minute {
				t.Fatalf("%+v has not ended after %v", cfg, total)
			}
		}
		ends[law.State()]++
		got := law.Tuned()
		pi := control.PIConfig{Setpoint: cfg.Setpoint, Kp: got.Kp, Ti: got.Ti, Deadband: got.Deadband}
		_, err := control.NewPI(pi)
		done := law.State() == control.ExperimentDone
		if done && (err != nil || !(got.Gain > 0 && got.Delay >= 5 && got.Swing > 0 && got.Settle >= 0 && got.Settle <= 3600)) {
			t.Fatalf("%+v found %+v: %v", cfg, got, err)
		}
		if (law.Reason() == "") != done || len(law.Reason()) > 95 {
			t.Fatalf("%s, %q", law.State(), law.Reason())
		}
	}
	if ends[control.ExperimentDone] < 20 || ends[control.ExperimentFailed] < 20 {
		t.Errorf("%v", ends)
	}
}
