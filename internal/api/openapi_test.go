package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The document is a contract: the UI generates its types from the golden file.
func TestOpenAPIGolden(t *testing.T) {
	s := &server{log: slog.New(slog.DiscardHandler)}
	raw, err := json.Marshal(s.newAPI(http.NewServeMux()).OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	const golden = "openapi.json"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("the OpenAPI document changed; look at the difference, then run: go test ./internal/api -run TestOpenAPIGolden -update")
	}
}
