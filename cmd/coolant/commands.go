package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"coolant/internal/app"
	"coolant/internal/app/config"
)

// commands is the command line.
type commands struct {
	Serve       serveCommand       `cmd:"" help:"Run the service: broker, store, page and API."`
	Demo        demoCommand        `cmd:"" help:"Run the service with simulated devices and 24 hours of history."`
	Device      deviceCommand      `cmd:"" help:"Add, list, remove devices and change their passwords."`
	Broker      brokerCommand      `cmd:"" help:"Check the outside broker."`
	Backup      backupCommand      `cmd:"" help:"Write the database to one file, also while the service runs."`
	Config      configCommand      `cmd:"" help:"Check the configuration."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the running service whether it is ready."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

// dataFlags choose a data directory and a configuration file.
type dataFlags struct {
	Data   string `help:"Directory that holds everything the service keeps (COOLANT_DATA; default: data)." placeholder:"DIR"`
	Config string `help:"Configuration file (COOLANT_CONFIG; default: DIR/coolant.yaml if it exists)." placeholder:"FILE"`
}

func (f dataFlags) load(p *process, flags map[string]string) (config.Config, error) {
	return config.Load(config.Sources{Data: f.Data, File: f.Config, Flags: flags, Env: p.env})
}

// dataFlag repeats the choice of the data directory for a command to type next.
func (f dataFlags) dataFlag() string {
	if f.Data == "" || f.Data == config.DefaultData {
		return ""
	}
	return " --data " + f.Data
}

// listenFlags choose the listeners; a nil one leaves the choice to the
// configuration.
type listenFlags struct {
	HTTP      *string `name:"http" help:"Address of the page and the API (default: :8080; in the demo 127.0.0.1:8080). Empty turns it off." placeholder:"ADDR"`
	MQTTS     *string `name:"mqtts" help:"Address of MQTT over TLS (default: :8883; in the demo any free port). Empty turns it off." placeholder:"ADDR"`
	MQTT      *string `name:"mqtt" help:"Address of plain MQTT (default: 127.0.0.1:1883; in the demo off). Empty turns it off." placeholder:"ADDR"`
	LogLevel  *string `help:"debug, info, warn or error (default: info)." placeholder:"LEVEL"`
	DebugAddr *string `help:"Loopback address of the profiler, for developers (default: off)." placeholder:"ADDR"`
}

func (f listenFlags) settings() map[string]string {
	out := map[string]string{}
	for key, v := range map[string]*string{"http.addr": f.HTTP, "mqtts.addr": f.MQTTS, "mqtt.addr": f.MQTT, "log.level": f.LogLevel, "debug.addr": f.DebugAddr} {
		if v != nil {
			out[key] = *v
		}
	}
	return out
}

type serveCommand struct {
	dataFlags
	listenFlags
}

// Run is called by the parser.
func (s *serveCommand) Run(p *process) error {
	c, err := s.load(p, s.settings())
	if err != nil {
		return err
	}
	log := app.NewLogger(p.stderr, c.Log)
	err = app.Service{Config: c, Version: version, Log: log, Environ: p.env, Ready: welcome(p.stderr, log, c)}.Run(p.ctx)
	if err == nil {
		log.Info("coolant has stopped; everything that was acknowledged is on disk")
	}
	return err
}

type demoCommand struct {
	dataFlags
	listenFlags
	Seed    uint64   `help:"Seed of the simulation; the same seed makes the same weather." default:"1"`
	Speed   float64  `help:"How many times faster than life the loop's physics run." default:"1"`
	Heat    float64  `help:"Heat of the simulated machines, all the time, up to 200 (default: that of a working day). To try coolant device tune, which takes a steady one." placeholder:"W"`
	Devices int      `help:"Number of simulated devices, 1 to 200." default:"1"`
	Fault   []string `help:"Let something fail: NAME@TIME or NAME@TIME+DURATION, for example por85@30s. May be repeated." placeholder:"NAME@TIME"`

	FirmwareHost string `help:"Run the firmware's host program as the first device, in place of a simulated one (make firmware-host builds it)." placeholder:"PATH"`
}

// Validate is called by the parser.
func (d *demoCommand) Validate() error {
	if d.Devices < 1 || d.Devices > 200 {
		return fmt.Errorf("--devices must be from 1 to 200")
	}
	if !(d.Speed > 0 && d.Speed <= 3600) {
		return fmt.Errorf("--speed must be above 0 and at most 3600")
	}
	if !(d.Heat >= 0 && d.Heat <= 200) {
		return fmt.Errorf("--heat must be from 0 to 200")
	}
	return nil
}

// Run is called by the parser.
func (d *demoCommand) Run(p *process) error {
	settings := map[string]string{"http.addr": "127.0.0.1:8080", "mqtts.addr": "127.0.0.1:0", "mqtt.addr": ""}
	for key, text := range d.settings() {
		settings[key] = text
	}
	c, err := d.load(p, settings)
	if err != nil {
		return err
	}
	log := app.NewLogger(p.stderr, c.Log)
	return app.Demo{
		Service: app.Service{Config: c, Version: version, Log: log, Ready: welcome(p.stderr, log, c)},
		Seed:    d.Seed, Speed: d.Speed, Heat: d.Heat, Devices: d.Devices, Faults: d.Fault,
		FirmwareHost: d.FirmwareHost,
		Temporary:    d.Data == "",
	}.Run(p.ctx)
}

type backupCommand struct {
	dataFlags
	File    string `arg:"" help:"File to write; without --replace it must not exist yet."`
	Replace bool   `help:"Replace the file once the new one is whole."`
}

// Run is called by the parser.
func (b *backupCommand) Run(p *process) error {
	c, err := b.load(p, nil)
	if err != nil {
		return err
	}
	backup := app.Backup
	if b.Replace {
		backup = app.ReplaceBackup
	}
	if err := backup(p.ctx, c, app.NewLogger(p.stderr, c.Log), b.File); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "wrote %s\n", b.File)
	return err
}

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Report every mistake in the configuration, or say that there is none."`
}

type configCheckCommand struct{ dataFlags }

// Run is called by the parser.
func (k *configCheckCommand) Run(p *process) error {
	if _, err := k.load(p, nil); err != nil {
		return err
	}
	_, err := fmt.Fprintln(p.stdout, "The configuration is valid.")
	return err
}

type healthcheckCommand struct{ dataFlags }

// Run is called by the parser.
func (h *healthcheckCommand) Run(p *process) error {
	c, err := h.load(p, nil)
	if err != nil {
		return err
	}
	if err := app.Healthcheck(p.ctx, c); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.stdout, "ready")
	return err
}

type versionCommand struct {
	JSON bool `name:"json" help:"Answer as JSON."`
}

// Run is called by the parser.
func (v *versionCommand) Run(p *process) error {
	if v.JSON {
		return json.NewEncoder(p.stdout).Encode(map[string]string{"version": version, "go": runtime.Version()})
	}
	_, err := fmt.Fprintf(p.stdout, "coolant %s (%s)\n", version, runtime.Version())
	return err
}
