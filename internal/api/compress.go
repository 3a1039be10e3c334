package api

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// leastGzip is the size in bytes from which an answer is worth compressing: it
// would fit one packet anyhow below that.
const leastGzip = 1400

// compress encodes answers as gzip where the client accepts it and the content
// gains from it. It never touches an event stream, nor what is encoded already.
func (s *server) compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead || !accepts(r.Header.Get("Accept-Encoding"), "gzip") {
			next.ServeHTTP(w, r)
			return
		}
		c := &compressor{ResponseWriter: w, server: s}
		defer c.close()
		next.ServeHTTP(c, r)
		c.whole = true
	})
}

// accepts reports whether an Accept-Encoding header allows the encoding by its
// name. A wildcard is taken as no: plain answers serve everyone.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
		if !found {
			return true
		}
		weight, err := strconv.ParseFloat(q, 64)
		return err == nil && weight > 0
	}
	return false
}

// compressible reports whether content of that type gains from compression.
func compressible(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	switch kind = strings.TrimSpace(kind); kind {
	case "text/event-stream":
		return false
	case "application/json", problemType, "application/javascript", "application/manifest+json", "image/svg+xml", "application/wasm":
		return true
	}
	return strings.HasPrefix(kind, "text/")
}

// compressor holds back the beginning of an answer until it knows whether the
// answer is large enough.
type compressor struct {
	http.ResponseWriter
	server *server
	gz     *gzip.Writer
	head   []byte // what is held back
	status int    // 0 until the handler sent its header
	passed bool   // the header went out; what follows goes to gz or straight on
	whole  bool   // the handler returned rather than panicked
}

func (c *compressor) WriteHeader(status int) {
	if status < 200 {
		c.ResponseWriter.WriteHeader(status)
		return
	}
	if c.status != 0 {
		return
	}
	c.status = status
	h := c.Header()
	if compressible(h.Get("Content-Type")) {
		h.Add("Vary", "Accept-Encoding")
	}
	if !c.eligible() {
		c.pass()
	}
}

func (c *compressor) eligible() bool {
	h := c.Header()
	if c.status == http.StatusNoContent || c.status == http.StatusNotModified || c.status == http.StatusPartialContent ||
		h.Get("Content-Encoding") != "" || !compressible(h.Get("Content-Type")) {
		return false
	}
	length, err := strconv.Atoi(h.Get("Content-Length"))
	return err != nil || length >= leastGzip
}

// pass sends the header; the answer goes on as it is.
func (c *compressor) pass() {
	c.passed = true
	c.ResponseWriter.WriteHeader(c.status)
}

func (c *compressor) Write(p []byte) (int, error) {
	if c.status == 0 {
		if c.Header().Get("Content-Type") == "" {
			c.Header().Set("Content-Type", http.DetectContentType(p))
		}
		c.WriteHeader(http.StatusOK)
	}
	switch {
	case c.gz != nil:
		return c.gz.Write(p)
	case c.passed:
		return c.ResponseWriter.Write(p)
	case len(c.head)+len(p) < leastGzip:
		c.head = append(c.head, p...)
		return len(p), nil
	}
	c.begin()
	if len(c.head) > 0 {
		if _, err := c.gz.Write(c.head); err != nil {
			return 0, err
		}
	}
	return c.gz.Write(p)
}

func (c *compressor) begin() {
	h := c.Header()
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	c.pass()
	gz, ok := c.server.gzips.Get().(*gzip.Writer)
	if !ok {
		// Speed over size: the loop's charts are numbers, which level 1 already
		// brings down to a third.
		gz, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is valid
	}
	gz.Reset(c.ResponseWriter)
	c.gz = gz
}

// close finishes the answer. After a panic it finishes nothing: the part must
// not look like the whole.
func (c *compressor) close() {
	switch {
	case c.gz != nil:
		if c.whole {
			_ = c.gz.Close() // the client is gone, and nothing can be done about it
		}
		c.gz.Reset(nil)
		c.server.gzips.Put(c.gz)
		c.gz = nil
	case c.status != 0 && !c.passed && c.whole:
		c.Header().Set("Content-Length", strconv.Itoa(len(c.head)))
		c.pass()
		_, _ = c.ResponseWriter.Write(c.head)
	}
}

// Unwrap lets http.ResponseController reach the connection.
func (c *compressor) Unwrap() http.ResponseWriter { return c.ResponseWriter }
