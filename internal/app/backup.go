package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"

	"coolant"
	"coolant/internal/app/config"
)

// Backup writes the database to a new file, consistent as of one moment, whether
// or not the service runs. It refuses to overwrite a file.
func Backup(ctx context.Context, c config.Config, log *slog.Logger, file string) error {
	file, err := filepath.Abs(file) // the service has another working directory
	if err != nil {
		return err
	}
	dir := dataDir(c.Data)
	if client := dialAdmin(dir); client != nil {
		return client.Backup(ctx, file)
	}
	if _, err := os.Stat(dir.database()); err != nil {
		return coolant.Errorf(coolant.CodeNotFound, "there is no database in %s", dir)
	}
	store, err := dir.openStore(ctx, log, nil)
	if err != nil {
		return err
	}
	defer store.Close()
	return store.Backup(ctx, file)
}
