package main

import (
	"strings"
	"testing"

	"coolant"
)

func TestAssign(t *testing.T) {
	const before = `{"interval_ms":10000,"outputs":[{"name":"pump","min_duty":40},{"name":"fan","auto":{"input":"water"}}],"probes":[{"rom":"28ff641e8216043c","role":"water"}]}`
	for _, test := range []struct {
		name, body  string
		assignments []string
		want, fails string
	}{
		{"a member", `{}`, []string{"interval_ms=5000"}, `{"interval_ms":5000}`, ""},
		{"great numbers stay exact", `{}`, []string{"outputs.pump.override.until=1764000300123"}, `{"outputs":[{"name":"pump","override":{"until":1764000300123}}]}`, ""},
		{"of an output", `{"outputs":[{"name":"fan","min_duty":20}]}`, []string{"outputs.fan.min_duty=30"}, `{"outputs":[{"min_duty":30,"name":"fan"}]}`, ""},
		{"by position", `{"outputs":[{"name":"fan"}]}`, []string{"outputs.0.min_duty=30"}, `{"outputs":[{"min_duty":30,"name":"fan"}]}`, ""},
		{"a new probe", `{}`, []string{"probes.28ff641e8216043c.role=water"}, `{"probes":[{"role":"water","rom":"28ff641e8216043c"}]}`, ""},
		{"JSON", `{}`, []string{`skip=[[1,2],[3,4]]`}, `{"skip":[[1,2],[3,4]]}`, ""},
		{"a text", `{}`, []string{`auto.input=water-ambient`}, `{"auto":{"input":"water-ambient"}}`, ""},
		{"two values are a text", `{}`, []string{`a=1 2`}, `{"a":"1 2"}`, ""},
		{"removes a member", `{"a":1,"b":2}`, []string{"a="}, `{"b":2}`, ""},
		{"removes an element", `{"outputs":[{"name":"a"},{"name":"b"}]}`, []string{"outputs.a="}, `{"outputs":[{"name":"b"}]}`, ""},
		{"removes what is not there", `{"outputs":[{"name":"b"}]}`, []string{"outputs.a.override=", "outputs.c="}, `{"outputs":[{"name":"b"}]}`, ""},
		{"replaces an element", `{"a":[1,2]}`, []string{"a.1=3", "a.9=4"}, `{"a":[1,3,4]}`, ""},
		{
			"several", before,
			[]string{"interval_ms=2000", "outputs.fan.auto.input=inlet", "probes.28ff641e8216043c.offset_k=-0.5"},
			`{"interval_ms":2000,"outputs":[{"min_duty":40,"name":"pump"},{"auto":{"input":"inlet"},"name":"fan"}],"probes":[{"offset_k":-0.5,"role":"water","rom":"28ff641e8216043c"}]}`, "",
		},
		{"JSON that ends too early", `{}`, []string{`auto.curve.points=[[25,60}`}, "", "begins like JSON and is none"},
		{"no value at all", `{}`, []string{"interval_ms"}, "", "outputs.fan.min_duty=30 is expected"},
		{"no path", `{}`, []string{"=1"}, "", "is expected"},
		{"a hole in the path", `{}`, []string{"a..b=1"}, "", "is expected"},
		{"into a number", `{"a":1}`, []string{"a.b=1"}, "", "neither an object nor a list"},
		{"into an element that is none", `{"a":[1]}`, []string{"a.0.b=1"}, "", "is no object"},
		{"of no object", `[]`, nil, "", "no JSON object"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := assign([]byte(test.body), test.assignments)
			if test.fails != "" {
				if coolant.CodeOf(err) != coolant.CodeInvalid || !strings.Contains(err.Error(), test.fails) {
					t.Errorf("got %s, %v, want an error with %q", got, err, test.fails)
				}
				return
			}
			if err != nil || string(got) != test.want {
				t.Errorf("got  %s, %v\nwant %s", got, err, test.want)
			}
		})
	}
}
