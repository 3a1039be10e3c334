package api

import (
	"strings"
	"testing"
	"testing/fstest"
)

func ui() fstest.MapFS {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"index.html":             file("<!doctype html><html><HEAD lang=en>\n<base href=\"/old/\"><title>x</title></head><body>" + strings.Repeat("page ", 500) + "</body></html>"),
		"favicon.svg":            file("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
		"manifest.webmanifest":   file("{}"),
		"assets/app-1a2b.js":     file("plain script " + strings.Repeat("x", 3000)),
		"assets/app-1a2b.js.gz":  file("gzipped script"),
		"assets/app-1a2b.js.br":  file("brotli script"),
		"assets/style-3c4d.css":  file("body{}"),
		"assets/sub/more-5.js":   file("more"),
		"assets/font-6e7f.woff2": file("font"),
	}
}

func TestPages(t *testing.T) {
	f := newFixture()
	f.opts.UI = ui()
	h := f.handler(t)
	const page, html = "text/html", "text/html; charset=utf-8"
	for _, c := range []struct {
		target, accept, encoding string
		status                   int
		contentType, cache, body string // body: how it begins
		sent                     string // content encoding
	}{
		{"/", page, "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/temp_chart", page, "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/diagnostics", "*/*", "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/settings", page, "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/settings/", page, "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/devices/loop-1", page, "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/devices/loop-1?range=7d", page, "", 200, html, cacheNever, "<!doctype html>", ""},
		{"/devices/", page, "", 404, html, cacheNever, "<!doctype html>", ""},
		{"/devices/a/b", page, "", 404, html, cacheNever, "<!doctype html>", ""},
		{"/nothing", page, "", 404, html, cacheNever, "<!doctype html>", ""},
		{"/nothing", "application/json", "", 404, problemType, "no-store", `{"type"`, ""},
		{"/nothing.png", page, "", 404, problemType, "no-store", `{"type"`, ""},
		{"/api/nothing", page, "", 404, problemType, "no-store", `{"type"`, ""},
		{"/assets/nothing.js", page, "", 404, problemType, "no-store", `{"type"`, ""},
		{"/assets/", page, "", 404, problemType, "no-store", `{"type"`, ""},
		{"/assets", page, "", 404, problemType, "no-store", `{"type"`, ""},
		{"/favicon.svg", "", "", 200, "image/svg+xml", cacheNever, "<svg", ""},
		{"/manifest.webmanifest", "", "", 200, "application/manifest+json", cacheNever, "{}", ""},
		{"/assets/app-1a2b.js", "", "", 200, "text/javascript; charset=utf-8", cacheForever, "plain script", ""},
		{"/assets/app-1a2b.js", "", "gzip", 200, "text/javascript; charset=utf-8", cacheForever, "gzipped script", "gzip"},
		{"/assets/app-1a2b.js", "", "gzip, deflate, br", 200, "text/javascript; charset=utf-8", cacheForever, "brotli script", "br"},
		{"/assets/app-1a2b.js", "", "br;q=0, gzip;q=0.5", 200, "text/javascript; charset=utf-8", cacheForever, "gzipped script", "gzip"},
		{"/assets/app-1a2b.js.gz", "", "", 404, problemType, "no-store", `{"type"`, ""},
		{"/assets/style-3c4d.css", "", "gzip", 200, "text/css; charset=utf-8", cacheForever, "body{}", ""},
		{"/assets/sub/more-5.js", "", "", 200, "text/javascript; charset=utf-8", cacheForever, "more", ""},
		{"/assets/font-6e7f.woff2", "", "", 200, "font/woff2", cacheForever, "font", ""},
	} {
		t.Run(c.target+" "+c.accept+" "+c.encoding, func(t *testing.T) {
			w := get(h, c.target, "Accept", c.accept, "Accept-Encoding", c.encoding)
			header := w.Header()
			if w.Code != c.status || header.Get("Content-Type") != c.contentType || header.Get("Cache-Control") != c.cache ||
				header.Get("Content-Encoding") != c.sent || !strings.HasPrefix(w.Body.String(), c.body) {
				t.Errorf("%d %v\n%.80s", w.Code, header, w.Body)
			}
			if strings.Contains(c.target, "app-1a2b.js") && c.status == 200 && header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("Vary %q", header.Values("Vary"))
			}
		})
	}
}

func TestPagesDoNotLeaveTheirFolder(t *testing.T) {
	f := newFixture()
	f.opts.UI = ui()
	h := f.handler(t)
	for _, target := range []string{"/../go.mod", "/assets/../../go.mod", "/%2e%2e/go.mod", "/assets/%2e%2e/index.html", "/index.html", "/assets%2fapp-1a2b.js.gz", "/\\index.html"} {
		w := get(h, target)
		if w.Code == 200 {
			t.Errorf("%s: %.80s", target, w.Body)
		}
	}
}

func TestPagesRevalidate(t *testing.T) {
	f := newFixture()
	f.opts.UI = ui()
	h := f.handler(t)
	for _, target := range []string{"/", "/favicon.svg", "/api/docs", "/api/openapi.json"} {
		tag := get(h, target).Header().Get("ETag")
		if tag == "" {
			t.Errorf("%s has no ETag", target)
		}
		for _, encoding := range []string{"identity", "gzip"} {
			if w := get(h, target, "If-None-Match", tag, "Accept-Encoding", encoding); w.Code != 304 || w.Body.Len() > 0 {
				t.Errorf("%s: %d, %d bytes", target, w.Code, w.Body.Len())
			}
		}
	}
}

func TestBasePath(t *testing.T) {
	for _, c := range []struct{ base, href string }{
		{"", "/"}, {"/", "/"}, {"coolant", "/coolant/"}, {"/coolant/", "/coolant/"}, {"/a&b", "/a&amp;b/"},
	} {
		f := newFixture()
		f.opts.UI, f.opts.BasePath = ui(), c.base
		body := get(f.handler(t), "/").Body.String()
		if want := `<HEAD lang=en><base href="` + c.href + `">`; !strings.Contains(body, want) || strings.Contains(body, "/old/") {
			t.Errorf("base path %q: %.120s", c.base, body)
		}
	}
	f := newFixture()
	f.opts.UI, f.opts.BasePath = ui(), "/coolant"
	h := f.handler(t)
	for target, status := range map[string]int{
		"/coolant/ping": 200, "/ping": 200, "/coolant/api/v1/devices": 200, "/api/v1/devices": 200, "/coolant/assets/app-1a2b.js": 200,
		"/coolant/": 200, "/coolant": 308, "/coolantx": 404, "/coolant/api/nothing": 404,
	} {
		if w := get(h, target); w.Code != status {
			t.Errorf("%s: %d, want %d", target, w.Code, status)
		}
	}
}

func TestWithoutUI(t *testing.T) {
	h := newFixture().handler(t)
	for target, status := range map[string]int{"/": 200, "/devices/a": 200, "/temp_chart": 200, "/assets/x.js": 404, "/favicon.ico": 404, "/api/v1/devices": 200} {
		w := get(h, target, "Accept", "text/html")
		if w.Code != status {
			t.Errorf("%s: %d, want %d", target, w.Code, status)
		}
		if status == 200 && !strings.HasPrefix(target, "/api") && !strings.Contains(w.Body.String(), "make build") {
			t.Errorf("%s does not say how to build the UI: %s", target, w.Body)
		}
	}
}

func TestBrokenUI(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"no index": {}, "no head": {"index.html": {Data: []byte("<p>hello")}},
	} {
		f := newFixture()
		f.opts.UI = files
		if _, err := New(f.opts); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
