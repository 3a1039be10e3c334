package sqlite

import (
	"context"
	_ "embed" // for the schema
	"fmt"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitemigration"

	"coolant"
)

var (
	//go:embed schema/v1.sql
	schemaV1 string
	//go:embed schema/v2.sql
	schemaV2 string
)

// applicationID marks a file as ours, in SQLite's header: "Cool".
const applicationID = 0x436f6f6c

// schema lists the migrations, oldest first. A released one never changes; a new
// one is added at the end, with a dump of the schema before it in testdata.
func schema() sqlitemigration.Schema {
	return sqlitemigration.Schema{
		AppID:      applicationID,
		Migrations: []string{schemaV1, schemaV2},
	}
}

// checkOurs refuses a file that this program must not touch, and says whether
// its schema is the newest.
func checkOurs(conn *sqlite.Conn) (current bool, err error) {
	var id, version, tables int
	err = each(conn, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`, nil, func(stmt *sqlite.Stmt) error {
		id, version, tables = stmt.ColumnInt(0), stmt.ColumnInt(1), stmt.ColumnInt(2)
		return nil
	})
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultNotADB {
		return false, coolant.Errorf(coolant.CodeInvalid, "the file is not a database: %w", err)
	}
	if err != nil {
		return false, fmt.Errorf("read the file's kind: %w", err)
	}
	newest := len(schema().Migrations)
	switch {
	case tables > 0 && id != applicationID:
		return false, coolant.Errorf(coolant.CodeInvalid, "the database belongs to another program")
	case version > newest:
		return false, coolant.Errorf(coolant.CodeInvalid,
			"the database has schema %d and this program knows only up to %d: use a newer program", version, newest)
	}
	return id == applicationID && version == newest, nil
}

// migrate brings the database to the newest schema, forward only, one
// transaction for each step. It writes even if there is nothing to do, so it is
// called only if there is: a server must start on a full disk too.
func migrate(ctx context.Context, conn *sqlite.Conn) error {
	return sqlitemigration.Migrate(ctx, conn, schema())
}
