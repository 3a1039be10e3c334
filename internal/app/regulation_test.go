package app

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"coolant"
)

// told is what a device reports, as far as regulation is concerned.
type told struct {
	IntervalMS int64 `json:"interval_ms"`
	Outputs    []struct {
		Name       string  `json:"name"`
		Mode       string  `json:"mode"`
		Duty       float64 `json:"duty"`
		Claim      string  `json:"claim"`
		Supervised bool    `json:"supervised"`
	} `json:"outputs"`
}

// TestRegulation goes the whole way from an edit to a motor: the owner asks for a curve, a PI and an
// override, the device applies each and says what its outputs do because of it, and what it cannot do
// it refuses by name and goes on as it was.
func TestRegulation(t *testing.T) {
	ctx := t.Context()
	c, r, _ := start(t)
	const id = "loop"
	simulate(t, r, id)
	twins := twinsOf(t, c)
	base := uint64(0)
	ask := func(phase coolant.TwinPhase, body string) (tw coolant.Twin) {
		t.Helper()
		if _, err := twins.EditTwin(ctx, id, base, json.RawMessage(body), coolant.Edit{By: "test"}); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		base++
		until(t, fmt.Sprintf("%s of %s", phase, body), func() bool {
			var err error
			tw, err = twins.Twin(ctx, id)
			return err == nil && tw.Phase == phase && tw.Desired.Version == base
		})
		return tw
	}
	// does waits until an output is reported as wanted.
	does := func(output, mode, claim string, duty float64) {
		t.Helper()
		within(t, time.Minute, fmt.Sprintf("%s at %v %% by %s", output, duty, claim), func() bool {
			doc, err := twins.Document(ctx, id, coolant.DocReported)
			var d told
			if err != nil || json.Unmarshal(doc.Body, &d) != nil {
				return false
			}
			for _, o := range d.Outputs {
				if o.Name == output {
					return o.Mode == mode && o.Claim == claim && o.Duty == duty && o.Supervised
				}
			}
			return false
		})
	}
	// Without a slew limit each duty is one step, which is told at once. By small steps the last one may be so small that it is told
	// a minute later, depending on where the hour of the day has let it begin.
	ask(coolant.TwinApplied, `{"interval_ms":2000,"outputs":[{"name":"pump","slew_up":100,"auto":{"input":"water","curve":{"points":[[20,83]]}}}]}`)
	does("pump", "auto", "auto", 83)

	end := time.Now().Add(10 * time.Minute).UnixMilli()
	ask(coolant.TwinApplied, fmt.Sprintf(`{"outputs":[{"name":"fan","slew_up":100,"override":{"duty":64,"until":%d}}]}`, end))
	does("fan", "override", "override", 64)

	// Water never falls to 0 C, so this PI ends at its bound.
	ask(coolant.TwinApplied, `{"outputs":[{"name":"fan","slew_up":100,"max_duty":71,"auto":{"input":"water","pi":{"setpoint":0,"kp":50,"ti_s":60}}}]}`)
	does("fan", "auto", "auto", 71)

	for body, says := range map[string]string{
		fmt.Sprintf(`{"outputs":[{"name":"pump","override":{"duty":0,"until":%d}}]}`, time.Now().Add(time.Hour).UnixMilli()): "outputs.pump.override.until",
		`{"outputs":[{"name":"pump","wiring":{"pin":16}}]}`:                                                                  "GPIO 16 is used twice", // by the board's own fan
	} {
		if tw := ask(coolant.TwinRefused, body); !strings.Contains(tw.Reported.Refused, says) {
			t.Errorf("%s is refused because %q", body, tw.Reported.Refused)
		}
		does("fan", "auto", "auto", 71)
	}
}
