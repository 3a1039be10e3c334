package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"coolant"
)

func TestArticleData(t *testing.T) {
	f := newFixture()
	f.hub.DeviceAdded(coolant.Device{ID: "old", Created: 1})
	f.hub.DeviceAdded(coolant.Device{ID: "new", Created: 2})
	water := func(id coolant.DeviceID, ago coolant.UnixMilli, r coolant.Reading) coolant.Sample {
		return coolant.Sample{Device: id, Time: present - ago, Readings: []coolant.Reading{{Metric: "ambient", Value: 1}, r}}
	}
	f.commit(
		water("old", 25*coolant.Hour, coolant.Reading{Metric: "water", Value: 1}),
		water("old", 24*coolant.Hour-1, coolant.Reading{Metric: "water", Value: 16.3125}),
		water("old", 2*coolant.Hour, coolant.Reading{Metric: "water", Value: 17}),
		water("old", 30*coolant.Minute, coolant.Reading{Metric: "water", Quality: coolant.POR85}),
		water("old", coolant.Minute, coolant.Reading{Metric: "water", Value: 18.5}),
		water("new", coolant.Minute, coolant.Reading{Metric: "water", Value: 99}),
		water("old", 0, coolant.Reading{Metric: "inlet", Value: 20}),
	)
	h := f.handler(t)
	const short = `{"times":["2026-01-31 07:59:00"],"temperatures":[18.5]}`
	for query, want := range map[string]string{
		"":           short,
		"?hours=1":   short,
		"?hours=3":   `{"times":["2026-01-31 06:00:00","2026-01-31 07:59:00"],"temperatures":[17,18.5]}`,
		"?hours=24":  `{"times":["2026-01-30 08:00:00","2026-01-31 06:00:00","2026-01-31 07:59:00"],"temperatures":[16.3125,17,18.5]}`,
		"?hours=0":   short,
		"?hours=25":  short,
		"?hours=-3":  short,
		"?hours=3.0": short,
		"?hours=x":   short,
		"?hours=":    short,
	} {
		if got := strings.TrimSpace(get(h, "/data"+query).Body.String()); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	f.hub.DeviceRemoved("old")
	if got := strings.TrimSpace(get(h, "/data").Body.String()); got != `{"times":["2026-01-31 07:59:00"],"temperatures":[99]}` {
		t.Errorf("of the next oldest: %s", got)
	}
	f.hub.DeviceRemoved("new")
	if got := strings.TrimSpace(get(h, "/data").Body.String()); got != `{"times":[],"temperatures":[]}` {
		t.Errorf("without devices: %s", got)
	}
}

// A device that reports many times a second still gets an answer of a bounded
// size.
func TestArticleDataIsBounded(t *testing.T) {
	f := newFixture()
	f.hub.DeviceAdded(coolant.Device{ID: "fast", Created: 1})
	list := make([]coolant.Sample, maxArticleRows+1)
	readings := []coolant.Reading{{Metric: "water", Value: 20}}
	for i := range list {
		list[i] = coolant.Sample{Device: "fast", Time: present - coolant.UnixMilli(len(list)-i)*10, Readings: readings}
	}
	f.store.add(list...)
	var data articleData
	if err := json.Unmarshal(get(f.handler(t), "/data?hours=1").Body.Bytes(), &data); err != nil {
		t.Fatal(err)
	}
	if n := len(data.Times); n == 0 || n > coolant.MaxWidth || n != len(data.Temperatures) || !slices.IsSorted(data.Times) {
		t.Errorf("%d times, %d temperatures", n, len(data.Temperatures))
	}
}

func TestWords(t *testing.T) {
	h := newFixture().handler(t)
	for target, want := range map[string]string{"/ping": "pong", "/livez": "ok"} {
		w := get(h, target)
		if got := fmt.Sprint(w.Code, " ", w.Body, " ", w.Header().Get("Content-Type")); got != "200 "+want+" text/plain; charset=utf-8" {
			t.Errorf("%s: %s", target, got)
		}
	}
}
