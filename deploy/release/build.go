package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// target is a system to build for.
type target struct{ os, arch, arm string }

// targets are what a release is built for. ARM version 7 is a Raspberry Pi 2 or
// newer with a 32-bit system.
func targets() []target {
	return []target{
		{"linux", "amd64", ""},
		{"linux", "arm64", ""},
		{"linux", "arm", "7"},
		{"darwin", "amd64", ""},
		{"darwin", "arm64", ""},
		{"windows", "amd64", ""},
		{"windows", "arm64", ""},
	}
}

// String is the name in the archive's, such as linux_armv7.
func (t target) String() string {
	if t.arm != "" {
		return t.os + "_" + t.arch + "v" + t.arm
	}
	return t.os + "_" + t.arch
}

func targetNames() (names []string) {
	for _, t := range targets() {
		names = append(names, t.String())
	}
	return names
}

func parseTarget(name string) (target, error) {
	all := targets()
	i := slices.Index(targetNames(), name)
	if i < 0 {
		return target{}, fmt.Errorf("%q is not one of %s", name, strings.Join(targetNames(), ", "))
	}
	return all[i], nil
}

// release is what is to be built.
type release struct {
	root    string // of the module
	version string
	tags    string // "ui" for a binary with the page
	time    time.Time
	targets []target
}

// write empties the folder, and writes the archives and their checksums there.
func (r release) write(ctx context.Context, out string) error {
	if err := errors.Join(os.RemoveAll(out), os.MkdirAll(out, 0o755)); err != nil {
		return err
	}
	var sums strings.Builder
	var names []string
	made := map[string][]byte{}
	for _, t := range r.targets {
		binary, err := r.build(ctx, t)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		name, archive, err := r.pack(t, binary)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		made[name] = archive
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(made[name]), name)
		if err := os.WriteFile(filepath.Join(out, name), made[name], 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// build returns the binary for a target. Nothing of this machine is in it: no
// path, no build id, no state of the work tree.
func (r release) build(ctx context.Context, t target) ([]byte, error) {
	dir, err := os.MkdirTemp("", "coolant-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	bin := filepath.Join(dir, "coolant")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags", r.tags,
		"-ldflags", "-s -w -buildid= -X main.version="+r.version, "-o", bin, "./cmd/coolant")
	cmd.Dir = r.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS="+t.os, "GOARCH="+t.arch, "GOARM="+t.arm, "GOAMD64=v1", "GOARM64=v8.0")
	if msg, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, msg)
	}
	return os.ReadFile(bin)
}
