package wire_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"coolant"
	"coolant/internal/wire"
)

// guide reads docs/devices.md in one of its languages, and returns the blocks of
// code in it.
func guide(t *testing.T, name string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?ms)^```[a-z]+\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		blocks = append(blocks, m[1])
	}
	return blocks
}

// payloads are the messages that a block shows (lines of JSON) or would print
// (raw strings of C++ with verbs of printf, which get plausible values).
func payloads(block string) (out []string) {
	for _, m := range regexp.MustCompile(`(?m)R"\((\{.*?\})\)"|^(\{.*\})$`).FindAllStringSubmatch(block, -1) {
		out = append(out, printf(m[1]+m[2]))
	}
	return out
}

// printf puts values where the verbs of C's printf are.
func printf(format string) string {
	return regexp.MustCompile(`%(0?\d*(?:\.\d+)?)l?([sufx])`).ReplaceAllStringFunc(format, func(verb string) string {
		switch verb = strings.ReplaceAll(verb, "l", ""); verb[len(verb)-1] {
		case 's':
			return "9f3c51d27ab04e66"
		case 'u':
			return fmt.Sprintf(strings.ReplaceAll(verb, "u", "d"), 1764000)
		}
		return fmt.Sprintf(verb, 31.0625)
	})
}

// decode holds a message to the contract, by its shape. It returns the kind of
// topic that it belongs to.
func decode(payload string) (wire.Kind, error) {
	if strings.Contains(payload, `"state"`) {
		_, err := wire.DecodeStatus([]byte(payload))
		return wire.Status, err
	}
	var d wire.Decoder
	var p wire.TelemetryPayload
	if err := d.Decode([]byte(payload), &p); err != nil {
		return wire.Telemetry, err
	}
	if len(p.Problems) > 0 {
		return wire.Telemetry, &p.Problems[0]
	}
	for _, s := range p.Samples {
		if len(s.Readings) == 0 || !slices.ContainsFunc(s.Readings, func(r coolant.Reading) bool { return r.Metric == coolant.Water }) {
			return wire.Telemetry, errors.New("a sample says nothing of the water")
		}
	}
	return wire.Telemetry, nil
}

// TestDeviceGuide holds what docs/devices.md tells people to type to the
// contract: every message decodes without a loss, every topic is one that a
// device may publish to, and the sketch's buffer is large enough for them.
func TestDeviceGuide(t *testing.T) {
	english, chinese := guide(t, "devices.md"), guide(t, "devices.zh-CN.md")
	if !slices.Equal(english, chinese) {
		t.Error("the blocks of code differ between the languages")
	}
	kinds := map[wire.Kind]int{}
	longest := 0
	topic := regexp.MustCompile(`\bcoolant/[^\s"]+`)
	topics := 0
	for _, block := range english {
		for _, p := range payloads(block) {
			kind, err := decode(p)
			if err != nil {
				t.Errorf("%s: %v", p, err)
			}
			kinds[kind]++
			longest = max(longest, len(wire.Topic("my-loop", kind))+len(p))
		}
		named := strings.NewReplacer(`" DEVICE "`, "my-loop", "${device}", "my-loop").Replace(block)
		for _, name := range topic.FindAllString(named, -1) {
			_, kind, ok := wire.ParseTopic(name)
			if !ok || kind != wire.Status && kind != wire.Telemetry {
				t.Errorf("%s is no topic that these examples publish to", name)
			}
			topics++
		}
	}
	if kinds[wire.Telemetry] != 4 || kinds[wire.Status] != 3 || topics != 4 {
		t.Errorf("found telemetry %d times, status %d, topics %d: not the whole guide is tested", kinds[wire.Telemetry], kinds[wire.Status], topics)
	}

	all := strings.Join(english, "\n")
	size := regexp.MustCompile(`setBufferSize\((\d+)\)`).FindStringSubmatch(all)
	if size == nil {
		t.Fatal("the sketch does not set its buffer's size")
	}
	// MQTT's fixed header has at most 5 bytes, the topic's length 2.
	if n, _ := strconv.Atoi(size[1]); n < longest+7 {
		t.Errorf("the sketch's buffer has %d bytes, its longest message %d", n, longest+7)
	}
}

// TestDeviceGuideFindsMistakes makes sure that the test above can fail.
func TestDeviceGuideFindsMistakes(t *testing.T) {
	for name, block := range map[string]string{
		"seq as a string":       `f(R"({"boot":"%s","samples":[{"seq":"%lu","m":{"water":%.4f}}]})")`,
		"boot is missing":       `f(R"({"samples":[{"seq":%lu,"m":{"water":%.4f}}]})")`,
		"no such quality":       `{"boot":"9f3c51d27ab04e66","samples":[{"seq":1,"q":{"water":"lost"}}]}`,
		"status without a boot": `f(R"({"state":"online","conn":%lu})")`,
		"an unknown state":      `{"state":"here","boot":"9f3c51d27ab04e66","conn":1}`,
	} {
		t.Run(name, func(t *testing.T) {
			found := payloads(block)
			if len(found) != 1 {
				t.Fatalf("found %d messages in %s", len(found), block)
			}
			if _, err := decode(found[0]); err == nil {
				t.Errorf("%s passes", found[0])
			}
		})
	}
}
