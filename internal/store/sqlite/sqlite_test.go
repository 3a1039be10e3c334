package sqlite_test

import (
	"path/filepath"
	"testing"

	"coolant/internal/store/sqlite"
	"coolant/internal/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t testing.TB, name string) storetest.Store { return open(t, filepath.Join(name, "coolant.db")) })
}

// open opens a database and fails the test if it cannot.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
