package wire_test

import (
	"strings"
	"testing"

	"coolant/internal/wire"
)

func TestCheckFor(t *testing.T) {
	const board = `"board":{"output_pins":[16,18],"input_pins":[17,18],"pwm_channels":6,"counters":4,"leak":true,"flow":false,"humidity":false}`
	for _, test := range []struct{ name, info, outputs, want string }{
		{"a device that takes it", `{"capabilities":["desired"],` + board + `}`, `[{"name":"a","wiring":{"pin":16,"tacho_pin":17}}]`, ""},
		{"no pins at all", `{"capabilities":["desired"],` + board + `}`, `[{"name":"a"},{"name":"b","wiring":{"pin":-1,"tacho_pin":-1}}]`, ""},
		{"a device that does not", `{"capabilities":["ota"]}`, `[]`, `does not list the capability "desired"`},
		{"a device that says nothing", `{}`, `[]`, "takes no desired state"},
		{"no info", ``, `[]`, "takes no desired state"},
		{"capabilities of another form", `{"capabilities":"desired"}`, `[]`, "takes no desired state"},
		{"a board that is not known", `{"capabilities":["desired"]}`, `[{"name":"a","wiring":{"pin":63}}]`, ""},
		{"a board of another form", `{"capabilities":["desired"],"board":7}`, `[{"name":"a","wiring":{"pin":63}}]`, ""},
		{"a pin that only counts", `{"capabilities":["desired"],` + board + `}`, `[{"name":"a","wiring":{"pin":17}}]`, "outputs[0].wiring.pin: GPIO 17 of this board cannot drive an output; those that can are [16 18]"},
		{"a tachometer at an output", `{"capabilities":["desired"],` + board + `}`, `[{"name":"b"},{"name":"a","wiring":{"tacho_pin":16}}]`, "outputs[1].wiring.tacho_pin: GPIO 16 of this board cannot count"},
		{"two outputs at one pin", `{"capabilities":["desired"],` + board + `}`, `[{"name":"a","wiring":{"pin":16}},{"name":"b","wiring":{"pin":16}}]`, "outputs[1].wiring.pin: GPIO 16 is used twice"},
		{"a pin for two things", `{"capabilities":["desired"],` + board + `}`, `[{"name":"a","wiring":{"pin":18,"tacho_pin":18}}]`, "wiring.tacho_pin: GPIO 18 is used twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := wire.DecodeSettings([]byte(`{"epoch":"e1","version":1,"outputs":` + test.outputs + `}`))
			if err != nil {
				t.Fatal(err)
			}
			err = s.CheckFor(wire.AbilitiesOf([]byte(test.info)))
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}
