package sqlite

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"coolant"
)

// -update writes testdata/schema_vN.sql for the newest schema, which is to be
// done once, when it is released.
var update = flag.Bool("update", false, "write the dump of the newest schema")

// dump describes the schema of a database as statements that make it.
func dump(t *testing.T, path string) string {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var b strings.Builder
	for _, pragma := range []string{"application_id", "user_version"} {
		value, err := sqlitex.ResultInt(conn.Prep("PRAGMA " + pragma))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "PRAGMA %s = %d;\n", pragma, value)
	}
	err = each(conn, `SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, name`, nil,
		func(stmt *sqlite.Stmt) error {
			fmt.Fprintf(&b, "%s;\n", stmt.ColumnText(0))
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestReleasedSchemas opens a database of every released schema, with a little
// data of that time in it, and compares what it became with a new one.
func TestReleasedSchemas(t *testing.T) {
	newest := filepath.Join(t.TempDir(), "new.db")
	if err := openAt(t, newest).Close(); err != nil {
		t.Fatal(err)
	}
	want := dump(t, newest)
	count := len(schema().Migrations)
	if *update {
		if err := os.WriteFile(fmt.Sprintf("testdata/schema_v%d.sql", count), []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for version := 1; version <= count; version++ {
		t.Run(fmt.Sprintf("version %d", version), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "old.db")
			for _, part := range []string{"schema", "data"} {
				load(t, path, fmt.Sprintf("testdata/%s_v%d.sql", part, version))
			}
			s := openAt(t, path)
			checkOldData(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if got := dump(t, path); got != want {
				t.Errorf("it became\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func load(t *testing.T, path, script string) {
	t.Helper()
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, string(text), nil); err != nil {
		t.Fatalf("%s: %v", script, err)
	}
}

// checkOldData expects what testdata/data_v*.sql has, in whatever form that
// version stored it.
func checkOldData(t *testing.T, s *Store) {
	t.Helper()
	const noon = coolant.UnixMilli(1_700_049_600_000)
	ctx := t.Context()
	cols, err := s.Columns(ctx, coolant.Window{Device: "esp32", From: 0, To: 1 << 50, Width: 10})
	if err != nil || len(cols.Series) != 1 || fmt.Sprint(cols.Series[0].Last) != "[21.5 22.25 23]" {
		t.Errorf("the samples are %v, %v", cols, err)
	}
	faults, err := s.Faults(ctx, "esp32", 0, 1<<50)
	if err != nil || len(faults) != 1 || faults[0].Quality != coolant.CRC || faults[0].From != noon+30_000 {
		t.Errorf("the faults are %v, %v", faults, err)
	}
	c, err := s.Append(ctx, []coolant.Sample{
		{Device: "esp32", Boot: 0x9f3c51d27ab04e66, Seq: 4, Time: noon + 60_000},
		{Device: "esp32", Boot: 0x9f3c51d27ab04e66, Seq: 5, Time: noon + 90_000, Readings: []coolant.Reading{{Metric: "water", Value: 24}}},
	})
	if err != nil || c.No != 4 || c.Fresh[0] || !c.Fresh[1] || c.Watermarks[0].Through != 5 {
		t.Errorf("the next commit is %+v, %v", c, err)
	}
	for more := true; more && err == nil; {
		more, err = s.RollUp(ctx, 1e9)
	}
	if err != nil {
		t.Error(err)
	}
	credentials, err := s.Credentials(ctx)
	if err != nil || len(credentials) != 1 || credentials[0].Device != "esp32" {
		t.Errorf("the credentials are %v, %v", credentials, err)
	}
}

// TestOtherFiles opens what is not a database of ours.
func TestOtherFiles(t *testing.T) {
	tests := []struct {
		name, script string
	}{
		{"of a newer program", fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = 999; CREATE TABLE x (y);", applicationID)},
		{"of another program", "PRAGMA application_id = 7; CREATE TABLE x (y);"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "other.db")
			script := filepath.Join(t.TempDir(), "script.sql")
			if err := os.WriteFile(script, []byte(test.script), 0o600); err != nil {
				t.Fatal(err)
			}
			load(t, path, script)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			wantRefused(t, path)
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("no database at all", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "text.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, path)
	})
}

func wantRefused(t *testing.T, path string) {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err == nil {
		s.Close()
		t.Fatal("it was opened")
	}
	if code := coolant.CodeOf(err); code != coolant.CodeInvalid {
		t.Errorf("the error has the code %q: %v", code, err)
	}
}

func TestFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "coolant.db")
	s := openAt(t, path)
	defer s.Close()
	if _, err := s.Append(t.Context(), minutes(1, 10)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600: it has the devices' credentials", filepath.Base(name), mode)
		}
	}
}
