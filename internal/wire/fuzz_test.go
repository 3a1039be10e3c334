package wire_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"coolant"
	"coolant/internal/wire"
)

// hostile are payloads that have broken decoders elsewhere, and the edges of the
// contract. They also seed the fuzzers.
func hostile() []string {
	sample := func(s string) string { return `{"boot":"1","samples":[` + s + `]}` }
	values := func(m string) string { return sample(`{"seq":1,"m":{` + m + `}}`) }
	many := make([]string, 70)
	for i := range many {
		many[i] = fmt.Sprintf(`"m%d":%d`, i, i)
	}
	words := make([]string, 70)
	for i := range words {
		words[i] = fmt.Sprintf(`"q%d":"crc"`, i)
	}
	return []string{
		``, ` `, `null`, `true`, `[]`, `"x"`, `0`, `{}`, `{"boot":"1"}`, `{"samples":[]}`, sample(``), sample(`{}`), sample(`null`), sample(`[1]`),
		oneMetric, contract, oneMetric + ` `, oneMetric + `x`, oneMetric + oneMetric, "\ufeff" + oneMetric, "\x00" + oneMetric, oneMetric + "\x00",
		oneMetric[:len(oneMetric)-1], strings.ReplaceAll(contract, ",", " ,\t\r\n "), `{"boot":"1","samples":[],}`, `{"boot":"1" "samples":[]}`, `{,}`,
		sample(`{"seq":1,"m":{}},`), sample(`,`), sample(`{"seq":1,"m":{}} {"seq":2,"m":{}}`), `{"boot":"1","samples":{}}`, `{"boot":"1","samples":null}`,
		`{"boot":null,"samples":[]}`, `{"boot":1,"samples":[]}`, `{"boot":"0","samples":[]}`, `{"boot":"00000000000000001","samples":[]}`,
		`{"boot":"xyz","samples":[]}`, `{"boot":"","samples":[]}`, `{"boot":"\u0031\u0061","samples":[]}`, `{"boot":"FFFFFFFFFFFFFFFF","samples":[]}`,
		`{"b\u006fot":"1","s\u0061mples":[]}`, `{"BOOT":"1","Samples":[]}`, `{"boot":"1","boot":"2","samples":[]}`, `{"boot":"1","boot":2,"samples":[]}`,
		`{"boot":2,"boot":"1","samples":[]}`, `{"boot":"1","samples":[{"seq":1,"m":{"a":1}}],"samples":[{"seq":2,"m":{"b":2}}]}`, `{"boot":"1","samples":[],"samples":1}`,
		`{"boot":"1","samples":1,"samples":[]}`, values(`"water":31.25`), values(`"\u0077ater":1`), values(`"water":1,"water":2`), values(`"water":1,"water":null`),
		values(`"water":null,"water":1`), values(`"a":1,"water":1,"a":null,"b":2`), values(`"Water":1`), values(`"":1`), values(`"a b":1`), values(`"ü":1`), values(`"a\u0000":1`),
		values(`"` + strings.Repeat("a", 32) + `":1`), values(`"` + strings.Repeat("a", 33) + `":1`), values(`"\ud83d\ude00":1`), values(`"\ud83d":1`), values(`"\ude00\ud83d":1`),
		values(`"\ud83dx":1`), values(`"\ud83d\u0041":1`), values(`"\uD83D\uDE0":1`), values(`"\x":1`), values(`"\u12g4":1`), values(`"\":1`), values("\"a\xff\":1"), values("\"a\tb\":1"),
		values(`"a":"\ud800"`), values("\"a\":\"\xc3\x28\""), values("\"a\":\"\xed\xa0\x80\""), values("\"a\":\"\xf4\x90\x80\x80\""),
		values(`"a":1e999`), values(`"a":-1e999`), values(`"a":1e-999`), values(`"a":-1e-999`), values(`"a":-0`), values(`"a":-0.0`), values(`"a":0e0`), values(`"a":00`), values(`"a":01`),
		values(`"a":-01`), values(`"a":+1`), values(`"a":.5`), values(`"a":1.`), values(`"a":1.e1`), values(`"a":1e`), values(`"a":1e+`), values(`"a":1E+2`), values(`"a":--1`),
		values(`"a":NaN`), values(`"a":nan`), values(`"a":Infinity`), values(`"a":-Infinity`), values(`"a":0x10`), values(`"a":1_000`), values(`"a":1,000`), values(`"a":١`),
		values(`"a":` + strings.Repeat("9", 400)), values(`"a":0.` + strings.Repeat("0", 400) + `1`), values(`"a":` + strings.Repeat("1", 30) + `.5`), values(`"a":9007199254740993`),
		values(`"a":9007199254740992`), values(`"a":90071992547409.93`), values(`"a":1.7976931348623157e308`), values(`"a":1.7976931348623159e308`), values(`"a":4.9e-324`), values(`"a":123456789012345678`),
		values(`"a":0.1`), values(`"a":0.000000000000000000001`), values(`"a":0.00000000000000000000001`), values(`"a":1234567890123456789`), values(`"a":2.2250738585072011e-308`),
		values(`"a":true`), values(`"a":tru`), values(`"a":nulll`), values(`"a":"1"`), values(`"a":[1]`), values(`"a":{"b":1}`), values(`"a"`), values(`"a":`), values(`a:1`), values(`'a':1`),
		values(strings.Join(many, ",")), values(strings.Join(many[:64], ",")), values(strings.Join(many[:65], ",") + `,"m0":5`),
		sample(`{"seq":1,"q":{` + strings.Join(words, ",") + `}}`), sample(`{"seq":1,"m":{` + strings.Join(many[:60], ",") + `},"q":{` + strings.Join(words[:10], ",") + `}}`),
		sample(`{"seq":1,"q":{"a":"crc"},"m":{"a":1,"b":2}}`), sample(`{"seq":1,"m":{"a":1},"q":{"a":"good","b":"good"}}`), sample(`{"seq":1,"m":{"a":1},"q":{"a":"bad"}}`),
		sample(`{"seq":1,"m":{"a":1},"q":{"a":1}}`), sample(`{"seq":1,"m":{"a":1},"q":{"a":null}}`), sample(`{"seq":1,"m":{"a":1},"q":{"a":"crc","a":"good"}}`), sample(`{"seq":1,"m":{"a":1},"q":{"A":"crc"}}`),
		sample(`{"seq":1,"m":{"a":1},"q":{"a":"\u0063rc"}}`), sample(`{"seq":1,"m":{"a":1},"q":null}`), sample(`{"seq":1,"m":null}`), sample(`{"seq":1,"m":[]}`), sample(`{"seq":1}`), sample(`{"seq":1,"q":{}}`),
		sample(`{"seq":1,"m":{"a":1},"m":{"b":2}}`), sample(`{"seq":1,"m":{"a":1},"m":3}`), sample(`{"seq":1,"m":3,"m":{"a":1}}`), sample(`{"seq":1,"q":{"a":"crc"},"q":{"b":"crc"},"m":{"a":1}}`),
		sample(`{"m":{"a":1}}`), sample(`{"seq":0,"m":{"a":1}}`), sample(`{"seq":-1,"m":{"a":1}}`), sample(`{"seq":1.0,"m":{"a":1}}`), sample(`{"seq":1e3,"m":{"a":1}}`), sample(`{"seq":"1","m":{"a":1}}`),
		sample(`{"seq":9007199254740991,"m":{"a":1}}`), sample(`{"seq":9007199254740992,"m":{"a":1}}`), sample(`{"seq":99999999999999999999999,"m":{"a":1}}`), sample(`{"seq":1,"seq":2,"m":{"a":1}}`),
		sample(`{"seq":null,"seq":2,"m":{"a":1}}`), sample(`{"seq":2,"seq":null,"m":{"a":1}}`), sample(`{"seq":1,"ts":-5,"m":{"a":1}}`), sample(`{"seq":1,"ts":1.5,"m":{"a":1}}`), sample(`{"seq":1,"ts":-0,"m":{"a":1}}`),
		sample(`{"seq":1,"ts":null,"m":{"a":1}}`), sample(`{"seq":1,"ts":5,"age":6,"m":{"a":1}}`), sample(`{"seq":1,"age":-1,"m":{"a":1}}`), sample(`{"seq":1,"ts":5,"age":"x","m":{"a":1}}`),
		sample(`{"seq":1,"m":{"a":null}},{"seq":2,"m":{"a":3}},{"m":{}},7,{"seq":3,"m":{"b":4},"x":{"y":[1,2,{"z":null}]}}`),
		sample(strings.Repeat("[", 14) + strings.Repeat("]", 14)), sample(strings.Repeat("[", 15) + strings.Repeat("]", 15)), strings.Repeat("[", 1000), strings.Repeat(`{"a":`, 1000),
		`{"x":` + strings.Repeat("[", 15) + strings.Repeat("]", 15) + `,"boot":"1","samples":[]}`, `{"x":` + strings.Repeat("[", 16) + strings.Repeat("]", 16) + `,"boot":"1","samples":[]}`,
	}
}

