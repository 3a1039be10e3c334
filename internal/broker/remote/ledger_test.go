package remote

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"coolant"
)

// TestLedger settles messages in every order, and looks at what is acknowledged
// when nothing can change any more.
func TestLedger(t *testing.T) {
	type settle struct {
		token uint64
		err   error
	}
	var (
		full    = errors.New("the disk is full")
		invalid = coolant.Errorf(coolant.CodeInvalid, "nonsense")
	)
	tests := []struct {
		name    string
		settled []settle
		acked   []int
		failed  bool
	}{
		{"nothing", nil, nil, false},
		{"in order", []settle{{0, nil}, {1, nil}, {2, nil}, {3, nil}}, []int{0, 1, 2, 3}, false},
		{"backwards", []settle{{3, nil}, {2, nil}, {1, nil}, {0, nil}}, []int{0, 1, 2, 3}, false},
		{"the first is missing", []settle{{1, nil}, {2, nil}, {3, nil}}, nil, false},
		{"one that can never be stored", []settle{{0, nil}, {1, invalid}, {2, nil}}, []int{0, 1, 2}, false},
		{"a failure in the middle", []settle{{0, nil}, {1, full}, {2, nil}, {3, nil}}, []int{0}, true},
		{"a failure before what is settled", []settle{{1, full}, {0, nil}, {2, nil}}, []int{0}, true},
		{"two failures", []settle{{2, full}, {1, full}, {0, nil}}, []int{0}, true},
		{"the second failure is behind the first", []settle{{1, full}, {2, full}, {0, nil}}, []int{0}, true},
		{"settled twice", []settle{{0, nil}, {0, full}, {1, nil}}, []int{0, 1}, false},
		{"a token that never was", []settle{{9, nil}, {9, full}, {0, nil}}, []int{0}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var acked []int
				failures := 0
				l := newLedger(func(error) { failures++ })
				for i := range 4 {
					l.add(func() { acked = append(acked, i) })
				}
				done := make(chan struct{})
				// All is settled before run looks for the first time, and again after.
				for _, s := range test.settled {
					l.Settle(s.token, s.err)
				}
				go func() {
					l.run()
					close(done)
				}()
				synctest.Wait()
				if !slices.Equal(acked, test.acked) || failures > 1 || (failures > 0) != test.failed {
					t.Errorf("acknowledged %v with %d failures, want %v", acked, failures, test.acked)
				}
				l.close()
				<-done
				l.Settle(3, nil) // too late, and harmless
				if !slices.Equal(acked, test.acked) {
					t.Errorf("after the end: %v", acked)
				}
			})
		})
	}
}

// TestLedgerWithoutQoS checks that a message without a QoS neither holds others up
// once it is settled nor fails the connection.
func TestLedgerWithoutQoS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acked := 0
		l := newLedger(func(err error) { t.Errorf("it failed: %v", err) })
		none := l.add(nil)
		one := l.add(func() { acked++ })
		go l.run()
		l.Settle(one, nil)
		synctest.Wait()
		if acked != 0 {
			t.Error("it was acknowledged before what came first was settled")
		}
		l.Settle(none, errors.New("the disk is full"))
		l.close()
		synctest.Wait()
		if acked != 1 {
			t.Errorf("acknowledged %d", acked)
		}
	})
}
