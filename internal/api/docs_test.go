package api

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The page works offline and under the strict policy: it loads only what this
// server serves, and has no inline script or style.
func TestDocsPage(t *testing.T) {
	h := newFixture().handler(t)
	w := get(h, "/api/docs")
	page := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	for _, m := range regexp.MustCompile(`(?:src|href)="([^"#][^"]*)"`).FindAllStringSubmatch(page, -1) {
		switch link := m[1]; {
		case link == "../":
		case strings.Contains(link, ":") || strings.HasPrefix(link, "/"):
			t.Errorf("the page refers to %s", link)
		default:
			if got := get(h, "/api/"+link); got.Code != 200 {
				t.Errorf("%s: %d", link, got.Code)
			}
		}
	}
	if !strings.Contains(page, "a stable <code>code</code>.") || strings.Contains(page, "`") {
		t.Error("the page shows backticks in place of code")
	}
	for _, bad := range []string{"<style", "style=", "onclick", "javascript:", "<script>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %s", bad)
		}
	}
	icon, err := os.ReadFile("../../web/public/icon.svg")
	if err != nil {
		t.Fatal(err)
	}
	if got := get(h, "/api/docs/icon.svg").Body.Bytes(); !strings.Contains(page, `rel="icon"`) || !bytes.Equal(got, icon) {
		t.Error("the page has not the icon of the user interface")
	}
	doc := golden(t)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			if !strings.Contains(page, "<b>"+strings.ToUpper(method)+"</b> <code>"+path+"</code>") || !strings.Contains(page, `id="`+op.OperationID+`"`) {
				t.Errorf("the page does not show %s %s", method, path)
			}
		}
	}
	for _, form := range []string{"TwinEdit", "TwinReturn", "CommandRequest", "InputRequest"} {
		if !strings.Contains(page, `Body: <a href="#schema-`+form+`">`) {
			t.Errorf("the page does not say that a body is a %s", form)
		}
	}
	for name := range doc.Components.Schemas {
		if !strings.Contains(page, `id="schema-`+name+`"`) {
			t.Errorf("the page does not show %s", name)
		}
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+m[1]+`"`) {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
}

func TestServedDocument(t *testing.T) {
	w := get(newFixture().handler(t), "/api/openapi.json")
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	var served bytes.Buffer
	if err := json.Indent(&served, w.Body.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(append(served.Bytes(), '\n'), want) {
		t.Error("the server serves another document than openapi.json")
	}
}
