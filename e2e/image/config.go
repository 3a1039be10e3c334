package image

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// Config is what a stage tells the container engine.
type Config struct {
	Env        []string // NAME=value, in order
	User       string
	Entrypoint []string
	Cmd        []string
	Volumes    []string
	Exposed    []string
	StopSignal string
	Health     Healthcheck
	Labels     map[string]string
	Copies     []Copy
}

// Healthcheck is the command that an engine runs to see whether the container
// is well.
type Healthcheck struct {
	Command                        []string
	Interval, Timeout, StartPeriod time.Duration
	Retries                        string
}

// Copy is one COPY.
type Copy struct {
	From    string // a stage, or "" for the build context
	Sources []string
	Dest    string // absolute; with several sources it ends in a slash
	Owner   string // user:group, or ""
}

// Config reads the stage. Every command must be in its exec form, because a
// stage that starts from scratch has no shell; and a stage that starts from
// scratch can run nothing.
func (s Stage) Config() (Config, error) {
	c := Config{Labels: map[string]string{}}
	for _, in := range s.Instructions {
		if err := c.apply(in); err != nil {
			return Config{}, fmt.Errorf("line %d: %s: %w", in.Line, in.Name, err)
		}
	}
	return c, nil
}

func (c *Config) apply(in Instruction) error {
	switch in.Name {
	case "ARG":
		return nil
	case "ENV":
		return pairs(in.Args, func(name, value string) { c.Env = append(c.Env, name+"="+value) })
	case "LABEL":
		return pairs(in.Args, func(name, value string) { c.Labels[name] = value })
	case "USER":
		return one(in.Args, &c.User)
	case "STOPSIGNAL":
		return one(in.Args, &c.StopSignal)
	case "EXPOSE":
		c.Exposed = in.Args
	case "VOLUME":
		c.Volumes = in.Args
	case "ENTRYPOINT":
		c.Entrypoint = in.Args
		return execForm(in)
	case "CMD":
		c.Cmd = in.Args
		return execForm(in)
	case "HEALTHCHECK":
		return c.health(in)
	case "COPY":
		return c.copy(in)
	default:
		return fmt.Errorf("the last stage cannot have it")
	}
	return nil
}

func (c *Config) health(in Instruction) (err error) {
	rest, ok := strings.CutPrefix(in.Text, "CMD ")
	if !ok {
		return fmt.Errorf("%q is not a CMD", in.Text)
	}
	command, err := instruction("CMD " + rest)
	if err == nil {
		err = execForm(command)
	}
	if err != nil {
		return err
	}
	h := Healthcheck{Command: command.Args}
	for flag, text := range in.Flags {
		var into *time.Duration
		switch flag {
		case "interval":
			into = &h.Interval
		case "timeout":
			into = &h.Timeout
		case "start-period":
			into = &h.StartPeriod
		case "retries":
			h.Retries = text
			continue
		default:
			return fmt.Errorf("unknown flag --%s", flag)
		}
		if *into, err = time.ParseDuration(text); err != nil {
			return err
		}
	}
	c.Health = h
	return nil
}

func (c *Config) copy(in Instruction) error {
	if len(in.Args) < 2 {
		return fmt.Errorf("%q has no source and destination", in.Text)
	}
	for flag := range in.Flags {
		if !slices.Contains([]string{"from", "chown"}, flag) {
			return fmt.Errorf("unknown flag --%s", flag)
		}
	}
	last := len(in.Args) - 1
	cp := Copy{From: in.Flags["from"], Sources: in.Args[:last], Dest: in.Args[last], Owner: in.Flags["chown"]}
	if !path.IsAbs(cp.Dest) || last > 1 && !strings.HasSuffix(cp.Dest, "/") {
		return fmt.Errorf("%s must be absolute, and end in a slash for several sources", cp.Dest)
	}
	c.Copies = append(c.Copies, cp)
	return nil
}

func execForm(in Instruction) error {
	if !in.Exec {
		return fmt.Errorf("%q needs a shell, which the image does not have; write it as a list", in.Text)
	}
	return nil
}

func one(args []string, into *string) error {
	if len(args) != 1 {
		return fmt.Errorf("takes one word, not %d", len(args))
	}
	*into = args[0]
	return nil
}

func pairs(args []string, set func(name, value string)) error {
	for _, a := range args {
		name, value, ok := strings.Cut(a, "=")
		if !ok {
			return fmt.Errorf("%q is not NAME=value", a)
		}
		set(name, value)
	}
	return nil
}
