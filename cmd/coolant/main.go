// Command coolant monitors and controls liquid-cooled machines: it receives what
// their ESP32 measures over MQTT, keeps it, and shows it. See `coolant --help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"coolant"
	"coolant/internal/app/config"
)

// version is set by the build (-ldflags "-X main.version=...").
var version = "dev"

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// process is what a command sees of the outside.
type process struct {
	ctx            context.Context
	env            []string
	stdout, stderr io.Writer
}

func run(args, env []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	var c commands
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("coolant"),
		kong.Description("Liquid-cooling monitor and controller."),
		kong.UsageOnError(),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { exit = code }),
	)
	if err != nil {
		fmt.Fprintln(stderr, "coolant:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help has answered
		return exit
	}
	if err != nil {
		fmt.Fprintf(stderr, "coolant: %v\nTry: coolant --help\n", err)
		return exitUsage
	}
	err = parsed.Run(&process{ctx: ctx, env: env, stdout: stdout, stderr: stderr})
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(stderr, "coolant: %v\n", err)
	return exitCode(err)
}

// exitCode tells a mistake of the caller from a failure while running.
func exitCode(err error) int {
	var mistakes *config.Error
	if errors.As(err, &mistakes) || coolant.CodeOf(err) == coolant.CodeInvalid {
		return exitUsage
	}
	return exitFailed
}
