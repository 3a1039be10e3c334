package deploy_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRulesAgree holds EMQX's rules for devices to Mosquitto's, which are proved
// with the real broker.
func TestRulesAgree(t *testing.T) {
	mosquitto, err := os.ReadFile("mosquitto/acl")
	if err != nil {
		t.Fatal(err)
	}
	emqx, err := os.ReadFile("emqx/acl.conf")
	if err != nil {
		t.Fatal(err)
	}
	for theirs, ours := range map[string]string{"publish": "write", "subscribe": "read"} {
		var want []string
		for _, m := range regexp.MustCompile(`(?m)^pattern `+ours+` (\S+)$`).FindAllStringSubmatch(string(mosquitto), -1) {
			want = append(want, strings.ReplaceAll(m[1], "%u", "${username}"))
		}
		m := regexp.MustCompile(`(?m)^\{allow, all, ` + theirs + `, \[([^\]]*)\]\}\.$`).FindStringSubmatch(string(emqx))
		if m == nil {
			t.Fatalf("EMQX has no rule for what devices %s", theirs)
		}
		var got []string
		for topic := range strings.SplitSeq(m[1], ", ") {
			got = append(got, strings.Trim(topic, `"`))
		}
		slices.Sort(want)
		slices.Sort(got)
		if len(want) < 4 || !slices.Equal(got, want) {
			t.Errorf("devices may %s %q, at Mosquitto %q", theirs, got, want)
		}
	}
	if rest := strings.TrimSpace(string(emqx)); !strings.HasSuffix(rest, "{deny, all}.") {
		t.Error("EMQX's rules do not end with a denial")
	}
	if n := strings.Count(string(emqx), "{allow, all,"); n != 2 {
		t.Errorf("EMQX has %d rules for everyone, want one a direction", n)
	}
}

// TestSecretsStayHere checks that neither git nor an image takes what is secret.
func TestSecretsStayHere(t *testing.T) {
	for _, name := range []string{"deploy/.env", "deploy/secret/ca.key", "deploy/secret/broker/server.key", "deploy/secret/broker/passwords", "data/coolant.db"} {
		if err := exec.CommandContext(t.Context(), "git", "-C", repository, "check-ignore", "--quiet", name).Run(); err != nil {
			t.Errorf("git would take %s", name)
		}
	}
	ignored, err := os.ReadFile(repository + "/.dockerignore")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{".git", "data", "deploy/.env", "deploy/secret", "web/node_modules"} {
		if !slices.Contains(strings.Split(string(ignored), "\n"), line) {
			t.Errorf("an image's builder would get %s", line)
		}
	}
}
