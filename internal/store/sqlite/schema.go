package sqlite

import (
	"context"
	_ "embed" // for the schema
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"
	"zombiezen.com/go/sqlite/sqlitex"

	"coolant"
)

//go:embed schema/v1.sql
var schemaV1 string

// applicationID marks a file as ours, in SQLite's header: "Cool".
const applicationID = 0x436f6f6c

// schema lists the migrations, oldest first. A released one never changes; a new
// one is added at the end, with a dump of the schema before it in testdata.
func schema() sqlitemigration.Schema {
	return sqlitemigration.Schema{
		AppID:      applicationID,
		Migrations: []string{schemaV1},
	}
}

// migrate brings the database to the newest schema, forward only, one
// transaction for each step.
func migrate(ctx context.Context, conn *sqlite.Conn, to sqlitemigration.Schema) error {
	version, err := sqlitex.ResultInt(conn.Prep("PRAGMA user_version"))
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if version > len(to.Migrations) {
		return coolant.Errorf(coolant.CodeInvalid,
			"the database has schema %d and this program knows only up to %d: use a newer program", version, len(to.Migrations))
	}
	return sqlitemigration.Migrate(ctx, conn, to)
}
