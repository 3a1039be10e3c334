package ingest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"testing/synctest"

	"coolant"
	"coolant/internal/wire"
)

// TestPlausibilityVectors sends the steps of contract/plausibility.json as
// telemetry and looks at what is stored.
func TestPlausibilityVectors(t *testing.T) {
	raw, err := os.ReadFile("../../contract/plausibility.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Name   string `json:"name"`
			Metric string `json:"metric"`
			Steps  []struct {
				DT      int64   `json:"dt_ms"`
				Value   float64 `json:"value"`
				Quality string  `json:"quality"`
				Judged  bool    `json:"judged"`
			} `json:"steps"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Cases {
		t.Run(c.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t, newFakeStore(), nil)
				now := int64(start) - 3600_000
				for i, step := range c.Steps {
					now += step.DT
					q := ""
					if step.Judged {
						q = `,"q":{}`
					}
					h.send(wire.Telemetry, telemetry(fmt.Sprintf(`{"seq":%d,"ts":%d,"m":{"%s":%g}%s}`, i+1, now, c.Metric, step.Value, q)), uint64(i))
				}
				synctest.Wait()
				stored := h.store.stored()
				if len(stored) != len(c.Steps) {
					t.Fatalf("%d samples stored of %d", len(stored), len(c.Steps))
				}
				for i, step := range c.Steps {
					want := step.Value
					if step.Quality != "good" {
						want = 0
					}
					r := stored[i].Readings[0]
					if r.Quality.String() != step.Quality || r.Value != want || r.Metric != coolant.Metric(c.Metric) {
						t.Errorf("step %d, %g: stored as %+v (%s), want %s", i, step.Value, r, r.Quality, step.Quality)
					}
				}
			})
		})
	}
}
