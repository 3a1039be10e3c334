package coolant_test

import (
	"testing"

	"coolant"
)

func TestMistake(t *testing.T) {
	for _, test := range []struct{ detail, mistake string }{
		{"", ""},
		{"boot: it is missing", "boot: it is missing"},
		{"samples[0].seq: it is missing", "samples[#].seq: it is missing"},
		{"samples[4999].m.probe_2: -12.5e+3 is outside -40 to 125", "samples[#].m.probe_2: # is outside # to #"},
		{"an integer from 1 to 2^53-1 is expected, not \"7, not 8\"", "an integer from # to #^# is expected"},
		{"ts 2027-01-02T03:04:05.678Z (1798859045678 ms) is 90 days ahead", "ts # (# ms) is # days ahead"},
		{"a packet of 5 bytes, from 192.0.2.7", "a packet of # bytes"},
		{"Größe2 - 1", "Größe2 - #"},
		{"-", "-"},
	} {
		if got := (&coolant.Rejection{Detail: test.detail}).Mistake(); got != test.mistake {
			t.Errorf("the mistake of %q is %q, want %q", test.detail, got, test.mistake)
		}
	}
}
