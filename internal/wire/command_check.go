package wire

import (
	"maps"
	"slices"
	"strings"

	"coolant"
)

// argsOf are the members that the arguments of a command may have.
func argsOf(command string) []string {
	switch command {
	case CommandClearFault:
		return []string{"fault", "occurrence"}
	case CommandOTA:
		return []string{"url", "version", "sha256"}
	case CommandZero:
		return []string{"roles", "seconds"}
	case CommandAutotune:
		return []string{"output", "setpoint", "minutes"}
	case CommandCommission:
		return []string{"output", "test", "duty", "seconds", "filled"}
	}
	return nil
}

// CheckArgs says what is wrong with the arguments of a command; nil are none. Commands
// without arguments, those with their own way ([CommandEndpoint]), and those of a later
// version are left to the device. A member that this version does not know is a mistake too: a device would ignore it, but who asks has
// rather mistyped a name. The error is a [*Problem].
func CheckArgs(name string, args []byte) (err error) {
	if args == nil {
		args = []byte("{}")
	}
	if known := argsOf(name); known != nil {
		members := slices.Sorted(maps.Keys(parseObject(args).members))
		for _, member := range members {
			if slices.Contains(known, member) {
				continue
			}
			meant := ""
			if near := alike(member, known); near != "" {
				meant = "; perhaps " + near + " is meant"
			}
			return problemf(coolant.RejectedField, excerpt([]byte(member)), "%s has no such argument%s; it has %s", name, meant, strings.Join(known, ", "))
		}
	}
	switch name {
	case CommandClearFault:
		_, err = DecodeClearFault(args)
	case CommandOTA:
		_, err = DecodeOTA(args)
	case CommandZero:
		_, err = DecodeZero(args)
	case CommandAutotune:
		_, err = DecodeAutotune(args)
	case CommandCommission:
		_, err = DecodeCommission(args)
	}
	return err
}

// CheckCommand says why a device with these abilities cannot begin or end an experiment;
// every other command is left to the device, which answers what it does not know. The
// error is a [*Problem] with the code RejectedField.
func (a Abilities) CheckCommand(name string) error {
	needs := []string{name}
	switch name {
	case CommandAutotune, CommandCommission:
	case CommandAbort:
		needs = []string{CommandAutotune, CommandCommission}
	default:
		return nil
	}
	if slices.ContainsFunc(needs, func(n string) bool { return slices.Contains(a.Capabilities, n) }) {
		return nil
	}
	return problemf(coolant.RejectedField, "", "this device does not know the command %s: its info does not list the capability %q; newer firmware does", name, needs[0])
}
