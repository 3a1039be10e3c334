package deploy_test

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"coolant/e2e/proc"
)

// pages are all documents that people read, by their path from the repository.
func pages(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", repository, "ls-files", "--cached", "--others", "--exclude-standard", "*.md").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for name := range strings.FieldsSeq(string(out)) {
		text, err := os.ReadFile(filepath.Join(repository, name))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	if len(all) < 10 {
		t.Fatalf("only %d pages were found", len(all))
	}
	return all
}

// guide says whether a page tells people what to type: it exists in both
// languages, and its commands are checked.
func guide(name string) bool {
	return strings.HasPrefix(name, "docs/deploy/") || strings.HasPrefix(name, "docs/devices.") || strings.HasPrefix(name, "firmware/README.")
}

// code matches fenced and indented blocks, in which nothing is a link.
var code = regexp.MustCompile("(?ms)^```.*?^```$|^(?: {4}|\t).*?$|`[^`\n]*`")

// TestLinks follows every link from one page to a file or a heading.
func TestLinks(t *testing.T) {
	all := pages(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for name, text := range all {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
			target, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %s: %v", name, m[1], err)
				continue
			}
			// The releases are on the server, beside what is in git.
			if target.Scheme != "" || strings.HasSuffix(target.Path, "/releases/latest") {
				continue
			}
			file := name
			if target.Path != "" {
				file = filepath.Join(filepath.Dir(name), target.Path)
			}
			if _, err := os.Stat(filepath.Join(repository, file)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, m[1])
			} else if target.Fragment != "" && !slices.Contains(anchors(all[file]), target.Fragment) {
				t.Errorf("%s: %s has no heading %s", name, file, target.Fragment)
			}
		}
	}
}

// anchors are the names that the headings of a page get.
func anchors(text string) (out []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ +(.+)$`).FindAllStringSubmatch(text, -1) {
		out = append(out, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r):
				return unicode.ToLower(r)
			}
			return -1
		}, m[1]))
	}
	return out
}

// commands are the lines of a page's blocks that call coolant, without what
// comes before: sudo, docker exec, fly ssh console.
func commands(text string) (out []string) {
	block := regexp.MustCompile("(?ms)^```[a-z]*\n(.*?)^```$|((?:^ {4}[^\n]*\n)+)")
	call := regexp.MustCompile(`(?:^|["\s])(?:[./\w]*/)?coolant ([a-z]+\b[^"|&;#\n]*)`)
	starts := regexp.MustCompile(`^(sudo coolant|docker( compose .*)? exec|fly (ssh console|machine exec)|coolant|bin/coolant|/usr/local/bin/coolant) `)
	for _, m := range block.FindAllStringSubmatch(text, -1) {
		for text := range strings.Lines(strings.ReplaceAll(m[1]+m[2], "\\\n", " ")) {
			text, _, _ = strings.Cut(strings.TrimSpace(text), " #")
			if !starts.MatchString(text) {
				continue
			}
			if found := call.FindStringSubmatch(text); found != nil {
				// The container is called like the program in it.
				out = append(out, strings.TrimSpace(strings.TrimPrefix(found[1], "coolant ")))
			}
		}
	}
	return out
}

// TestCommands holds every command of the guides against the real command line:
// its sub-command and its flags must exist.
func TestCommands(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	bin, err := proc.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	help := func(path []string) string {
		res, err := bin.Run(ctx, append(slices.Clone(path), "--help")...)
		if err != nil {
			t.Fatal(err)
		}
		return res.Stdout
	}
	known := map[string]string{} // help by path
	checked := 0
	for name, text := range pages(t) {
		if !guide(name) {
			continue
		}
		for _, line := range commands(text) {
			var path []string
			words := strings.Fields(line)
			for _, w := range words {
				longer := strings.Join(append(slices.Clone(path), w), " ")
				if _, ok := known[longer]; !ok {
					known[longer] = help(strings.Fields(longer))
				}
				if strings.HasPrefix(w, "-") || !strings.HasPrefix(known[longer], "Usage: coolant "+longer) {
					break
				}
				path = append(path, w)
			}
			usage := known[strings.Join(path, " ")]
			if len(path) == 0 || strings.Contains(usage, "<command>") {
				t.Errorf("%s: %q is no command", name, line)
				continue
			}
			for _, w := range words {
				flag, _, _ := strings.Cut(w, "=")
				if strings.HasPrefix(w, "--") && !regexp.MustCompile(regexp.QuoteMeta(flag)+`\b`).MatchString(usage) {
					t.Errorf("%s: %q: there is no flag %s", name, line, flag)
				}
			}
			checked++
		}
	}
	if checked < 20 {
		t.Errorf("only %d commands were found in the guides", checked)
	}
	t.Run("finds mistakes", func(t *testing.T) {
		for text, want := range map[string]string{
			"```sh\nsudo coolant device add x\n```\n":                               "device add x",
			"```sh\ndocker exec coolant coolant device list --json\n```\n":          "device list --json",
			"```sh\nfly ssh console -C \"/usr/local/bin/coolant backup /b\"\n```\n": "backup /b",
			"    bin/coolant version   # says it\n":                                 "version",
		} {
			if got := commands(text); len(got) != 1 || got[0] != want {
				t.Errorf("%q: %q, want %q", text, got, want)
			}
		}
	})
}

// TestBothLanguages wants each guide in English and Chinese, with the same
// commands, the same parts and the same pictures.
func TestBothLanguages(t *testing.T) {
	all := pages(t)
	heading := regexp.MustCompile(`(?m)^(#+) `)
	for name, text := range all {
		base, english := strings.CutSuffix(name, ".md")
		if !guide(name) || !english || strings.HasSuffix(base, ".zh-CN") {
			continue
		}
		chinese, ok := all[base+".zh-CN.md"]
		if !ok {
			t.Errorf("%s has no Chinese version", name)
			continue
		}
		if a, b := len(heading.FindAllString(text, -1)), len(heading.FindAllString(chinese, -1)); a != b {
			t.Errorf("%s has %d headings, the Chinese version %d", name, a, b)
		}
		if a, b := commands(text), commands(chinese); !slices.Equal(a, b) {
			t.Errorf("%s has the commands %q, the Chinese version %q", name, a, b)
		}
		if a, b := pictures(text), pictures(chinese); !slices.Equal(a, b) {
			t.Errorf("%s has the pictures %q, the Chinese version %q", name, a, b)
		}
		if a, b := shell(text), shell(chinese); !slices.Equal(a, b) {
			t.Errorf("%s tells to type %q, the Chinese version %q", name, a, b)
		}
	}
}
