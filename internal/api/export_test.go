package api

import (
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"coolant"
)

func TestExport(t *testing.T) {
	f := newFixture()
	f.commit(
		coolant.Sample{Device: "loop", Time: present - 2000, Readings: []coolant.Reading{{Metric: "water", Value: 31.25}, {Metric: "inlet", Value: -0.0625}}},
		coolant.Sample{Device: "loop", Time: present - 999, Readings: []coolant.Reading{{Metric: "water", Quality: coolant.POR85}, {Metric: "inlet", Quality: coolant.CRC}}},
		coolant.Sample{Device: "loop", Time: present - 1, Readings: []coolant.Reading{{Metric: "water", Value: 20}}},
	)
	h := f.handler(t)
	for name, c := range map[string]struct{ query, file, want string }{
		"everything": {
			"", "coolant-loop-20260130T080000Z-20260131T080000Z.csv",
			"time,inlet,water,faults\r\n" +
				"2026-01-31T07:59:58.000Z,-0.0625,31.25,\r\n" +
				"2026-01-31T07:59:59.001Z,,,inlet=crc water=por85\r\n" +
				"2026-01-31T07:59:59.999Z,,20,\r\n",
		},
		"one metric and a range": {
			"?metrics=water&from=1769846398000&to=1769846399000", "coolant-loop-20260131T075958Z-20260131T075959Z.csv",
			"time,water,faults\r\n2026-01-31T07:59:58.000Z,31.25,\r\n",
		},
		"nothing": {
			"?from=0&to=1000", "coolant-loop-19700101T000000Z-19700101T000001Z.csv",
			"time,inlet,water,faults\r\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := get(h, "/api/v1/devices/loop/samples.csv"+c.query)
			if got := w.Body.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if got, want := w.Header().Get("Content-Disposition"), `attachment; filename="`+c.file+`"`; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if _, err := csv.NewReader(w.Body).ReadAll(); err != nil {
				t.Error(err)
			}
		})
	}
}

// An export that fails half way must not look complete.
func TestExportBreaksOff(t *testing.T) {
	for _, encoding := range []string{"identity", "gzip"} {
		f := newFixture()
		f.commit(minutes("loop", 5000)...)
		f.store.err, f.store.failAfter = errors.New("the disk is gone"), 4000
		srv := serve(t, f)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/api/v1/devices/loop/samples.csv?from=0&to=600000000000", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.RawQuery = "from=1769000000000"
		r.Header.Set("Accept-Encoding", encoding)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = io.Copy(io.Discard, resp.Body); err == nil {
			t.Errorf("%s: the part looks like the whole", encoding)
		}
		_ = resp.Body.Close()
	}
}

func TestExportFailsAtOnce(t *testing.T) {
	f := newFixture()
	f.commit(minutes("loop", 10)...)
	f.store.err = coolant.Errorf(coolant.CodeUnavailable, "the store is closing")
	w := get(f.handler(t), "/api/v1/devices/loop/samples.csv")
	if w.Code != 503 || w.Header().Get("Content-Type") != problemType || w.Header().Get("Content-Disposition") != "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestCSVText(t *testing.T) {
	for s, want := range map[string]string{
		"": "", "water": "water", "a,b": `"a,b"`, `a"b`: `"a""b"`, "a\nb": "\"a\nb\"",
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", `=HYPERLINK("x")`: `"'=HYPERLINK(""x"")"`,
	} {
		if got := string(appendCSVText(nil, s)); got != want {
			t.Errorf("%q: %s, want %s", s, got, want)
		}
	}
}

// Memory does not grow with the export.
func TestExportMemory(t *testing.T) {
	allocs := func(rows int) float64 {
		f := newFixture()
		f.store.add(minutes("loop", rows)...)
		f.hub.DeviceAdded(coolant.Device{ID: "loop", Created: 1})
		h := f.handler(t)
		r := httptest.NewRequest(http.MethodGet, "/api/v1/devices/loop/samples.csv?metrics=water&from=1700000000000", nil)
		return testing.AllocsPerRun(3, func() { h.ServeHTTP(&discard{header: http.Header{}}, r) })
	}
	if few, many := allocs(10), allocs(5_000); many > few+200 {
		t.Errorf("%.0f allocations for 5,000 rows, %.0f for 10", many, few)
	}
}

func BenchmarkExport(b *testing.B) {
	f := newFixture()
	f.store.add(minutes("loop", 10_080)...)
	f.hub.DeviceAdded(coolant.Device{ID: "loop", Created: 1})
	h := f.handler(b)
	r := httptest.NewRequest(http.MethodGet, "/api/v1/devices/loop/samples.csv?metrics=water,ambient&from=1760000000000", nil)
	for b.Loop() {
		h.ServeHTTP(&discard{header: http.Header{}}, r)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10_080, "ns/row")
}

// The columns are what the store has, whatever the board shows: a device that
// was removed and added again has a history of which the board knows nothing.
func TestExportOfKeptHistory(t *testing.T) {
	f := newFixture()
	f.hub.DeviceAdded(coolant.Device{ID: "loop", Created: 1})
	f.store.add(minutes("loop", 2)...)
	h := f.handler(t)
	const want = "time,ambient,water,faults\r\n2026-01-31T07:59:00.000Z,20,30,\r\n"
	if w := get(h, "/api/v1/devices/loop/samples.csv"); w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d\n%s\nwant\n%s", w.Code, w.Body, want)
	}
	f.hub.Committed(1, []coolant.Sample{{Device: "loop", Time: present, Readings: []coolant.Reading{{Metric: "water", Value: 31}}}})
	if w := get(h, "/api/v1/devices/loop/samples.csv"); w.Body.String() != want {
		t.Errorf("with one series on the board\n%s\nwant\n%s", w.Body, want)
	}
	if w := get(h, "/api/v1/devices/loop/series?metrics=ambient"); w.Code != 200 {
		t.Errorf("series: %d %s", w.Code, w.Body)
	}
}

func TestExportOfNothing(t *testing.T) {
	f := newFixture()
	f.hub.DeviceAdded(coolant.Device{ID: "loop", Created: 1})
	if w := get(f.handler(t), "/api/v1/devices/loop/samples.csv"); w.Code != 200 || w.Body.String() != "time,faults\r\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

func TestUnknownMetrics(t *testing.T) {
	_, h := busy(t)
	for _, kind := range []string{"series", "samples.csv"} {
		w := get(h, "/api/v1/devices/loop/"+kind+"?metrics=water,watre,coolant")
		const want = "Device loop has no metric watre, coolant. It has ambient, inlet, water."
		if w.Code != 404 || w.Header().Get("Content-Type") != problemType || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s", kind, w.Code, w.Body)
		}
	}
}

func TestRowsOfAnotherWidthAreRefused(t *testing.T) {
	e := newExport(httptest.NewRecorder(), []coolant.Metric{"water"})
	if err := e.row(present, []float64{1, 2}, []coolant.Quality{0, 0}); err == nil {
		t.Error("a row with two values fits one column")
	}
}

func TestExportNames(t *testing.T) {
	f := newFixture()
	f.hub.DeviceAdded(coolant.Device{ID: "loop", Created: 1})
	w := get(f.handler(t), "/api/v1/devices/loop/samples.csv?metrics=water")
	if !strings.HasPrefix(w.Body.String(), "time,water,faults\r\n") {
		t.Errorf("a device without samples gives %q", w.Body)
	}
}
