package deploy_test

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// pictures are the files of a page's pictures, in their order.
func pictures(text string) (out []string) {
	for _, m := range regexp.MustCompile(`!\[[^\]]*\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

// shell are the lines to type in a page's blocks of sh, without comments. EMQX has
// other hosts in China.
func shell(text string) (out []string) {
	text = regexp.MustCompile(`\bxxxx\.[a-z0-9.-]+`).ReplaceAllString(text, "xxxx")
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(m[1]) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				out = append(out, line)
			}
		}
	}
	return out
}

// TestMakeTargets wants a target for every call of make in the pages.
func TestMakeTargets(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`).FindAllStringSubmatch(string(text), -1) {
		targets[m[1]] = true
	}
	call := regexp.MustCompile("(?m)(?:^(?: {4})?|`)make +([^`\n]*)")
	checked := 0
	for name, text := range pages(t) {
		if name == "CHANGELOG.md" { // names what there was at its time
			continue
		}
		for _, m := range call.FindAllStringSubmatch(text, -1) {
			args, _, _ := strings.Cut(m[1], " #")
			for word := range strings.FieldsSeq(args) {
				if !regexp.MustCompile(`^[a-z][a-z0-9-]*$`).MatchString(word) {
					break // a variable, an option or the sentence that goes on
				}
				if !targets[word] {
					t.Errorf("%s: make has no target %s", name, word)
				}
				checked++
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d calls of make were found", checked)
	}
}

// TestDrawings wants every drawing of the firmware to be whole, to stand for
// itself (no font, script or picture from elsewhere), to say in both languages
// what it shows, and to be shown in the guide.
func TestDrawings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repository, "firmware", "docs", "*.svg"))
	if err != nil || len(files) < 10 {
		t.Fatalf("found %d drawings: %v", len(files), err)
	}
	shown := pictures(pages(t)["firmware/README.md"])
	for _, file := range files {
		name := filepath.Base(file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		elements, err := parse(string(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, want := range []string{"title", "desc", "style", "text"} {
			if !slices.Contains(elements, want) {
				t.Errorf("%s has no %s", name, want)
			}
		}
		for _, bad := range []string{"image", "script", "use", "a", "foreignObject"} {
			if slices.Contains(elements, bad) {
				t.Errorf("%s has an element %s", name, bad)
			}
		}
		if strings.Contains(string(text), "@import") || strings.Contains(string(text), "url(") {
			t.Errorf("%s loads something from elsewhere", name)
		}
		if !strings.Contains(string(text), "prefers-color-scheme:dark") {
			t.Errorf("%s has no colours for the dark", name)
		}
		if !strings.ContainsFunc(string(text), func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s says nothing in Chinese", name)
		}
		if !slices.Contains(shown, "docs/"+name) {
			t.Errorf("%s is not shown in firmware/README.md", name)
		}
	}
}

// parse reads a document of XML to its end and returns its elements' names.
func parse(text string) (elements []string, err error) {
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return elements, nil
		}
		if err != nil {
			return nil, err
		}
		if start, ok := token.(xml.StartElement); ok {
			elements = append(elements, start.Name.Local)
		}
	}
}

// TestWiringSaysWhatRuns wants each part's wiring to say what happens while the
// ESP32 does nothing, in both languages.
func TestWiringSaysWhatRuns(t *testing.T) {
	all := pages(t)
	for _, c := range []struct{ name, begin, end, say string }{
		{"firmware/README.md", "## Wiring\n", "## Flash\n", "ithout the ESP32"},
		{"firmware/README.zh-CN.md", "## 接线\n", "## 烧录\n", "没有 ESP32 时"},
	} {
		_, text, begun := strings.Cut(all[c.name], "\n"+c.begin)
		text, _, ended := strings.Cut(text, "\n"+c.end)
		if !begun || !ended {
			t.Fatalf("%s has no part from %q to %q", c.name, c.begin, c.end)
		}
		parts := strings.Split(text, "\n### ")[1:]
		if len(parts) < 11 {
			t.Errorf("%s has only %d kinds of wiring", c.name, len(parts))
		}
		for _, part := range parts {
			title, text, _ := strings.Cut(part, "\n")
			// What holds for one probe holds for several.
			if title != "Several probes" && title != "多个探头" && !strings.Contains(text, c.say) {
				t.Errorf("%s: %s does not say what runs without the ESP32", c.name, title)
			}
		}
	}
}
