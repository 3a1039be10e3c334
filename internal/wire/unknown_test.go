package wire_test

import (
	"slices"
	"testing"

	"coolant/internal/wire"
)

func TestUnknownMembers(t *testing.T) {
	for _, test := range []struct {
		name, payload string
		want          []string
		nearest       string
	}{
		{"nothing", `{"epoch":"e","version":1,"interval_ms":5000,"outputs":[{"name":"fan","auto":{"input":"water","pi":{"setpoint":30,"kp":1,"ti_s":9}},"skip":[[1,2]],"wiring":{"pin":1}}]}`, nil, ""},
		{"shared work", `{"epoch":"e","version":1,"outputs":[{"name":"pump","auto":{"input":"water","pi":{"setpoint":30,"kp":1,"ti_s":9,"range":[0,60]}}},{"name":"fan","auto":{"follow":{"output":"pump","range":[40,100]}}}]}`, nil, ""},
		{"a slip in shared work", `{"outputs":[{"name":"fan","auto":{"follow":{"outputs":"pump","range":[40,100]}}}]}`, []string{"outputs[0].auto.follow.outputs"}, "output"},
		{"a name without its unit", `{"interval":5000}`, []string{"interval"}, "interval_ms"},
		{"a slip", `{"outputs":[{"name":"pump"},{"name":"fan","min_dutty":30}]}`, []string{"outputs[1].min_dutty"}, "min_duty"},
		{"deep inside", `{"outputs":[{"auto":{"curve":{"points":[[1,2]],"hysteresis":1}}}],"standby":{"enable":true}}`, []string{"outputs[0].auto.curve.hysteresis", "standby.enable"}, "hysteresis_k"},
		{"nothing like it", `{"colour":"blue"}`, []string{"colour"}, ""},
		{"of another form", `{"outputs":{"pump":1},"probes":7}`, nil, ""},
		{"no JSON", `{`, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, nearest := (&wire.Settings{}).Unknown([]byte(test.payload))
			if !slices.Equal(got, test.want) || nearest != test.nearest {
				t.Errorf("got %q, nearest %q, want %q, %q", got, nearest, test.want, test.nearest)
			}
		})
	}
}
