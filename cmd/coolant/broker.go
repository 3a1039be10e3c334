package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"coolant"
	"coolant/internal/app"
)

type brokerCommand struct {
	Check brokerCheckCommand `cmd:"" help:"Go the way to the outside broker step by step, and say what is wrong where."`
}

type brokerCheckCommand struct {
	dataFlags
	Device             string `help:"A device whose password at the broker is known: proves that the broker keeps devices apart." placeholder:"ID"`
	DevicePasswordFile string `help:"File with the device's password (default: it is asked for); - reads it from standard input." placeholder:"FILE"`
	JSON               bool   `name:"json" help:"Answer as JSON, one object a line."`
}

// Validate is called by the parser.
func (k *brokerCheckCommand) Validate() error {
	if k.Device == "" && k.DevicePasswordFile != "" {
		return fmt.Errorf("--device-password-file needs --device")
	}
	return nil
}

// Run is called by the parser.
func (k *brokerCheckCommand) Run(p *process) error {
	c, err := k.load(p, nil)
	if err != nil {
		return err
	}
	var device coolant.DeviceID
	var password string
	if k.Device != "" {
		if device, err = coolant.ParseDeviceID(k.Device); err != nil {
			return err
		}
		if password, err = k.password(p.stderr); err != nil {
			return err
		}
	}
	report := k.text(p.stdout)
	if k.JSON {
		out := json.NewEncoder(p.stdout)
		report = func(r app.BrokerCheck) { _ = out.Encode(r) } // who reads it may be gone
	}
	return app.CheckBroker(p.ctx, c, app.NewLogger(p.stderr, c.Log), device, password, report)
}

// password asks for the device's password on a terminal, without showing it, or
// reads it from where it is.
func (k *brokerCheckCommand) password(w io.Writer) (string, error) {
	in := int(os.Stdin.Fd())
	if k.DevicePasswordFile != "" || !term.IsTerminal(in) {
		return readSecret(cmp.Or(k.DevicePasswordFile, "-"))
	}
	fmt.Fprintf(w, "Password of %s at the broker: ", k.Device)
	text, err := term.ReadPassword(in)
	fmt.Fprintln(w)
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	return string(text), nil
}

// text writes a line for each step, and what to do below one that needs it.
func (k *brokerCheckCommand) text(w io.Writer) func(app.BrokerCheck) {
	return func(r app.BrokerCheck) {
		word := "ok"
		switch {
		case !r.OK:
			word = "FAILED"
		case r.Problem != nil:
			word = "warning"
		}
		fmt.Fprintf(w, "%-8s %-11s %s\n", word, r.Step, r.Detail)
		if r.Problem != nil && r.Problem.Hint != "" {
			hint := r.Problem.Hint + "."
			if r.Problem.Code == "separation_unproven" {
				hint = "Run: " + program() + " broker check --device ID" + k.dataFlag()
			}
			fmt.Fprintf(w, "%-8s %-11s %s\n", "", "", hint)
		}
	}
}

// readSecret reads a password from the first line of a file.
func readSecret(file string) (string, error) {
	var text []byte
	var err error
	if file == "-" {
		text, err = io.ReadAll(io.LimitReader(os.Stdin, 64<<10))
	} else {
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return "", fmt.Errorf("read the password: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.TrimSuffix(line, "\r")
	if line == "" {
		return "", coolant.Errorf(coolant.CodeInvalid, "the password's file %s is empty", file)
	}
	return line, nil
}
