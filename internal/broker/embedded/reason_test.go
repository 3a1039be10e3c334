package embedded

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	words := strings.Repeat("words ", 30)
	for _, test := range []struct{ name, text, want string }{
		{"short", "seq: it is missing", "seq: it is missing"},
		{"empty", "", ""},
		{"control characters", "a\nb\x00c", "a b c"},
		{"as long as may be", words[:maxReason], words[:maxReason]},
		{"a word too long", words, strings.TrimSpace(words[:6*17]) + " words…"},
		{"a sentence's end", strings.Repeat("x", 100) + ", then more words", strings.Repeat("x", 100) + ", then…"},
		{"a comma before what is cut", strings.Repeat("x", 100) + ", thenceforth more", strings.Repeat("x", 100) + "…"},
		{"one long word", strings.Repeat("x", 200), strings.Repeat("x", maxReason-3) + "…"},
		{"a short word and a long one", "x " + strings.Repeat("é", 200), "x " + strings.Repeat("é", 52) + "…"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := plain(test.text)
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
			if len(got) > maxReason || !utf8.ValidString(got) {
				t.Errorf("%d bytes, valid: %v", len(got), utf8.ValidString(got))
			}
		})
	}
}
