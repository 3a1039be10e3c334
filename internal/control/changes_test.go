package control

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coolant"
)

func TestChanges(t *testing.T) {
	for _, test := range []struct {
		name, before, after string
		want                []coolant.Difference
	}{
		{"nothing", `{"a":1,"b":[1,2]}`, `{"b":[1,2],"a":1}`, nil},
		{"a member", `{"a":1}`, `{"a":2}`, []coolant.Difference{{Path: "a", Before: "1", After: "2"}}},
		{"added and removed", `{"a":1}`, `{"b":2}`, []coolant.Difference{{Path: "a", Before: "1"}, {Path: "b", After: "2"}}},
		{"a list of numbers", `{"a":[[1,2]]}`, `{"a":[[1,3]]}`, []coolant.Difference{{Path: "a", Before: "[[1,2]]", After: "[[1,3]]"}}},
		{
			"outputs that changed places", `{"outputs":[{"name":"pump","min_duty":1},{"name":"fan"}]}`, `{"outputs":[{"name":"fan","min_duty":3},{"name":"pump","min_duty":2}]}`,
			[]coolant.Difference{{Path: "outputs.fan.min_duty", After: "3"}, {Path: "outputs.pump.min_duty", Before: "1", After: "2"}},
		},
		{
			"shared work", `{"outputs":[{"name":"fan","auto":{"follow":{"output":"pump","range":[40,100]}}}]}`, `{"outputs":[{"name":"fan","auto":{"follow":{"output":"pump","range":[50,100]}}}]}`,
			[]coolant.Difference{{Path: "outputs.fan.auto.follow.range", Before: "[40,100]", After: "[50,100]"}},
		},
		{
			"a probe", `{"probes":[{"rom":"28ff641e8216043c","role":"water"}]}`, `{"probes":[]}`,
			[]coolant.Difference{{Path: "probes.28ff641e8216043c", Before: `{"role":"water","rom":"28ff641e8216043c"}`}},
		},
		{"elements without a name", `{"a":[{"x":1}]}`, `{"a":[{"x":2}]}`, []coolant.Difference{{Path: "a.0.x", Before: "1", After: "2"}}},
		{"another kind", `{"a":{"b":1}}`, `{"a":null}`, []coolant.Difference{{Path: "a", Before: `{"b":1}`, After: "null"}}},
		{"no JSON", `{`, `{}`, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := changes([]byte(test.before), []byte(test.after)); !slices.Equal(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	var many strings.Builder
	for i := range 50 {
		fmt.Fprintf(&many, `,"m%d":1`, i)
	}
	if got := changes([]byte(`{}`), json.RawMessage("{"+many.String()[1:]+"}")); len(got) != maxChanges {
		t.Errorf("%d changes of 50 are named, want %d", len(got), maxChanges)
	}
}
