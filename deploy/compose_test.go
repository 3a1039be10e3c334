package deploy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"coolant/e2e/schema"
)

// composeSchema is the part of https://docs.docker.com/reference/compose-file/
// that the file may use.
func composeSchema() schema.Rule {
	build := schema.Fields{"context": schema.Need(schema.Text), "dockerfile": schema.May(schema.Text), "args": schema.May(schema.Texts)}
	service := schema.Fields{
		"image": schema.Need(schema.Text), "build": schema.May(build.Check), "profiles": schema.May(schema.List(schema.Text)),
		"restart": schema.Need(schema.OneOf("unless-stopped", "always", "on-failure", "no")), "read_only": schema.May(schema.Bool),
		"user": schema.May(schema.Match(`^[1-9][0-9]*:[1-9][0-9]*$`)), "cap_drop": schema.Need(schema.List(schema.Text)),
		"security_opt": schema.Need(schema.List(schema.Text)), "stop_grace_period": schema.May(schema.Span),
		"mem_limit": schema.May(schema.Match(`^[0-9]+[kmg]$`)), "environment": schema.May(schema.Texts),
		"volumes": schema.May(schema.List(schema.Text)), "ports": schema.May(schema.List(schema.Text)), "networks": schema.May(schema.List(schema.Text)),
		"hostname": schema.May(schema.Text), "tmpfs": schema.May(schema.List(schema.Text)),
	}
	services := func(v any) error {
		table, ok := v.(map[string]any)
		if !ok {
			return fmt.Errorf("is a %T, not a table", v)
		}
		for name, s := range table {
			if err := service.Check(s); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
	anything := func(any) error { return nil }
	return schema.Fields{
		"name": schema.Need(schema.Text), "services": schema.Need(services), "volumes": schema.Need(anything), "networks": schema.May(anything),
	}.Check
}

// filled replaces ${NAME:-default} by the default, as compose does without an
// environment.
func filled(text string) string {
	return regexp.MustCompile(`\$\{[A-Z_]+:-([^}]*)\}`).ReplaceAllString(text, "$1")
}

func texts(v any) (out []string) {
	list, _ := v.([]any)
	for _, x := range list {
		out = append(out, filled(fmt.Sprint(x)))
	}
	return out
}

// TestCompose holds the file to the schema, and every service to what a
// container that faces a network should be.
func TestCompose(t *testing.T) {
	v := readYAML(t, "compose.yaml")
	if err := composeSchema()(v); err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`^[a-z0-9/.-]+:([0-9]+\.[0-9]+\.[0-9]+|local)$`)
	named := v["volumes"].(map[string]any)
	for name, x := range v["services"].(map[string]any) {
		s := x.(map[string]any)
		t.Run(name, func(t *testing.T) {
			if image := filled(s["image"].(string)); !pinned.MatchString(image) {
				t.Errorf("image %s names no exact version", image)
			}
			if !slices.Equal(texts(s["cap_drop"]), []string{"ALL"}) || !slices.Contains(texts(s["security_opt"]), "no-new-privileges:true") {
				t.Error("it may gain rights")
			}
			if name != "emqx" && s["read_only"] != true {
				t.Error("its root can be written")
			}
			if name != "coolant" && len(texts(s["profiles"])) != 1 {
				t.Error("it starts without being asked for")
			}
			for _, volume := range texts(s["volumes"]) {
				source, _, _ := strings.Cut(volume, ":")
				if _, ok := named[source]; !ok && !strings.HasSuffix(volume, ":ro") {
					t.Errorf("volume %s is neither named nor read-only", volume)
				}
				if strings.HasPrefix(source, "./") && !strings.HasPrefix(source, "./secret") {
					if _, err := os.Stat(source); err != nil {
						t.Error(err)
					}
				}
			}
			for _, port := range texts(s["ports"]) {
				if strings.HasSuffix(port, ":8883") {
					continue // TLS, and a login
				}
				if !strings.HasPrefix(port, "127.0.0.1:") {
					t.Errorf("port %s is open to the network", port)
				}
			}
		})
	}
	t.Run("settings", func(t *testing.T) {
		docs, err := os.ReadFile(filepath.Join(repository, "docs", "configuration.md"))
		if err != nil {
			t.Fatal(err)
		}
		env := v["services"].(map[string]any)["coolant"].(map[string]any)["environment"].(map[string]any)
		if env["COOLANT_HTTP_PUBLIC"] != "all" {
			t.Error("nobody could see the page: in a container no request comes from loopback")
		}
		for key := range env {
			if strings.HasPrefix(key, "COOLANT_") && !strings.Contains(string(docs), "`"+key+"`") {
				t.Errorf("there is no setting %s", key)
			}
		}
		example, err := os.ReadFile("env.example")
		if err != nil {
			t.Fatal(err)
		}
		compose, err := os.ReadFile("compose.yaml")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^#([A-Z_]+)=`).FindAllStringSubmatch(string(example), -1) {
			if !strings.Contains(string(compose), "${"+m[1]+":-") {
				t.Errorf("env.example sets %s, which compose.yaml does not read", m[1])
			}
		}
	})
}
