package wire_test

import (
	"testing"

	"coolant"
	"coolant/internal/wire"
)

func TestEncodeTwin(t *testing.T) {
	for _, test := range []struct{ name, body, want string }{
		{"nothing", `{}`, `{"epoch":"e1","version":7}`},
		{"members in the order of their names", ` {"outputs":[ ],"interval_ms":5000} `, `{"epoch":"e1","version":7,"interval_ms":5000,"outputs":[]}`},
		{"its own epoch and version do not count", `{"version":1,"epoch":"x","a":null}`, `{"epoch":"e1","version":7,"a":null}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := wire.EncodeTwin(coolant.Desired{Epoch: "e1", Version: 7, Body: []byte(test.body)})
			if err != nil || string(got) != test.want {
				t.Errorf("got %s, %v, want %s", got, err, test.want)
			}
			if d, err := wire.DecodeDesired(got); err != nil || d.Epoch != "e1" || d.Version != 7 {
				t.Errorf("it is read as %+v, %v", d, err)
			}
		})
	}
	for _, body := range []string{``, `[]`, `null`, `{`} {
		if p, err := wire.EncodeTwin(coolant.Desired{Epoch: "e1", Version: 7, Body: []byte(body)}); err == nil {
			t.Errorf("%q became %s", body, p)
		}
	}
}

func TestTwinReported(t *testing.T) {
	got, err := wire.TwinReported([]byte(`{"epoch":"e1","version":4,"refused":"no","outputs":[{"name":"pump","mode":"auto","duty":60}]}`))
	if want := (coolant.Reported{Epoch: "e1", Version: 4, Refused: "no"}); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := wire.TwinReported([]byte(`{"version":-1}`)); err == nil {
		t.Error("a negative version is read")
	}
}
