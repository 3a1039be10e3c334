package coolant_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// mayImport is the table of docs/architecture.md: what each folder may import of
// this project. A folder includes those below it. Everything may import the
// root package; "*" means everything.
var mayImport = map[string][]string{
	"":                           {},
	"cmd/coolant":                {"internal/app"},
	"internal/app":               {"*"},
	"internal/wire":              {},
	"internal/broker/embedded":   {"internal/wire"},
	"internal/broker/remote":     {"internal/wire", "internal/broker/brokertest"},
	"internal/broker/brokertest": {},
	"internal/ingest":            {"internal/wire"},
	"internal/store/sqlite":      {"internal/store/storetest"},
	"internal/store/postgres":    {"internal/store/storetest"},
	"internal/store/storetest":   {},
	"internal/quota":             {},
	"internal/emqx":              {"internal/wire"},
	"deploy":                     {"e2e"},
	"internal/rollup":            {},
	"internal/live":              {},
	"internal/alert":             {},
	"internal/notify":            {},
	"internal/control":           {},
	"internal/physics":           {},
	"internal/auth":              {},
	"internal/api":               {"internal/live"},
	"internal/sim":               {"internal/wire", "internal/control"},
	"web":                        {},
	"bench":                      {"e2e"},
	"e2e":                        {"internal/broker/brokertest"},
}

// TestLayout holds every package, its tests included, to the table.
func TestLayout(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	type pkg struct {
		ImportPath                         string
		Imports, TestImports, XTestImports []string
	}
	packages := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); packages++ {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		from := folder(p.ImportPath)
		allowed, known := mayImport[from]
		if !known {
			t.Errorf("%s has no row in the table of the layout; give it one in docs/architecture.md and here", p.ImportPath)
			continue
		}
		for _, i := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if i != "coolant" && !strings.HasPrefix(i, "coolant/") {
				continue
			}
			to := folder(i)
			if to != "" && to != from && !slices.Contains(allowed, to) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s; %q may import %q only", p.ImportPath, i, from, allowed)
			}
		}
	}
	if packages < 10 {
		t.Fatalf("only %d packages were checked", packages)
	}
}

// folder finds the row that a package belongs to: the longest one above it.
func folder(importPath string) string {
	rest := strings.TrimPrefix(strings.TrimPrefix(importPath, "coolant"), "/")
	for rest != "" {
		if _, ok := mayImport[rest]; ok {
			return rest
		}
		i := strings.LastIndexByte(rest, '/')
		if i < 0 {
			return rest
		}
		rest = rest[:i]
	}
	return ""
}
