package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"coolant"
	"coolant/internal/app"
)

type deviceMoveCommand struct {
	deviceFlags
	emqxFlags
	IDs          []string      `arg:"" name:"id" help:"Device ids."`
	To           string        `required:"" help:"The other broker: mqtts://host:8883." placeholder:"URL"`
	Username     string        `help:"Who the device is there (default: its id)." placeholder:"NAME"`
	PasswordFile string        `help:"File with the password there: one line for one device, or what device add --json or device rotate --json printed. Not with --emqx-api, which makes a new one." placeholder:"FILE"`
	CAFile       string        `name:"ca-file" help:"PEM certificate of the authority to trust there; DIR/tls/ca.crt where another Coolant listens (default: the public ones)." placeholder:"FILE"`
	ServerName   string        `help:"Name in the broker's certificate, if it is not the host of --to." placeholder:"NAME"`
	Trial        time.Duration `help:"How long the new broker may take to prove itself, 5s to 1h." default:"10m"`
	Patience     time.Duration `help:"How long to ask a device that does not answer." default:"1m"`
	Wait         bool          `help:"Wait until the devices say what became of it." default:"true" negatable:""`
}

// Run is called by the parser.
func (m *deviceMoveCommand) Run(p *process) error {
	c, err := m.load(p, nil)
	if err != nil {
		return err
	}
	ids, err := deviceIDs(m.IDs)
	if err != nil {
		return err
	}
	there, err := m.open(p, m.dataFlags)
	if err != nil {
		return err
	}
	logins, err := m.logins(ids, there != nil)
	if err != nil {
		return err
	}
	move := app.Move{URL: m.To, ServerName: m.ServerName, Trial: m.Trial, Patience: m.Patience}
	if m.CAFile != "" {
		ca, err := os.ReadFile(m.CAFile)
		if err != nil {
			return coolant.Errorf(coolant.CodeInvalid, "--ca-file: %w", err)
		}
		move.CA = string(ca)
	}
	for i := range ids {
		if err := move.Check(logins[i]); err != nil {
			return err
		}
	}
	return app.WithTwins(c, func(to app.DeviceTwins) error {
		say := &moveReport{process: p, json: m.JSON}
		errs := make([]error, len(ids))
		var moves sync.WaitGroup
		for i, id := range ids {
			moves.Go(func() { errs[i] = m.one(p, say, to, there, move, id, logins[i]) })
		}
		moves.Wait()
		return errors.Join(errs...)
	})
}

// one moves one device and reports it.
func (m *deviceMoveCommand) one(p *process, say *moveReport, to app.DeviceCommands, there *app.EMQX, move app.Move, id coolant.DeviceID, login app.Login) error {
	if there != nil {
		if err := there.Put(p.ctx, id, login.Password); err != nil {
			return say.failed(id, "", fmt.Errorf("%s was not asked to move, because it could not be registered there: %w", id, err))
		}
		say.warned.Do(func() { m.warn(p, there) })
	}
	command, err := move.Ask(p.ctx, to, id, login)
	if err != nil {
		return say.failed(id, "", err)
	}
	say.asked(id, command, move)
	if !m.Wait {
		return nil
	}
	moved, err := move.Wait(p.ctx, to, id, command)
	if err != nil {
		return say.failed(id, command, err)
	}
	return say.moved(id, command, moved)
}

// logins returns who each device is at the other broker.
func (m *deviceMoveCommand) logins(ids []coolant.DeviceID, generate bool) ([]app.Login, error) {
	switch {
	case generate && m.PasswordFile != "":
		return nil, coolant.Errorf(coolant.CodeInvalid, "--password-file and --emqx-api: give one; with --emqx-api the password is made and set there")
	case generate && m.Username != "":
		return nil, coolant.Errorf(coolant.CodeInvalid, "--username and --emqx-api: the user there has the device's id as its name")
	case !generate && m.PasswordFile == "":
		return nil, coolant.Errorf(coolant.CodeInvalid,
			"the password at the other broker is missing: give --password-file. For a broker of Coolant it is what device add or device rotate printed; for an EMQX, --emqx-api makes one")
	case m.Username != "" && len(ids) > 1:
		return nil, coolant.Errorf(coolant.CodeInvalid, "--username is for one device; %d are to be moved", len(ids))
	}
	var passwords map[coolant.DeviceID]app.Login
	if !generate {
		text, err := os.ReadFile(m.PasswordFile)
		if err != nil {
			return nil, coolant.Errorf(coolant.CodeInvalid, "--password-file: %w", err)
		}
		if passwords, err = readLogins(text, ids); err != nil {
			return nil, coolant.Errorf(coolant.CodeInvalid, "--password-file %s: %w", m.PasswordFile, err)
		}
	}
	logins := make([]app.Login, len(ids))
	for i, id := range ids {
		logins[i] = passwords[id]
		if generate {
			logins[i].Password = app.NewDevicePassword()
		}
		if m.Username != "" {
			logins[i].Username = m.Username
		}
		if logins[i].Username == "" {
			logins[i].Username = string(id)
		}
	}
	return logins, nil
}

