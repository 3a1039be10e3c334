package sqlite

import (
	"encoding/binary"
	"errors"
	"slices"
)

// maxAhead bounds how many ranges beyond a hole are remembered for one start of
// a device.
const maxAhead = 64

// span is a range of sequence numbers, both ends included.
type span struct{ lo, hi uint64 }

// received says which samples of one start of a device have been received: all
// from 1 to through, and those in ahead, which lie beyond a hole. The ranges in
// ahead are in order, and between two of them, and between through and the first,
// at least one number is missing.
//
// A device sends again from through+1 on, so of too many ranges the last is
// forgotten: its samples will come again, and are then recognised by their rows.
type received struct {
	through uint64
	ahead   []span
}

// add notes the receipt of one sample. It reports whether the sample is new.
func (r *received) add(seq uint64) bool {
	if seq <= r.through {
		return false
	}
	if seq == r.through+1 {
		r.through = seq
		if len(r.ahead) > 0 && r.ahead[0].lo == seq+1 {
			r.through = r.ahead[0].hi
			r.ahead = slices.Delete(r.ahead, 0, 1)
		}
		return true
	}
	// The first range that ends at seq or later.
	i, _ := slices.BinarySearchFunc(r.ahead, seq, func(s span, seq uint64) int {
		if s.hi < seq {
			return -1
		}
		return 1
	})
	if i < len(r.ahead) && r.ahead[i].lo <= seq {
		return false
	}
	before := i > 0 && r.ahead[i-1].hi+1 == seq
	after := i < len(r.ahead) && r.ahead[i].lo == seq+1
	switch {
	case before && after:
		r.ahead[i-1].hi = r.ahead[i].hi
		r.ahead = slices.Delete(r.ahead, i, i+1)
	case before:
		r.ahead[i-1].hi = seq
	case after:
		r.ahead[i].lo = seq
	default:
		r.ahead = slices.Insert(r.ahead, i, span{seq, seq})
		if len(r.ahead) > maxAhead {
			r.ahead = r.ahead[:maxAhead]
		}
	}
	return true
}

// encode writes the ranges ahead as pairs of unsigned varints, the distance from
// the end of the range before (at first from through) and the length less one.
func (r *received) encode(b []byte) []byte {
	end := r.through
	for _, s := range r.ahead {
		b = binary.AppendUvarint(b, s.lo-end)
		b = binary.AppendUvarint(b, s.hi-s.lo)
		end = s.hi
	}
	return b
}

// decodeReceived is the inverse of encode.
func decodeReceived(through uint64, b []byte) (received, error) {
	r := received{through: through}
	end := through
	for len(b) > 0 {
		gap, n := binary.Uvarint(b)
		if n <= 0 {
			return received{}, errors.New("the ranges received ahead are damaged")
		}
		length, m := binary.Uvarint(b[n:])
		if m <= 0 {
			return received{}, errors.New("the ranges received ahead are damaged")
		}
		s := span{lo: end + gap, hi: end + gap + length}
		r.ahead = append(r.ahead, s)
		end, b = s.hi, b[n+m:]
	}
	return r, nil
}
