package app

import (
	"testing"
	"time"

	"coolant"
)

func TestInputsHoldForTheirTime(t *testing.T) {
	now := time.UnixMilli(1764000000000)
	held := newInputs(func() time.Time { return now })
	if in, ok := held.of("loop"); ok {
		t.Errorf("before anything was said: %+v", in)
	}
	held.passed("loop", coolant.Input{HostW: 45.2, Valid: 30 * time.Second})
	held.passed("pool", coolant.Input{HostW: 3, Valid: time.Second})
	now = now.Add(29_999 * time.Millisecond)
	if in, ok := held.of("loop"); !ok || in != (coolant.HeldInput{HostW: 45.2, Until: 1764000030000}) {
		t.Errorf("while it holds: %+v, %v", in, ok)
	}
	if in, ok := held.of("pool"); ok {
		t.Errorf("that of another device, after its time: %+v", in)
	}
	held.passed("loop", coolant.Input{HostW: 60, Valid: time.Minute})
	now = now.Add(time.Millisecond)
	if in, ok := held.of("loop"); !ok || in.HostW != 60 {
		t.Errorf("after it was said again: %+v, %v", in, ok)
	}
	now = now.Add(time.Minute)
	if in, ok := held.of("loop"); ok {
		t.Errorf("after its time: %+v", in)
	}
}