// readLogins reads a file of passwords. Its mistakes do not quote it.
func readLogins(text []byte, ids []coolant.DeviceID) (map[coolant.DeviceID]app.Login, error) {
	logins := map[coolant.DeviceID]app.Login{}
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		line := strings.TrimRight(string(text), "\r\n")
		switch {
		case strings.ContainsAny(line, "\r\n"):
			return nil, errors.New("one line is expected, or the lines that device add --json printed")
		case len(ids) > 1:
			return nil, fmt.Errorf("one password for %d devices: each has its own; give the lines that device add --json or device rotate --json printed", len(ids))
		}
		logins[ids[0]] = app.Login{Password: line}
		return logins, nil
	}
	lines := json.NewDecoder(bytes.NewReader(text))
	for n := 1; lines.More(); n++ {
		var one struct {
			ID                 coolant.DeviceID
			Username, Password string
		}
		if lines.Decode(&one) != nil || one.ID == "" || one.Password == "" {
			return nil, fmt.Errorf("entry %d is not of the form {\"id\":..,\"username\":..,\"password\":..}", n)
		}
		logins[one.ID] = app.Login{Username: one.Username, Password: one.Password}
	}
	for _, id := range ids {
		if _, ok := logins[id]; !ok {
			return nil, fmt.Errorf("it has no password for %s", id)
		}
	}
	return logins, nil
}

// deviceIDs reads ids, each once, and reports every mistake.
func deviceIDs(texts []string) ([]coolant.DeviceID, error) {
	var ids []coolant.DeviceID
	seen := map[string]bool{}
	var errs []error
	for _, text := range texts {
		id, err := coolant.ParseDeviceID(text)
		if err != nil {
			errs = append(errs, err)
		} else if !seen[text] {
			ids = append(ids, id)
		}
		seen[text] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, coolant.Errorf(coolant.CodeInvalid, "%w", err)
	}
	return ids, nil
}

// moveReport says what becomes of moves that go on at the same time.
type moveReport struct {
	*process
	json   bool
	warned sync.Once // of what is wrong with the other broker
	mu     sync.Mutex
}

// moveLine is an answer as JSON. State is asked, confirmed, rolled_back or failed;
// a device that is waited for has an answer with asked first.
type moveLine struct {
	ID      coolant.DeviceID `json:"id"`
	State   string           `json:"state"`
	URL     string           `json:"url,omitempty"`
	Reason  string           `json:"reason,omitempty"`
	Command string           `json:"command,omitempty"`
}

func (r *moveReport) line(l moveLine, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.json {
		_ = json.NewEncoder(r.stdout).Encode(l) // a closed output is nobody's loss
	} else if text != "" {
		fmt.Fprintln(r.stdout, text)
	}
}

func (r *moveReport) asked(id coolant.DeviceID, command string, m app.Move) {
	r.line(moveLine{ID: id, State: "asked", URL: m.URL, Command: command},
		fmt.Sprintf("%s has taken the command and tries %s; without success within %v it comes back by itself", id, m.URL, m.Trial))
}

func (r *moveReport) moved(id coolant.DeviceID, command string, m app.Moved) error {
	l := moveLine{ID: id, State: m.State, URL: m.URL, Reason: m.Reason, Command: command}
	if m.Reason == "" {
		r.line(l, fmt.Sprintf("%s has moved to %s", id, m.URL))
		return nil
	}
	r.line(l, "")
	return coolant.Errorf(coolant.CodeConflict, "%s did not move and is back at %s: %s", id, m.URL, m.Reason)
}

func (r *moveReport) failed(id coolant.DeviceID, command string, err error) error {
	r.line(moveLine{ID: id, State: "failed", Reason: err.Error(), Command: command}, "")
	return err
}
