// Bench measures Coolant beside its peers on the machine it runs on, and writes
// one JSON file and one Markdown table. It drives the real binary as a process,
// over real sockets, on a fresh data directory; what it starts it also ends.
//
//	go run ./bench                      everything, on standard output
//	go run ./bench -quick               a smoke run of seconds; its numbers mean nothing
//	go run ./bench -only ingest         the rows whose id contains "ingest"
//	go run ./bench -out docs/benchmarks.json -table docs/benchmarks.md
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"coolant/bench/internal/machine"
	"coolant/bench/internal/peer"
	"coolant/e2e/proc"
)

type options struct {
	binary, dir, out, table, only, profile string
	rounds                                 int
	quick, alone                           bool
}

func main() {
	var o options
	flag.StringVar(&o.binary, "bin", "", "the coolant `file` to measure; empty builds it")
	flag.StringVar(&o.dir, "dir", ".cache/bench", "`directory` for the databases; it must lie on the disk that counts")
	flag.StringVar(&o.out, "out", "", "write the results as JSON to this `file`")
	flag.StringVar(&o.table, "table", "", "write the table between the markers of this Markdown `file`")
	flag.StringVar(&o.only, "only", "", "measure only rows whose id contains this `text`; several with commas")
	flag.StringVar(&o.profile, "profile", "", "write processor profiles of the server to this `directory`")
	flag.IntVar(&o.rounds, "rounds", 5, "rounds of each measurement")
	flag.BoolVar(&o.quick, "quick", false, "a smoke run of seconds, to see that everything works")
	flag.BoolVar(&o.alone, "alone", false, "measure Coolant without its peer")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	b, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	for _, m := range measurements() {
		if ctx.Err() != nil || !wanted(o.only, m.id) {
			continue
		}
		fmt.Fprintf(os.Stderr, "%s\n", m.id)
		rows, err := m.measure(ctx, b)
		b.results.Rows = append(b.results.Rows, rows...)
		if err != nil {
			b.results.Problems = append(b.results.Problems, fmt.Sprintf("%s: %v", m.id, err))
			fmt.Fprintf(os.Stderr, "  failed: %v\n", err)
		}
	}
	return b.finish(o)
}

func wanted(only, id string) bool {
	if only == "" {
		return true
	}
	for part := range strings.SplitSeq(only, ",") {
		if strings.Contains(id, part) {
			return true
		}
	}
	return false
}

// prepare finds or builds what is measured and looks at the machine.
func prepare(ctx context.Context, o options) (*bench, error) {
	if err := os.MkdirAll(o.dir, 0o755); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(o.dir, "run-")
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, err
	}
	b := &bench{dir: dir, quick: o.quick, noPeer: o.alone, rounds: o.rounds, profile: o.profile}
	if o.quick {
		b.rounds = 1
	}
	if o.binary == "" {
		b.binary, err = proc.Build(ctx, dir)
	} else {
		var file string
		file, err = filepath.Abs(o.binary)
		b.binary = proc.Binary(file)
	}
	if err != nil {
		return nil, err
	}
	if o.profile != "" {
		if err := os.MkdirAll(o.profile, 0o755); err != nil {
			return nil, err
		}
	}
	res := &b.results
	res.Taken, res.Quick, res.Version = time.Now().UTC(), o.quick, b.version(ctx)
	if res.Machine, err = machine.Describe(dir); err != nil {
		return nil, err
	}
	b.limits()
	return b, nil
}

// openFiles is what 10,000 connections and some reserve need in one process.
const openFiles = 12000

// limits raises what it can and notes what it cannot.
func (b *bench) limits() {
	m := &b.results.Machine
	note := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		m.Limitations = append(m.Limitations, text)
		fmt.Fprintln(os.Stderr, text)
	}
	var err error
	m.OpenFiles, err = machine.RaiseOpenFiles(openFiles)
	if err != nil {
		note("%v", err)
	} else if m.OpenFiles < openFiles {
		note("only %d open files are allowed (raise the hard limit to %d), so the rows with more connections fail", m.OpenFiles, openFiles)
	}
	if _, err := peer.Find(); err != nil {
		b.noPeer = true
		b.results.Peer = "none"
		note("%v; the rows have no peer", err)
	}
}

func (b *bench) version(ctx context.Context) string {
	res, err := b.binary.Run(ctx, "version")
	if err != nil || res.Code != 0 {
		return "unknown"
	}
	first, _, _ := strings.Cut(res.Stdout, "\n")
	return strings.TrimPrefix(first, "coolant ")
}

// finish writes the results wherever they are wanted. Anything that failed makes
// an error of it, after all else is written.
func (b *bench) finish(o options) error {
	fmt.Println(b.results.Markdown())
	var errs []error
	if o.out != "" {
		errs = append(errs, b.results.WriteJSON(o.out))
	}
	if o.table != "" {
		errs = append(errs, b.results.WriteTable(o.table))
	}
	if n := len(b.results.Problems); n > 0 {
		errs = append(errs, fmt.Errorf("%d measurements failed", n))
	}
	return errors.Join(errs...)
}
