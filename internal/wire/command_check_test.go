package wire_test

import (
	"strings"
	"testing"

	"coolant/internal/wire"
)

func TestCheckArgs(t *testing.T) {
	for _, c := range []struct{ command, args, says string }{
		{wire.CommandClearFault, `{"fault":"leak"}`, ""},
		{wire.CommandClearFault, ``, "fault: it is missing"},
		{wire.CommandOTA, `{}`, "url: it is missing"},
		{wire.CommandZero, `{"roles":["water"]}`, "at least two probes"},
		{wire.CommandAutotune, `{"output":"fan","minutes":5}`, "minutes: 5 is not within 10 to 120"},
		{wire.CommandAutotune, `{"output":"fan"}`, ""},
		{wire.CommandCommission, `{"output":"fan"}`, "test: it is missing"},
		{wire.CommandCommission, `{"output":"fan","test":"sweep"}`, ""},
		{wire.CommandAutotune, `{"outptu":"fan"}`, "outptu: autotune has no such argument; perhaps output is meant; it has output, setpoint, minutes"},
		{wire.CommandCommission, `{"output":"fan","test":"run","glow":1}`, "glow: commission has no such argument; it has output"},
		{wire.CommandAbort, ``, ""},
		{wire.CommandIdentify, `{"x":1}`, ""},
		{"of-a-later-version", `{"x":1}`, ""},
	} {
		var args []byte
		if c.args != "" {
			args = []byte(c.args)
		}
		if err := wire.CheckArgs(c.command, args); (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s %s: %v, want %q", c.command, c.args, err, c.says)
		}
	}
}

func TestCheckCommand(t *testing.T) {
	for _, c := range []struct {
		command string
		can     []string
		says    string
	}{
		{wire.CommandAutotune, []string{"desired", "autotune"}, ""},
		{wire.CommandAutotune, []string{"desired", "commission"}, `does not list the capability "autotune"`},
		{wire.CommandCommission, nil, `does not list the capability "commission"`},
		{wire.CommandAbort, []string{"commission"}, ""},
		{wire.CommandAbort, []string{"desired"}, "does not know the command abort"},
		{wire.CommandIdentify, nil, ""},
		{"of-a-later-version", nil, ""},
	} {
		err := wire.Abilities{Capabilities: c.can}.CheckCommand(c.command)
		if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s of %v: %v, want %q", c.command, c.can, err, c.says)
		}
	}
}
