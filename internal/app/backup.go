package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
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

// ReplaceBackup is [Backup] for a file that may exist: the new one takes its
// place once it is whole. Until then the old one stays, under its name, so there
// must be room for both; FILE.new is in use meanwhile.
func ReplaceBackup(ctx context.Context, c config.Config, log *slog.Logger, file string) error {
	fresh := file + ".new"
	// One that is there is the rest of a backup that did not come to its end.
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an unfinished backup: %w", err)
	}
	if err := Backup(ctx, c, log, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, file); err != nil {
		return fmt.Errorf("replace the last backup: %w", err)
	}
	return nil
}
