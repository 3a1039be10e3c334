package quota

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

func TestMetrics(t *testing.T) {
	now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	reg := prometheus.NewPedanticRegistry()
	o := Options{
		Limits: Limits{Bytes: 5000}, Records: &disk{}, Sessions: func() int { return 2 },
		Now: func() time.Time { return now }, Registerer: reg,
	}
	m, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	m.step()
	m.Count(1000)
	for range 12 * 60 {
		now = now.Add(time.Minute)
		m.step()
	}
	const want = `
# HELP coolant_quota_level How near the broker's allowance is to its end: 0 ok, 1 warning, 2 over.
# TYPE coolant_quota_level gauge
coolant_quota_level 0
# HELP coolant_quota_limit_bytes Bytes of traffic that the broker's allowance has for a month; missing without a limit.
# TYPE coolant_quota_limit_bytes gauge
coolant_quota_limit_bytes 5000
# HELP coolant_quota_projected_bytes Bytes of traffic that will be used at the end of the month, at the rate of the last day.
# TYPE coolant_quota_projected_bytes gauge
coolant_quota_projected_bytes 2000
# HELP coolant_quota_projected_session_minutes Session minutes that will be used at the end of the month, at the rate of the last day.
# TYPE coolant_quota_projected_session_minutes gauge
coolant_quota_projected_session_minutes 2880
# HELP coolant_quota_used_bytes Bytes of traffic used of the broker's allowance since the month began (UTC), as estimated.
# TYPE coolant_quota_used_bytes gauge
coolant_quota_used_bytes 1000
# HELP coolant_quota_used_session_minutes Session minutes used of the broker's allowance since the month began (UTC), as estimated.
# TYPE coolant_quota_used_session_minutes gauge
coolant_quota_used_session_minutes 1440
`
	w := httptest.NewRecorder()
	promhttp.HandlerFor(reg, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if got := w.Body.String(); got != want[1:] {
		t.Errorf("metrics:\n%s", got)
	}
	if _, err := New(t.Context(), o); err == nil {
		t.Error("two meters on one registry")
	}
}
