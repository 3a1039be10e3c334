// Package deploy_test checks the files for installing Coolant: that they say
// what their programs document, that what is safe in them is safe with the real
// programs, and that the guides name commands that exist.
package deploy_test

import (
	"bytes"
	"context"
	"os"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// repository is where the module lies, seen from this package.
const repository = ".."

func readYAML(t *testing.T, name string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// deadline is a context for one test that ends before the whole program has to.
func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// until asks again and again until it is told nil, or fails the test when ctx
// ends.
func until(ctx context.Context, t *testing.T, what string, try func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waited for %s: %v", what, err)
		case <-tick.C:
		}
	}
}
