package deploy_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coolant/e2e/schema"
)

// workflowSchema is the part of GitHub's workflow syntax that the files may use:
// https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
func workflowSchema() schema.Rule {
	anything := func(any) error { return nil }
	rights := schema.Fields{"contents": schema.May(schema.OneOf("read", "write")), "packages": schema.May(schema.OneOf("write"))}
	step := schema.Fields{
		"uses": schema.May(schema.Match(`^[a-z-]+/[a-z-]+@(v[0-9]+|[0-9a-f]{40})$`)), "run": schema.May(schema.Text),
		"with": schema.May(anything), "env": schema.May(schema.Texts), "id": schema.May(schema.Text),
	}
	job := schema.Fields{
		"runs-on": schema.Need(schema.Match(`^ubuntu-[0-9.]+$`)), "timeout-minutes": schema.Need(schema.Int(1, 360)),
		"needs": schema.May(schema.Text), "permissions": schema.May(rights.Check), "steps": schema.Need(schema.List(step.Check)),
		"strategy": schema.May(anything), "container": schema.May(schema.Text),
	}
	jobs := func(v any) error {
		table, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("is a %T, not a table", v)
		}
		for name, j := range table {
			if err := job.Check(j); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	return schema.Fields{
		"name": schema.Need(schema.Text), "on": schema.Need(anything), "permissions": schema.Need(rights.Check),
		"concurrency": schema.May(anything), "jobs": schema.Need(jobs),
	}.Check
}

// steps returns every step of every job.
func steps(v map[string]any) (out []map[string]any) {
	for _, j := range v["jobs"].(map[string]any) {
		for _, s := range j.(map[string]any)["steps"].([]any) {
			out = append(out, s.(map[string]any))
		}
	}
	return out
}

// TestWorkflows checks what the workflows do when, and with which rights.
func TestWorkflows(t *testing.T) {
	makefile, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) map[string]any {
		return readYAML(t, filepath.Join(repository, ".github", "workflows", name))
	}
	for name, runs := range map[string][]string{
		"ci.yml":       {".ci/run", "make release", "make image"},
		"release.yml":  {"make check", "make test", "make release"},
		"firmware.yml": {"scripts/build-firmware dist/firmware"},
	} {
		t.Run(name, func(t *testing.T) {
			v := read(name)
			if err := workflowSchema()(v); err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(v["permissions"]) != "map[contents:read]" {
				t.Errorf("every job may %v", v["permissions"])
			}
			var lines []string
			for _, s := range steps(v) {
				line, _ := s["run"].(string)
				lines = append(lines, line)
				for _, m := range regexp.MustCompile(`\bmake ([a-z-]+)`).FindAllStringSubmatch(line, -1) {
					if !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
						t.Errorf("there is no target %s", m[1])
					}
				}
				// What others write, such as a branch's name, must not become a shell's text.
				if strings.Contains(line, "${{") {
					t.Errorf("%q lets GitHub write into a script", line)
				}
				if program := strings.Fields(line + " -")[0]; strings.HasPrefix(program, ".") || strings.HasPrefix(program, "scripts/") {
					if info, err := os.Stat(filepath.Join(repository, program)); err != nil || info.Mode()&0o111 == 0 {
						t.Errorf("%s cannot be run: %v", program, err)
					}
				}
				if with, ok := s["with"].(map[string]any); strings.HasPrefix(fmt.Sprint(s["uses"]), "actions/checkout") && (!ok || with["persist-credentials"] != false) {
					t.Error("the token stays in the work tree")
				}
			}
			for _, want := range runs {
				if !slices.Contains(lines, want) {
					t.Errorf("%q is not run, only %q", want, lines)
				}
			}
		})
	}
	t.Run("triggers", func(t *testing.T) {
		ci, release := read("ci.yml"), read("release.yml")
		if on := ci["on"].(map[string]any); !slices.Equal(slices.Sorted(maps.Keys(on)), []string{"pull_request", "push"}) {
			t.Errorf("CI runs on %v", on)
		}
		if on := fmt.Sprint(release["on"]); on != "map[push:map[tags:[v*]]]" {
			t.Errorf("a release is made on %s", on)
		}
	})
	t.Run("the firmware is built with both versions of ESP-IDF", func(t *testing.T) {
		manifest := readYAML(t, filepath.Join(repository, "firmware", "main", "idf_component.yml"))
		if idf := manifest["dependencies"].(map[string]any)["idf"]; idf != ">=5.5,<6.1" {
			t.Errorf("the firmware asks for ESP-IDF %v", idf)
		}
		build := read("firmware.yml")["jobs"].(map[string]any)["build"].(map[string]any)
		versions := fmt.Sprint(build["strategy"].(map[string]any)["matrix"].(map[string]any)["idf"])
		if !regexp.MustCompile(`^\[v5\.5\S* v6\.0\S*\]$`).MatchString(versions) {
			t.Errorf("it is built with %s", versions)
		}
		script, err := os.ReadFile(filepath.Join(repository, "scripts", "build-firmware"))
		if err != nil {
			t.Fatal(err)
		}
		for _, chip := range []string{"esp32", "esp32s3", "esp32c3"} {
			if !strings.Contains(string(script), "\nbuild "+chip+" ") {
				t.Errorf("%s is not built", chip)
			}
			if _, err := os.Stat(filepath.Join(repository, "firmware", "sdkconfig.defaults."+chip)); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("the image is pushed for every platform", func(t *testing.T) {
		for _, s := range steps(read("release.yml")) {
			if strings.HasPrefix(fmt.Sprint(s["uses"]), "docker/build-push-action") {
				with := s["with"].(map[string]any)
				if with["platforms"] != "linux/amd64,linux/arm64,linux/arm/v7" || with["push"] != true {
					t.Errorf("%v", with)
				}
				return
			}
		}
		t.Error("no image is pushed")
	})
}
