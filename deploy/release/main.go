// Command release builds the archives of a release: one static binary with the
// page inside for each system, with its licence, its README and, for Linux, its
// systemd unit, and the checksums of them all. The same commit gives the same
// bytes, whoever builds it and wherever: `make release`.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("release", flag.ExitOnError)
	version := flags.String("version", "", "what the binaries call themselves")
	out := flags.String("out", "dist", "folder for the archives; what lies there is removed")
	only := flags.String("targets", strings.Join(targetNames(), ","), "systems to build for")
	_ = flags.Parse(args) // ends the program on a mistake
	if *version == "" {
		return fmt.Errorf("-version is missing")
	}
	moment, err := commitTime(ctx)
	if err != nil {
		return err
	}
	r := release{root: ".", version: *version, tags: "ui", time: moment}
	for name := range strings.SplitSeq(*only, ",") {
		t, err := parseTarget(name)
		if err != nil {
			return err
		}
		r.targets = append(r.targets, t)
	}
	if err := r.write(ctx, *out); err != nil {
		return err
	}
	fmt.Printf("%d archives and SHA256SUMS are in %s\n", len(r.targets), *out)
	return nil
}

// commitTime is the time that all files of the archives get: SOURCE_DATE_EPOCH
// where a packager sets it, else that of the commit.
func commitTime(ctx context.Context) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("ask git for the time of the commit (or set SOURCE_DATE_EPOCH): %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("time of the release: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