func FuzzTelemetry(f *testing.F) {
	for _, payload := range hostile() {
		f.Add([]byte(payload))
	}
	var d wire.Decoder
	var got wire.TelemetryPayload
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) > wire.MaxPayload {
			return
		}
		before := string(p)
		compare(t, p, &d, &got)
		if string(p) != before {
			t.Error("the decoder changed the payload")
		}
	})
}

// compare decodes p with the decoder and with the reference.
func compare(t *testing.T, p []byte, d *wire.Decoder, got *wire.TelemetryPayload) {
	t.Helper()
	err := d.Decode(p, got)
	want, refused := decodeReference(p)
	if refused != "" {
		problem, ok := errors.AsType[*wire.Problem](err)
		if !ok || problem.Code != refused || problem.Detail == "" {
			t.Fatalf("%q: error %v, want one with the code %s", p, err, refused)
		}
		if got.Boot != 0 || len(got.Samples) > 0 || len(got.Problems) > 0 {
			t.Errorf("%q: refused, but something is left: %+v", p, got)
		}
		if !utf8.ValidString(err.Error()) && utf8.Valid(p) {
			t.Errorf("the error is not UTF-8: %q", err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%q: %v", p, err)
	}
	if got.Boot != want.boot {
		t.Errorf("%q: boot %v, want %v", p, got.Boot, want.boot)
	}
	if !slices.EqualFunc(got.Samples, want.samples, equalSample) {
		t.Errorf("%q: samples\n%+v, want\n%+v", p, got.Samples, want.samples)
	}
	counts := map[coolant.RejectionCode]int{}
	for _, problem := range got.Problems {
		counts[problem.Code] += problem.Count
		if problem.Detail == "" || problem.Sample < 0 || !utf8.ValidString(problem.Error()) {
			t.Errorf("%q: bad problem %+v", p, problem)
		}
	}
	for code := range want.problems {
		if counts[code] != want.problems[code] {
			t.Errorf("%q: %d times %s, want %d (%v)", p, counts[code], code, want.problems[code], got.Problems)
		}
	}
	for code := range counts {
		if want.problems[code] == 0 {
			t.Errorf("%q: unexpected %s: %v", p, code, got.Problems)
		}
	}
}

func equalSample(a, b wire.TelemetrySample) bool {
	ra, rb := a.Readings, b.Readings
	a.Readings, b.Readings = nil, nil
	plain := a.Index == b.Index && a.Seq == b.Seq && a.Stamp == b.Stamp && a.Time == b.Time && a.Age == b.Age && a.Judged == b.Judged && a.Refused == b.Refused
	return plain && slices.EqualFunc(ra, rb, func(a, b coolant.Reading) bool {
		return a.Metric == b.Metric && a.Quality == b.Quality && (a.Quality != coolant.Good || a.Value == b.Value && (a.Value != 0 || !math.Signbit(a.Value)))
	})
}

// FuzzDocuments feeds every other decoder: none may panic, each accepts JSON
// objects only, and what it accepts it reads again from its own encoding.
func FuzzDocuments(f *testing.F) {
	for _, payload := range append(hostile(),
		`{"temp":21.5}`, `{"temp":"21.5"}`, `{"temp":1e999}`, `{"temp":null}`, `{"temp":-0}`,
		`{"state":"online","boot":"9f3c51d27ab04e66","conn":3}`, `{"state":"away","boot":"1","conn":3}`,
		`{"boot":"9f3c51d27ab04e66","through":42}`, `{"id":"a1","ok":true}`, `{"id":"a1","ok":false,"error":"no such probe"}`, `{"id":"a1","ok":false,"error":""}`,
		`{"id":"a1","name":"watch","expires":1764000000000,"args":{}}`, `{"host_w":45.2,"valid_s":30}`, `{"epoch":"e1","version":3}`,
		`{"firmware":"1.0.0","probes":[{"rom":"28ff641e8216043c","role":"water"}],"metrics":["water"],"rssi":-61}`,
		`{"epoch":"e1","version":3,"outputs":[{"name":"pump","mode":"auto","duty":60,"claim":"auto"}],"faults":["stall"]}`,
	) {
		f.Add([]byte(payload))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		object := false
		if root, ok := parse(p); ok {
			object = root.isObject()
		}
		accepted := func(name string, err error) bool {
			if err == nil && (!object || len(p) > wire.MaxDocument) {
				t.Errorf("%s accepts %q", name, p)
			}
			if problem, ok := errors.AsType[*wire.Problem](err); err != nil && (!ok || problem.Detail == "" || problem.Code == "") {
				t.Errorf("%s: %q has the error %#v", name, p, err)
			}
			return err == nil
		}
		if v, err := wire.DecodeArticle(p); accepted("article", err) {
			if again, err := wire.DecodeArticle(wire.AppendArticle(nil, v)); err != nil || again != v {
				t.Errorf("article %v reads back as %v, %v", v, again, err)
			}
		}
		if v, err := wire.DecodeStatus(p); accepted("status", err) {
			if again, err := wire.DecodeStatus(wire.AppendStatus(nil, v)); err != nil || again != v {
				t.Errorf("status %v reads back as %v, %v", v, again, err)
			}
		}
		if v, err := wire.DecodeCommitted(p); accepted("committed", err) {
			if again, err := wire.DecodeCommitted(wire.AppendCommitted(nil, v)); err != nil || again != v {
				t.Errorf("committed %v reads back as %v, %v", v, again, err)
			}
		}
		if v, err := wire.DecodeReply(p); accepted("reply", err) {
			again(t, v, wire.EncodeReply, wire.DecodeReply)
		}
		if v, err := wire.DecodeInput(p); accepted("input", err) {
			again(t, v, wire.EncodeInput, wire.DecodeInput)
		}
		if v, err := wire.DecodeCommand(p); accepted("command", err) {
			again(t, v, wire.EncodeCommand, wire.DecodeCommand)
		}
		if v, err := wire.DecodeInfo(p); accepted("info", err) {
			again(t, v, wire.EncodeInfo, wire.DecodeInfo)
		}
		if v, err := wire.DecodeReported(p); accepted("reported", err) {
			again(t, v, wire.EncodeReported, wire.DecodeReported)
		}
		if v, err := wire.DecodeDesired(p); accepted("desired", err) {
			again(t, v, wire.EncodeDesired, wire.DecodeDesired)
		}
	})
}

// again checks that v can be encoded and that the result is accepted.
func again[T any](t *testing.T, v T, encode func(T) ([]byte, error), decode func([]byte) (T, error)) {
	t.Helper()
	p, err := encode(v)
	if err != nil || !json.Valid(p) {
		t.Fatalf("encode %+v: %v", v, err)
	}
	if _, err := decode(p); err != nil && len(p) <= wire.MaxDocument {
		t.Errorf("%+v was encoded as %s, which is refused: %v", v, p, err)
	}
}
