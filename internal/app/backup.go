package app

import (
	"context"
	"log/slog"

	"coolant"
	"coolant/internal/app/config"
	"coolant/internal/store/sqlite"
)

// Backup writes the database to a new file, consistent as of one moment, whether
// or not the service runs.
func Backup(ctx context.Context, c config.Config, log *slog.Logger, file string) error {
	dir := dataDir(c.Data)
	if !dir.hasDatabase() {
		return coolant.Errorf(coolant.CodeNotFound, "there is no database in %s", c.Data)
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: dir.database(), Log: log, ReadOnly: true})
	if err != nil {
		return err
	}
	defer store.Close()
	return store.Backup(ctx, file)
}
