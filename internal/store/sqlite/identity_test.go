package sqlite

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestReceivedAgainstSet compares the ranges with a plain set of numbers.
func TestReceivedAgainstSet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r received
		set := map[uint64]bool{}
		for range rapid.IntRange(1, 200).Draw(t, "n") {
			seq := uint64(rapid.IntRange(1, 60).Draw(t, "seq")) // at most 30 ranges
			if fresh := r.add(seq); fresh == set[seq] {
				t.Fatalf("%d is fresh: %v, received before: %v", seq, fresh, set[seq])
			}
			set[seq] = true
			through := uint64(0)
			for set[through+1] {
				through++
			}
			if r.through != through {
				t.Fatalf("through is %d, want %d", r.through, through)
			}
			for i, s := range r.ahead {
				if s.lo > s.hi || i == 0 && s.lo <= r.through+1 || i > 0 && s.lo <= r.ahead[i-1].hi+1 {
					t.Fatalf("ranges %v ahead of %d are not in order", r.ahead, r.through)
				}
			}
			again, err := decodeReceived(r.through, r.encode(nil))
			if err != nil || again.through != r.through || !slices.Equal(again.ahead, r.ahead) {
				t.Fatalf("%v was written and read as %v, %v", r, again, err)
			}
		}
	})
}

func TestReceivedIsBounded(t *testing.T) {
	var r received
	for seq := uint64(2); seq < 10_000; seq += 2 {
		r.add(seq)
	}
	if len(r.ahead) != maxAhead || r.ahead[0].lo != 2 {
		t.Errorf("%d ranges are remembered, from %d on; want the first %d", len(r.ahead), r.ahead[0].lo, maxAhead)
	}
	if n := len(r.encode(nil)); n > 2*maxAhead {
		t.Errorf("they take %d bytes", n)
	}
}

func TestReceivedAtTheEndOfNumbers(t *testing.T) {
	r := received{through: math.MaxUint64 - 2}
	for _, seq := range []uint64{math.MaxUint64, math.MaxUint64 - 1} {
		if !r.add(seq) || r.add(seq) {
			t.Errorf("%d was not recognised", seq)
		}
	}
	if want := (received{through: math.MaxUint64, ahead: []span{}}); !reflect.DeepEqual(r, want) {
		t.Errorf("got %v, want %v", r, want)
	}
}

func TestDamagedRangesAreAnError(t *testing.T) {
	for _, body := range [][]byte{{0x80}, {1}, {1, 0x80}, {1, 1, 1}} {
		if r, err := decodeReceived(5, body); err == nil {
			t.Errorf("%x was read as %v", body, r)
		}
	}
}
