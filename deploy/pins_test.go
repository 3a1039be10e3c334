package deploy_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// kconfig has for each integer setting of the firmware its defaults, in order.
type kconfig map[string][]kdefault

// kdefault is a default and what it depends on, "" if nothing.
type kdefault struct{ value, when string }

func readKconfig(text string) kconfig {
	k, name := kconfig{}, ""
	line := regexp.MustCompile(`^\s*(config|default)\s+(\S+)(?:\s+if\s+(.+?))?\s*$`)
	for l := range strings.Lines(text) {
		switch m := line.FindStringSubmatch(l); {
		case m == nil:
		case m[1] == "config":
			name = m[2]
		default:
			k[name] = append(k[name], kdefault{m[2], m[3]})
		}
	}
	return k
}

// value is the first default whose condition holds for a target, with four-wire
// motors chosen.
func (k kconfig) value(name, target string) string {
	for _, d := range k[name] {
		holds := true
		for cond := range strings.SplitSeq(d.when, "&&") {
			switch cond = strings.TrimSpace(cond); cond {
			case "", "IDF_TARGET_" + target, "COOLANT_PUMP_PWM4", "COOLANT_FAN_PWM4":
			default:
				holds = false
			}
		}
		if holds {
			return d.value
		}
	}
	return ""
}

// TestPinTable holds the table of pins in the firmware's guide to the defaults
// with which it is built.
func TestPinTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "firmware", "main", "Kconfig.projbuild"))
	if err != nil {
		t.Fatal(err)
	}
	k := readKconfig(string(text))
	pins := 0
	for name := range k {
		if strings.HasPrefix(name, "COOLANT_PIN_") {
			pins++
		}
	}
	row := regexp.MustCompile("(?m)^\\| [^|]+ \\| `(COOLANT_PIN_\\w+)` \\| (\\S+) \\| (\\S+) \\| (\\S+) \\|$")
	all := pages(t)
	for _, page := range []string{"firmware/README.md", "firmware/README.zh-CN.md"} {
		rows := row.FindAllStringSubmatch(all[page], -1)
		if len(rows) != pins || pins == 0 {
			t.Errorf("%s has %d pins, the firmware %d", page, len(rows), pins)
		}
		for _, m := range rows {
			for i, target := range []string{"ESP32", "ESP32S3", "ESP32C3"} {
				if want := strings.Replace(k.value(m[1], target), "-1", "–", 1); m[2+i] != want {
					t.Errorf("%s: %s on %s is %s, its default %s", page, m[1], target, m[2+i], want)
				}
			}
		}
	}
}
