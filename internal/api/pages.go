package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
)

//go:embed pages/nobuild.html
var noBuildPage []byte

// pages serves the UI: its files, and index.html for every route of its own.
type pages struct {
	files fs.FS // nil without a UI
	index []byte
	tag   string            // ETag of index
	tags  map[string]string // ETags of the files that are not under assets/
}

const (
	cacheForever = "public, max-age=31536000, immutable" // for names that contain a hash of the content
	cacheNever   = "no-cache"                            // ask each time whether it changed
)

// newPages reads the UI once, so that a broken one is found at the start.
func newPages(files fs.FS, basePath string) (*pages, error) {
	p := &pages{files: files, tags: map[string]string{}}
	index := noBuildPage
	if files != nil {
		var err error
		if index, err = fs.ReadFile(files, "index.html"); err != nil {
			return nil, fmt.Errorf("read index.html: %w", err)
		}
		if err := p.tagFiles(); err != nil {
			return nil, err
		}
	}
	var err error
	if p.index, err = withBase(index, basePath+"/"); err != nil {
		return nil, err
	}
	p.tag = tagOf(p.index)
	return p, nil
}

var (
	headTag = regexp.MustCompile(`(?i)<head(\s[^>]*)?>`)
	baseTag = regexp.MustCompile(`(?i)\s*<base\s[^>]*>`)
)

// withBase puts <base href> first into the head, because it counts only for
// what follows it.
func withBase(index []byte, href string) ([]byte, error) {
	index = baseTag.ReplaceAll(index, nil)
	at := headTag.FindIndex(index)
	if at == nil {
		return nil, errors.New("index.html has no <head>")
	}
	tag := `<base href="` + html.EscapeString(href) + `">`
	return bytes.Join([][]byte{index[:at[1]], []byte(tag), index[at[1]:]}, nil), nil
}

func (p *pages) tagFiles() error {
	return fs.WalkDir(p.files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || isAsset(name) {
			return err
		}
		data, err := fs.ReadFile(p.files, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		p.tags[name] = tagOf(data)
		return nil
	})
}

// tagOf is a weak ETag: the same page goes out plain and compressed.
func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return `W/"` + hex.EncodeToString(sum[:8]) + `"`
}

func isAsset(name string) bool { return name == "assets" || strings.HasPrefix(name, "assets/") }

func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	switch {
	case operationPath(r.URL.Path):
		notFound(w, r)
	case isRoute(name):
		p.serveIndex(w, r, http.StatusOK)
	case p.serveFile(w, r, name):
	case !isAsset(name) && path.Ext(name) == "" && wantsPage(r):
		p.serveIndex(w, r, http.StatusNotFound) // the UI says so in the viewer's language
	default:
		notFound(w, r)
	}
}

// isRoute reports whether the UI has a page of that name.
func isRoute(name string) bool {
	switch name {
	case "", "temp_chart", "diagnostics", "settings":
		return true
	}
	id, found := strings.CutPrefix(name, "devices/")
	return found && id != "" && !strings.Contains(id, "/")
}

func (p *pages) serveIndex(w http.ResponseWriter, r *http.Request, status int) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", cacheNever)
	if status != http.StatusOK {
		w.WriteHeader(status)
		if r.Method != http.MethodHead {
			_, _ = w.Write(p.index) // the client is gone, and nothing can be done about it
		}
		return
	}
	h.Set("ETag", p.tag)
	http.ServeContent(w, r, "index.html", time.Time{}, bytes.NewReader(p.index))
}

// encodings are the precompressed forms that a build may leave beside a file,
// best first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// serveFile reports whether there is such a file, which it then served.
func (p *pages) serveFile(w http.ResponseWriter, r *http.Request, name string) bool {
	if p.files == nil || !fs.ValidPath(name) || name == "index.html" || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") {
		return false
	}
	if info, err := fs.Stat(p.files, name); err != nil || info.IsDir() {
		return false
	}
	data, encoding, varies, err := p.read(r, name)
	if err != nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", typeOf(name))
	if varies {
		h.Set("Vary", "Accept-Encoding")
	}
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	if isAsset(name) {
		h.Set("Cache-Control", cacheForever)
	} else {
		h.Set("Cache-Control", cacheNever)
		h.Set("ETag", p.tags[name])
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(data))
	return true
}

// read gets a file in the best form that the client accepts. varies says that
// another client could get another form.
func (p *pages) read(r *http.Request, name string) (data []byte, encoding string, varies bool, err error) {
	for _, e := range encodings {
		info, err := fs.Stat(p.files, name+e.suffix)
		if err != nil || info.IsDir() {
			continue
		}
		varies = true
		if !accepts(r.Header.Get("Accept-Encoding"), e.name) {
			continue
		}
		data, err := fs.ReadFile(p.files, name+e.suffix)
		return data, e.name, true, err
	}
	data, err = fs.ReadFile(p.files, name)
	return data, "", varies, err
}

// typeOf is the content type by the name's ending. The common ones are fixed,
// because the system's own table differs from machine to machine.
func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".webmanifest":
		return "application/manifest+json"
	case ".json", ".map":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
