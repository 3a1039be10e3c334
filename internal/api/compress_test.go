package api

import (
	"compress/gzip"
	"io"
	"testing"

	"coolant"
)

func TestCompression(t *testing.T) {
	f, _ := busy(t)
	f.opts.UI = ui()
	f.commit(minutes("long", 500)...)
	h := f.handler(t)
	for _, c := range []struct {
		target, accept string
		zipped         bool
	}{
		{"/api/v1/devices/long/series", "gzip", true},
		{"/api/v1/devices/long/series", "gzip;q=0", false},
		{"/api/v1/devices/long/series", "identity", false},
		{"/api/v1/devices/long/series", "br, GZIP ; q=0.3", true},
		{"/api/v1/devices/long/series", "*", false},
		{"/api/v1/devices/long/samples.csv", "gzip", true},
		{"/data?hours=24", "gzip", true},
		{"/api/docs", "gzip", true},
		{"/api/openapi.json", "gzip", true},
		{"/", "gzip", true},
		{"/api/v1/devices/none", "gzip", false}, // too small
		{"/ping", "gzip", false},
		{"/assets/font-6e7f.woff2", "gzip", false},
	} {
		t.Run(c.target+" "+c.accept, func(t *testing.T) {
			plain := get(h, c.target).Body.String()
			w := get(h, c.target, "Accept-Encoding", c.accept)
			header := w.Header()
			if zipped := header.Get("Content-Encoding") == "gzip"; zipped != c.zipped {
				t.Fatalf("Content-Encoding %q", header.Get("Content-Encoding"))
			}
			got := w.Body.String()
			if c.zipped {
				if header.Get("Content-Length") != "" || header.Get("Vary") == "" {
					t.Errorf("headers %v", header)
				}
				r, err := gzip.NewReader(w.Body)
				if err != nil {
					t.Fatal(err)
				}
				data, err := io.ReadAll(r)
				if err != nil {
					t.Fatal(err)
				}
				got = string(data)
			}
			if got != plain {
				t.Errorf("%d bytes, want %d", len(got), len(plain))
			}
		})
	}
}

// The answers of many requests at once do not mix in the buffers they share.
func TestBuffersAreApart(t *testing.T) {
	f, _ := busy(t)
	ids := []coolant.DeviceID{"a", "b", "c", "d"}
	for i, id := range ids {
		f.commit(minutes(id, 50+100*i)...)
	}
	h := f.handler(t)
	want := map[coolant.DeviceID]string{}
	for _, id := range ids {
		want[id] = get(h, "/api/v1/devices/"+string(id)+"/series").Body.String()
	}
	done := make(chan bool)
	for _, id := range ids {
		go func() {
			ok := true
			for range 50 {
				ok = ok && get(h, "/api/v1/devices/"+string(id)+"/series").Body.String() == want[id]
			}
			done <- ok
		}()
	}
	for range ids {
		if !<-done {
			t.Error("answers mix")
		}
	}
}
