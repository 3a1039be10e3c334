package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/app/config"
)

// TestEMQXKnowsTheArticle checks that the article's device, and no other, may
// publish to the article's topic at EMQX, as at the embedded broker.
func TestEMQXKnowsTheArticle(t *testing.T) {
	var bodies string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies += string(body)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(server.Close)
	c, err := config.Load(config.Sources{Data: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	off := c
	off.Article.Topic = ""
	for name, tt := range map[string]struct {
		c    config.Config
		id   coolant.DeviceID
		also bool
	}{
		"the article's device": {c, "esp32", true},
		"another device":       {c, "loop", false},
		"the article is off":   {off, "esp32", false},
	} {
		e, err := OpenEMQX(server.URL, []string{"COOLANT_EMQX_API_KEY=k", "COOLANT_EMQX_API_SECRET=s"}, tt.c)
		if err != nil {
			t.Fatal(err)
		}
		bodies = ""
		if err := e.Put(t.Context(), tt.id, "p"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if also := strings.Contains(bodies, `{"topic":"emqx/esp32/telemetry","action":"publish","permission":"allow"}`); also != tt.also {
			t.Errorf("%s: %s", name, bodies)
		}
	}
}
