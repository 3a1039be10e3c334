package emqx

import "testing"

// TestPasswordIsNotQuoted checks that an answer which repeats the request shows no
// password.
func TestPasswordIsNotQuoted(t *testing.T) {
	f := &failure{text: `BAD_REQUEST: {"password":"hunter2","user_id":"loop"}`}
	f.hide("hunter2")
	if f.text != `BAD_REQUEST: {"password":"***","user_id":"loop"}` {
		t.Errorf("it says %s", f.text)
	}
	var none *failure
	none.hide("hunter2") // nothing went wrong
}
