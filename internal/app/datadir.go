package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"coolant"
	"coolant/internal/store/sqlite"
)

// dataDir is the directory that holds everything the service keeps.
type dataDir string

func (d dataDir) path(name string) string { return filepath.Join(string(d), name) }
func (d dataDir) database() string        { return d.path("coolant.db") }
func (d dataDir) tls() string             { return d.path("tls") }
func (d dataDir) socket() string          { return d.path("coolant.sock") }
func (d dataDir) addresses() string       { return d.path("coolant.addr.json") }

// make creates the directory if need be.
func (d dataDir) make() error {
	if err := os.MkdirAll(string(d), 0o750); err != nil {
		return fmt.Errorf("create the data directory: %w", err)
	}
	return nil
}

// openStore opens the database of the directory. The store's own lock keeps a
// second process away, and with it everything else in the directory is claimed;
// the lock goes with the process, also when it is killed.
func (d dataDir) openStore(ctx context.Context, log *slog.Logger, metrics prometheus.Registerer) (*sqlite.Store, error) {
	if err := d.make(); err != nil {
		return nil, err
	}
	store, err := sqlite.Open(ctx, sqlite.Options{Path: d.database(), Log: log, Registerer: metrics})
	if coolant.CodeOf(err) == coolant.CodeConflict {
		return nil, coolant.Errorf(coolant.CodeConflict, "the data directory %s is in use by another coolant process; stop it, or give this one its own directory with --data", d)
	}
	return store, err
}

// Addresses are the addresses that a running service really listens on, also
// where the configuration says port 0. An empty one is turned off.
type Addresses struct {
	HTTP  string `json:"http,omitempty"`
	MQTTS string `json:"mqtts,omitempty"`
	MQTT  string `json:"mqtt,omitempty"`
}

// addressesSize is the length of the addresses' file, padded with spaces.
const addressesSize = 512

// writeAddresses overwrites the file where it stands: after a kill it is still
// there, and needs no room on a disk that is full.
func (d dataDir) writeAddresses(a Addresses) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	padded := bytes.Repeat([]byte{' '}, max(addressesSize, len(text)+1))
	copy(padded, text)
	padded[len(padded)-1] = '\n'
	f, err := os.OpenFile(d.addresses(), os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("write the addresses: %w", err)
	}
	_, err = f.Write(padded)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the addresses: %w", err)
	}
	return nil
}

// removeAddresses says that the service no longer runs; a file that stays behind
// after a kill is told apart by the silence of the addresses in it.
func (d dataDir) removeAddresses() { _ = os.Remove(d.addresses()) }

func (d dataDir) readAddresses() (a Addresses, err error) {
	text, err := os.ReadFile(d.addresses())
	if errors.Is(err, fs.ErrNotExist) {
		return a, coolant.Errorf(coolant.CodeUnavailable, "no coolant service runs on %s", d)
	}
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}
