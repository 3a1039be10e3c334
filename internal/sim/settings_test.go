package sim

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
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

// dump writes settings as the contract's desired has them, with everything in it.
func dump(t *testing.T, s *settings) (doc map[string]any) {
	t.Helper()
	c := &s.control
	doc = map[string]any{
		"interval_ms": s.interval.Milliseconds(), "critical_c": c.Critical, "dew_margin_k": c.DewMargin, "busy_w": c.BusyW,
		"standby": map[string]any{"enabled": c.Standby, "idle_w": c.IdleW},
	}
	probes, outputs := []any{}, []any{}
	for _, p := range c.Probes {
		probes = append(probes, map[string]any{"rom": fmt.Sprintf("%016x", p.ROM), "role": p.Role, "offset_k": p.Offset})
	}
	for i, o := range c.Outputs {
		w := s.wiring[i]
		skip := []any{}
		for _, b := range o.Skip {
			skip = append(skip, []float64{b.From, b.To})
		}
		m := map[string]any{
			"name": o.Name, "role": o.Role, "kind": o.Kind, "min_duty": o.Min, "max_duty": o.Max, "failsafe_duty": o.Failsafe,
			"start_duty": o.Start, "stop_duty": o.Stop, "skip": skip, "spin_up_ms": o.SpinUp.Milliseconds(), "stall_rpm": o.StallRPM,
			"slew_up": o.SlewUp, "slew_down": o.SlewDown, "min_on_s": o.MinOn.Seconds(), "min_off_s": o.MinOff.Seconds(),
			"wiring": map[string]any{"pin": w.pin, "hz": w.hz, "inverted": w.inverted, "tacho_pin": w.tacho, "tacho_pulses": w.pulses},
		}
		if o.Override != nil {
			m["override"] = map[string]any{"duty": o.Override.Duty, "until": o.Override.Until}
		}
		input := string(o.Auto.Input)
		if o.Auto.Minus != "" {
			input += "-" + string(o.Auto.Minus)
		}
		if k := o.Auto.Curve; k != nil {
			points := []any{}
			for _, p := range k.Points {
				points = append(points, []float64{p.Temp, p.Duty})
			}
			m["auto"] = map[string]any{"input": input, "curve": map[string]any{"points": points, "hysteresis_k": k.Hysteresis}}
		}
		if p := o.Auto.PI; p != nil {
			pi := map[string]any{
				"setpoint": p.Setpoint, "kp": p.Kp, "ti_s": p.Ti.Seconds(), "deadband_k": p.Deadband, "ff_duty_per_w": p.FeedForward,
			}
			if o.Auto.Range != nil {
				pi["range"] = []float64{o.Auto.Range.From, o.Auto.Range.To}
			}
			m["auto"] = map[string]any{"input": input, "pi": pi}
		}
		if o.Auto.Follow != "" {
			m["auto"] = map[string]any{"follow": map[string]any{
				"output": o.Auto.Follow, "range": []float64{o.Auto.Range.From, o.Auto.Range.To},
			}}
		}
		outputs = append(outputs, m)
	}
	doc["probes"], doc["outputs"] = probes, outputs
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	doc = nil
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// covers says where got lacks something that want has; null in want is nothing in got.
func covers(got, want any, at string) (differences []string) {
	switch w := want.(type) {
	case map[string]any:
		g, _ := got.(map[string]any)
		for name, v := range w {
			differences = append(differences, covers(g[name], v, at+"."+name)...)
		}
		return differences
	case []any:
		g, _ := got.([]any)
		if len(g) != len(w) {
			return []string{fmt.Sprintf("%s has %d elements, want %d", at, len(g), len(w))}
		}
		for i := range w {
			differences = append(differences, covers(g[i], w[i], fmt.Sprintf("%s[%d]", at, i))...)
		}
		return differences
	case float64:
		if g, ok := got.(float64); ok && math.Abs(g-w) <= 1e-9 {
			return nil
		}
	default:
		if got == want {
			return nil
		}
	}
	return []string{fmt.Sprintf("%s is %v, want %v", at, got, want)}
}

// What a device makes of a desired state is the same in the simulator and in the firmware.
func TestDesiredVectors(t *testing.T) {
	raw, err := os.ReadFile("../../contract/desired.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Board struct {
			wire.Board
			TakenPins []int64 `json:"taken_pins"`
		} `json:"board"`
		Defaults string `json:"defaults"`
		Cases    []struct {
			Name       string         `json:"name"`
			Payload    string         `json:"payload"`
			PayloadHex string         `json:"payload_hex"`
			Reject     string         `json:"reject"`
			Settings   map[string]any `json:"settings"`
			Refuse     string         `json:"refuse"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	able := board{file.Board.Board}
	taken := func(pin int64) bool { return slices.Contains(file.Board.TakenPins, pin) }
	able.OutputPins = slices.DeleteFunc(able.OutputPins, taken)
	able.InputPins = slices.DeleteFunc(able.InputPins, taken)
	base := settings{interval: 10 * time.Second, control: control.DefaultRegulator()}
	if base, err = able.take(base, []byte(file.Defaults)); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			payload := []byte(c.Payload)
			if c.PayloadHex != "" {
				payload, _ = hex.DecodeString(c.PayloadHex)
			}
			s, err := able.take(base, payload)
			if refused := c.Reject != "" || c.Refuse != ""; refused != (err != nil) {
				t.Fatalf("error %v, want one: %v", err, refused)
			}
			if err != nil {
				return
			}
			delete(c.Settings, "epoch")
			delete(c.Settings, "version")
			for _, d := range covers(dump(t, &s), any(c.Settings), "settings") {
				t.Error(d)
			}
		})
	}
}

// desired has a device judge a state, as if the server had sent it.
func desired(b *boot, body string) (refused string) {
	f := &b.d.flash
	b.desired(fmt.Appendf(nil, `{"epoch":"e","version":%d,%s}`, f.version+1, strings.TrimPrefix(body, "{")[:len(body)-2]))
	return f.refused
}

// alone is a device without a network.
func alone(t *testing.T) *boot {
	t.Helper()
	o := Options{Broker: "127.0.0.1:1", Devices: Fleet(1, 1), Interval: 10 * time.Second, Speed: 1, Now: func() time.Time { return monday.Add(10 * time.Hour) }}
	w := &world{t: t}
	o.Log = slog.New(slog.DiscardHandler)
	d := newDevice(&o, 0, monday.Add(10*time.Hour))
	d.newLink = w.link
	box := newOutbox(d.newBoot(), d.capacity())
	d.fill(box)
	return newBoot(d, box, "power_on")
}

func TestDeviceRefusesWhatItCannotDo(t *testing.T) {
	late := coolant.Milli(monday.Add(11 * time.Hour))
	for body, says := range map[string]string{
		`{"outputs":[{"name":"pump","wiring":{"pin":5}}]}`:                              "outputs.pump.wiring.pin: GPIO 5 cannot drive an output; [16 18 21 22] can",
		`{"outputs":[{"name":"pump","wiring":{"pin":34}}]}`:                             "outputs.pump.wiring.pin: GPIO 34 is input only",
		`{"outputs":[{"name":"pump","wiring":{"pin":16}}]}`:                             "outputs.fan.wiring.pin: GPIO 16 is used twice",
		`{"outputs":[{"name":"pump","wiring":{"tacho_pin":5}}]}`:                        "outputs.pump.wiring.tacho_pin: GPIO 5 cannot count",
		`{"outputs":[{"name":"pump","wiring":{"tacho_pin":17}}]}`:                       "outputs.fan.wiring.tacho_pin: GPIO 17 is used twice",
		`{"outputs":[{"name":"p","role":"fan","kind":"switch"}]}`:                       "outputs.p.wiring.pin: it is missing",
		`{"outputs":[{"name":"p","role":"fan"}]}`:                                       `outputs[0].kind: it is missing, and the board has no output "p"`,
		`{"outputs":[{"name":"p","kind":"switch"}]}`:                                    `outputs[0].role: it is missing, and the board has no output "p"`,
		`{"outputs":[{"name":"fan","role":"buzzer","auto":{"input":"water","pi":{}}}]}`: "outputs[0].auto",
		`{"outputs":[{"name":"fan","kind":"switch","wiring":{"hz":25000}}]}`:            "outputs[0].wiring.hz: 25000 is not within 0 to 0",
		`{"critical_c":60}`: "critical_c: 60 is not within",
		fmt.Sprintf(`{"outputs":[{"name":"pump","override":{"duty":0,"until":%d}}]}`, late):                                                                                     "outputs.pump.override.until: ",
		`{"outputs":[{"name":"pump"},{"name":"pump"}]}`:                                                                                                                         "outputs[1].name: another output has the same",
		`{"outputs":[{"name":"fan","auto":{"input":"inside","curve":{"points":[[30,50]]}}}]}`:                                                                                   `outputs.fan.auto.input: no probe has the role "inside"`,
		`{"outputs":[{"name":"fan","auto":{"follow":{"output":"pump","range":[40,100]}}}]}`:                                                                                     `outputs.fan.auto.follow.output: "pump" has no pi with a range`,
		`{"outputs":[{"name":"fan","auto":{"follow":{"output":"pump2","range":[40,100]}}}]}`:                                                                                    `outputs.fan.auto.follow.output: there is no output "pump2"`,
		`{"probes":[{"rom":"28ff641e8216043c","role":"ambient"}]}`:                                                                                                              "probes: none has the role water",
		`{"outputs":[{"name":"a","role":"fan","kind":"pwm4","wiring":{"pin":21,"tacho_pin":34}},{"name":"b","role":"fan","kind":"switch","wiring":{"pin":22,"tacho_pin":35}}]}`: "outputs: 5 tachometers and flow meters are more than the 4",
	} {
		b := alone(t)
		before := b.d.rig.set
		if got := desired(b, body); !strings.HasPrefix(got, says) {
			t.Errorf("%s is refused with %q, want %q", body, got, says)
		}
		if after := b.d.rig.set; after.interval != before.interval || len(after.wiring) != len(before.wiring) || b.state().Refused == "" {
			t.Errorf("%s changed something", body)
		}
	}
}

// A corrupt state changes nothing but what is reported, and the next one is taken.
func TestDeviceRefusesACorruptState(t *testing.T) {
	b := alone(t)
	if why := desired(b, `{"interval_ms":3000,"critical_c":45}`); why != "" {
		t.Fatal(why)
	}
	for _, payload := range []string{"", "{", "null", `{"epoch":"e"}`, `{"epoch":"e","version":-1}`, "\xff", strings.Repeat("[", 100)} {
		b.desired([]byte(payload))
		if s := b.state(); s.Epoch != "" || s.Version != 0 || s.Refused == "" || s.IntervalMS != 3000 || b.d.rig.set.control.Critical != 45 {
			t.Errorf("%q changed it to %+v", payload, s)
		}
	}
	if why := desired(b, `{"interval_ms":3000}`); why != "" || b.state().Version != 1 {
		t.Errorf("after that %+v, %s", b.state(), why)
	}
	// One whose head can be read is refused by its version.
	b.desired([]byte(`{"epoch":"e","version":7,"outputs":"all"}`))
	if s := b.state(); s.Version != 7 || s.Refused != "outputs: an array is expected" || s.IntervalMS != 3000 {
		t.Errorf("it says %+v", s)
	}
}

// What a device applied last is what it goes by after a restart, also where the newest state was refused;
// what the host said is forgotten.
func TestSettingsSurviveARestart(t *testing.T) {
	b := alone(t)
	d := b.d
	if why := desired(b, `{"interval_ms":3000,"outputs":[{"name":"fan","kind":"none"},{"name":"pump","min_duty":77}]}`); why != "" {
		t.Fatal(why)
	}
	if why := desired(b, `{"interval_ms":1}`); why == "" {
		t.Fatal("an interval of 1 ms was applied")
	}
	b.input([]byte(`{"host_w":60,"valid_s":600}`))
	d.rig.Reset()
	b = newBoot(d, newOutbox(d.newBoot(), d.capacity()), "software")
	d.rig.Advance(d.rig.Now().Add(time.Minute))
	s := b.state()
	if s.Version != 2 || s.Refused == "" || s.IntervalMS != 3000 || len(s.Outputs) != 1 || s.Outputs[0].Duty != 77 || s.Outputs[0].Claim != "auto" {
		t.Errorf("after a restart it reports %+v", s)
	}
	if got := string(b.info()); !strings.Contains(got, `"outputs":["pump"]`) || strings.Contains(got, `"fan_duty"`) {
		t.Errorf("its info is %s", got)
	}
	if !d.rig.hostTill.IsZero() {
		t.Error("it remembers the heat of the host")
	}
	// A fan that nobody drives turns at full speed.
	if rpm := d.rig.fan.rpm(); rpm < 2000 {
		t.Errorf("the fan that was given up turns at %v rpm", rpm)
	}
	// The whole state is said at once: what is not said any more is the board's again.
	if why := desired(b, `{"interval_ms":3000}`); why != "" {
		t.Fatal(why)
	}
	d.rig.Advance(d.rig.Now().Add(time.Minute))
	if s := b.state(); len(s.Outputs) != 2 || s.Outputs[0].Duty == 77 {
		t.Errorf("the device as it came is %+v", s.Outputs)
	}
}

// A probe's offset and role count at once, and the heat of the host holds as long as it says.
func TestProbesAndInputAreFollowed(t *testing.T) {
	b := alone(t)
	r := b.d.rig
	was := read(t, r, coolant.Water).Value
	roms := r.roms
	body := fmt.Sprintf(`{"probes":[{"rom":"%016x","role":"water","offset_k":2},{"rom":"%016x","role":"case"}],"outputs":[{"name":"fan","slew_up":100,`+
		`"auto":{"input":"water","pi":{"setpoint":45,"kp":1,"ti_s":36000,"ff_duty_per_w":1}}}]}`, roms[atWater], roms[atAmbient])
	if why := desired(b, body); why != "" {
		t.Fatal(why)
	}
	if got := read(t, r, coolant.Water).Value; math.Abs(got-was-2) > 1e-9 {
		t.Errorf("with an offset of 2 K %v C become %v C", was, got)
	}
	if got := read(t, r, "case"); got.Quality != coolant.Good {
		t.Errorf("the probe with a new role reads %+v", got)
	}
	if got := read(t, r, "temp2"); got.Quality != coolant.Good {
		t.Errorf("a probe without a role reads %+v", got)
	}
	r.Advance(r.Now().Add(time.Minute))
	quiet := r.duties[1].Duty
	b.input([]byte(`{"host_w":60,"valid_s":120}`))
	r.Advance(r.Now().Add(30 * time.Second))
	if busy := r.duties[1].Duty; busy < quiet+40 {
		t.Errorf("the fan goes from %v to %v %% as the host tells 60 W", quiet, busy)
	}
	r.Advance(r.Now().Add(10 * time.Minute))
	if after := r.duties[1].Duty; after > quiet+10 {
		t.Errorf("the fan is at %v %% long after what the host told has lapsed", after)
	}
}

// The offsets that the command `zero` finds make the probes agree.
func TestZeroingFindsOffsets(t *testing.T) {
	b := alone(t)
	r := b.d.rig
	look := func(seconds int) {
		for range seconds {
			r.Advance(r.Now().Add(time.Second))
			b.zero.look(r, r.Now())
		}
	}
	zero := func(id, args string) *zeroDocument {
		t.Helper()
		err := b.execute(wire.CommandPayload{ID: id, Name: wire.CommandZero, Args: []byte(args)})
		if err != nil {
			t.Fatal(err)
		}
		b.zero.until = r.Now().Add(b.zero.args.Time) // the rig has its own time here
		look(int(b.zero.args.Time / time.Second))
		return b.state().Zero
	}
	got := zero("c1", `{"roles":["water","inlet","outlet"],"seconds":60}`)
	if got == nil || got.Command != "c1" || got.Error != "" || len(got.Offsets) != 3 {
		t.Fatalf("it found %+v", got)
	}
	body := `{"probes":[`
	for i, role := range []coolant.Metric{coolant.Water, coolant.Inlet, coolant.Outlet} {
		body += fmt.Sprintf(`{"rom":"%016x","role":%q,"offset_k":%v},`, r.roms[i], role, got.Offsets[role])
	}
	if why := desired(b, strings.TrimSuffix(body, ",")+`]}`); why != "" {
		t.Fatal(why)
	}
	again := zero("c2", `{"roles":["water","inlet","outlet"],"seconds":60}`)
	for role, offset := range again.Offsets {
		if math.Abs(offset-got.Offsets[role]) > 0.1 {
			t.Errorf("%s: then an offset of %v K, after %v K", role, offset, got.Offsets[role])
		}
	}
	if got := zero("c3", `{"roles":["water","ambient"]}`); got.Command != "c3" {
		t.Errorf("an ambient probe in the air gives %+v", got)
	}
	r.SetProbeFault(ProbeLost)
	r.Advance(r.Now().Add(2 * time.Second))
	if got := zero("c4", `{"roles":["water","inlet"],"seconds":5}`); got.Error != "water: no good reading in this time" || len(got.Offsets) != 0 {
		t.Errorf("of a lost probe it says %+v", got)
	}
	if err := b.execute(wire.CommandPayload{ID: "c5", Name: wire.CommandZero, Args: []byte(`{"roles":["water"]}`)}); err == nil {
		t.Error("one probe was compared")
	}
}

// An override is reported as the mode also while something stronger decides.
func TestModeAndClaimAreTwoThings(t *testing.T) {
	b := alone(t)
	until := coolant.Milli(b.d.rig.Now().Add(10 * time.Minute))
	if why := desired(b, fmt.Sprintf(`{"outputs":[{"name":"fan","override":{"duty":50,"until":%d}}]}`, until)); why != "" {
		t.Fatal(why)
	}
	b.d.rig.SetLeak(true)
	b.d.rig.Advance(b.d.rig.Now().Add(5 * time.Second))
	if fan := b.state().Outputs[1]; fan.Mode != "override" || fan.Claim != "leak" || fan.Duty != 100 || !fan.Supervised {
		t.Errorf("a fan that is overridden in a leak is reported as %+v", fan)
	}
	b.d.rig.Advance(b.d.rig.Now().Add(10 * time.Minute))
	if fan := b.state().Outputs[1]; fan.Mode != "auto" {
		t.Errorf("after its end it is reported as %+v", fan)
	}
}

// Whoever adds an output has to know which pins the board's own have.
func TestBoardNamesItsOwnOutputs(t *testing.T) {
	said := theBoard().with(boardSettings(1, defaultInterval)).Outputs
	want := []wire.BoardOutput{
		{Name: "pump", Role: "pump", Kind: "pwm4", Pin: pinPump, TachoPin: pinPumpTacho},
		{Name: "fan", Role: "fan", Kind: "pwm4", Pin: pinFan, TachoPin: pinFanTacho},
	}
	if !slices.Equal(said, want) {
		t.Errorf("%+v, want %+v", said, want)
	}
}
