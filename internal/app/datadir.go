package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"coolant"
)

// dataDir is the directory that holds everything the service keeps.
type dataDir string

func (d dataDir) path(name string) string { return filepath.Join(string(d), name) }
func (d dataDir) database() string        { return d.path("coolant.db") }
func (d dataDir) tls() string             { return d.path("tls") }
func (d dataDir) socket() string          { return d.path("coolant.sock") }
func (d dataDir) addresses() string       { return d.path("coolant.addr.json") }

// claim makes the directory if need be and locks it against a second server.
// The lock goes with the process, also when it is killed.
func (d dataDir) claim() (release func(), err error) {
	if err := os.MkdirAll(string(d), 0o750); err != nil {
		return nil, fmt.Errorf("create the data directory: %w", err)
	}
	f, err := os.OpenFile(d.path("coolant.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := lockFile(f); err != nil {
		f.Close()
		if errors.Is(err, errLocked) {
			return nil, coolant.Errorf(coolant.CodeConflict, "the data directory %s is in use by another coolant process; stop it, or give this one its own directory with --data", d)
		}
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	return func() { f.Close() }, nil
}

// Addresses are the addresses that a running service really listens on, also
// where the configuration says port 0. An empty one is turned off.
type Addresses struct {
	HTTP  string `json:"http,omitempty"`
	MQTTS string `json:"mqtts,omitempty"`
	MQTT  string `json:"mqtt,omitempty"`
}

func (d dataDir) writeAddresses(a Addresses) error {
	text, err := json.Marshal(a)
	if err != nil {
		return err
	}
	temporary := d.addresses() + ".new"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the addresses: %w", err)
	}
	return os.Rename(temporary, d.addresses())
}

// removeAddresses says that the service no longer runs; a file that stays behind
// after a kill is told apart by the silence of the addresses in it.
func (d dataDir) removeAddresses() { _ = os.Remove(d.addresses()) }

func (d dataDir) hasDatabase() bool {
	_, err := os.Stat(d.database())
	return err == nil
}

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
